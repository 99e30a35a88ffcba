import { FIELD_BYTES_MAX } from './limits.ts'

const BACKSLASH = 0x5c
const LETTER_U = 0x75
const REPLACEMENT = 0xfffd
/** A code point and the bytes it took, in one number: code * STEP_SPAN + bytes. No sequence has more than 12 bytes. */
const STEP_SPAN = 16

/** What a value turned out to be when it was read, since the columns were created. */
export interface TextCounters {
  /** Values cut to FIELD_BYTES_MAX. */
  truncated: number
  /** Invalid UTF-8 sequences and lone surrogates, each read as U+FFFD. */
  replaced: number
  /** Escapes that JSON does not have, read as they are written. */
  badEscapes: number
}

/** Room for the text of any value of `length` bytes. */
export function textRoom(length: number): number {
  // An invalid byte becomes the three bytes of U+FFFD.
  return Math.min(length * 3, FIELD_BYTES_MAX)
}

/**
 * Writes the text that hostile `bytes` stand for to `out` as valid UTF-8, at most FIELD_BYTES_MAX bytes. What is
 * invalid UTF-8 is the Encoding Standard's U+FFFD per maximal subpart.
 *
 * @param escapes - whether `bytes` are the inside of a JSON string
 * @returns the end in `out`
 */
export function writeText(
  bytes: Uint8Array,
  from: number,
  to: number,
  escapes: boolean,
  out: Uint8Array,
  at: number,
  counters: TextCounters,
): number {
  const limit = at + FIELD_BYTES_MAX
  for (let i = from; i < to;) {
    const byte = bytes[i] ?? 0
    if (byte < 0x80 && !(escapes && byte === BACKSLASH)) {
      if (at === limit) return truncate(at, counters)
      out[at++] = byte
      i++
      continue
    }
    const step = byte === BACKSLASH ? unescape(bytes, i, to, counters) : decode(bytes, i, to, counters)
    const code = Math.floor(step / STEP_SPAN)
    if (at + utf8Size(code) > limit) return truncate(at, counters)
    at = writeCode(out, at, code)
    i += step % STEP_SPAN
  }
  return at
}

function truncate(at: number, counters: TextCounters): number {
  counters.truncated++
  return at
}

/** The escapes of one character; 0 for what is none. */
const SHORT_ESCAPES: Uint8Array = new Uint8Array(256)
for (const [letter, code] of [
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
] as const) {
  SHORT_ESCAPES[letter] = code
}

/** The character that the letter behind a backslash stands for, 0 if it is none of the short escapes. */
export function shortEscape(letter: number): number {
  return SHORT_ESCAPES[letter] ?? 0
}

function unescape(bytes: Uint8Array, at: number, to: number, counters: TextCounters): number {
  const letter = at + 1 < to ? (bytes[at + 1] ?? 0) : 0
  const short = shortEscape(letter)
  if (short !== 0) return short * STEP_SPAN + 2
  const unit = letter === LETTER_U ? hexUnit(bytes, at + 2, to) : -1
  if (unit < 0) {
    counters.badEscapes++
    return BACKSLASH * STEP_SPAN + 1
  }
  if (unit < 0xd800 || unit > 0xdfff) return unit * STEP_SPAN + 6
  const low = unit < 0xdc00 ? lowSurrogate(bytes, at + 6, to) : -1
  if (low >= 0) return (0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)) * STEP_SPAN + 12
  counters.replaced++
  return REPLACEMENT * STEP_SPAN + 6
}

function lowSurrogate(bytes: Uint8Array, at: number, to: number): number {
  if (at + 1 >= to || bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_U) return -1
  const unit = hexUnit(bytes, at + 2, to)
  return unit >= 0xdc00 && unit <= 0xdfff ? unit : -1
}

function hexUnit(bytes: Uint8Array, at: number, to: number): number {
  if (at + 4 > to) return -1
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const digit = hexDigit(bytes[i] ?? 0)
    if (digit < 0) return -1
    unit = unit * 16 + digit
  }
  return unit
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** One UTF-8 sequence whose first byte is not ASCII. */
function decode(bytes: Uint8Array, at: number, to: number, counters: TextCounters): number {
  const first = bytes[at] ?? 0
  const size =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 1
  let code = first & (0x7f >> size)
  let good = 1
  for (; good < size && at + good < to; good++) {
    const byte = bytes[at + good] ?? 0
    // The second byte rules out overlong forms, surrogates and what is above U+10FFFF.
    if (byte < (good === 1 ? secondMin(first) : 0x80) || byte > (good === 1 ? secondMax(first) : 0xbf)) break
    code = (code << 6) | (byte & 63)
  }
  if (size > 1 && good === size) return code * STEP_SPAN + size
  counters.replaced++
  return REPLACEMENT * STEP_SPAN + good
}

function secondMin(first: number): number {
  return first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
}

function secondMax(first: number): number {
  return first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
}

export function utf8Size(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

/** @returns the end in `out` */
export function writeCode(out: Uint8Array, at: number, code: number): number {
  const size = utf8Size(code)
  if (size === 1) {
    out[at] = code
    return at + 1
  }
  for (let i = at + size - 1; i > at; i--) {
    out[i] = 0x80 | (code & 63)
    code >>= 6
  }
  out[at] = ((0xf00 >> size) & 0xff) | code
  return at + size
}

/** An arena with room for `room` bytes more: the same, or a larger one with what is in it. */
export function withRoom(arena: Uint8Array, used: number, room: number): Uint8Array {
  if (used + room <= arena.length) return arena
  let length = arena.length * 2
  while (length < used + room) length *= 2
  const larger = new Uint8Array(length)
  larger.set(arena.subarray(0, used))
  return larger
}
