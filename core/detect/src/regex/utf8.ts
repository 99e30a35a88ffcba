const REPLACEMENT = 0xfffd

/**
 * Reads the character at `at` of `bytes`, which end at `to`, and returns `8 * code point + bytes read`: one number, so
 * that nothing is allocated. What is not UTF-8 reads as U+FFFD, one for each maximal subpart.
 *
 * @see https://encoding.spec.whatwg.org/#utf-8-decoder
 */
export function decodeAt(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 8 * first + 1
  if (first < 0xc2 || first > 0xf4) return 8 * REPLACEMENT + 1
  const second = at + 1 < to ? (bytes[at + 1] as number) : 0
  if (second < lowestSecond(first) || second > highestSecond(first)) return 8 * REPLACEMENT + 1
  if (first < 0xe0) return 8 * (((first & 0x1f) << 6) | (second & 0x3f)) + 2
  const third = at + 2 < to ? (bytes[at + 2] as number) : 0
  if ((third & 0xc0) !== 0x80) return 8 * REPLACEMENT + 2
  if (first < 0xf0) return 8 * (((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f)) + 3
  const fourth = at + 3 < to ? (bytes[at + 3] as number) : 0
  if ((fourth & 0xc0) !== 0x80) return 8 * REPLACEMENT + 3
  return 8 * (((first & 0x07) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f)) + 4
}

/** Above 0x80 where a smaller one would make an overlong form. */
function lowestSecond(first: number): number {
  return first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
}

/** Below 0xbf where a larger one would make a surrogate or exceed U+10FFFF. */
function highestSecond(first: number): number {
  return first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
}
