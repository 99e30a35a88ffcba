import { compareRuns, utf8Encode } from '@firebreak/kernel'
import { type DescriptionNumbers, isWide, packDescriptions, type TextPool } from './tables.ts'

/** Rows of a list in the order of a table, each value once. */
export interface UniqueRows {
  readonly rows: Uint32Array
  /** The rank of the description of each. */
  readonly ranks: Uint32Array
}

export interface Rows {
  readonly count: number
  /** A total order of the values of two rows. */
  readonly compare: (a: number, b: number) => number
  /** Whether two neighbours of that order are one value. */
  readonly isSame: (a: number, b: number) => boolean
  /** The rank of a row's description. */
  readonly descriptionOf: (row: number) => number
  readonly descriptions: Descriptions
}

/** Sorts rows and keeps one of each value, with the description of the lowest rank that any of them has. */
export function uniqueRows({ count, compare, isSame, descriptionOf, descriptions }: Rows): UniqueRows {
  const rows = sortedNumbers(count, compare)
  const ranks = new Uint32Array(count)
  let kept = 0
  for (const row of rows) {
    const rank = descriptionOf(row)
    if (kept > 0 && isSame(rows[kept - 1] ?? 0, row)) {
      ranks[kept - 1] = Math.min(ranks[kept - 1] ?? 0, rank)
    } else {
      rows[kept] = row
      ranks[kept++] = rank
    }
  }
  const unique = { rows: rows.slice(0, kept), ranks: ranks.slice(0, kept) }
  descriptions.use(unique.ranks)
  return unique
}

/**
 * The descriptions of a list, ranked by bytes, the empty one last: any other says more. Those that a table uses are
 * numbered by bytes, the empty one first.
 */
export class Descriptions {
  readonly #texts: readonly Uint8Array[]
  /** By the number in the list. */
  readonly #ranks: Uint32Array
  /** By rank: the number in the list. */
  readonly #order: Uint32Array
  readonly #isUsed: Uint8Array
  #numbers: Uint32Array | null = null

  constructor(texts: readonly string[]) {
    this.#texts = texts.map((text) => utf8Encode(text))
    this.#order = sortedNumbers(texts.length, (a, b) => {
      const [one, other] = [this.#text(a), this.#text(b)]
      if (one.length === 0 || other.length === 0) return other.length - one.length
      return compareRuns(one, 0, one.length, other, 0, other.length)
    })
    this.#ranks = new Uint32Array(texts.length)
    for (const [rank, text] of this.#order.entries()) this.#ranks[text] = rank
    this.#isUsed = new Uint8Array(texts.length)
  }

  /** @param text - its number in the list */
  rank(text: number): number {
    return this.#ranks[text] ?? 0
  }

  use(ranks: Uint32Array): void {
    for (const rank of ranks) this.#isUsed[rank] = 1
  }

  /** The used ones; after this nothing more is used. */
  pool(): TextPool {
    const used = this.#usedRanks()
    const texts = used.map((rank) => this.#text(this.#order[rank] ?? 0))
    const offsets = new Uint32Array(texts.length + 1)
    for (const [i, text] of texts.entries()) offsets[i + 1] = (offsets[i] ?? 0) + text.length
    const bytes = new Uint8Array(offsets[texts.length] ?? 0)
    for (const [i, text] of texts.entries()) bytes.set(text, offsets[i])
    return { offsets, bytes }
  }

  numbers({ ranks }: UniqueRows): DescriptionNumbers {
    const numbers = (this.#numbers ??= this.#numberUsed())
    const own = ranks.map((rank) => numbers[rank] ?? 0)
    return packDescriptions(own, isWide(this.#usedRanks().length))
  }

  #text(number: number): Uint8Array {
    return this.#texts[number] ?? new Uint8Array()
  }

  /** In the order of their numbers. */
  #usedRanks(): readonly number[] {
    const used = [...this.#isUsed.keys()].filter((rank) => this.#isUsed[rank] === 1)
    const last = used.at(-1)
    if (last === undefined || this.#text(this.#order[last] ?? 0).length > 0) return used
    return [last, ...used.slice(0, -1)]
  }

  /** By rank. */
  #numberUsed(): Uint32Array {
    const numbers = new Uint32Array(this.#texts.length)
    for (const [number, rank] of this.#usedRanks().entries()) numbers[rank] = number
    return numbers
  }
}

function sortedNumbers(count: number, compare: (a: number, b: number) => number): Uint32Array {
  const numbers = new Uint32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  // oxlint-disable-next-line unicorn/no-array-sort -- in place: the numbers are nobody else's, and may be millions
  return numbers.sort(compare)
}
