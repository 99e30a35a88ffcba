/**
 * A sum of doubles without error, however many are added and taken away again: the exact value as a list of doubles that don't
 * overlap, smallest first. Rounded once, when it is asked for. Adding takes at most some forty steps: the doubles of
 * the list each cover other bits of the 2,100 that a double can have.
 *
 * @see Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997, Grow-Expansion
 */
export class ExactSum {
  #parts: number[] = []

  /** @param value - finite and small enough that no sum overflows; taken away by adding its negative */
  add(value: number): void {
    let carry = value
    let kept = 0
    for (const part of this.#parts) {
      const sum = carry + part
      const error = twoSumError(carry, part, sum)
      if (error !== 0) this.#parts[kept++] = error
      carry = sum
    }
    this.#parts.length = kept
    if (carry !== 0) this.#parts.push(carry)
  }

  /** The double nearest to the exact sum; of two equally near the even one. */
  get value(): number {
    let at = this.#parts.length - 1
    let sum = this.#parts[at] ?? 0
    let error = 0
    while (at > 0 && error === 0) {
      const part = this.#parts[--at] ?? 0
      const next = sum + part
      error = part - (next - sum)
      sum = next
    }
    // Half a unit was rounded to even; what is left below decides whether that was the right way.
    const below = this.#parts[at - 1] ?? 0
    if (error === 0 || below === 0 || error > 0 !== below > 0) return sum
    const twice = 2 * error
    const away = sum + twice
    return away - sum === twice ? away : sum
  }
}

function twoSumError(a: number, b: number, sum: number): number {
  const virtual = sum - a
  return a - (sum - virtual) + (b - virtual)
}
