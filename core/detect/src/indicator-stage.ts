import { INDICATOR_FIELDS, type ImageTables, type IndicatorLookup, indicatorLookups } from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'
import { type EventColumns, VALUE } from './event/index.ts'
import { IndicatorIndex } from './indicators/index.ts'
import type { Detection } from './output/index.ts'

type Hit = Pick<Detection, 'ruleId' | 'title' | 'level' | 'tags' | 'selections' | 'custom'>

const TITLE_CHARS_MAX = 256
/** An indicator list names what is known to be bad. */
const LEVEL = 'high'

/** Compares the fields of an event with an image's indicators. */
export class IndicatorStage {
  readonly #columns: EventColumns
  readonly #index: IndicatorIndex
  readonly #fields: readonly { readonly field: number; readonly lookup: IndicatorLookup }[]

  constructor(tables: ImageTables, columns: EventColumns, numberOf: (field: string) => number) {
    this.#columns = columns
    this.#index = new IndicatorIndex(tables.indicators)
    this.#fields = indicatorLookups(tables.indicators).flatMap((lookup) =>
      INDICATOR_FIELDS[lookup].map((name) => ({ field: numberOf(name), lookup })),
    )
  }

  /** Null when there is none: nothing was allocated then. */
  find(): readonly Hit[] | null {
    let hits: Hit[] | null = null
    for (const { field, lookup } of this.#fields) {
      const columns = this.#columns
      for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
        if (columns.kind[value] === VALUE.NULL) continue
        const number = this.#look(lookup, value)
        if (number >= 0) (hits ??= []).push(this.#hit(number, field, value))
      }
    }
    return hits
  }

  #look(lookup: IndicatorLookup, value: number): number {
    const columns = this.#columns
    const index = this.#index
    columns.fold(value)
    const from = columns.foldedFrom[value] as number
    const to = columns.foldedTo[value] as number
    switch (lookup) {
      case 'address':
        return index.findAddress(columns.foldedBytes, from, to)
      case 'digest':
        return index.findHash(columns.foldedBytes, from, to)
      case 'digests':
        return index.findInHashes(columns.foldedBytes, from, to)
      case 'domain':
        return index.findDomain(columns.foldedBytes, from, to)
      case 'url':
        return index.findUrl(columns.foldedBytes, from, to)
      case 'filename':
        return index.findFilename(columns.foldedBytes, from, to)
      default:
        return unreachable(lookup)
    }
  }

  #hit(number: number, field: number, value: number): Hit {
    const { type, value: known, description } = this.#index.describe(number)
    const title = `Indicator ${known}${description === '' ? '' : `: ${description}`}`
    const matched = [{ field: this.#columns.names.name(field), value: this.#columns.string(value) ?? '' }]
    const about = { ruleId: `indicator/${type}`, title: title.slice(0, TITLE_CHARS_MAX), level: LEVEL }
    return { ...about, tags: [], selections: [{ name: 'indicator', matched }], custom: null }
  }
}
