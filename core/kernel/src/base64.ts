import { KernelError } from './errors.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (char, i) => [char, i]))
/** Characters are joined in pieces of this many, so that a long text is not built one by one. */
const CHUNK_GROUPS = 4_096

/** Base64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  let groups: string[] = []
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const third = left > 1 ? ALPHABET.charAt((word >> 6) & 63) : '='
    const fourth = left > 2 ? ALPHABET.charAt(word & 63) : '='
    groups.push(ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63) + third + fourth)
    if (groups.length < CHUNK_GROUPS) continue
    text += groups.join('')
    groups = []
  }
  return text + groups.join('')
}

/**
 * Reads base64 in the one form that `toBase64` writes: padded, without blanks, and zeros behind the last byte. So no two
 * texts are the same bytes.
 *
 * @throws KernelError kernel/malformed
 */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const chars = text.length - padding
  const out = new Uint8Array(Math.floor((chars * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  let good = text.length % 4 === 0
  for (let i = 0; i < chars && good; i++) {
    const value = VALUES.get(text.charAt(i))
    good = value !== undefined
    bits = ((bits << 6) | (value ?? 0)) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    out[at++] = (bits >> held) & 255
  }
  if (!good || (bits & ((1 << held) - 1)) !== 0) throw new KernelError('kernel/malformed', 'Cannot read base64')
  return out
}
