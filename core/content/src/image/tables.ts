import type { CorrelationRecord } from '../correlation/index.ts'
import { INDICATOR_TABLES, type IndicatorTables, tableCount } from '../indicators/index.ts'
import { FEATURES, type Feature, NONE, PREDICATE } from './format.ts'
import type { StringPool } from './string-pool.ts'

/** An image as tables: records of words (see format.ts for their places) over a pool of strings. */
export interface ImageTables {
  readonly strings: StringPool
  /** Names of event fields (strings), sorted. */
  readonly fields: Uint32Array
  readonly groups: Uint32Array
  readonly needs: Uint32Array
  readonly routes: Uint32Array
  readonly aliases: Uint32Array
  readonly rules: Uint32Array
  /** Runs of strings: the tags of rules, then what filters name. */
  readonly texts: Uint32Array
  readonly selections: Uint32Array
  readonly nodes: Uint32Array
  readonly predicates: Uint32Array
  readonly values: Uint32Array
  readonly regexes: readonly Uint32Array[]
  readonly witnesses: Uint32Array
  readonly filters: Uint32Array
  readonly correlations: readonly CorrelationRecord[]
  readonly indicators: IndicatorTables
  readonly yara: readonly YaraSource[]
}

/** One file of YARA rules. Compiled on the host, inside the sandbox of the slow lane: nothing else reads it. */
export interface YaraSource {
  readonly name: string
  readonly text: string
}

/** What the tables ask of an engine: an image declares exactly this. */
export function requiredFeatures(tables: ImageTables): readonly Feature[] {
  const needed: Readonly<Record<Feature, boolean>> = {
    correlation: tables.correlations.length > 0,
    indicators: indicatorCount(tables.indicators) > 0,
    keywords: hasKeywords(tables.predicates),
    regex: tables.regexes.length > 0,
    sigma: tables.rules.length > 0,
    tuning: tables.filters.length > 0,
    yara: tables.yara.length > 0,
  }
  return FEATURES.filter((feature) => needed[feature])
}

export function indicatorCount(tables: IndicatorTables): number {
  return INDICATOR_TABLES.reduce((sum, name) => sum + tableCount(tables, name), 0)
}

function hasKeywords(predicates: Uint32Array): boolean {
  for (let at = PREDICATE.field; at < predicates.length; at += PREDICATE.words) if (predicates[at] === NONE) return true
  return false
}
