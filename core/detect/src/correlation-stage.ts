import type { VerifiedImage } from '@firebreak/content'
import type { WallMs } from '@firebreak/kernel'
import { type CorrelationHit, Correlator } from './correlation/index.ts'
import type { EventColumns } from './event/index.ts'
import type { Detection } from './output/index.ts'
import { item } from './trap.ts'

const NOTHING: readonly Detection[] = []

/** Feeds the rules that match to the image's correlations, and says what these find. */
export class CorrelationStage {
  readonly #image: VerifiedImage
  readonly #columns: EventColumns
  readonly #correlator: Correlator | null

  constructor(image: VerifiedImage, columns: EventColumns) {
    this.#image = image
    this.#columns = columns
    const { correlations } = image.tables
    this.#correlator = correlations.length === 0 ? null : new Correlator(correlations)
  }

  /** A rule matched the event in the columns. Without a time, it takes no part. */
  observe(rule: number, timeMs: WallMs): readonly Detection[] {
    if (this.#correlator === null || Number.isNaN(timeMs)) return NOTHING
    return this.#correlator.observe(rule, timeMs, this.#valueOf).map((hit) => this.#detection(hit))
  }

  /** The rule only serves correlations, and is no detection by itself. */
  suppresses(rule: number): boolean {
    return this.#correlator?.suppresses(rule) ?? false
  }

  advance(nowMs: WallMs): readonly Detection[] {
    return this.#correlator?.advance(nowMs).map((hit) => this.#detection(hit)) ?? NOTHING
  }

  flush(): readonly Detection[] {
    return this.#correlator?.flush().map((hit) => this.#detection(hit)) ?? NOTHING
  }

  readonly #valueOf = (field: number): string | null => {
    const value = this.#columns.firstValue(field)
    return value < 0 ? null : this.#columns.string(value)
  }

  #detection(hit: CorrelationHit): Detection {
    const { pack, version, category, tables } = this.#image
    const { id, title, level, tags, custom, columns } = item(tables.correlations, hit.correlation, 'correlations')
    const text = (string: number): string => tables.strings.text(string)
    const group = hit.group.map((value, i) => ({ field: text(columns[i] ?? 0), value }))
    return {
      ruleId: text(id),
      title: text(title),
      level,
      tags: tags.map(text),
      pack,
      version,
      category,
      timeMs: hit.timeMs,
      product: null,
      selections: [{ name: 'correlation', matched: [...group, { field: 'value', value: String(hit.value) }] }],
      fields: group,
      custom: custom === null ? null : text(custom),
    }
  }
}
