import { WINDOW_ENTRIES_MAX } from '@firebreak/content'
import { CHAR_BYTES, ENTRY_BYTES } from './limits.ts'
import { type Link, LinkedOrder } from './linked-order.ts'
import type { CorrelationWindow, Entry } from './window.ts'

/**
 * Counts distinct keys by the last time each was seen: values for value_count, rules for temporal; for event_count every
 * entry is its own. Constant work for each entry. When full it forgets the key not seen for longest: since no condition names
 * as many as it keeps, what it then says of the count is still right.
 */
export class CountWindow implements CorrelationWindow {
  readonly #order = new LinkedOrder<Entry>()
  readonly #links: Map<string, Link<Entry>> | null
  readonly #keyOf: (entry: Entry) => string
  #chars = 0

  /** @param keyOf - null: every entry counts */
  constructor(keyOf: ((entry: Entry) => string) | null) {
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
    const oldest = this.#order.size === WINDOW_ENTRIES_MAX ? this.#order.first : null
    if (oldest !== null) this.#drop(oldest)
    const link = this.#order.append(entry)
    this.#links?.set(this.#keyOf(entry), link)
    this.#chars += entry.text.length
    return oldest === null ? 0 : 1
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
