import { ENTRY_BYTES } from './limits.ts'
import type { CorrelationWindow, Entry } from './window.ts'

/** Events of different rules in the order of the rules; the last one first. */
interface Chain {
  readonly startMs: number
  readonly last: Entry
  readonly before: Chain | null
}

/**
 * The most different rules whose events happened in the order of the rules, for temporal_ordered. For each length and each
 * rule it keeps the chain of that length that ends at that rule or an earlier one and started last: any other is out of the
 * window sooner. So an event costs at most the square of the number of rules, however many events the window has.
 */
export class OrderedWindow implements CorrelationWindow {
  readonly #rules: number
  /** At `(length - 1) * rules + rule`. */
  readonly #chains: (Chain | null)[]

  constructor(rules: number) {
    this.#rules = rules
    this.#chains = Array.from({ length: rules * rules }, () => null)
  }

  get value(): number {
    let length = this.#rules
    while (length > 0 && this.#longest(length) === null) length--
    return length
  }

  get size(): number {
    return this.value
  }

  get oldestMs(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const chain of this.#chains) if (chain !== null && chain.startMs < oldest) oldest = chain.startMs
    return oldest
  }

  get bytes(): number {
    return this.#chains.length * ENTRY_BYTES
  }

  dropOldest(): void {
    const moment = this.oldestMs
    for (const [at, chain] of this.#chains.entries()) {
      if (chain !== null && chain.startMs <= moment) this.#chains[at] = null
    }
  }

  add(entry: Entry): number {
    for (let length = 1; length <= entry.rule + 1; length++) {
      const before = length === 1 ? null : this.#chain(length - 1, entry.rule - 1)
      if (length > 1 && before === null) continue
      this.#offer(length, { startMs: before?.startMs ?? entry.timeMs, last: entry, before }, entry.rule)
    }
    return 0
  }

  newest(most: number): readonly Entry[] {
    const entries: Entry[] = []
    let chain = this.#longest(this.value)
    for (; chain !== null && entries.length < most; chain = chain.before) entries.push(chain.last)
    return entries.toReversed()
  }

  /** For the rule and those after it, where the chain started later than what they have, or as late. */
  #offer(length: number, chain: Chain, rule: number): void {
    for (let end = rule; end < this.#rules; end++) {
      const other = this.#chain(length, end)
      if (other !== null && other.startMs > chain.startMs) return
      this.#chains[(length - 1) * this.#rules + end] = chain
    }
  }

  #longest(length: number): Chain | null {
    return length === 0 ? null : this.#chain(length, this.#rules - 1)
  }

  #chain(length: number, rule: number): Chain | null {
    return this.#chains[(length - 1) * this.#rules + rule] ?? null
  }
}
