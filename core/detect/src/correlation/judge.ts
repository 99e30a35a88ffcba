import { type CorrelationRecord, holds } from '@firebreak/content'
import { parseDecimal } from './decimal.ts'
import { type Group, Groups } from './groups.ts'
import { CASCADE_MAX, type CorrelatorLimits, REFERENCES_PER_HIT_MAX } from './limits.ts'
import type { Occurrence } from './occurrence.ts'
import { type Consumer, type CorrelationPlan, isSuppressed } from './plan.ts'
import type { Entry } from './window.ts'

/** A correlation whose condition became true, with what made it so. */
export interface CorrelationHit {
  /** Its number in the image. */
  readonly correlation: number
  /** When the event happened that made it true: the end of the window, which is included. */
  readonly timeMs: number
  /** Included as well. */
  readonly windowStartMs: number
  /** The values of the group fields, in their order, at most COLUMN_CHARS_MAX each. Empty: it groups by nothing. */
  readonly group: readonly string[]
  /** The count, sum, average or percentile that the condition held of. */
  readonly value: number
  /** Of the event that made it true. */
  readonly reference: number
  /** Of the events that `value` comes from, the last of each value or rule: the newest REFERENCES_PER_HIT_MAX, oldest first. */
  readonly references: readonly number[]
  /** How many more there are. */
  readonly referencesOmitted: number
}

export interface JudgeCounters {
  /** Events that took no part in one correlation, for want of a group field, a value field, or a number in it. */
  readonly groupFieldMissing: number
  readonly valueFieldMissing: number
  readonly notNumbers: number
  /** Forgotten because a window was full. */
  readonly entriesEvicted: number
  /** Events that made so many correlations true that the last of them were not looked at. */
  readonly cascadesCut: number
  /** Given up with all that they remembered, because there were too many. */
  readonly groupsEvicted: number
  /** Now. */
  readonly groups: number
  readonly stateBytes: number
}

/** An event, or a correlation that an event made true, on its way to those that refer to it. */
interface Signal {
  readonly consumers: readonly Consumer[]
  /** Of the correlation that became true; null for the event itself. */
  readonly columns: readonly (string | null)[] | null
}

/** Judges correlations over events that come in the order of time. */
export class CorrelationJudge {
  readonly #plan: CorrelationPlan
  readonly #groups: Groups
  #groupFieldMissing = 0
  #valueFieldMissing = 0
  #notNumbers = 0
  #entriesEvicted = 0
  #cascadesCut = 0

  constructor(records: number, plan: CorrelationPlan, limits: CorrelatorLimits) {
    this.#plan = plan
    this.#groups = new Groups(records, limits)
  }

  counters(): JudgeCounters {
    return {
      groupFieldMissing: this.#groupFieldMissing,
      valueFieldMissing: this.#valueFieldMissing,
      notNumbers: this.#notNumbers,
      entriesEvicted: this.#entriesEvicted,
      cascadesCut: this.#cascadesCut,
      groupsEvicted: this.#groups.evicted,
      groups: this.#groups.count,
      stateBytes: this.#groups.bytes,
    }
  }

  /** First the event itself, then the correlations that it makes true, in the order in which they become it. */
  judge(occurrence: Occurrence, hits: CorrelationHit[]): void {
    const signals: Signal[] = [{ consumers: this.#plan.ofRule(occurrence.rule), columns: null }]
    let inputs = 0
    for (let i = 0; i < signals.length; i++) {
      const { consumers, columns } = signals[i] ?? { consumers: [], columns: null }
      for (const consumer of consumers) {
        const own = consumer.reference.sources.map(({ kind, number }) =>
          kind === 'field' ? (occurrence.values.get(number) ?? null) : (columns?.[number] ?? null),
        )
        if (++inputs > CASCADE_MAX) {
          this.#cascadesCut++
          return
        }
        const hit = this.#feed(consumer, own, occurrence)
        if (hit === null) continue
        const next = this.#plan.ofCorrelation(consumer.correlation)
        if (!isSuppressed(next)) hits.push(hit)
        if (next.length > 0) signals.push({ consumers: next, columns: own })
      }
    }
  }

  #feed(consumer: Consumer, columns: readonly (string | null)[], occurrence: Occurrence): CorrelationHit | null {
    const { record, position, correlation } = consumer
    const values = columns.slice(0, record.groupColumns).filter((value) => value !== null)
    if (values.length < record.groupColumns) {
      this.#groupFieldMissing++
      return null
    }
    const entry = this.#readEntry(record, columns, occurrence, position)
    if (entry === null) return null
    const group = this.#groups.use(correlation, record, joinTexts(values))
    if (group === null) return null
    const hit = this.#fires(group, record, entry) ? makeHit(consumer, group, values, entry) : null
    this.#groups.settle(group)
    return hit
  }

  #readEntry(
    { type, groupColumns, valueColumns }: CorrelationRecord,
    columns: readonly (string | null)[],
    { timeMs, reference }: Occurrence,
    rule: number,
  ): Entry | null {
    const values = columns.slice(groupColumns, groupColumns + valueColumns).filter((value) => value !== null)
    if (values.length < valueColumns) {
      this.#valueFieldMissing++
      return null
    }
    const [first] = values
    if (first === undefined) return { timeMs, reference, rule, text: '', number: Number.NaN }
    if (type === 'value_count') return { timeMs, reference, rule, text: joinTexts(values), number: Number.NaN }
    const number = parseDecimal(first)
    if (number !== null) return { timeMs, reference, rule, text: '', number }
    this.#notNumbers++
    return null
  }

  /** Adds the entry to its group. True when the condition holds now and did not at some moment since it last fired. */
  #fires(group: Group, { comparisons, timespanSeconds }: CorrelationRecord, entry: Entry): boolean {
    const { window } = group
    const startMs = entry.timeMs - 1_000 * timespanSeconds
    while (window.oldestMs < startMs) {
      window.dropOldest()
      if (!holds(comparisons, window.value)) group.isArmed = true
    }
    this.#entriesEvicted += window.add(entry)
    const isTrue = holds(comparisons, window.value)
    const fires = isTrue && group.isArmed
    group.isArmed = !isTrue
    return fires
  }
}

function makeHit(
  { correlation, record }: Consumer,
  { window }: Group,
  group: readonly string[],
  { timeMs, reference }: Entry,
): CorrelationHit {
  const references = window.newest(REFERENCES_PER_HIT_MAX).map((entry) => entry.reference)
  return {
    correlation,
    timeMs,
    windowStartMs: timeMs - 1_000 * record.timespanSeconds,
    group,
    value: window.value,
    reference,
    references,
    referencesOmitted: window.size - references.length,
  }
}

/** One text for several, and another for any others. */
function joinTexts(texts: readonly string[]): string {
  return texts.map((text) => `${text.length}:${text}`).join('')
}
