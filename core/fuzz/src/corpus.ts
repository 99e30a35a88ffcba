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
  /** What one execution of it takes: blocks that run, or what stands for them. */
  readonly cost: number
  /** Executions in which it was the input to change, and what they took together. */
  executions: number
  work: number
  /** The blocks that it runs. */
  readonly ran: Uint16Array | Uint32Array
  /** It ran a block that none had run before. */
  readonly isFirst: boolean
  /** To be changed in every place once: see `Format.sweep`. */
  isSwept: boolean
  /** What was compared when it was traced; null: it was not traced yet. */
  compared: readonly Compared[] | null
  /** Changes that its comparisons suggest and that were not tried yet; null: none were made yet. */
  suggestions: Iterator<undefined> | null
  /** No suggestions are left. */
  exhausted: boolean
}

/** One pick of so many is the newest. */
const NEWEST_ONE_IN = 4
/** Executions of a short round. */
const ROUND_EXECUTIONS = 16
/** Entries among which the others choose. */
const PICKED_OF = 8

/** What the coverage knows of an entry: see `Coverage.ran`. */
export interface Shown {
  readonly novelty: Novelty
  /** Numbers of blocks. */
  readonly ran: Uint16Array | Uint32Array
  readonly cost: number
}

/** Inputs worth changing, in the order in which they were found. */
export class Corpus {
  readonly entries: Entry[] = []
  readonly #entriesMax: number
  readonly #bytesMax: number
  /** Of each block, how many entries run it. */
  readonly #runners: Uint32Array
  #bytes = 0

  constructor(blocks: number, entriesMax: number, bytesMax: number) {
    this.#runners = new Uint32Array(blocks)
    this.#entriesMax = entriesMax
    this.#bytesMax = bytesMax
  }

  /** False: it is full, and stays as it is. */
  add(bytes: Uint8Array, foundAt: number, { novelty, ran, cost }: Shown, isSeed = false): boolean {
    if (this.entries.length >= this.#entriesMax || this.#bytes + bytes.length > this.#bytesMax) return false
    this.#bytes += bytes.length
    const isFirst = novelty === NEW_BLOCK
    this.entries.push({
      bytes,
      foundAt,
      cost,
      ran,
      isFirst,
      executions: 0,
      work: 0,
      isSwept: !isSeed,
      compared: null,
      suggestions: null,
      exhausted: false,
    })
    for (const block of ran) this.#runners[block] = (this.#runners[block] ?? 0) + 1
    return true
  }

  /**
   * Mostly the one of a few on which least was spent for what it is worth; now and then the newest that found a block and was never changed.
   * Always the newest would follow one line of descent, and starve the seeds of parsers that accept many things.
   */
  pick(random: Random): Entry {
    const newest = random.oneIn(NEWEST_ONE_IN) ? this.#newestUnchanged() : null
    if (newest !== null) return newest
    let best = random.pick(this.entries)
    let price = this.#priceOf(best)
    for (let left = PICKED_OF - 1; left > 0; left--) {
      const other = random.pick(this.entries)
      const priceOfOther = this.#priceOf(other)
      if (priceOfOther >= price) continue
      best = other
      price = priceOfOther
    }
    return best
  }

  /** What was spent on an entry, with what one round more takes, for what it is worth. */
  #priceOf(entry: Entry): number {
    return (entry.work + ROUND_EXECUTIONS * entry.cost) / this.#worthOf(entry)
  }

  /** Each block gives the entries that run it equal parts of one: what few reach is worth most, and what is refused at once is worth little. */
  #worthOf({ ran }: Entry): number {
    let worth = 0
    for (let i = 0; i < ran.length; i++) worth += 1 / (this.#runners[ran[i] ?? 0] ?? 1)
    return worth
  }

  #newestUnchanged(): Entry | null {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i] as Entry
      if (entry.executions === 0 && entry.isFirst) return entry
    }
    return null
  }

  /** The shortest entry that was not swept yet. */
  unswept(): Entry | null {
    let shortest: Entry | null = null
    for (const entry of this.entries) {
      if (!entry.isSwept && (shortest === null || entry.bytes.length < shortest.bytes.length)) shortest = entry
    }
    return shortest
  }

  any(random: Random): Entry {
    return random.pick(this.entries)
  }
}
