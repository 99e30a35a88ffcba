import { REGEX_ASCII_SIZE, REGEX_RANGE_WORDS, type RegexLayout } from '@firebreak/content'

/** The symbol of each character: ASCII by table, the rest by binary search. */
export class SymbolTable {
  readonly ascii = new Uint16Array(REGEX_ASCII_SIZE)
  readonly #program: Int32Array
  readonly #rangesAt: number
  /** The last range that starts at or before the first character above ASCII, and how many there are. */
  readonly #aboveAscii: number
  readonly #ranges: number

  constructor(program: Int32Array, { rangesAt, ranges }: RegexLayout) {
    this.#program = program
    this.#rangesAt = rangesAt
    this.#ranges = ranges
    let range = 0
    for (let code = 0; code <= REGEX_ASCII_SIZE; code++) {
      while (range + 1 < ranges && this.#startOf(range + 1) <= code) range++
      if (code < REGEX_ASCII_SIZE) this.ascii[code] = this.#symbolOfRange(range)
    }
    this.#aboveAscii = range
  }

  /** The symbol of a character above ASCII. */
  symbolAboveAscii(code: number): number {
    let low = this.#aboveAscii
    let high = this.#ranges
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#startOf(middle) <= code) low = middle
      else high = middle
    }
    return this.#symbolOfRange(low)
  }

  symbolsAboveAscii(): readonly number[] {
    return Array.from({ length: this.#ranges - this.#aboveAscii }, (_, i) => this.#symbolOfRange(this.#aboveAscii + i))
  }

  #startOf(range: number): number {
    return this.#program[this.#rangesAt + REGEX_RANGE_WORDS * range] as number
  }

  #symbolOfRange(range: number): number {
    return this.#program[this.#rangesAt + REGEX_RANGE_WORDS * range + 1] as number
  }
}
