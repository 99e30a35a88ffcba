import { WINDOW_ENTRIES_MAX } from '@firebreak/content'
import { ExactSum } from './exact-sum.ts'
import { ENTRY_BYTES } from './limits.ts'
import { LinkedOrder } from './linked-order.ts'
import { SortedNumbers } from './sorted-numbers.ts'
import type { CorrelationWindow, Entry } from './window.ts'

/** What is computed from the numbers of a window, kept up to date as they come and go. */
interface Aggregate {
  add(value: number): void
  remove(value: number): void
  /** @param count - of the numbers, at least 1 */
  value(count: number): number
}

export function sumAggregate(): Aggregate {
  const sum = new ExactSum()
  return { add: (value) => sum.add(value), remove: (value) => sum.add(-value), value: () => sum.value }
}

/** The sum, rounded, divided by the count, rounded. */
export function averageAggregate(): Aggregate {
  const sum = new ExactSum()
  return { add: (value) => sum.add(value), remove: (value) => sum.add(-value), value: (count) => sum.value / count }
}

export function percentileAggregate(percentile: number): Aggregate {
  const sorted = new SortedNumbers()
  return {
    add: (value) => sorted.add(value),
    remove: (value) => sorted.remove(value),
    value: () => sorted.percentile(percentile),
  }
}

/** Keeps the newest WINDOW_ENTRIES_MAX numbers. */
export class NumberWindow implements CorrelationWindow {
  readonly #order = new LinkedOrder<Entry>()
  readonly #aggregate: Aggregate

  constructor(aggregate: Aggregate) {
    this.#aggregate = aggregate
  }

  get value(): number {
    return this.#order.size === 0 ? Number.NaN : this.#aggregate.value(this.#order.size)
  }

  get size(): number {
    return this.#order.size
  }

  get oldestMs(): number {
    return this.#order.first?.item.timeMs ?? Number.POSITIVE_INFINITY
  }

  get bytes(): number {
    return this.#order.size * ENTRY_BYTES
  }

  dropOldest(): void {
    const moment = this.oldestMs
    while (this.oldestMs === moment && this.#order.first !== null) this.#dropFirst()
  }

  add(entry: Entry): number {
    const isFull = this.#order.size === WINDOW_ENTRIES_MAX
    if (isFull) this.#dropFirst()
    this.#order.append(entry)
    this.#aggregate.add(entry.number)
    return isFull ? 1 : 0
  }

  newest(most: number): readonly Entry[] {
    return this.#order.newest(most)
  }

  #dropFirst(): void {
    const first = this.#order.first
    if (first === null) return
    this.#order.remove(first)
    this.#aggregate.remove(first.item.number)
  }
}
