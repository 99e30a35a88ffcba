import { bucketBits, DIGEST_WORDS, type DigestTable, hexDigit } from '@firebreak/content'
import { word } from '../trap.ts'

/** The digits of four words; no digest has fewer. */
const KEPT_DIGITS = 32

/** Reads hex digits of any case; false when one is none. @param out - gets the first four words */
export function readDigest(bytes: Uint8Array, from: number, to: number, out: Uint32Array): boolean {
  // Negative once a digit was none: its -1 stays in the sign.
  let signs = 0
  for (let word = 0; word < out.length; word++) {
    let digits = 0
    for (let at = from + 8 * word; at < from + 8 * word + 8; at++) {
      const digit = hexDigit(bytes[at] ?? 0)
      signs |= digit
      digits = (digits << 4) | digit
    }
    out[word] = digits
  }
  for (let at = from + KEPT_DIGITS; at < to; at++) signs |= hexDigit(bytes[at] ?? 0)
  return signs >= 0
}

/** The entry of a digest, or -1. @param digest - its first four words */
export function findDigest(table: DigestTable, digest: Uint32Array): number {
  const { starts, digests } = table
  const bits = bucketBits(digests.length / DIGEST_WORDS)
  const first = word(digest, 0, 'digest')
  const second = word(digest, 1, 'digest')
  const key0 = ((first << bits) | (second >>> (32 - bits))) >>> 0
  const bucket = first >>> (32 - bits)
  let low = word(starts, bucket, 'digest buckets')
  let high = word(starts, bucket + 1, 'digest buckets')
  while (low < high) {
    const middle = (low + high) >>> 1
    const found = word(digests, DIGEST_WORDS * middle, 'digests')
    const order = found === key0 ? compareRest(digests, middle, digest, bits) : found - key0
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle
  }
  return -1
}

function compareRest(digests: Uint32Array, entry: number, digest: Uint32Array, bits: number): number {
  for (let k = 1; k < DIGEST_WORDS; k++) {
    const key = ((word(digest, k, 'digest') << bits) | (word(digest, k + 1, 'digest') >>> (32 - bits))) >>> 0
    const difference = word(digests, DIGEST_WORDS * entry + k, 'digests') - key
    if (difference !== 0) return difference
  }
  return 0
}
