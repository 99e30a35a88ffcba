/** Of a count, the class that counts as the same: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more; as one bit. */
const CLASS_OF: Uint8Array = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count === 0) return 0
  if (count <= 3) return 1 << (count - 1)
  if (count <= 7) return 8
  if (count <= 15) return 16
  if (count <= 31) return 32
  return count <= 127 ? 64 : 128
})

/** What an execution showed that none before it did. */
export type Novelty = 0 | typeof NEW_COUNT | typeof NEW_BLOCK
/** A block ran a number of times that is of another class than ever before. */
export const NEW_COUNT = 1
/** A block ran that never ran before. */
export const NEW_BLOCK = 2

/** Which blocks ever ran, and how often: AFL's map of classified counts. */
export class Coverage {
  readonly #counters: Uint8Array
  readonly #words: Uint32Array
  /** Bits of the classes that each block's counts have had. */
  readonly #seen: Uint8Array
  #blocks = 0

  /** @param counters - what the program writes; its length a multiple of four */
  constructor(counters: Uint8Array) {
    this.#counters = counters
    this.#words = new Uint32Array(counters.buffer, counters.byteOffset, counters.length / 4)
    this.#seen = new Uint8Array(counters.length)
  }

  /** How many blocks ever ran. */
  get blocks(): number {
    return this.#blocks
  }

  /** Before an execution. */
  clear(): void {
    this.#counters.fill(0)
  }

  /** After an execution: takes in what it showed. */
  merge(): Novelty {
    const words = this.#words
    let novelty: Novelty = 0
    for (let i = 0; i < words.length; i++) {
      if (words[i] === 0) continue
      novelty = Math.max(novelty, this.#mergeWord(4 * i)) as Novelty
    }
    return novelty
  }

  #mergeWord(start: number): Novelty {
    const blocks = this.#blocks
    let counts = false
    for (let i = start; i < start + 4; i++) {
      const bit = CLASS_OF[this.#counters[i] ?? 0] ?? 0
      const seen = this.#seen[i] ?? 0
      if ((bit & ~seen) === 0) continue
      this.#seen[i] = seen | bit
      counts = true
      if (seen === 0) this.#blocks++
    }
    if (this.#blocks > blocks) return NEW_BLOCK
    return counts ? NEW_COUNT : 0
  }

  /** The numbers of the blocks that ran in the last execution. */
  ran(): Uint16Array | Uint32Array {
    const ran: number[] = []
    for (let i = 0; i < this.#counters.length; i++) if (this.#counters[i] !== 0) ran.push(i)
    return this.#counters.length <= 0x10000 ? Uint16Array.from(ran) : Uint32Array.from(ran)
  }

  /** A number that is equal for executions that ran the same blocks about equally often. FNV-1a. */
  signature(): number {
    let hash = 0x811c9dc5
    for (const count of this.#counters) hash = Math.imul(hash ^ (CLASS_OF[count] ?? 0), 0x01000193)
    return hash >>> 0
  }
}
