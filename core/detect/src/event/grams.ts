/** 32-bit words of the set of a value's grams: 2,048 bits. */
export const BLOOM_WORDS = 64
/** The bits of `gramHash` that the set uses. */
export const BLOOM_MASK = 2047

/**
 * A hash of four bytes, 16 bits: `packed` has the first byte in its lowest eight bits. The window slides by
 * `packed = (packed >>> 8) | (next << 24)`.
 */
export function gramHash(packed: number): number {
  return Math.imul(packed, 0x9e3779b1) >>> 16
}

/** The bit of the four bytes at `from`, in the set of a value's grams. */
export function bloomBit(bytes: Uint8Array, from: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(from, from + 4)
  return gramHash(a | (b << 8) | (c << 16) | (d << 24)) & BLOOM_MASK
}

/** Adds every window of four bytes to the set of BLOOM_WORDS words from `at`. */
export function addGrams(bytes: Uint8Array, from: number, to: number, bloom: Uint32Array, at: number): void {
  if (to - from < 4) return
  let packed = ((bytes[from] ?? 0) << 8) | ((bytes[from + 1] ?? 0) << 16) | ((bytes[from + 2] ?? 0) << 24)
  for (let i = from + 3; i < to; i++) {
    packed = (packed >>> 8) | ((bytes[i] ?? 0) << 24)
    const bit = gramHash(packed) & BLOOM_MASK
    const word = at + (bit >>> 5)
    bloom[word] = (bloom[word] ?? 0) | (1 << (bit & 31))
  }
}
