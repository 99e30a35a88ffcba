import type { CorrelationRecord, CorrelationReference } from '@firebreak/content'

/** A correlation that refers to a rule, or to another correlation. */
export interface Consumer {
  readonly correlation: number
  readonly record: CorrelationRecord
  /** The place of the rule in the correlation's list. */
  readonly position: number
  readonly reference: CorrelationReference
}

const NOBODY: readonly Consumer[] = []

/** Who refers to whom, the other way round. */
export class CorrelationPlan {
  readonly #ofRules = new Map<number, Consumer[]>()
  readonly #ofCorrelations = new Map<number, Consumer[]>()

  constructor(records: readonly CorrelationRecord[]) {
    for (const [correlation, record] of records.entries()) {
      for (const [position, reference] of record.references.entries()) {
        const consumers = reference.kind === 'rule' ? this.#ofRules : this.#ofCorrelations
        const known = consumers.get(reference.number)
        const consumer = { correlation, record, position, reference }
        if (known === undefined) consumers.set(reference.number, [consumer])
        else known.push(consumer)
      }
    }
  }

  /** In the order of the correlations. */
  ofRule(rule: number): readonly Consumer[] {
    return this.#ofRules.get(rule) ?? NOBODY
  }

  ofCorrelation(correlation: number): readonly Consumer[] {
    return this.#ofCorrelations.get(correlation) ?? NOBODY
  }

  /** All fields of an event of the rule that a correlation may read, also one that is reached over others. */
  fieldsOf(rule: number): ReadonlySet<number> {
    const fields = new Set<number>()
    const reached = new Set<number>()
    const left = [...this.ofRule(rule)]
    for (let consumer = left.pop(); consumer !== undefined; consumer = left.pop()) {
      for (const { kind, number } of consumer.reference.sources) if (kind === 'field') fields.add(number)
      if (reached.has(consumer.correlation)) continue
      reached.add(consumer.correlation)
      left.push(...this.ofCorrelation(consumer.correlation))
    }
    return fields
  }
}

/** What is referred to does not alert by itself unless a correlation that refers to it says `generate`. */
export function isSuppressed(consumers: readonly Consumer[]): boolean {
  return consumers.length > 0 && !consumers.some(({ record }) => record.generate)
}
