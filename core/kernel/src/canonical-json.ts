import { utf8Encode } from './bytes.ts'
import { KernelError } from './errors.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Levels of nesting: canonicalising hostile JSON must end in an error of ours, not in a full stack. */
export const JSON_DEPTH_MAX = 100

/**
 * The one canonical form of a JSON value: OLPC canonical JSON, the form that TUF signs. Keys sorted by code point,
 * no white space, integers only, strings escape only `"` and `\`: a string with a control character makes it something that JSON
 * parsers refuse. For what is signed, and nothing else.
 *
 * @throws KernelError kernel/malformed for a number that is not a safe integer, or beyond JSON_DEPTH_MAX levels
 * @see TUF specification 4.2, http://wiki.laptop.org/go/Canonical_JSON
 */
export function canonicalJson(value: Json): string {
  return write(value, 0)
}

function write(value: Json, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return integer(value)
  if (depth === JSON_DEPTH_MAX) {
    throw new KernelError('kernel/malformed', `Cannot write canonical JSON: over ${JSON_DEPTH_MAX} levels deep`)
  }
  if (isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  const keys = Object.keys(value).toSorted(byCodePoint)
  return `{${keys.map((key) => `${quote(key)}:${write(value[key] as Json, depth + 1)}`).join(',')}}`
}

/** JSON for files and pipes of our own: nothing is signed, so nothing has to be canonical. */
export function jsonBytes(value: unknown): Uint8Array {
  return utf8Encode(JSON.stringify(value))
}

export function canonicalJsonBytes(value: Json): Uint8Array {
  return utf8Encode(canonicalJson(value))
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) {
    throw new KernelError('kernel/malformed', `Cannot write canonical JSON: ${value} is not a safe integer`)
  }
  return String(value === 0 ? 0 : value)
}

/** Differs from the order of UTF-16 units only where a surrogate meets a unit from U+E000 on. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
