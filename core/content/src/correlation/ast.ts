import type { Position } from '../errors.ts'
import type { SigmaLevel, SigmaStatus } from '../sigma/ast.ts'

export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
] as const
export type CorrelationType = (typeof CORRELATION_TYPES)[number]

export const COMPARISON_OPERATORS = ['eq', 'gt', 'gte', 'lt', 'lte', 'neq'] as const
export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number]

export interface Comparison {
  readonly operator: ComparisonOperator
  /** Finite; may be a fraction. */
  readonly threshold: number
}

/** A Sigma correlation, read and resolved: its references exist and lead to no cycle. */
export interface Correlation {
  /** The UUID of the document, else its `name`, else its `title`: Sigma requires only the last. */
  readonly id: string
  readonly name: string | null
  readonly title: string
  readonly description: string
  readonly status: SigmaStatus | null
  readonly level: SigmaLevel
  readonly tags: readonly string[]
  /** Attributes that the specification does not name, as JSON of one object; null when there are none. */
  readonly custom: string | null
  readonly type: CorrelationType
  /** Ids of rules and of other correlations, each once, in the order of the source. */
  readonly rules: readonly string[]
  readonly aliases: readonly CorrelationAlias[]
  /** Names of fields or aliases. None: all events are one group. */
  readonly groupBy: readonly string[]
  readonly timespanSeconds: number
  /** All must hold; one or two, in the order of COMPARISON_OPERATORS. */
  readonly comparisons: readonly Comparison[]
  /** Names of fields or aliases whose values are counted or computed with; none for the types without a field. */
  readonly fields: readonly string[]
  /** 0 to 100; null unless the type is value_percentile. */
  readonly percentile: number | null
  /** Whether the rules that it refers to alert by themselves as well. */
  readonly generate: boolean
  readonly at: Position
}

/** What an image keeps of a correlation: all but what only its author and its editor read. */
export type LinkedCorrelation = Omit<Correlation, 'name' | 'description' | 'status' | 'at'>

export interface CorrelationAlias {
  readonly name: string
  /** By position of the correlation's `rules`: the field that the name stands for; null where the name itself is the field. */
  readonly fields: readonly (string | null)[]
}

export function isMetric(type: CorrelationType): boolean {
  return type === 'value_sum' || type === 'value_avg' || type === 'value_percentile'
}

/** Whether the type reads `field`: those that count values or compute with them. */
export function readsField(type: CorrelationType): boolean {
  return type === 'value_count' || isMetric(type)
}
