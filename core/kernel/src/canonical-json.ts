import { utf8Encode } from './bytes.ts'
import { KernelError } from './errors.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * The one canonical form of a JSON value: OLPC canonical JSON, the form that TUF signs. Keys sorted by code point,
 * no white space, integers only, strings escape only `"` and `\`.
 *
 * @throws KernelError kernel/malformed for a number that is not a safe integer
 * @see TUF specification 4.2, http://wiki.laptop.org/go/Canonical_JSON
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return integer(value)
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const keys = Object.keys(value).toSorted(byCodePoint)
  return `{${keys.map((key) => `${quote(key)}:${canonicalJson(value[key] as Json)}`).join(',')}}`
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

function byCodePoint(a: string, b: string): number {
  const left = Array.from(a)
  const right = Array.from(b)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
