import { REGEX_ASCII_SIZE, REGEX_RANGE_WORDS, type RegexLayout } from '@firebreak/content'

/** The symbol of each character: ASCII by table, the rest by binary search. */
export class SymbolTable {
  readonly ascii = new Uint16Array(REGEX_ASCII_SIZE)
  readonly #program: Int32Array
  readonly #rangesAt: number
  readonly #ranges: number

  constructor(program: Int32Array, { rangesAt, ranges }: RegexLayout) {
    this.#program = program
    this.#rangesAt = rangesAt
    this.#ranges = ranges
    for (let code = 0; code < REGEX_ASCII_SIZE; code++) this.ascii[code] = this.symbolOf(code)
  }

  /** The symbol of the last range that starts at or before `code`; the first starts at 0. */
  symbolOf(code: number): number {
    let low = 0
    let high = this.#ranges
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#program[this.#rangesAt + REGEX_RANGE_WORDS * middle] as number) <= code) low = middle
      else high = middle
    }
    return this.#program[this.#rangesAt + REGEX_RANGE_WORDS * low + 1] as number
  }
}
