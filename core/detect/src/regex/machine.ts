import { REGEX_ASCII_SIZE, REGEX_KIND, regexLayout, verifyRegex } from '@firebreak/content'
import { BitParallelNfa, STEP } from './nfa.ts'
import { FAILED, MATCHED, StateCache, UNKNOWN } from './state-cache.ts'
import { SymbolTable } from './symbol-table.ts'
import { decodeAt } from './utf8.ts'

const BYTES = 256
const NO_ROW = -1

/** Decides whether an expression matches anywhere in `bytes` between `from` and `to`, which are UTF-8. */
export interface RegexMachine {
  readonly matches: (bytes: Uint8Array, from: number, to: number) => boolean
}

/**
 * A machine for `program`, which may be hostile. Takes time linear in the text, at most `regexCost(program)` steps a
 * character. Its tables are built at the first match and grow to REGEX_CACHE_BYTES_MAX; once grown, a match allocates
 * nothing. Bytes that are not UTF-8 read as U+FFFD, one for each maximal subpart. Not to be entered twice at once.
 *
 * @param cacheBytesMax - less room only costs time
 * @throws ContentError content/image-regex when the verifier does not accept the program
 */
export function createRegexMachine(program: Uint32Array, cacheBytesMax?: number): RegexMachine {
  verifyRegex(program)
  let tables: Tables | null = null
  return {
    matches: (bytes, from, to) => {
      tables ??= new Tables(program, cacheBytesMax)
      return tables.matches(bytes, Math.max(0, from), Math.min(to, bytes.length))
    },
  }
}

/**
 * Runs the deterministic automaton that the cache holds, and has it learn what it doesn't know. When a text has filled
 * the cache, the rest of it runs on the nondeterministic one, and the next text begins with an empty cache: so one
 * hostile text neither costs more than its bound nor slows the ordinary ones after it.
 */
class Tables {
  readonly #symbols: SymbolTable
  readonly #nfa: BitParallelNfa
  readonly #cache: StateCache
  /** The state after the symbol just read, and room for the next. */
  #state: Int32Array
  #next: Int32Array
  /** Bytes that lead from no position to none, or null where that depends on what came before. */
  readonly #idle: Uint8Array | null
  /** The row of the state without positions, once it is known: there idle bytes are passed over. */
  #idleRow = NO_ROW

  constructor(program: Uint32Array, cacheBytesMax: number | undefined) {
    const layout = regexLayout(program)
    // Signed words: those above 2^31 would be stored as floating-point numbers.
    const words = new Int32Array(program.buffer, program.byteOffset, program.length)
    this.#symbols = new SymbolTable(words, layout)
    this.#nfa = new BitParallelNfa(program, words, layout)
    this.#cache = new StateCache(this.#nfa, cacheBytesMax)
    this.#state = new Int32Array(this.#cache.stateWords)
    this.#next = new Int32Array(this.#cache.stateWords)
    this.#idle = this.#findIdle()
  }

  matches(bytes: Uint8Array, from: number, to: number): boolean {
    const cache = this.#cache
    if (cache.isFull) this.#clear()
    const idle = this.#idle
    const { ascii } = this.#symbols
    let { rows } = cache
    let row = cache.startRow
    for (let i = from; i < to;) {
      if (row === this.#idleRow && idle !== null) {
        while (i < to && idle[bytes[i] as number] === 1) i++
        if (i === to) break
      }
      const byte = bytes[i] as number
      let symbol: number
      if (byte < 0x80) {
        symbol = ascii[byte] as number
        i++
      } else {
        const decoded = decodeAt(bytes, i, to)
        symbol = this.#symbols.symbolAboveAscii(decoded >>> 3)
        i += decoded & 7
      }
      let next = rows[row + symbol] as number
      if (next <= 0) {
        if (next === UNKNOWN) next = this.#learn(row, symbol)
        if (next === MATCHED) return true
        if (next === FAILED) return false
        if (next === UNKNOWN) return this.#runWithoutCache(bytes, i, to)
        rows = cache.rows
      }
      row = next
    }
    return this.#learnEnd(row) === MATCHED
  }

  /** Where `symbol` leads from the state of `row`; UNKNOWN when there is no room to remember it. */
  #learn(row: number, symbol: number): number {
    const cache = this.#cache
    const { setWords } = this.#nfa
    const from = cache.stateOf(row)
    const step = this.#nfa.step(cache.states, from, cache.states[from + setWords] as number, symbol, this.#state)
    if (step === STEP.MATCHED) return this.#remember(row, symbol, MATCHED)
    if (step === STEP.EMPTY && this.#nfa.anchored) return this.#remember(row, symbol, FAILED)
    this.#state[setWords] = this.#nfa.kindOf(symbol)
    const next = cache.rowOf(this.#state)
    if (step === STEP.EMPTY && this.#idle !== null && next !== UNKNOWN) this.#idleRow = next
    return this.#remember(row, symbol, next)
  }

  #clear(): void {
    this.#cache.clear()
    this.#idleRow = NO_ROW
  }

  /** Characters above ASCII are idle together or not at all, so that none has to be decoded. */
  #findIdle(): Uint8Array | null {
    const nfa = this.#nfa
    const symbols = Array.from({ length: nfa.symbols }, (_, symbol) => symbol)
    if (nfa.anchored || symbols.some((symbol) => nfa.kindOf(symbol) !== REGEX_KIND.OTHER)) return null
    const empty = new Int32Array(nfa.setWords)
    const idle = symbols.map((symbol) => nfa.step(empty, 0, REGEX_KIND.OTHER, symbol, this.#next) === STEP.EMPTY)
    const areOthersIdle = this.#symbols.symbolsAboveAscii().every((symbol) => idle[symbol])
    return Uint8Array.from({ length: BYTES }, (_, byte) => {
      return (byte < REGEX_ASCII_SIZE ? idle[this.#symbols.ascii[byte] as number] : areOthersIdle) ? 1 : 0
    })
  }

  #learnEnd(row: number): number {
    const cache = this.#cache
    const known = cache.rows[row + this.#nfa.symbols] as number
    if (known !== UNKNOWN) return known
    const from = cache.stateOf(row)
    const accepts = this.#nfa.acceptsAtEnd(cache.states, from, cache.states[from + this.#nfa.setWords] as number)
    return this.#remember(row, this.#nfa.symbols, accepts ? MATCHED : FAILED)
  }

  #remember(row: number, symbol: number, entry: number): number {
    this.#cache.rows[row + symbol] = entry
    return entry
  }

  /** Goes on from `this.#state`. */
  #runWithoutCache(bytes: Uint8Array, from: number, to: number): boolean {
    const { setWords, anchored } = this.#nfa
    const { ascii } = this.#symbols
    for (let i = from; i < to;) {
      const decoded = decodeAt(bytes, i, to)
      i += decoded & 7
      const code = decoded >>> 3
      const symbol = code < REGEX_ASCII_SIZE ? (ascii[code] as number) : this.#symbols.symbolAboveAscii(code)
      const step = this.#nfa.step(this.#state, 0, this.#state[setWords] as number, symbol, this.#next)
      if (step === STEP.MATCHED) return true
      if (step === STEP.EMPTY && anchored) return false
      this.#next[setWords] = this.#nfa.kindOf(symbol)
      const done = this.#state
      this.#state = this.#next
      this.#next = done
    }
    return this.#nfa.acceptsAtEnd(this.#state, 0, this.#state[setWords] as number)
  }
}
