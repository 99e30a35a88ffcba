import { GRAM_BYTES, type ImageTables, OPERATORS, PREDICATE } from '@firebreak/content'
import { type EventColumns, gramHashAt } from '../event/index.ts'

/** Four-byte windows of each text that some predicate looks for inside values: its first, its middle and its last. */
export class StringGrams {
  /** For each string three hashes of grams; a string that was not prepared, or is short, has ALWAYS. */
  readonly #hashes: Int32Array

  constructor({ strings, predicates, values }: ImageTables) {
    this.#hashes = new Int32Array(3 * strings.count).fill(ALWAYS)
    const contains = OPERATORS.indexOf('contains')
    for (let at = 0; at < predicates.length; at += PREDICATE.words) {
      if (predicates[at] !== contains) continue
      const first = predicates[at + PREDICATE.firstValue] ?? 0
      for (const text of values.subarray(first, first + (predicates[at + PREDICATE.valueCount] ?? 0))) {
        const from = strings.offsets[text] ?? 0
        const last = (strings.offsets[text + 1] ?? 0) - GRAM_BYTES
        if (last < from) continue
        this.#hashes[3 * text] = gramHashAt(strings.bytes, from)
        this.#hashes[3 * text + 1] = gramHashAt(strings.bytes, (from + last) >> 1)
        this.#hashes[3 * text + 2] = gramHashAt(strings.bytes, last)
      }
    }
  }

  /** False: the text is not in the folded value, whose bloom set is ready. */
  mayContain(text: number, columns: EventColumns, value: number): boolean {
    const at = 3 * text
    const first = this.#hashes[at] as number
    if (first === ALWAYS) return true
    return (
      columns.bloomHas(value, first) &&
      columns.bloomHas(value, this.#hashes[at + 1] as number) &&
      columns.bloomHas(value, this.#hashes[at + 2] as number)
    )
  }
}

const ALWAYS = -1
