import { KernelError } from './errors.ts'

const HEX = '0123456789abcdef'

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15)
  return text
}

/** @throws KernelError kernel/malformed unless `text` is an even number of lower-case hex digits */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new KernelError('kernel/malformed', 'Cannot read hex: expected pairs of 0-9a-f')
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** UTF-8 of `text`; a lone surrogate becomes U+FFFD, as in the Encoding Standard. */
export function utf8Encode(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3)
  let n = 0
  for (let i = 0; i < text.length; i++) {
    let code = text.codePointAt(i) ?? 0
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code > 0xffff) i++
    if (code < 0x80) out[n++] = code
    else if (code < 0x800) {
      out[n++] = 0xc0 | (code >> 6)
      out[n++] = 0x80 | (code & 63)
    } else if (code < 0x10000) {
      out[n++] = 0xe0 | (code >> 12)
      out[n++] = 0x80 | ((code >> 6) & 63)
      out[n++] = 0x80 | (code & 63)
    } else {
      out[n++] = 0xf0 | (code >> 18)
      out[n++] = 0x80 | ((code >> 12) & 63)
      out[n++] = 0x80 | ((code >> 6) & 63)
      out[n++] = 0x80 | (code & 63)
    }
  }
  return out.slice(0, n)
}

const CHUNK_CHARS = 8192

/**
 * Decodes strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * @throws KernelError kernel/malformed with the offset of the first bad byte
 */
export function utf8Decode(bytes: Uint8Array): string {
  let text = ''
  let units: number[] = []
  for (let i = 0; i < bytes.length;) {
    const end = units.length === 0 ? asciiEnd(bytes, i) : i
    if (end > i) {
      text += String.fromCharCode.apply(null, bytes.subarray(i, end) as unknown as number[])
      i = end
      continue
    }
    const { code, size } = decodeOne(bytes, i)
    if (code > 0xffff) units.push(0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff))
    else units.push(code)
    i += size
    if (units.length >= CHUNK_CHARS) {
      text += String.fromCharCode(...units)
      units = []
    }
  }
  return text + String.fromCharCode(...units)
}

/** Where a run of ASCII from `from` ends, at most CHUNK_CHARS on. */
function asciiEnd(bytes: Uint8Array, from: number): number {
  const last = Math.min(bytes.length, from + CHUNK_CHARS)
  let at = from
  while (at < last && (bytes[at] as number) < 0x80) at++
  return at
}

function decodeOne(bytes: Uint8Array, at: number): { code: number; size: number } {
  const first = bytes[at] ?? 0
  if (first < 0x80) return { code: first, size: 1 }
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  let code = first & (0x7f >> size)
  let good = first >= 0xc2 && first <= 0xf4 && at + size <= bytes.length
  for (let k = 1; k < size && good; k++) {
    const next = bytes[at + k] ?? 0
    good = (next & 0xc0) === 0x80
    code = (code << 6) | (next & 63)
  }
  const least = size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80
  if (!good || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new KernelError('kernel/malformed', `Cannot read text: invalid UTF-8 at byte ${at}`, { offset: at })
  }
  return { code, size }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/**
 * Compares two runs of bytes, each from its first up to, not including, its last: negative, 0 or positive. By byte, which for
 * UTF-8 is by code point; a run that another continues comes first. Callers keep the runs inside.
 */
export function compareRuns(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const length = Math.min(aTo - aFrom, bTo - bFrom)
  for (let i = 0; i < length; i++) {
    const difference = (a[aFrom + i] as number) - (b[bFrom + i] as number)
    if (difference !== 0) return difference
  }
  return aTo - aFrom - (bTo - bFrom)
}
