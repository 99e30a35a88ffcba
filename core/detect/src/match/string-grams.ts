import { GRAM_BYTES, rarestGram, type StringPool } from '@firebreak/content'
import { type EventColumns, gramHashAt } from '../event/index.ts'

const GRAMS = 3
/** The string is too short to have a gram. */
const NONE = -1
const NOT_MADE = -2

/** Four-byte windows of texts that predicates look for inside values: its rarest, its first and its last. */
export class StringGrams {
  readonly #pool: StringPool
  /** GRAMS hashes for each string, made when they are first asked for. */
  readonly #hashes: Int32Array

  constructor(pool: StringPool) {
    this.#pool = pool
    this.#hashes = new Int32Array(GRAMS * pool.count).fill(NOT_MADE)
  }

  /** False: the text is not in the folded value, whose bloom set is ready. */
  mayContain(text: number, columns: EventColumns, value: number): boolean {
    const at = GRAMS * text
    if (this.#hashes[at] === NOT_MADE) this.#make(text)
    const rarest = this.#hashes[at] as number
    if (rarest === NONE) return true
    return (
      columns.bloomHas(value, rarest) &&
      columns.bloomHas(value, this.#hashes[at + 1] as number) &&
      columns.bloomHas(value, this.#hashes[at + 2] as number)
    )
  }

  #make(text: number): void {
    const { offsets, bytes } = this.#pool
    const from = offsets[text] ?? 0
    const to = offsets[text + 1] ?? 0
    if (to - from < GRAM_BYTES) {
      this.#hashes[GRAMS * text] = NONE
      return
    }
    const { offset } = rarestGram(bytes.subarray(from, to))
    this.#hashes[GRAMS * text] = gramHashAt(bytes, from + offset)
    this.#hashes[GRAMS * text + 1] = gramHashAt(bytes, from)
    this.#hashes[GRAMS * text + 2] = gramHashAt(bytes, to - GRAM_BYTES)
  }
}
