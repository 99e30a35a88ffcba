import {
  contextStarts,
  REGEX_CONTEXT_HEAD_WORDS,
  REGEX_GROUP_HEAD_WORDS,
  REGEX_KIND,
  REGEX_KINDS,
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
    const setWords = this.setWords
    const start = this.#context(before, this.kindOf(symbol))
    if (words[start + 1] === 1) return STEP.MATCHED
    const first = start + REGEX_CONTEXT_HEAD_WORDS
    const stay = first + setWords
    const move = stay + setWords
    const accept = move + setWords
    const mask = this.#layout.masksAt + symbol * setWords
    let carry = 0
    let alive = 0
    let accepted = 0
    for (let w = 0; w < setWords; w++) {
      const set = states[from + w] as number
      const moved = set & (words[move + w] as number)
      const after = (words[first + w] as number) | (set & (words[stay + w] as number)) | (moved << 1) | carry
      const next = after & (words[mask + w] as number)
      carry = moved >>> 31
      accepted |= set & (words[accept + w] as number)
      alive |= next
      out[w] = next
    }
    if (accepted !== 0) return STEP.MATCHED
    if (words[start] !== 0)
      alive |= this.#stepGroups(states, from, accept + setWords, words[start] as number, mask, out)
    return alive === 0 ? STEP.EMPTY : STEP.ALIVE
  }

  /** Whether the expression has matched when the text ends at this state. */
  acceptsAtEnd(states: Int32Array, from: number, before: number): boolean {
    const words = this.#words
    const start = this.#context(before, REGEX_KIND.EDGE)
    if (words[start + 1] === 1) return true
    const accept = start + REGEX_CONTEXT_HEAD_WORDS + 3 * this.setWords
    let accepted = 0
    for (let w = 0; w < this.setWords; w++) accepted |= (states[from + w] as number) & (words[accept + w] as number)
    return accepted !== 0
  }

  #stepGroups(
    states: Int32Array,
    from: number,
    groupsAt: number,
    groups: number,
    mask: number,
    out: Int32Array,
  ): number {
    const words = this.#words
    let alive = 0
    let at = groupsAt
    for (let g = 0; g < groups; g++) {
      const memberAt = from + (words[at] as number)
      const members = words[at + 1] as number
      const to = words[at + 2] as number
      const followers = words[at + 3] as number
      const memberBits = at + REGEX_GROUP_HEAD_WORDS
      const followerBits = memberBits + members
      at = followerBits + followers
      let any = 0
      for (let w = 0; w < members; w++) any |= (states[memberAt + w] as number) & (words[memberBits + w] as number)
      if (any === 0) continue
      for (let w = 0; w < followers; w++) {
        const next = (words[followerBits + w] as number) & (words[mask + to + w] as number)
        alive |= next
        out[to + w] = (out[to + w] as number) | next
      }
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
        const first = start + REGEX_CONTEXT_HEAD_WORDS
        if (this.#words[start + 1] === 1) return false
        if (this.#words.subarray(first, first + this.setWords).some((word) => word !== 0)) return false
      }
    }
    return true
  }
}
