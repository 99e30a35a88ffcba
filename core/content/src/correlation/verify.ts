import { ContentError } from '../errors.ts'
import { TAGS_MAX } from '../limits.ts'
import { SIGMA_LEVELS } from '../sigma/ast.ts'
import { type Comparison, COMPARISON_OPERATORS, CORRELATION_TYPES, type CorrelationType, isMetric } from './ast.ts'
import { conditionFault } from './condition.ts'
import {
  type ColumnSource,
  COMPARISON_WORDS,
  type CorrelationRecord,
  type CorrelationReference,
  doubleOf,
  NO_STRING,
  OF_CORRELATION,
  RECORD_HEAD_WORDS,
} from './image.ts'
import {
  ALIASES_MAX,
  COMPARISONS_MAX,
  CORRELATION_DEPTH_MAX,
  CORRELATION_REFERENCES_MAX,
  CORRELATION_RULES_MAX,
  CORRELATIONS_MAX,
  GROUP_FIELDS_MAX,
  ORDERED_RULES_MAX,
  TIMESPAN_SECONDS_MAX,
  VALUE_FIELDS_MAX,
} from './limits.ts'

/** How many of each the image has: what the section may name. */
export interface CorrelationCounts {
  readonly strings: number
  readonly fields: number
  readonly rules: number
}

/**
 * Accepts the words of a correlation section, which may be hostile, or throws. Of accepted records every string, field, rule
 * and column exists, references lead only to rules and earlier correlations, and every condition is one that the compiler
 * would have let pass. One linear pass; what it allocates is in proportion to the words that are there.
 *
 * @throws ContentError content/image-correlations with `details.offset`, in bytes from the start of the section
 */
export function readCorrelationSection(words: Uint32Array, counts: CorrelationCounts): readonly CorrelationRecord[] {
  const reader = new WordReader(words)
  const records: CorrelationRecord[] = []
  const depths: number[] = []
  let references = 0
  while (!reader.isAtEnd) {
    if (records.length === CORRELATIONS_MAX) throw reader.refuse(`more than ${CORRELATIONS_MAX} correlations`)
    const start = reader.at
    const record = readRecord(reader, counts, records)
    const depth =
      1 + Math.max(0, ...record.references.map((one) => (one.kind === 'rule' ? 0 : (depths[one.number] ?? 0))))
    if (depth > CORRELATION_DEPTH_MAX) throw reader.refuse('chained too deep', start)
    references += record.references.length
    if (references > CORRELATION_REFERENCES_MAX) throw reader.refuse('too many references in all', start)
    records.push(record)
    depths.push(depth)
  }
  return records
}

/** Reads word after word; a word that is not there is refused, so nothing is ever `undefined`. */
class WordReader {
  readonly #words: Uint32Array
  #at = 0

  constructor(words: Uint32Array) {
    this.#words = words
  }

  get at(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at === this.#words.length
  }

  /** The next word, which has to be below `end`. */
  below(end: number, what: string): number {
    const word = this.#words[this.#at]
    if (word === undefined) throw this.refuse('cut off')
    if (!(word < end)) throw this.refuse(`${what} ${word} of ${end}`)
    this.#at++
    return word
  }

  count(least: number, most: number, what: string): number {
    const count = this.below(most + 1, what)
    if (count < least) throw this.refuse(`${what} ${count}`, this.#at - 1)
    return count
  }

  double(what: string): number {
    const start = this.#at
    const low = this.below(2 ** 32, what)
    const value = doubleOf(low, this.below(2 ** 32, what))
    if (!Number.isFinite(value) || Object.is(value, -0)) throw this.refuse(`${what} ${value}`, start)
    return value
  }

  /** Before anything is read in proportion to a count, that much has to be there. */
  require(words: number): void {
    if (this.#words.length - this.#at < words) throw this.refuse('cut off')
  }

  list<T>(count: number, read: () => T): readonly T[] {
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }

  refuse(why: string, at: number = this.#at): ContentError {
    const offset = 4 * at
    const message = `Cannot accept image: correlations: ${why} at byte ${offset} of the section`
    return new ContentError('content/image-correlations', message, null, { offset })
  }
}

function readRecord(
  reader: WordReader,
  counts: CorrelationCounts,
  earlier: readonly CorrelationRecord[],
): CorrelationRecord {
  const start = reader.at
  reader.require(RECORD_HEAD_WORDS)
  const head = readHead(reader, counts)
  const { type, tagCount, comparisonCount, referenceCount, groupColumns, valueColumns, columnCount } = head
  reader.require(
    tagCount + COMPARISON_WORDS * comparisonCount + referenceCount + columnCount + referenceCount * columnCount,
  )
  const tags = reader.list(tagCount, () => reader.below(counts.strings, 'string'))
  const comparisons = readComparisons(reader, comparisonCount)
  const fault = conditionFault(type, comparisons, referenceCount)
  if (fault !== null) throw reader.refuse(`a condition of which ${fault}`, start)
  const targets = readTargets(reader, referenceCount, counts, earlier)
  const columns = reader.list(columnCount, () => reader.below(counts.strings, 'string'))
  const references = targets.map((target): CorrelationReference => {
    const inner = target.kind === 'rule' ? null : (earlier[target.number] ?? null)
    return { ...target, sources: reader.list(columnCount, () => readSource(reader, counts, inner)) }
  })
  const { id, title, custom, level, generate, timespanSeconds, percentile } = head
  const text = { id, title, custom, type, level, generate, timespanSeconds, percentile }
  return { ...text, tags, comparisons, columns, groupColumns, valueColumns, references }
}

interface Head extends Omit<CorrelationRecord, 'tags' | 'comparisons' | 'columns' | 'references'> {
  readonly tagCount: number
  readonly comparisonCount: number
  readonly referenceCount: number
  readonly columnCount: number
}

function readHead(reader: WordReader, counts: CorrelationCounts): Head {
  const id = reader.below(counts.strings, 'string')
  const title = reader.below(counts.strings, 'string')
  const custom = readCustom(reader, counts)
  const type = readOne(reader, CORRELATION_TYPES, 'type')
  const level = readOne(reader, SIGMA_LEVELS, 'level')
  const generate = reader.below(2, 'generate') === 1
  const timespanSeconds = reader.count(1, TIMESPAN_SECONDS_MAX, 'timespan')
  const percentile = readPercentile(reader, type)
  const tagCount = reader.count(0, TAGS_MAX, 'tags')
  const comparisonCount = reader.count(1, COMPARISONS_MAX, 'comparisons')
  const rulesMax = type === 'temporal_ordered' ? ORDERED_RULES_MAX : CORRELATION_RULES_MAX
  const referenceCount = reader.count(1, rulesMax, 'rules')
  const groupColumns = reader.count(0, GROUP_FIELDS_MAX, 'group columns')
  const [fewest, most] = valueColumnRange(type)
  const valueColumns = reader.count(fewest, most, 'value columns')
  const others = reader.count(0, ALIASES_MAX, 'other columns')
  const columnCount = groupColumns + valueColumns + others
  const text = { id, title, custom, type, level, generate, timespanSeconds, percentile }
  return { ...text, tagCount, comparisonCount, referenceCount, groupColumns, valueColumns, columnCount }
}

function readCustom(reader: WordReader, counts: CorrelationCounts): number | null {
  const at = reader.at
  const custom = reader.below(2 ** 32, 'string')
  if (custom === NO_STRING) return null
  if (custom >= counts.strings) throw reader.refuse(`string ${custom} of ${counts.strings}`, at)
  return custom
}

function readOne<T extends string>(reader: WordReader, list: readonly T[], what: string): T {
  const one = list[reader.below(list.length, what)]
  if (one === undefined) throw reader.refuse(`no ${what}`)
  return one
}

function readPercentile(reader: WordReader, type: CorrelationType): number | null {
  const at = reader.at
  const percentile = reader.double('percentile')
  const isRight = type === 'value_percentile' ? percentile >= 0 && percentile <= 100 : percentile === 0
  if (!isRight) throw reader.refuse(`percentile ${percentile} of ${type}`, at)
  return type === 'value_percentile' ? percentile : null
}

function valueColumnRange(type: CorrelationType): readonly [fewest: number, most: number] {
  if (isMetric(type)) return [1, 1]
  return type === 'value_count' ? [1, VALUE_FIELDS_MAX] : [0, 0]
}

function readComparisons(reader: WordReader, count: number): readonly Comparison[] {
  let last = -1
  return reader.list(count, () => {
    const at = reader.at
    const operator = readOne(reader, COMPARISON_OPERATORS, 'operator')
    const place = COMPARISON_OPERATORS.indexOf(operator)
    if (place <= last) throw reader.refuse('operators are out of order', at)
    last = place
    return { operator, threshold: reader.double('threshold') }
  })
}

function readTargets(
  reader: WordReader,
  count: number,
  counts: CorrelationCounts,
  earlier: readonly CorrelationRecord[],
): readonly Omit<CorrelationReference, 'sources'>[] {
  const seen = new Set<number>()
  return reader.list(count, () => {
    const at = reader.at
    const word = reader.below(2 ** 32, 'reference')
    if (seen.has(word)) throw reader.refuse('refers to one rule twice', at)
    seen.add(word)
    const kind = word < OF_CORRELATION ? 'rule' : 'correlation'
    const number = kind === 'rule' ? word : word - OF_CORRELATION
    const end = kind === 'rule' ? counts.rules : earlier.length
    if (number >= end) throw reader.refuse(`${kind} ${number} of ${end}`, at)
    return { kind, number }
  })
}

function readSource(reader: WordReader, counts: CorrelationCounts, inner: CorrelationRecord | null): ColumnSource {
  const at = reader.at
  const word = reader.below(2 ** 32, 'source')
  const kind = word < OF_CORRELATION ? 'field' : 'column'
  const number = kind === 'field' ? word : word - OF_CORRELATION
  const end = kind === 'field' ? counts.fields : (inner?.columns.length ?? 0)
  if (number >= end) throw reader.refuse(`${kind} ${number} of ${end}`, at)
  return { kind, number }
}
