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
  const { first, follow, accept, entryAccepts } = context
  const after = (distance: number): readonly number[] =>
    [...follow.keys()].filter((position) => follow[position]?.includes(position + distance))
  const groups = grouped(context)
  return [
    groups.length,
    entryAccepts ? 1 : 0,
    ...bitset(after(1), setWordsOf(positions)),
    ...[first, after(0), after(2), accept, ...groups.flat()].flatMap(windowOf),
  ]
}

/** The positions that have the same followers, apart from themselves and the next two, and those followers. */
function grouped({ follow }: Context): readonly (readonly (readonly number[])[])[] {
  const groups = new Map<string, { readonly members: number[]; readonly followers: readonly number[] }>()
  for (const [position, all] of follow.entries()) {
    const followers = all.filter((other) => other < position || other > position + 2)
    if (followers.length === 0) continue
    const key = followers.join(' ')
    const group = groups.get(key)
    if (group) group.members.push(position)
    else groups.set(key, { members: [position], followers })
  }
  return [...groups.values()].map(({ members, followers }) => [members, followers])
}

/** `positions` ascend. */
function windowOf(positions: readonly number[]): readonly number[] {
  if (positions.length === 0) return [0, 0]
  const firstWord = wordOf(positions[0])
  const words = bitset(positions, wordOf(positions.at(-1)) + 1).slice(firstWord)
  return [firstWord, words.length, ...words]
}

function wordOf(position = 0): number {
  return position >> 5
}

function bitset(positions: readonly number[], words: number): number[] {
  const set = new Uint32Array(words)
  for (const position of positions) set[position >> 5] = (set[position >> 5] ?? 0) | (1 << (position & 31))
  return [...set]
}
