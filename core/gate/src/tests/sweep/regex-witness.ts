import { REGEX_KIND } from '@firebreak/content'
import { type RegexGraph, regexGraph } from './regex-graph.ts'
import type { TextWitness } from './text-witness.ts'

/** Steps from one position to another that the search for one witness may look at. */
export const REGEX_SEARCH_STEPS_MAX = 1_000_000

const { OTHER, WORD, NEWLINE, EDGE } = REGEX_KIND
const KINDS: readonly number[] = [OTHER, WORD, NEWLINE]
/** What a witness is made of where the expression leaves a choice: easy to read, and of each kind. */
const READABLE = 'aexz0 /-_.:=AZ~!"#$%&\'()*+,;<>?@[\\]^`{|}bcdfghijklmnopqrstuvwy123456789\t\n\r'
const CODE_POINTS = 0x110000
const SURROGATES = { first: 0xd800, last: 0xdfff } as const

/**
 * Finds a shortest way through the automaton, and writes down one character for each step.
 *
 * @param program - of `compileRegex`
 * @returns null when no text matches, or when REGEX_SEARCH_STEPS_MAX were not enough to find one
 */
export function regexWitness(program: Uint32Array): TextWitness | null {
  const graph = regexGraph(program)
  const match = shortest(graph)
  if (match === null || !matches(graph, match)) return null
  return { match, miss: nearMisses(match).find((text) => !matches(graph, text)) ?? null }
}

/** A position that has just read a character of a kind, and how it was reached. */
interface Step {
  readonly position: number
  readonly kind: number
  readonly text: string
}

function shortest(graph: RegexGraph): string | null {
  const characters = new Characters(graph)
  const empty = emptyWitness(graph, characters)
  if (empty !== null) return empty
  const seen = new Set<number>()
  const queue: Step[] = []
  let steps = 0
  const visit = (positions: readonly number[], kind: number, before: string): void => {
    for (const position of positions) {
      const key = position * KINDS.length + kind
      const character = characters.read(position, kind)
      if (++steps > REGEX_SEARCH_STEPS_MAX || seen.has(key) || character === null) continue
      seen.add(key)
      queue.push({ position, kind, text: before + character })
    }
  }
  for (const [before, prefix] of characters.edges) {
    for (const kind of KINDS) visit(graph.between(before, kind).first, kind, prefix)
  }
  for (const { position, kind, text } of queue) {
    const end = characters.edges.find(([after]) => graph.between(kind, after).accepts(position))
    if (end !== undefined) return text + end[1]
    for (const next of KINDS) visit(graph.between(kind, next).follow(position), next, text)
  }
  return null
}

/** Where the expression matches without reading: the characters around that place. */
function emptyWitness(graph: RegexGraph, { edges }: Characters): string | null {
  for (const [before, prefix] of edges) {
    const end = edges.find(([after]) => graph.between(before, after).entryAccepts)
    if (end !== undefined) return prefix + end[1]
  }
  return null
}

/** Which character to write down for what is to be read. */
class Characters {
  readonly #graph: RegexGraph
  /** One character of each symbol that some text can have, the readable ones first. */
  readonly #bySymbol: ReadonlyMap<number, string>
  /** Each kind with a character of it; the edge of the text, with none, first. */
  readonly edges: readonly (readonly [kind: number, character: string])[]

  constructor(graph: RegexGraph) {
    this.#graph = graph
    const bySymbol = new Map<number, string>()
    const first = Array.from(
      READABLE,
      (character) => [graph.symbolOf(character.codePointAt(0) ?? 0), character] as const,
    )
    const rest = graph.ranges.map(([from, symbol], i) => {
      const end = (graph.ranges[i + 1]?.[0] ?? CODE_POINTS) - 1
      return [symbol, characterIn(from, end)] as const
    })
    for (const [symbol, character] of [...first, ...rest]) {
      if (character !== null && !bySymbol.has(symbol)) bySymbol.set(symbol, character)
    }
    this.#bySymbol = bySymbol
    const ofKind = (kind: number): readonly (readonly [number, string])[] => {
      const found = [...bySymbol].find(([symbol]) => graph.kindOf(symbol) === kind)
      return found === undefined ? [] : [[kind, found[1]]]
    }
    this.edges = [[EDGE, ''], ...KINDS.flatMap(ofKind)]
  }

  /** Null when the position reads no character of the kind. */
  read(position: number, kind: number): string | null {
    for (const [symbol, character] of this.#bySymbol) {
      if (this.#graph.kindOf(symbol) === kind && this.#graph.reads(position, symbol)) return character
    }
    return null
  }
}

/** Null when there are only halves of pairs, which no UTF-8 text has. */
function characterIn(first: number, last: number): string | null {
  const isHalf = first >= SURROGATES.first && first <= SURROGATES.last
  const from = isHalf ? SURROGATES.last + 1 : first
  return from > last ? null : String.fromCodePoint(from)
}

/** A character of the private use area: no expression asks for it by name. */
const FOREIGN = '\u{e000}'
const REPLACED_MAX = 8

function nearMisses(match: string): readonly string[] {
  const points = Array.from(match)
  const replaced = points.slice(0, REPLACED_MAX).map((_, i) => points.with(i, FOREIGN).join(''))
  return [...replaced, points.slice(0, -1).join(''), FOREIGN, 'x', '0', ' ', '\n']
}

/** Runs the expression over a text, one character at a time: slow and plain. */
export function matches(graph: RegexGraph, text: string): boolean {
  let current: readonly number[] = []
  let before: number = EDGE
  for (const character of [...Array.from(text), null]) {
    const symbol = character === null ? -1 : graph.symbolOf(character.codePointAt(0) ?? 0)
    const after = character === null ? EDGE : graph.kindOf(symbol)
    const context = graph.between(before, after)
    if (context.entryAccepts || current.some((position) => context.accepts(position))) return true
    const reached = new Set([...context.first, ...current.flatMap((position) => context.follow(position))])
    current = [...reached].filter((position) => graph.reads(position, symbol))
    before = after
  }
  return false
}
