import { type Comparison, WINDOW_ENTRIES_MAX } from '@firebreak/content'
import { CHAR_BYTES, ENTRY_BYTES } from './limits.ts'
import { type Link, LinkedOrder } from './linked-order.ts'
import type { CorrelationWindow, Entry } from './window.ts'

/**
 * Counts distinct keys by the last time each was seen: values for value_count, rules for temporal; for event_count every
 * entry is its own. Constant work for each entry. It keeps one entry more than the largest count that the condition
 * names: beyond it the condition says the same of every count, and where it fires, it fires on the way there. So what it
 * forgets when it is full makes no difference.
 */
export class CountWindow implements CorrelationWindow {
  readonly #order = new LinkedOrder<Entry>()
  readonly #links: Map<string, Link<Entry>> | null
  readonly #keyOf: (entry: Entry) => string
  readonly #most: number
  #chars = 0

  /** @param keyOf - null: every entry counts */
  constructor(comparisons: readonly Comparison[], keyOf: ((entry: Entry) => string) | null) {
    const largest = Math.max(...comparisons.map(({ threshold }) => threshold))
    this.#most = Math.min(WINDOW_ENTRIES_MAX, Math.floor(largest) + 1)
    this.#links = keyOf === null ? null : new Map()
    this.#keyOf = keyOf ?? ((entry) => entry.text)
  }

  get value(): number {
    return this.#order.size
  }

  get size(): number {
    return this.#order.size
  }

  get oldestMs(): number {
    return this.#order.first?.item.timeMs ?? Number.POSITIVE_INFINITY
  }

  get bytes(): number {
    return this.#order.size * ENTRY_BYTES + this.#chars * CHAR_BYTES
  }

  dropOldest(): void {
    const moment = this.oldestMs
    while (this.oldestMs === moment && this.#order.first !== null) this.#drop(this.#order.first)
  }

  add(entry: Entry): number {
    const known = this.#links?.get(this.#keyOf(entry))
    if (known !== undefined) this.#drop(known)
    const oldest = this.#order.size >= this.#most ? this.#order.first : null
    if (oldest !== null) this.#drop(oldest)
    const link = this.#order.append(entry)
    this.#links?.set(this.#keyOf(entry), link)
    this.#chars += entry.text.length
    return 0
  }

  newest(most: number): readonly Entry[] {
    return this.#order.newest(most)
  }

  #drop(link: Link<Entry>): void {
    this.#order.remove(link)
    this.#links?.delete(this.#keyOf(link.item))
    this.#chars -= link.item.text.length
  }
}
