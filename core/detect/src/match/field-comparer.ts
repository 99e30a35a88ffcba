import type { Operator } from '@firebreak/content'
import { type EventColumns, VALUE } from '../event/index.ts'
import { equalRuns, LinearSearch } from './bytes.ts'

/** Compares values of one field of an event with those of another: both are hostile. */
export class FieldComparer {
  readonly #columns: EventColumns
  readonly #search = new LinearSearch()

  constructor(columns: EventColumns) {
    this.#columns = columns
  }

  /** Whether the value stands to any value of the field `other` as the operator says. */
  holds(operator: Operator | undefined, isCased: boolean, value: number, other: number): boolean {
    const columns = this.#columns
    for (let needle = columns.firstValue(other); needle >= 0; needle = columns.next[needle] as number) {
      if (columns.kind[needle] === VALUE.NULL) continue
      if (isCased) {
        columns.text(value)
        columns.text(needle)
      } else {
        columns.fold(value)
        columns.fold(needle)
      }
      if (this.#compare(operator, isCased, value, needle)) return true
    }
    return false
  }

  #compare(operator: Operator | undefined, isCased: boolean, value: number, needle: number): boolean {
    const columns = this.#columns
    const bytes = isCased ? columns.textBytes : columns.foldedBytes
    const froms = isCased ? columns.textFrom : columns.foldedFrom
    const tos = isCased ? columns.textTo : columns.foldedTo
    const from = froms[value] as number
    const to = tos[value] as number
    const nFrom = froms[needle] as number
    const nTo = tos[needle] as number
    const length = nTo - nFrom
    if (operator === 'field-contains') return this.#search.contains(bytes, from, to, bytes, nFrom, nTo)
    if (length > to - from) return false
    if (operator === 'field-ends-with') return equalRuns(bytes, to - length, bytes, nFrom, length)
    const isPlaced = operator === 'field-starts-with' || length === to - from
    return isPlaced && equalRuns(bytes, from, bytes, nFrom, length)
  }
}
