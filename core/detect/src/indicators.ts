import {
  type ImageTables,
  INDICATOR_FIELDS,
  INDICATOR_TYPES,
  INDICATOR_WORDS,
  type IndicatorType,
} from '@firebreak/content'
import { foldCase } from '@firebreak/kernel'
import { fieldText, truncate } from './event-view.ts'
import type { HostEvent } from './events.ts'
import { item, word } from './trap.ts'

export interface IndicatorHit {
  readonly type: IndicatorType
  readonly value: string
  readonly description: string
  readonly field: string
}

/** The indicators of an image, by the field that they are compared with. */
export class IndicatorIndex {
  /** Description by value. */
  readonly #values: ReadonlyMap<IndicatorType, ReadonlyMap<string, string>>

  constructor(tables: ImageTables) {
    const values = new Map<IndicatorType, Map<string, string>>()
    for (let at = 0; at < tables.indicators.length; at += INDICATOR_WORDS) {
      const type = item(INDICATOR_TYPES, word(tables.indicators, at, 'indicators'), 'indicator types')
      const value = item(tables.strings, word(tables.indicators, at + 1, 'indicators'), 'strings')
      const description = item(tables.strings, word(tables.indicators, at + 2, 'indicators'), 'strings')
      const known = values.get(type) ?? new Map<string, string>()
      values.set(type, known.set(value, description))
    }
    this.#values = values
  }

  /** Each indicator at most once for each field that it is compared with. */
  find(event: HostEvent): readonly IndicatorHit[] {
    if (this.#values.size === 0) return []
    const hits: IndicatorHit[] = []
    for (const [type, known] of this.#values) {
      for (const [category, field] of INDICATOR_FIELDS[type]) {
        const text = category === event.category ? fieldText(event, field) : null
        if (text === null) continue
        for (const value of comparable(type, foldCase(truncate(text)))) {
          const description = known.get(value)
          if (description !== undefined) hits.push({ type, value, description, field })
        }
      }
    }
    return hits
  }
}

/** A path also goes by its base name; a domain may end in a dot. */
function comparable(type: IndicatorType, text: string): readonly string[] {
  if (type === 'domain') return [text.replace(/\.$/, '')]
  const slash = text.lastIndexOf('/')
  return type === 'filename' && slash >= 0 ? [text, text.slice(slash + 1)] : [text]
}
