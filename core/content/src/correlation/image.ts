import { SIGMA_LEVELS, type SigmaLevel } from '../sigma/ast.ts'
import { type Comparison, COMPARISON_OPERATORS, CORRELATION_TYPES, type CorrelationType } from './ast.ts'

/**
 * The correlation section of an image: records one after the other, nothing before, between or behind them. Words:
 *
 *   0 id  1 title  2 custom                strings; custom may be NO_STRING
 *   3 type  4 level  5 generate            places in CORRELATION_TYPES and SIGMA_LEVELS; 0 or 1
 *   6 timespan in seconds
 *   7 8 percentile                         a double; zero unless the type is value_percentile
 *   9 tags  10 comparisons  11 rules  12 group columns  13 value columns  14 other columns     how many
 *   then  a string for each tag; operator and a double for each comparison; the references; a string (its name) for each
 *         column; then for each reference, for each column, its source
 *
 * A reference is the number of a rule or, with OF_CORRELATION, of an earlier correlation. The source of a column is the
 * number of an event field or, with OF_CORRELATION, of a column of the correlation that is referred to. Doubles have their
 * low word first.
 */
export const RECORD_HEAD_WORDS = 15
export const COMPARISON_WORDS = 3
export const NO_STRING = 0xffffffff
/** The bit that tells a correlation from a rule, and its column from an event field. */
export const OF_CORRELATION = 0x80000000

/** A verified correlation. Strings, fields and rules are numbers of the image. */
export interface CorrelationRecord {
  readonly id: number
  readonly title: number
  readonly custom: number | null
  readonly type: CorrelationType
  readonly level: SigmaLevel
  readonly generate: boolean
  readonly timespanSeconds: number
  /** Null unless the type is value_percentile. */
  readonly percentile: number | null
  readonly tags: readonly number[]
  readonly comparisons: readonly Comparison[]
  /** Names (strings) of fields or aliases: by which it groups, whose values it reads, and what only other correlations read. */
  readonly columns: readonly number[]
  readonly groupColumns: number
  readonly valueColumns: number
  /** In the order of the source; each once. */
  readonly references: readonly CorrelationReference[]
}

export interface CorrelationReference {
  readonly kind: 'rule' | 'correlation'
  /** Of the rule, or of the correlation in this section, which is an earlier one. */
  readonly number: number
  /** By column. */
  readonly sources: readonly ColumnSource[]
}

/** Where a column gets its value from: a field of the event, or a column of the correlation that is referred to. */
export interface ColumnSource {
  readonly kind: 'field' | 'column'
  readonly number: number
}

/** The strings that a record names, so that an image can be shown to carry no others. */
export function correlationStrings({ id, title, custom, tags, columns }: CorrelationRecord): readonly number[] {
  return [id, title, ...(custom === null ? [] : [custom]), ...tags, ...columns]
}

/** The event fields that a record reads of one of its rules. */
export function correlationFields({ references }: CorrelationRecord): readonly number[] {
  return references.flatMap(({ sources }) => sources.flatMap(({ kind, number }) => (kind === 'field' ? [number] : [])))
}

/** The words of records: `readCorrelationSection` of them returns the same records. */
export function encodeCorrelations(records: readonly CorrelationRecord[]): Uint32Array {
  return Uint32Array.from(records.flatMap(encodeRecord))
}

function encodeRecord(record: CorrelationRecord): readonly number[] {
  const { id, title, custom, type, level, generate, timespanSeconds, percentile } = record
  const { tags, comparisons, references, columns, groupColumns, valueColumns } = record
  const others = columns.length - groupColumns - valueColumns
  const kinds = [CORRELATION_TYPES.indexOf(type), SIGMA_LEVELS.indexOf(level), generate ? 1 : 0]
  const counts = [tags.length, comparisons.length, references.length, groupColumns, valueColumns, others]
  const head = [id, title, custom ?? NO_STRING, ...kinds, timespanSeconds, ...doubleWords(percentile ?? 0), ...counts]
  return [
    ...head,
    ...tags,
    ...comparisons.flatMap(({ operator, threshold }) => [
      COMPARISON_OPERATORS.indexOf(operator),
      ...doubleWords(threshold),
    ]),
    ...references.map(({ kind, number }) => (kind === 'rule' ? number : OF_CORRELATION + number)),
    ...columns,
    ...references.flatMap(({ sources }) => sources.map(sourceWord)),
  ]
}

function sourceWord({ kind, number }: ColumnSource): number {
  return kind === 'field' ? number : OF_CORRELATION + number
}

function doubleWords(value: number): readonly [low: number, high: number] {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value, true)
  return [view.getUint32(0, true), view.getUint32(4, true)]
}

export function doubleOf(low: number, high: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setUint32(0, low, true)
  view.setUint32(4, high, true)
  return view.getFloat64(0, true)
}
