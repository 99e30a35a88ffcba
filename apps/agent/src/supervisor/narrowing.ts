/** Over all batches, engines that may die in an hour while an event is looked for: beyond it, detection itself would suffer. */
export const NARROWING_DEATHS_PER_HOUR_MAX = 64
const HOUR_MS = 3_600_000
/** Of the deaths that find one event: another event of the same batch may be found with the rest. */
const EVENTS_FOUND_PER_BATCH = 2

/**
 * What the search for an event that kills may cost. Each level of halves costs one engine: a batch of n events spends log2(n) deaths
 * on one event.
 */
export class NarrowingBudget {
  #spentAtMs: number[] = []

  /** For a batch of `count` events on which two engines died. */
  search(count: number): Search {
    return { deathsLeft: Math.ceil(Math.log2(Math.max(count, 2))) * EVENTS_FOUND_PER_BATCH }
  }

  /** An engine died on a part of the batch that is searched. */
  spend(search: Search, nowMs: number): void {
    search.deathsLeft--
    this.#spentAtMs = [...this.#spentAtMs, nowMs].slice(-NARROWING_DEATHS_PER_HOUR_MAX)
  }

  /** Whether a part that kills may be cut again. */
  allows(search: Search, nowMs: number): boolean {
    const recent = this.#spentAtMs.filter((at) => nowMs - at < HOUR_MS)
    return search.deathsLeft > 0 && recent.length < NARROWING_DEATHS_PER_HOUR_MAX
  }
}

/** One batch that is being narrowed down; its parts share it. */
export interface Search {
  deathsLeft: number
}
