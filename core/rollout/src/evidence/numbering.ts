/**
 * Small numbers for values that hosts name. A number is free again when nobody holds it, so no host takes more of them than one at a
 * time, whatever it says. When all are taken, a new value gets 0: `other`.
 */
export class Numbering<T> {
  readonly #max: number
  readonly #numbers = new Map<string, number>()
  readonly #entries: { key: string; value: T; holders: number }[]
  readonly #free: number[] = []

  /** @param max - the largest number */
  constructor(max: number, other: T) {
    this.#max = max
    this.#entries = [{ key: '', value: other, holders: 0 }]
  }

  /** Takes hold of the number of `key`; `value` is what it stands for when it has none yet. */
  take(key: string, value: T): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) {
      this.#entry(known).holders++
      return known
    }
    const number = this.#free.pop() ?? this.#entries.length
    if (number > this.#max) return 0
    this.#entries[number] = { key, value, holders: 1 }
    this.#numbers.set(key, number)
    return number
  }

  /** Lets go of it. */
  drop(number: number): void {
    if (number === 0) return
    const entry = this.#entry(number)
    if (--entry.holders > 0) return
    this.#numbers.delete(entry.key)
    this.#free.push(number)
  }

  value(number: number): T {
    return this.#entry(number).value
  }

  /** By number; of numbers that nobody holds: the last value. */
  values(): readonly T[] {
    return this.#entries.map(({ value }) => value)
  }

  numberOf(key: string): number {
    return this.#numbers.get(key) ?? 0
  }

  #entry(number: number): { key: string; value: T; holders: number } {
    const entry = this.#entries[number]
    if (entry === undefined) throw new RangeError(`no value has the number ${number}`)
    return entry
  }
}
