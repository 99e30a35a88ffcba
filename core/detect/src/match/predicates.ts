import { compareRuns } from '@firebreak/kernel'
import { type ImageTables, type Operator, OPERATORS, parseGlob, type TimePart, valueKind } from '@firebreak/content'
import { type EventColumns, VALUE } from '../event/index.ts'
import { createRegexMachine, type RegexMachine } from '../regex/index.ts'
import { item, trap } from '../trap.ts'
import { equalRuns, findRun } from './bytes.ts'
import { FieldComparer } from './field-comparer.ts'
import { type Glob, matchesGlob, prepareGlob } from './glob.ts'
import { NetworkTest } from './network-test.ts'
import { decimalAt, timePartAt } from './numbers.ts'
import { ANY_FIELD, preparePredicates, type PredicateTable } from './predicate-table.ts'
import { StringGrams } from './string-grams.ts'

/** From this number of values on, a sorted run of texts is searched by halves. */
const BINARY_SEARCH_MIN = 8
const OUTSIDE_ASCII = 0x80

const EQUALS = OPERATORS.indexOf('equals')
const CONTAINS = OPERATORS.indexOf('contains')
const STARTS_WITH = OPERATORS.indexOf('starts-with')
const ENDS_WITH = OPERATORS.indexOf('ends-with')
const GLOB = OPERATORS.indexOf('glob')
const IS_NULL = OPERATORS.indexOf('is-null')
const EXISTS = OPERATORS.indexOf('exists')
/** By position in OPERATORS. */
const KINDS = OPERATORS.map(valueKind)

/**
 * The predicates of an image over the event in `columns`. Each is evaluated at most once an event, when a rule asks; what
 * it needs beyond the tables is made at its first use and then kept.
 */
export class Predicates {
  readonly #tables: ImageTables
  readonly #table: PredicateTable
  readonly #columns: EventColumns
  readonly #grams: StringGrams
  readonly #fieldComparer: FieldComparer
  readonly #networkTest: NetworkTest
  /** The epoch in which the answer was found; 0 for none. */
  readonly #knownIn: Int32Array
  readonly #held: Uint8Array
  readonly #machines: (RegexMachine | undefined)[] = []
  readonly #globs: (Glob | undefined)[] = []
  /** Evaluations since the engine was created: at most one for each predicate and event. */
  evaluations = 0

  /** @throws DetectError detect/trap, when an index in the tables is outside its table */
  constructor(tables: ImageTables, columns: EventColumns) {
    this.#tables = tables
    this.#table = preparePredicates(tables)
    this.#columns = columns
    this.#grams = new StringGrams(tables.strings)
    this.#fieldComparer = new FieldComparer(columns)
    this.#networkTest = new NetworkTest(tables.values)
    this.#knownIn = new Int32Array(this.#table.count)
    this.#held = new Uint8Array(this.#table.count)
  }

  /** For when the numbers of epochs begin again. */
  forget(): void {
    this.#knownIn.fill(0)
  }

  /** Another number for every event: what was found out holds as long as it stays. */
  get epoch(): number {
    return this.#columns.epoch
  }

  /** @throws DetectError detect/trap */
  holds(predicate: number): boolean {
    const { epoch } = this.#columns
    const knownIn = this.#knownIn[predicate]
    if (knownIn === epoch) return this.#held[predicate] === 1
    if (knownIn === undefined) throw trap('predicates', predicate)
    this.evaluations++
    const held = this.#evaluate(predicate)
    this.#knownIn[predicate] = epoch
    this.#held[predicate] = held ? 1 : 0
    return held
  }

  /** The first value of the predicate's field by which it holds, or -1: for saying why a rule matched. */
  valueOf(predicate: number): number {
    const columns = this.#columns
    const field = placed(this.#table.fields, predicate)
    if (KINDS[placed(this.#table.operators, predicate)] === 'nothing') return -1
    if (field === ANY_FIELD) {
      for (let value = 0; value < columns.allCount; value++) if (this.#valueHolds(predicate, value)) return value
      return -1
    }
    for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
      if (this.#valueHolds(predicate, value)) return value
    }
    return -1
  }

  #evaluate(predicate: number): boolean {
    const columns = this.#columns
    const field = this.#table.fields[predicate] as number
    if (field === ANY_FIELD) return this.#anyValueHolds(predicate)
    const operator = this.#table.operators[predicate]
    if (operator === EXISTS) return columns.isPresent(field)
    if (operator === IS_NULL) return this.#isNull(field)
    for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
      if (this.#valueHolds(predicate, value)) return true
    }
    return false
  }

  #anyValueHolds(predicate: number): boolean {
    const columns = this.#columns
    columns.readAll()
    for (let value = 0; value < columns.allCount; value++) if (this.#valueHolds(predicate, value)) return true
    return false
  }

  #isNull(field: number): boolean {
    const columns = this.#columns
    for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
      if (columns.kind[value] !== VALUE.NULL) return false
    }
    return true
  }

  #valueHolds(predicate: number, value: number): boolean {
    const columns = this.#columns
    if (columns.kind[value] === VALUE.NULL) return false
    const operator = this.#table.operators[predicate] as number
    const first = this.#table.firsts[predicate] as number
    const end = this.#table.ends[predicate] as number
    if (operator > GLOB) return this.#otherHolds(predicate, operator, first, end, value)
    if (this.#table.cased[predicate] === 1) {
      columns.text(value)
      const from = columns.textFrom[value] as number
      return this.#text(operator, first, end, columns.textBytes, from, columns.textTo[value] as number)
    }
    columns.fold(value)
    const from = columns.foldedFrom[value] as number
    const to = columns.foldedTo[value] as number
    if (operator === CONTAINS) return this.#contains(first, end, value, columns.foldedBytes, from, to)
    return this.#text(operator, first, end, columns.foldedBytes, from, to)
  }

  #text(operator: number, first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (operator === EQUALS && end - first >= BINARY_SEARCH_MIN) return this.#isOneOf(first, end, bytes, from, to)
    const { strings, values } = this.#tables
    for (let at = first; at < end; at++) {
      const text = values[at] as number
      const tFrom = strings.offsets[text] as number
      const tTo = strings.offsets[text + 1] as number
      const length = tTo - tFrom
      if (operator === GLOB) {
        if (matchesGlob(this.#glob(text), bytes, from, to)) return true
      } else if (length > to - from) continue
      else if (operator === ENDS_WITH) {
        if (equalRuns(bytes, to - length, strings.bytes, tFrom, length)) return true
      } else if (operator === CONTAINS) {
        if (findRun(bytes, from, to, strings.bytes, tFrom, tTo) >= 0) return true
      } else if (operator === STARTS_WITH || length === to - from) {
        if (equalRuns(bytes, from, strings.bytes, tFrom, length)) return true
      }
    }
    return false
  }

  /** Four bytes that the value does not have rule a text out, without a search. */
  #contains(first: number, end: number, value: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { strings, values } = this.#tables
    const columns = this.#columns
    if (columns.isAscii(value) && this.#isForeign(first)) return false
    columns.bloom(value)
    for (let at = first; at < end; at++) {
      const text = values[at] as number
      if (!this.#grams.mayContain(text, columns, value)) continue
      const tFrom = strings.offsets[text] as number
      if (findRun(bytes, from, to, strings.bytes, tFrom, strings.offsets[text + 1] as number) >= 0) return true
    }
    return false
  }

  /** Whether each text of a run begins outside ASCII: as they are sorted, the first tells of all. */
  #isForeign(first: number): boolean {
    const { strings, values } = this.#tables
    const from = strings.offsets[values[first] as number] as number
    return (strings.bytes[from] ?? 0) >= OUTSIDE_ASCII && strings.offsets[(values[first] as number) + 1] !== from
  }

  /** The values of a predicate are sorted, as strings are. */
  #isOneOf(first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { strings, values } = this.#tables
    let low = first
    let high = end - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const text = values[middle] as number
      const tFrom = strings.offsets[text] as number
      const order = compareRuns(strings.bytes, tFrom, strings.offsets[text + 1] as number, bytes, from, to)
      if (order === 0) return true
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return false
  }

  #glob(text: number): Glob {
    const known = this.#globs[text]
    if (known !== undefined) return known
    const parts = parseGlob(this.#tables.strings.text(text))
    if (parts === null) throw trap('globs', text)
    return (this.#globs[text] = prepareGlob(parts))
  }

  #otherHolds(predicate: number, operator: number, first: number, end: number, value: number): boolean {
    const columns = this.#columns
    columns.text(value)
    const { textBytes } = columns
    const from = columns.textFrom[value] as number
    const to = columns.textTo[value] as number
    switch (KINDS[operator]) {
      case 'regex':
        return this.#regex(first, end, textBytes, from, to)
      case 'number':
        return this.#compare(OPERATORS[operator], first, decimalAt(textBytes, from, to))
      case 'network':
        return this.#networkTest.holds(first, end, textBytes, from, to)
      case 'field': {
        const other = this.#tables.values[first] as number
        const isCased = this.#table.cased[predicate] === 1
        return this.#fieldComparer.holds(OPERATORS[operator], isCased, value, other)
      }
      case 'integer': {
        const part = timePartAt(OPERATORS[operator] as TimePart, textBytes, from, to)
        return this.#tables.values.subarray(first, end).includes(part)
      }
      case 'text':
      case 'nothing':
      case undefined:
        return false
      default:
        return false
    }
  }

  #regex(first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    for (let at = first; at < end; at++) {
      const regex = this.#tables.values[at] as number
      const machine = (this.#machines[regex] ??= createRegexMachine(item(this.#tables.regexes, regex, 'regexes')))
      if (machine.matches(bytes, from, to)) return true
    }
    return false
  }

  #compare(operator: Operator | undefined, first: number, value: number): boolean {
    if (Number.isNaN(value)) return false
    const limit = Number(this.#tables.strings.text(this.#tables.values[first] as number))
    if (operator === 'lt') return value < limit
    if (operator === 'lte') return value <= limit
    return operator === 'gt' ? value > limit : value >= limit
  }
}

function placed(words: Uint8Array | Int32Array, index: number): number {
  const found = words[index]
  if (found === undefined) throw trap('predicates', index)
  return found
}
