/** Numbers that look random and that a seed gives again, on every machine. Mulberry32, by Tommy Ettinger. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 to 2^32 - 1. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** From 0 to `end - 1`. */
  below(end: number): number {
    // Whole numbers of 32 bits stay out of the heap.
    if (end <= 0x10000) return ((this.word() >>> 16) * end) >>> 16
    return Math.floor((this.word() / 0x100000000) * end)
  }

  /** From `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

/** How many changes to make at once: mostly one, at most four. What is strict refuses most that have several. */
export function changesOf(random: Random): number {
  return random.oneIn(2) ? 1 : random.between(1, 4)
}
