import type { Automaton, Context } from './automaton.ts'
import { REGEX_PROGRAM_WORDS_MAX, REGEX_STEPS_MAX } from './limits.ts'
import { setWordsOf } from './program.ts'
import type { Symbols } from './symbols.ts'
import { tooLarge } from './syntax.ts'
import { regexCost } from './verify.ts'

/**
 * Writes an automaton down as the words of a program; its layout is in program.ts.
 *
 * @throws ContentError content/regex-too-large
 */
export function assembleProgram(automaton: Automaton, symbols: Symbols): Uint32Array {
  const positions = automaton.setOf.length
  const words = [positions, symbols.kinds.length, symbols.ranges.length, automaton.contexts.length]
  for (const { start, symbol } of symbols.ranges) words.push(start, symbol)
  words.push(...symbols.kinds, ...automaton.contextOf)
  for (const mask of readers(automaton, symbols)) words.push(...bitset(mask, setWordsOf(positions)))
  for (const context of automaton.contexts) {
    for (const word of contextWords(context, positions)) words.push(word)
    if (words.length > REGEX_PROGRAM_WORDS_MAX) throw tooLarge(null, `more than ${REGEX_PROGRAM_WORDS_MAX} words`)
  }
  const program = Uint32Array.from(words)
  const cost = regexCost(program)
  if (cost > REGEX_STEPS_MAX) throw tooLarge(null, `${cost} steps for a character, at most ${REGEX_STEPS_MAX},`)
  return program
}

/** For each symbol the positions that read it. */
function readers({ setOf }: Automaton, { kinds, ofSet }: Symbols): readonly (readonly number[])[] {
  const masks = kinds.map((): number[] => [])
  for (const [position, set] of setOf.entries()) for (const symbol of ofSet[set] ?? []) masks[symbol]?.push(position)
  return masks
}

function contextWords(context: Context, positions: number): readonly number[] {
  const setWords = setWordsOf(positions)
  const all = [...context.follow.keys()]
  const stay = all.filter((position) => context.follow[position]?.includes(position))
  const move = all.filter((position) => context.follow[position]?.includes(position + 1))
  const sets = [context.first, stay, move, context.accept].flatMap((set) => bitset(set, setWords))
  const groups = grouped(context)
  return [groups.length, context.entryAccepts ? 1 : 0, ...sets, ...groups.flat()]
}

/** The followers that neither staying nor moving reaches, and the positions that have the same, as words. */
function grouped({ follow }: Context): readonly (readonly number[])[] {
  const members = new Map<string, { readonly from: number[]; readonly to: readonly number[] }>()
  for (const [position, followers] of follow.entries()) {
    const to = followers.filter((other) => other !== position && other !== position + 1)
    if (to.length === 0) continue
    const key = to.join(' ')
    const group = members.get(key)
    if (group) group.from.push(position)
    else members.set(key, { from: [position], to })
  }
  return [...members.values()].map(({ from, to }) => {
    const [fromFirst, toFirst] = [wordOf(from[0]), wordOf(to[0])]
    const fromWords = bitset(from, wordOf(from.at(-1)) + 1).slice(fromFirst)
    const toWords = bitset(to, wordOf(to.at(-1)) + 1).slice(toFirst)
    return [fromFirst, fromWords.length, toFirst, toWords.length, ...fromWords, ...toWords]
  })
}

function wordOf(position = 0): number {
  return position >> 5
}

function bitset(positions: readonly number[], words: number): number[] {
  const set = new Uint32Array(words)
  for (const position of positions) set[position >> 5] = (set[position >> 5] ?? 0) | (1 << (position & 31))
  return [...set]
}
