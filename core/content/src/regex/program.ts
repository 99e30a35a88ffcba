import { assert } from '@firebreak/kernel'

/**
 * A program is a nondeterministic automaton without empty moves (Glushkov's), laid out for bit-parallel running. It is
 * a sequence of 32-bit words and part of the image, so its layout is part of the image format.
 *
 *     header       positions, symbols, ranges, contexts
 *     ranges       pairs {first code point, symbol}, ascending from code point 0; each lasts until the next
 *     kinds        one word for each symbol: its kind, for assertions
 *     context of   one word for each kind before and kind after: the number of the context that holds between them
 *     masks        a set for each symbol: the positions that read it
 *     contexts     one after another: number of groups, entry accepts (0 or 1), set move, then as windows the sets
 *                  first, stay, skip, accept and, for each group, members and followers
 *     window       first word, word count, those words: the part of a set that is not empty
 *
 * A position is a place in the expression that reads one character. A set of positions is `setWords` words, position
 * p being bit p % 32 of word p / 32. Between two characters the context says which assertions hold, and so where a set
 * of positions that have just read leads:
 *
 *     first        positions that can read the first character of a match
 *     stay         positions that can read again
 *     move         positions after which the next in number can read
 *     skip         positions after which the next but one can read
 *     groups       the rest: if any member has read, all followers can read
 *     accept       positions after which the expression has matched
 */
export const REGEX_HEADER_WORDS = 4
export const REGEX_RANGE_WORDS = 2
export const REGEX_CONTEXT_HEAD_WORDS = 2
/** Windows of a context before those of its groups: first, stay, skip, accept. */
export const REGEX_CONTEXT_WINDOWS = 4
/** Members and followers. */
export const REGEX_GROUP_WINDOWS = 2
export const REGEX_WINDOW_HEAD_WORDS = 2
export const REGEX_ASCII_SIZE = 128

/** What assertions ask of the characters around them. The edge is the start or the end of the text: no symbol's kind. */
export const REGEX_KIND = { OTHER: 0, WORD: 1, NEWLINE: 2, EDGE: 3 } as const
export const REGEX_KINDS = 4
export const REGEX_CONTEXT_OF_WORDS = REGEX_KINDS * REGEX_KINDS

/** Where the parts of a program start, in words. */
export interface RegexLayout {
  readonly positions: number
  /** Words of one set of positions, at least 1. */
  readonly setWords: number
  readonly symbols: number
  readonly ranges: number
  readonly contexts: number
  readonly rangesAt: number
  readonly kindsAt: number
  readonly contextOfAt: number
  readonly masksAt: number
  readonly contextsAt: number
}

/** What the header says, which may be hostile: nothing of it is checked here. */
export function regexLayout(program: Uint32Array): RegexLayout {
  const [positions = 0, symbols = 0, ranges = 0, contexts = 0] = program
  const setWords = setWordsOf(positions)
  const rangesAt = REGEX_HEADER_WORDS
  const kindsAt = rangesAt + REGEX_RANGE_WORDS * ranges
  const contextOfAt = kindsAt + symbols
  const masksAt = contextOfAt + REGEX_CONTEXT_OF_WORDS
  const contextsAt = masksAt + symbols * setWords
  return { positions, setWords, symbols, ranges, contexts, rangesAt, kindsAt, contextOfAt, masksAt, contextsAt }
}

export function setWordsOf(positions: number): number {
  return Math.max(1, Math.ceil(positions / 32))
}

/** Where each context of a verified program starts, in words. */
export function contextStarts(program: Uint32Array, layout: RegexLayout): readonly number[] {
  const starts: number[] = []
  let at = layout.contextsAt
  for (let context = 0; context < layout.contexts; context++) {
    starts.push(at)
    const windows = contextWindows(program, at)
    at += REGEX_CONTEXT_HEAD_WORDS + layout.setWords
    for (let window = 0; window < windows; window++) at += windowWords(program, at)
  }
  assert(at === program.length, 'a program that was not verified')
  return starts
}

/** How many windows the context at `at` has. */
export function contextWindows(program: Uint32Array, at: number): number {
  return REGEX_CONTEXT_WINDOWS + REGEX_GROUP_WINDOWS * wordAt(program, at)
}

/** Words of the window at `at`, its head included. */
export function windowWords(program: Uint32Array, at: number): number {
  return REGEX_WINDOW_HEAD_WORDS + wordAt(program, at + 1)
}

/** Reads one word; past the end is 0, so a caller's mistake can't become `undefined`. */
export function wordAt(program: Uint32Array, at: number): number {
  return program[at] ?? 0
}
