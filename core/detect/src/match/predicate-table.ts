import {
  type ImageTables,
  NONE,
  type Operator,
  OPERATORS,
  PREDICATE,
  valueKind,
  type ValueKind,
  valueWords,
} from '@firebreak/content'
import { item, trap, word } from '../trap.ts'

/** In place of a field: the values of every field. */
export const ANY_FIELD = -1

/** The predicates of an image, laid out for speed. Every index in them is inside its table. */
export interface PredicateTable {
  readonly count: number
  /** Positions in OPERATORS. */
  readonly operators: Uint8Array
  readonly cased: Uint8Array
  /** A field of the image, or ANY_FIELD. */
  readonly fields: Int32Array
  /** The run of words in `values`. */
  readonly firsts: Int32Array
  readonly ends: Int32Array
}

/** Trusts no table, also when no verifier saw it. @throws DetectError detect/trap */
export function preparePredicates(tables: ImageTables): PredicateTable {
  const count = Math.floor(tables.predicates.length / PREDICATE.words)
  const table = {
    count,
    operators: new Uint8Array(count),
    cased: new Uint8Array(count),
    fields: new Int32Array(count),
    firsts: new Int32Array(count),
    ends: new Int32Array(count),
  }
  for (let predicate = 0; predicate < count; predicate++) {
    const at = predicate * PREDICATE.words
    const place = (part: number): number => word(tables.predicates, at + part, 'predicates')
    const operator: Operator = item(OPERATORS, place(PREDICATE.operator), 'operators')
    const kind = valueKind(operator)
    const first = place(PREDICATE.firstValue)
    const end = first + place(PREDICATE.valueCount) * valueWords(kind)
    if (end > tables.values.length) throw trap('values', end)
    checkValues(tables, kind, first, end)
    table.operators[predicate] = OPERATORS.indexOf(operator)
    table.cased[predicate] = place(PREDICATE.cased)
    table.fields[predicate] = fieldOf(tables, place(PREDICATE.field), kind)
    table.firsts[predicate] = first
    table.ends[predicate] = end
  }
  return table
}

function fieldOf({ fields }: ImageTables, field: number, kind: ValueKind): number {
  if (field === NONE && (kind === 'text' || kind === 'regex')) return ANY_FIELD
  if (field >= fields.length) throw trap('fields', field)
  return field
}

function checkValues(tables: ImageTables, kind: ValueKind, first: number, end: number): void {
  const counts: Readonly<Record<ValueKind, number>> = {
    text: tables.strings.count,
    number: tables.strings.count,
    regex: tables.regexes.length,
    field: tables.fields.length,
    network: Infinity,
    integer: Infinity,
    nothing: Infinity,
  }
  const count = counts[kind]
  if ((kind === 'number' || kind === 'field') && end - first !== 1) throw trap('values', end)
  for (let at = first; at < end; at++) {
    const value = word(tables.values, at, 'values')
    if (value >= count) throw trap(kind, value)
  }
}
