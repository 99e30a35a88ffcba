import { type TextCounters, writeText } from './value-text.ts'

const MINUS = 0x2d
const ZERO = 0x30
/** Shortest forms of finite numbers have at most 25 characters: -1.2345678901234567e-300. */
export const NUMBER_TEXT_BYTES_MAX = 32
/** Numbers with more digits stay as written. */
const NUMBER_TOKEN_BYTES_MAX = 1024

/**
 * Writes the canonical decimal text of a JSON number. Integers are their own text, however large, except that -0 is 0;
 * others are as JavaScript writes them; those beyond its range, or of more than NUMBER_TOKEN_BYTES_MAX, stay as written.
 *
 * @returns the end in `out`, which has room for `textRoom(to - from)` and NUMBER_TEXT_BYTES_MAX bytes
 */
export function numberText(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
  counters: TextCounters,
): number {
  if (isInteger(bytes, from, to)) {
    const start = to - from === 2 && bytes[from] === MINUS && bytes[from + 1] === ZERO ? from + 1 : from
    return writeText(bytes, start, to, false, out, at, counters)
  }
  if (to - from > NUMBER_TOKEN_BYTES_MAX) return writeText(bytes, from, to, false, out, at, counters)
  let token = ''
  for (let i = from; i < to; i++) token += String.fromCharCode(bytes[i] ?? 0)
  const number = Number(token)
  if (!Number.isFinite(number)) return writeText(bytes, from, to, false, out, at, counters)
  const text = String(number)
  for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i)
  return at
}

function isInteger(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    if (byte !== MINUS && (byte < ZERO || byte > 0x39)) return false
  }
  return true
}
