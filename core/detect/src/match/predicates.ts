import {
  type ImageTables,
  NETWORK_WORDS,
  NONE,
  type Operator,
  OPERATORS,
  parseAddress,
  parseGlob,
  PREDICATE,
  type TimePart,
  valueKind,
  valueWords,
} from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'
import { type EventColumns, VALUE } from '../event/index.ts'
import { createRegexMachine, type RegexMachine } from '../regex/index.ts'
import { item, trap, word } from '../trap.ts'
import { compareRuns, equalRuns, findRun, LinearSearch } from './bytes.ts'
import { type Glob, matchesGlob, prepareGlob } from './glob.ts'
import { decimalAt, timePartAt } from './numbers.ts'
import { StringGrams } from './string-grams.ts'

/** From this number of values on, a sorted run of texts is searched by halves. */
const BINARY_SEARCH_MIN = 8

/**
 * The predicates of an image over the event in `columns`. Each is evaluated at most once an event, when a rule asks; what
 * it needs beyond the tables is made at its first use and then kept. Trusts no table: every index is checked.
 */
export class Predicates {
  readonly #tables: ImageTables
  readonly #columns: EventColumns
  readonly #grams: StringGrams
  readonly #knownFor: Float64Array
  readonly #held: Uint8Array
  readonly #machines: (RegexMachine | undefined)[] = []
  readonly #globs: (Glob | undefined)[] = []
  readonly #linear = new LinearSearch()
  readonly #address = new Uint32Array(4)
  /** Evaluations since the engine was created: at most one for each predicate and event. */
  evaluations = 0

  constructor(tables: ImageTables, columns: EventColumns) {
    this.#tables = tables
    this.#columns = columns
    this.#grams = new StringGrams(tables.strings)
    const count = tables.predicates.length / PREDICATE.words
    this.#knownFor = new Float64Array(count).fill(-1)
    this.#held = new Uint8Array(count)
  }

  /** @throws DetectError detect/trap */
  holds(predicate: number): boolean {
    const { epoch } = this.#columns
    if (this.#knownFor[predicate] === epoch) return this.#held[predicate] === 1
    this.evaluations++
    const field = word(this.#tables.predicates, predicate * PREDICATE.words + PREDICATE.field, 'predicates')
    const held = field === NONE ? this.#anyValue(predicate) : this.#fieldHolds(predicate, field)
    this.#knownFor[predicate] = epoch
    this.#held[predicate] = held ? 1 : 0
    return held
  }

  /** The first value of the predicate's field by which it holds, or -1: for saying why a rule matched. */
  valueOf(predicate: number): number {
    const at = predicate * PREDICATE.words
    const field = word(this.#tables.predicates, at + PREDICATE.field, 'predicates')
    const operator = this.#operator(at)
    if (valueKind(operator) === 'nothing') return -1
    const columns = this.#columns
    if (field === NONE) {
      for (let value = 0; value < columns.allCount; value++) if (this.#valueHolds(at, operator, value)) return value
      return -1
    }
    for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
      if (this.#valueHolds(at, operator, value)) return value
    }
    return -1
  }

  #operator(at: number): Operator {
    return item(OPERATORS, word(this.#tables.predicates, at + PREDICATE.operator, 'predicates'), 'operators')
  }

  #anyValue(predicate: number): boolean {
    this.#columns.readAll()
    const at = predicate * PREDICATE.words
    const operator = this.#operator(at)
    for (let value = 0; value < this.#columns.allCount; value++) {
      if (this.#valueHolds(at, operator, value)) return true
    }
    return false
  }

  #fieldHolds(predicate: number, field: number): boolean {
    const columns = this.#columns
    const at = predicate * PREDICATE.words
    const operator = this.#operator(at)
    if (operator === 'exists') return columns.isPresent(field)
    let hasValue = false
    for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
      if (columns.kind[value] === VALUE.NULL) continue
      hasValue = true
      if (operator === 'is-null') return false
      if (this.#valueHolds(at, operator, value)) return true
    }
    return operator === 'is-null' && !hasValue
  }

  #valueHolds(at: number, operator: Operator, value: number): boolean {
    const columns = this.#columns
    if (columns.kind[value] === VALUE.NULL) return false
    const { predicates } = this.#tables
    const first = word(predicates, at + PREDICATE.firstValue, 'predicates')
    const end = first + word(predicates, at + PREDICATE.valueCount, 'predicates')
    const kind = valueKind(operator)
    if (first + (end - first) * valueWords(kind) > this.#tables.values.length) throw trap('values', end)
    if (kind !== 'text') return this.#otherHolds(at, operator, first, end, value)
    if (predicates[at + PREDICATE.cased] === 1) {
      columns.text(value)
      const from = columns.textFrom[value] as number
      return this.#text(operator, first, end, columns.textBytes, from, columns.textTo[value] as number)
    }
    columns.fold(value)
    const from = columns.foldedFrom[value] as number
    const to = columns.foldedTo[value] as number
    if (operator === 'contains') return this.#contains(first, end, value, columns.foldedBytes, from, to)
    return this.#text(operator, first, end, columns.foldedBytes, from, to)
  }

  #otherHolds(at: number, operator: Operator, first: number, end: number, value: number): boolean {
    const columns = this.#columns
    columns.text(value)
    const from = columns.textFrom[value] as number
    const to = columns.textTo[value] as number
    const kind = valueKind(operator)
    switch (kind) {
      case 'regex':
        return this.#regex(first, end, columns.textBytes, from, to)
      case 'number':
        return this.#compare(operator, first, decimalAt(columns.textBytes, from, to))
      case 'network':
        return this.#network(first, end, columns.textBytes, from, to)
      case 'field':
        return this.#otherField(at, operator, first, value)
      case 'integer':
        return this.#timePart(operator, first, end, columns.textBytes, from, to)
      case 'text':
      case 'nothing':
        return false
      default:
        return unreachable(kind)
    }
  }

  #text(operator: Operator, first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (operator === 'equals' && end - first >= BINARY_SEARCH_MIN) return this.#isOneOf(first, end, bytes, from, to)
    const { strings, values } = this.#tables
    for (let at = first; at < end; at++) {
      const text = values[at] as number
      const tFrom = word(strings.offsets, text, 'strings')
      const tTo = word(strings.offsets, text + 1, 'strings')
      const length = tTo - tFrom
      if (operator === 'glob') {
        if (matchesGlob(this.#glob(text), bytes, from, to)) return true
      } else if (length > to - from) continue
      else if (operator === 'contains') {
        if (findRun(bytes, from, to, strings.bytes, tFrom, tTo) >= 0) return true
      } else if (operator === 'ends-with') {
        if (equalRuns(bytes, to - length, strings.bytes, tFrom, length)) return true
      } else if (operator === 'starts-with' || length === to - from) {
        if (equalRuns(bytes, from, strings.bytes, tFrom, length)) return true
      }
    }
    return false
  }

  /** Four bytes that the value does not have rule a text out, without a search. */
  #contains(first: number, end: number, value: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { strings, values } = this.#tables
    const columns = this.#columns
    if (columns.isAscii(value) && this.#isForeign(first, end)) return false
    columns.bloom(value)
    for (let at = first; at < end; at++) {
      const text = values[at] as number
      if (!this.#grams.mayContain(text, columns, value)) continue
      const tFrom = word(strings.offsets, text, 'strings')
      if (findRun(bytes, from, to, strings.bytes, tFrom, word(strings.offsets, text + 1, 'strings')) >= 0) return true
    }
    return false
  }

  /** Whether each text of a run begins outside ASCII: as they are sorted, the first tells of all. */
  #isForeign(first: number, end: number): boolean {
    const { strings, values } = this.#tables
    if (first === end) return true
    const from = word(strings.offsets, word(values, first, 'values'), 'strings')
    return from < strings.bytes.length && (strings.bytes[from] as number) >= 0x80
  }

  /** The values of a predicate are sorted, as strings are. */
  #isOneOf(first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { strings, values } = this.#tables
    let low = first
    let high = end - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const text = values[middle] as number
      const tFrom = word(strings.offsets, text, 'strings')
      const order = compareRuns(strings.bytes, tFrom, word(strings.offsets, text + 1, 'strings'), bytes, from, to)
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

  #regex(first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    for (let at = first; at < end; at++) {
      const regex = this.#tables.values[at] as number
      const machine = (this.#machines[regex] ??= createRegexMachine(item(this.#tables.regexes, regex, 'regexes')))
      if (machine.matches(bytes, from, to)) return true
    }
    return false
  }

  #compare(operator: Operator, first: number, value: number): boolean {
    const limit = Number(this.#tables.strings.text(this.#tables.values[first] as number))
    if (Number.isNaN(value)) return false
    if (operator === 'lt') return value < limit
    if (operator === 'lte') return value <= limit
    return operator === 'gt' ? value > limit : value >= limit
  }

  #network(first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    const address = this.#address
    const family = parseAddress(bytes, from, to, address)
    if (family === 0) return false
    if (family === 4) address.set(MAPPED_IPV4)
    const { values } = this.#tables
    for (let at = first; at < first + (end - first) * NETWORK_WORDS; at += NETWORK_WORDS) {
      if (isInNetwork(address, values, at)) return true
    }
    return false
  }

  /** Any value of the one field against any value of the other. */
  #otherField(at: number, operator: Operator, first: number, value: number): boolean {
    const columns = this.#columns
    const isCased = this.#tables.predicates[at + PREDICATE.cased] === 1
    const other = word(this.#tables.values, first, 'values')
    for (let needle = columns.firstValue(other); needle >= 0; needle = columns.next[needle] as number) {
      if (columns.kind[needle] === VALUE.NULL) continue
      if (isCased) {
        columns.text(value)
        columns.text(needle)
      } else {
        columns.fold(value)
        columns.fold(needle)
      }
      if (this.#compareFields(operator, isCased, value, needle)) return true
    }
    return false
  }

  #compareFields(operator: Operator, isCased: boolean, value: number, needle: number): boolean {
    const columns = this.#columns
    const bytes = isCased ? columns.textBytes : columns.foldedBytes
    const froms = isCased ? columns.textFrom : columns.foldedFrom
    const tos = isCased ? columns.textTo : columns.foldedTo
    const from = froms[value] as number
    const to = tos[value] as number
    const nFrom = froms[needle] as number
    const nTo = tos[needle] as number
    const length = nTo - nFrom
    if (operator === 'field-contains') return this.#linear.contains(bytes, from, to, bytes, nFrom, nTo)
    if (length > to - from) return false
    if (operator === 'field-ends-with') return equalRuns(bytes, to - length, bytes, nFrom, length)
    return (
      (operator === 'field-starts-with' || length === to - from) && equalRuns(bytes, from, bytes, nFrom, length)
    )
  }

  #timePart(operator: Operator, first: number, end: number, bytes: Uint8Array, from: number, to: number): boolean {
    const part = timePartAt(operator as TimePart, bytes, from, to)
    for (let at = first; at < end; at++) if (this.#tables.values[at] === part) return true
    return false
  }
}

/** `::ffff:0:0`, behind which IPv4 lies. */
const MAPPED_IPV4: readonly number[] = [0, 0, 0xffff]

function isInNetwork(address: Uint32Array, values: Uint32Array, at: number): boolean {
  const bits = values[at + NETWORK_WORDS - 1] as number
  for (let i = 0; i < NETWORK_WORDS - 1; i++) {
    const kept = Math.min(32, bits - 32 * i)
    if (kept <= 0) return true
    const mask = kept === 32 ? 0xffffffff : ~(0xffffffff >>> kept)
    if (((address[i] as number) & mask) !== ((values[at + i] as number) & mask)) return false
  }
  return true
}
