import type { LinkedCorrelation } from '../correlation/index.ts'
import type { IndicatorTables } from '../indicators/index.ts'
import type { PackManifest } from '../manifest.ts'
import type { LogSource, SigmaLevel } from '../sigma/ast.ts'
import type { Program } from './program.ts'
import type { YaraSource } from './tables.ts'
import type { Witness } from './witness.ts'

/** All that an image says, part by part: what `writeImage` links to bytes, and what can be read back from them. */
export interface ImageSource {
  readonly manifest: ImageManifest
  readonly compilerVersion: string
  readonly rules: readonly ImageRule[]
  readonly filters: readonly ImageFilter[]
  /** In an order in which each names only rules and those before it. */
  readonly correlations: readonly LinkedCorrelation[]
  readonly indicators: IndicatorTables
  readonly yara: readonly YaraSource[]
}

export type ImageManifest = Pick<PackManifest, 'name' | 'version' | 'category' | 'minimumEngine'>

/** A rule stands by itself: it names no other part of the image. */
export interface ImageRule {
  readonly id: string
  readonly title: string
  readonly level: SigmaLevel
  readonly tags: readonly string[]
  readonly logsource: LogSource
  /** JSON of the attributes that Sigma does not name; '' when there are none. */
  readonly custom: string
  readonly program: Program
  /** Null: it has to be tried on every event of its log source. */
  readonly witnesses: readonly Witness[] | null
}

/** A customer's exception from rules of others: it is kept apart from them, and survives their next release. */
export interface ImageFilter {
  readonly title: string
  readonly logsource: LogSource
  /** Ids of rules; none is every rule of the log source. */
  readonly targets: readonly string[]
  readonly program: Program
}

/** Rules of one log source lie together, so that an event meets whole groups. */
export function compareRules(a: ImageRule, b: ImageRule): number {
  return compareSources(a.logsource, b.logsource) || compareTexts(a.id, b.id)
}

export function compareSources(a: LogSource, b: LogSource): number {
  return compareTexts(sourceKey(a), sourceKey(b))
}

export function sourceKey({ product, category, service }: LogSource): string {
  return `${product ?? ''}/${category ?? ''}/${service ?? ''}`
}

/** By UTF-16 code unit. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
