import { NEW_BLOCK, type Novelty } from './coverage.ts'
import type { Random } from './random.ts'
import type { Compared } from './target.ts'

/** An input that showed something new when it was found. */
export interface CorpusEntry {
  readonly bytes: Uint8Array
  /** How many executions the campaign had done when it was found. */
  readonly foundAt: number
}

/** What the campaign keeps beside an entry. */
export interface Entry extends CorpusEntry {
  /** Executions in which it was the input to change, each counted for as long as the input is. */
  work: number
  /** How much of that it deserves: more if it ran a block that none had run before. */
  readonly worth: number
  /** What was compared when it was traced; null: it was not traced yet. */
  compared: readonly Compared[] | null
  /** Changes that its comparisons suggest and that were not tried yet; null: none were made yet. */
  suggestions: Iterator<undefined> | null
  /** No suggestions are left. */
  exhausted: boolean
}

const WORTH_OF_BLOCK = 4
/** One pick of so many is the newest. */
const NEWEST_ONE_IN = 2
/** Entries among which the others choose. */
const PICKED_OF = 4

/** Inputs worth changing, in the order in which they were found. */
export class Corpus {
  readonly entries: Entry[] = []
  readonly #entriesMax: number
  readonly #bytesMax: number
  #bytes = 0

  constructor(entriesMax: number, bytesMax: number) {
    this.#entriesMax = entriesMax
    this.#bytesMax = bytesMax
  }

  /** False: it is full, and stays as it is. */
  add(bytes: Uint8Array, foundAt: number, novelty: Novelty): boolean {
    if (this.entries.length >= this.#entriesMax || this.#bytes + bytes.length > this.#bytesMax) return false
    this.#bytes += bytes.length
    this.entries.push({
      bytes,
      foundAt,
      work: 0,
      worth: novelty === NEW_BLOCK ? WORTH_OF_BLOCK : 1,
      compared: null,
      suggestions: null,
      exhausted: false,
    })
    return true
  }

  /**
   * Mostly the one of a few on which least was spent for what it is worth, so short ones come more often; now and then the newest that was never
   * changed. Always the newest would follow one line of descent, and starve the seeds of parsers that accept many things.
   */
  pick(random: Random): Entry {
    const newest = random.below(NEWEST_ONE_IN) === 0 ? this.#newestUnchanged() : null
    if (newest !== null) return newest
    let best = random.pick(this.entries)
    for (let left = PICKED_OF - 1; left > 0; left--) {
      const other = random.pick(this.entries)
      if (other.work * best.worth < best.work * other.worth) best = other
    }
    return best
  }

  #newestUnchanged(): Entry | null {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i] as Entry
      if (entry.work === 0) return entry
    }
    return null
  }

  any(random: Random): Entry {
    return random.pick(this.entries)
  }
}
