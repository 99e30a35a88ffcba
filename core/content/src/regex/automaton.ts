import { unreachable } from '@firebreak/kernel'
import type { Instructions } from './generate.ts'
import { REGEX_VISITS_MAX } from './limits.ts'
import { REGEX_CONTEXT_OF_WORDS, REGEX_KIND, REGEX_KINDS } from './program.ts'
import type { Symbols } from './symbols.ts'
import { type RegexAssertion, tooLarge } from './syntax.ts'

/** Where positions lead while the same assertions hold. */
export interface Context {
  readonly first: readonly number[]
  /** The expression matches the empty text here. */
  readonly entryAccepts: boolean
  /** For each position what can read after it. */
  readonly follow: readonly (readonly number[])[]
  /** Positions after which the expression has matched. */
  readonly accept: readonly number[]
}

export interface Automaton {
  /** For each position the number of the set that it reads. */
  readonly setOf: readonly number[]
  /** The context for each kind before and kind after. */
  readonly contextOf: readonly number[]
  readonly contexts: readonly Context[]
}

interface Closure {
  readonly positions: readonly number[]
  readonly accepts: boolean
}

/**
 * Leaves out splits and assertions: a position leads straight to those that read next (Glushkov 1961). Positions are
 * numbered in the order of the text, so most lead to the next in number.
 *
 * @throws ContentError content/regex-too-large
 */
export function buildAutomaton(instructions: Instructions, symbols: Symbols): Automaton {
  return new Builder(instructions).build(usedKinds(symbols))
}

export function usedAssertions({ list }: Instructions): ReadonlySet<RegexAssertion> {
  return new Set(list.flatMap((one) => (one.kind === 'assert' ? [one.assertion] : [])))
}

function usedKinds(symbols: Symbols): ReadonlySet<number> {
  return new Set([...symbols.kinds, REGEX_KIND.EDGE])
}

class Builder {
  readonly #instructions: Instructions
  /** Instructions that read, in the order of the text: the generator works from the end. */
  readonly #readers: readonly number[]
  readonly #positionOf: ReadonlyMap<number, number>
  #visits = 0

  constructor(instructions: Instructions) {
    const { list } = instructions
    this.#instructions = instructions
    this.#readers = [...list.keys()].filter((index) => list[index]?.kind === 'read').toReversed()
    this.#positionOf = new Map(this.#readers.map((index, position) => [index, position]))
  }

  build(kinds: ReadonlySet<number>): Automaton {
    const used = [...usedAssertions(this.#instructions)]
    const numbers = new Map<string, number>()
    const contexts: Context[] = []
    const contextOf = Array.from({ length: REGEX_CONTEXT_OF_WORDS }, (_, pair) => {
      const [before, after] = [Math.floor(pair / REGEX_KINDS), pair % REGEX_KINDS]
      if (!kinds.has(before) || !kinds.has(after)) return 0
      const holding = new Set(used.filter((assertion) => holds(assertion, before, after)))
      const atEnd = after === REGEX_KIND.EDGE
      const key = `${atEnd ? '$' : ''}${[...holding].join(' ')}`
      const known = numbers.get(key)
      if (known !== undefined) return known
      numbers.set(key, contexts.length)
      return contexts.push(this.#context(holding, atEnd)) - 1
    })
    return { setOf: this.#readers.map((index) => this.#reader(index).set), contextOf, contexts }
  }

  /** At the end of the text nothing is left to read, so nothing follows. */
  #context(holding: ReadonlySet<RegexAssertion>, atEnd: boolean): Context {
    const known = new Map<number, Closure>()
    const closure = (index: number): Closure => {
      const found = known.get(index) ?? this.#closure(index, holding)
      known.set(index, found)
      return found
    }
    const entry = closure(this.#instructions.entry)
    const after = this.#readers.map((index) => closure(this.#reader(index).next))
    return {
      first: atEnd ? [] : entry.positions,
      entryAccepts: entry.accepts,
      follow: after.map(({ positions }) => (atEnd ? [] : positions)),
      accept: [...after.keys()].filter((position) => after[position]?.accepts),
    }
  }

  /** What an instruction leads to without reading. */
  #closure(start: number, holding: ReadonlySet<RegexAssertion>): Closure {
    const reached = new Set([start])
    const positions: number[] = []
    let accepts = false
    for (const index of reached) {
      const one = this.#instructions.list[index]
      if (++this.#visits > REGEX_VISITS_MAX) throw tooLarge(null, 'too many parts can follow each other')
      if (one?.kind === 'match') accepts = true
      else if (one?.kind === 'read') positions.push(this.#positionOf.get(index) as number)
      else if (one?.kind === 'split') reached.add(one.next).add(one.other)
      else if (one?.kind === 'assert' && holding.has(one.assertion)) reached.add(one.next)
    }
    return { positions: positions.toSorted((a, b) => a - b), accepts }
  }

  #reader(index: number): { readonly set: number; readonly next: number } {
    return this.#instructions.list[index] as { readonly set: number; readonly next: number }
  }
}

function holds(assertion: RegexAssertion, before: number, after: number): boolean {
  const { EDGE, NEWLINE, WORD } = REGEX_KIND
  switch (assertion) {
    case 'text-start':
      return before === EDGE
    case 'text-end':
      return after === EDGE
    case 'line-start':
      return before === EDGE || before === NEWLINE
    case 'line-end':
      return after === EDGE || after === NEWLINE
    case 'word':
      return (before === WORD) !== (after === WORD)
    case 'not-word':
      return (before === WORD) === (after === WORD)
    default:
      return unreachable(assertion)
  }
}
