const CAPACITY_FIRST = 16

/**
 * Numbers in ascending order. Adding and removing is a binary search and one move of memory, of at most 80 KB for the
 * ten thousand entries that a window may have: some microseconds.
 */
export class SortedNumbers {
  #numbers = new Float64Array(CAPACITY_FIRST)
  #size = 0

  add(value: number): void {
    if (this.#size === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#size)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    const at = this.#placeOf(value)
    this.#numbers.copyWithin(at + 1, at, this.#size)
    this.#numbers[at] = value
    this.#size++
  }

  /** @param value - one that was added */
  remove(value: number): void {
    const at = this.#placeOf(value)
    this.#numbers.copyWithin(at, at + 1, this.#size)
    this.#size--
  }

  /**
   * Linear interpolation between the two nearest ranks (NIST's and NumPy's default): rank `percentile / 100 * (size - 1)`
   * from 0. NaN when there are no numbers.
   */
  percentile(percentile: number): number {
    if (this.#size === 0) return Number.NaN
    const rank = (percentile / 100) * (this.#size - 1)
    const below = Math.floor(rank)
    const low = this.#numbers[below] ?? Number.NaN
    const high = this.#numbers[Math.min(below + 1, this.#size - 1)] ?? Number.NaN
    return low + (high - low) * (rank - below)
  }

  /** The first place whose number is not below `value`. */
  #placeOf(value: number): number {
    let low = 0
    let high = this.#size
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#numbers[middle] ?? Number.NaN) < value) low = middle + 1
      else high = middle
    }
    return low
  }
}
