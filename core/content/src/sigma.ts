import type { Position } from './errors.ts'
import type { RegexFlags } from './regex/index.ts'
import type { TextPattern } from './text-pattern.ts'

/** A Sigma detection rule, read and resolved: its conditions no longer name identifiers. */
export interface SigmaRule {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly level: SigmaLevel
  readonly tags: readonly string[]
  readonly logsource: LogSource
  readonly condition: Condition
  readonly at: Position
}

/** A UUID in lower case. */
export const RULE_ID: RegExp = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const SIGMA_LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type SigmaLevel = (typeof SIGMA_LEVELS)[number]

export interface LogSource {
  readonly category: string
  /** Null: every product of the category. */
  readonly product: string | null
}

/** A tree over field tests. `all` and `any` have at least one child. */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly children: readonly Condition[] }
  | { readonly kind: 'not'; readonly child: Condition }
  | FieldTest

/** Holds when any one of the values matches the field. Numbers and booleans are compared as their canonical text. */
export type FieldTest =
  | { readonly kind: 'text'; readonly field: string; readonly patterns: readonly TextPattern[] }
  | { readonly kind: 'regex'; readonly field: string; readonly programs: readonly RegexValue[] }
  /** The field is absent or null. */
  | { readonly kind: 'null'; readonly field: string }

export interface RegexValue {
  readonly source: string
  readonly flags: RegexFlags
  readonly program: Uint32Array
}
