/** A rule that matched an event: what every output is made from. */
export interface Detection {
  /** The rule's UUID, or `indicator/TYPE`. */
  readonly ruleId: string
  readonly title: string
  /** Sigma: informational, low, medium, high, critical. */
  readonly level: string
  /** Sigma: `attack.t1059.001`, `attack.execution`, `cve.2021-44228`, ... */
  readonly tags: readonly string[]
  readonly pack: string
  readonly version: string
  /** The kind of content of the pack, as customers set policy for it. */
  readonly category: string
  /** Of the event, in milliseconds since 1970; 0 when it has no time. */
  readonly timeMs: number
  /** The product of the log source that the event came from; null or absent when nobody said. */
  readonly product?: string | null
  readonly selections: readonly MatchedSelection[]
  /** The fields of the event, as text. Hostile. */
  readonly fields: readonly FieldValue[]
  /** The rule's own fields that Sigma does not define, as JSON text. */
  readonly custom: string | null
}

export interface MatchedSelection {
  readonly name: string
  readonly matched: readonly FieldValue[]
}

export interface FieldValue {
  readonly field: string
  readonly value: string
}
