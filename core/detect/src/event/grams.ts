/** 32-bit words of the set of a value's grams: 2,048 bits, which 512 bytes of text fill to a fifth. */
export const BLOOM_WORDS = 64
/** Those of a longer value: 65,536 bits, one for each hash. */
export const LARGE_BLOOM_WORDS = 2048
/** Bytes of folded text from which on a value has the large set. */
export const LARGE_BLOOM_BYTES_MIN = 512

const GOLDEN = 0x9e3779b1 | 0

/**
 * A hash of four bytes, 16 bits: `packed` has the first byte in its lowest eight bits, as a little-endian view reads it.
 */
export function gramHash(packed: number): number {
  return Math.imul(packed, GOLDEN) >>> 16
}

/** The hash of the four bytes at `from`, for `bloomHas`. */
export function gramHashAt(bytes: Uint8Array, from: number): number {
  const low = (bytes[from] ?? 0) | ((bytes[from + 1] ?? 0) << 8)
  return gramHash(low | ((bytes[from + 2] ?? 0) << 16) | ((bytes[from + 3] ?? 0) << 24))
}

/** For each value of an event a set of its grams: says quickly of most texts that the value does not have them. */
export class GramSets {
  /** Replaced by a larger one when it is full. */
  #words = new Int32Array(64 * BLOOM_WORDS)
  #used = 0
  /** Where the set of a value starts, and the bits of a hash that it uses. */
  readonly #from: Int32Array
  readonly #mask: Int32Array

  constructor(values: number) {
    this.#from = new Int32Array(values)
    this.#mask = new Int32Array(values)
  }

  clear(): void {
    this.#used = 0
  }

  /** @param view - of the folded text of the value, from `from` to `to` */
  make(value: number, view: DataView, from: number, to: number): void {
    const words = to - from < LARGE_BLOOM_BYTES_MIN ? BLOOM_WORDS : LARGE_BLOOM_WORDS
    const at = this.#used
    this.#used = at + words
    if (this.#used > this.#words.length) {
      const larger = new Int32Array(2 * this.#used)
      larger.set(this.#words)
      this.#words = larger
    }
    this.#words.fill(0, at, this.#used)
    addGrams(view, from, to, this.#words, at, 32 * words - 1)
    this.#from[value] = at
    this.#mask[value] = 32 * words - 1
  }

  /** False: the value, whose set was made, does not have the four bytes of this `gramHashAt`. */
  has(value: number, hash: number): boolean {
    const bit = hash & (this.#mask[value] as number)
    return (((this.#words[(this.#from[value] as number) + (bit >>> 5)] as number) >>> (bit & 31)) & 1) === 1
  }
}

/** Adds every window of four bytes to the set from the word `at`, which has `mask` + 1 bits. */
function addGrams(view: DataView, from: number, to: number, bloom: Int32Array, at: number, mask: number): void {
  const last = to - 4
  for (let i = from; i <= last; i++) {
    const bit = (Math.imul(view.getInt32(i, true), GOLDEN) >>> 16) & mask
    const word = at + (bit >>> 5)
    bloom[word] = (bloom[word] as number) | (1 << (bit & 31))
  }
}
