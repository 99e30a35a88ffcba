import {
  contextStarts,
  REGEX_CONTEXT_HEAD_WORDS,
  REGEX_CONTEXT_WINDOWS,
  REGEX_KIND,
  REGEX_KINDS,
  REGEX_WINDOW_HEAD_WORDS,
  type RegexLayout,
} from '@firebreak/content'

export const STEP = { EMPTY: 0, ALIVE: 1, MATCHED: 2 } as const
export type Step = (typeof STEP)[keyof typeof STEP]

/**
 * The automaton of a verified program, all positions at once: a set of them is a row of bits, and what reads next
 * comes of shifts and masks (Navarro and Raffinot's extended Shift-And). Costs by the words of a set, not by the
 * positions in it, so counted repetitions stay cheap whatever the text.
 *
 * A state is a set of positions that have just read, and the kind of the character that they read.
 */
export class BitParallelNfa {
  readonly setWords: number
  readonly symbols: number
  /** Whether nothing can begin after the start of the text, so that an empty state stays empty. */
  readonly anchored: boolean
  readonly #words: Int32Array
  readonly #layout: RegexLayout
  readonly #starts: readonly number[]

  constructor(program: Uint32Array, words: Int32Array, layout: RegexLayout) {
    this.setWords = layout.setWords
    this.symbols = layout.symbols
    this.#words = words
    this.#layout = layout
    this.#starts = contextStarts(program, layout)
    this.anchored = this.#findAnchored()
  }

  /** The kind of a symbol. */
  kindOf(symbol: number): number {
    return this.#words[this.#layout.kindsAt + symbol] as number
  }

  /**
   * Writes to `out` the state after `symbol` of the one that starts at `from` in `states`, where `before` is the kind
   * that it has read. Says whether that is empty, or that the expression has matched before the symbol: then `out`
   * means nothing.
   */
  step(states: Int32Array, from: number, before: number, symbol: number, out: Int32Array): Step {
    const words = this.#words
    const start = this.#context(before, this.kindOf(symbol))
    if (words[start + 1] === 1) return STEP.MATCHED
    const mask = this.#layout.masksAt + symbol * this.setWords
    const first = start + REGEX_CONTEXT_HEAD_WORDS + this.setWords
    const stay = this.#end(first)
    const skip = this.#end(stay)
    const accept = this.#end(skip)
    if (this.#meets(states, from, accept)) return STEP.MATCHED
    let alive = this.#move(states, from, start + REGEX_CONTEXT_HEAD_WORDS, mask, out)
    alive |= this.#add(first, mask, out)
    alive |= this.#stay(states, from, stay, mask, out)
    if (words[skip + 1] !== 0) alive |= this.#skip(states, from, skip, mask, out)
    let group = this.#end(accept)
    for (let groups = words[start] as number; groups > 0; groups--) {
      const followers = this.#end(group)
      if (this.#meets(states, from, group)) alive |= this.#add(followers, mask, out)
      group = this.#end(followers)
    }
    return alive === 0 ? STEP.EMPTY : STEP.ALIVE
  }

  /** Whether the expression has matched when the text ends at this state. */
  acceptsAtEnd(states: Int32Array, from: number, before: number): boolean {
    const words = this.#words
    const start = this.#context(before, REGEX_KIND.EDGE)
    if (words[start + 1] === 1) return true
    let window = start + REGEX_CONTEXT_HEAD_WORDS + this.setWords
    for (let passed = 1; passed < REGEX_CONTEXT_WINDOWS; passed++) window = this.#end(window)
    return this.#meets(states, from, window)
  }

  /** Where the window at `at` ends. */
  #end(at: number): number {
    return at + REGEX_WINDOW_HEAD_WORDS + (this.#words[at + 1] as number)
  }

  /** Whether the set that starts at `from` has any position of the window. */
  #meets(states: Int32Array, from: number, window: number): boolean {
    const words = this.#words
    const at = from + (words[window] as number)
    const count = words[window + 1] as number
    const bits = window + REGEX_WINDOW_HEAD_WORDS
    let common = 0
    for (let w = 0; w < count; w++) common |= (states[at + w] as number) & (words[bits + w] as number)
    return common !== 0
  }

  /** Writes all of `out`; the other parts of a step only add. Each returns 0 unless it wrote a position. */
  #move(states: Int32Array, from: number, move: number, mask: number, out: Int32Array): number {
    const words = this.#words
    const setWords = this.setWords
    let carry = 0
    let alive = 0
    for (let w = 0; w < setWords; w++) {
      const moved = (states[from + w] as number) & (words[move + w] as number)
      const next = ((moved << 1) | carry) & (words[mask + w] as number)
      carry = moved >>> 31
      alive |= next
      out[w] = next
    }
    return alive
  }

  #add(window: number, mask: number, out: Int32Array): number {
    const words = this.#words
    const to = words[window] as number
    const count = words[window + 1] as number
    const bits = window + REGEX_WINDOW_HEAD_WORDS
    let alive = 0
    for (let w = 0; w < count; w++) {
      const next = (words[bits + w] as number) & (words[mask + to + w] as number)
      alive |= next
      out[to + w] = (out[to + w] as number) | next
    }
    return alive
  }

  #stay(states: Int32Array, from: number, window: number, mask: number, out: Int32Array): number {
    const words = this.#words
    const to = words[window] as number
    const count = words[window + 1] as number
    const bits = window + REGEX_WINDOW_HEAD_WORDS
    let alive = 0
    for (let w = 0; w < count; w++) {
      const next = (states[from + to + w] as number) & (words[bits + w] as number) & (words[mask + to + w] as number)
      alive |= next
      out[to + w] = (out[to + w] as number) | next
    }
    return alive
  }

  #skip(states: Int32Array, from: number, window: number, mask: number, out: Int32Array): number {
    const words = this.#words
    const to = words[window] as number
    // One more word, unless there is none, takes what the last carries.
    const count = Math.min((words[window + 1] as number) + 1, this.setWords - to)
    const last = window + (words[window + 1] as number) + 1
    const bits = window + REGEX_WINDOW_HEAD_WORDS
    let carry = 0
    let alive = 0
    for (let w = 0; w < count; w++) {
      const skipped = bits + w > last ? 0 : (states[from + to + w] as number) & (words[bits + w] as number)
      const next = ((skipped << 2) | carry) & (words[mask + to + w] as number)
      carry = skipped >>> 30
      alive |= next
      out[to + w] = (out[to + w] as number) | next
    }
    return alive
  }

  /** Where the context starts that holds between two kinds of characters. */
  #context(before: number, after: number): number {
    const context = this.#words[this.#layout.contextOfAt + before * REGEX_KINDS + after] as number
    return this.#starts[context] as number
  }

  #findAnchored(): boolean {
    for (let before = 0; before < REGEX_KIND.EDGE; before++) {
      for (let after = 0; after < REGEX_KINDS; after++) {
        const start = this.#context(before, after)
        if (this.#words[start + 1] === 1) return false
        const first = start + REGEX_CONTEXT_HEAD_WORDS + this.setWords
        if (this.#words.subarray(first + REGEX_WINDOW_HEAD_WORDS, this.#end(first)).some((word) => word !== 0))
          return false
      }
    }
    return true
  }
}
