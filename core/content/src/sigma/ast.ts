import type { Position } from '../errors.ts'
import type { RegexValue } from '../regex/index.ts'
import type { TextPattern } from './text-pattern.ts'

/** A Sigma detection rule, read and resolved: nothing in it is left to look up. */
export interface SigmaRule {
  readonly id: string
  /** By which correlations and filters may refer to it, beside its id. */
  readonly name: string | null
  readonly title: string
  readonly description: string
  readonly status: SigmaStatus | null
  readonly level: SigmaLevel
  readonly tags: readonly string[]
  readonly logsource: LogSource
  /** In the order of the source; the condition names them by position. Unused ones are kept out. */
  readonly selections: readonly Selection[]
  readonly condition: Condition
  /** Selections that the condition never asks for. */
  readonly unusedSelections: readonly string[]
  /** Attributes that the specification does not name, as JSON of one object; null when there are none. */
  readonly custom: string | null
  readonly at: Position
}

/** A UUID in lower case. */
export const RULE_ID: RegExp = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const SIGMA_STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const
export type SigmaStatus = (typeof SIGMA_STATUSES)[number]

export const SIGMA_LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type SigmaLevel = (typeof SIGMA_LEVELS)[number]

/** Null: not named, so any. At least one is named. */
export interface LogSource {
  readonly category: string | null
  readonly product: string | null
  readonly service: string | null
}

export interface Selection {
  readonly name: string
  readonly test: Tree<FieldTest>
}

/** Over the positions of selections. */
export type Condition = Tree<{ readonly kind: 'selection'; readonly selection: number }>

/** `all` and `any` have at least one child. */
export type Tree<Leaf> =
  | { readonly kind: 'all' | 'any'; readonly children: readonly Tree<Leaf>[] }
  | { readonly kind: 'not'; readonly child: Tree<Leaf> }
  | Leaf

/** One field, or with null the values of all fields (keywords), against a match. */
export interface FieldTest {
  readonly kind: 'test'
  readonly field: string | null
  readonly match: Match
}

/** Holds when any value of the field matches any of the alternatives; `null` when the field has no value. */
export type Match =
  | { readonly kind: 'text'; readonly cased: boolean; readonly patterns: readonly TextPattern[] }
  /** Sees the text as it is, not folded. */
  | { readonly kind: 'regex'; readonly regexes: readonly RegexValue[] }
  /** Absent or null. */
  | { readonly kind: 'null' }
  /** Present, be it null or empty. */
  | { readonly kind: 'exists' }
  /** Values that are no decimal numbers never match. */
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly number: number }
  | { readonly kind: 'cidr'; readonly networks: readonly Network[] }
  /** Against the values of another field of the event. */
  | { readonly kind: 'field'; readonly how: FieldComparison; readonly cased: boolean; readonly other: string }
  /** A part of a time, in UTC. */
  | { readonly kind: 'time'; readonly part: TimePart; readonly numbers: readonly number[] }

export type CompareOperator = 'lt' | 'lte' | 'gt' | 'gte'
export type FieldComparison = 'equals' | 'contains' | 'starts-with' | 'ends-with'
/** ISO 8601 weeks; months and days from 1. */
export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const
export type TimePart = (typeof TIME_PARTS)[number]

/** An IP network. IPv4 is written as IPv6-mapped, so one comparison serves both. */
export interface Network {
  /** Four 32-bit words, most significant first; bits behind the prefix are zero. */
  readonly words: readonly [number, number, number, number]
  /** 0 to 128; an IPv4 prefix counts from 96. */
  readonly prefixBits: number
}

/** `{logsource, filter}`: narrows rules. `(rule) and (filter)`, as the specification and pySigma have it. */
export interface SigmaFilter {
  readonly id: string | null
  readonly name: string | null
  readonly title: string
  readonly logsource: LogSource
  /** Ids or names, as written; 'any' for every rule of the log source. */
  readonly rules: 'any' | readonly string[]
  readonly selections: readonly Selection[]
  readonly condition: Condition
  readonly at: Position
}
