import { ContentError } from '../errors.ts'
import { CODE_POINT_MAX } from './char-set.ts'
import {
  REGEX_POSITIONS_MAX,
  REGEX_PROBES_MAX,
  REGEX_PROGRAM_WORDS_MAX,
  REGEX_RANGES_MAX,
  REGEX_STEPS_MAX,
  REGEX_SYMBOLS_MAX,
} from './limits.ts'
import {
  contextStarts,
  contextWindows,
  REGEX_CONTEXT_HEAD_WORDS,
  REGEX_CONTEXT_OF_WORDS,
  REGEX_HEADER_WORDS,
  REGEX_KIND,
  REGEX_RANGE_WORDS,
  REGEX_WINDOW_HEAD_WORDS,
  type RegexLayout,
  regexLayout,
  windowWords,
  wordAt,
} from './program.ts'

/** For each state set that is looked up: stepped, hashed, compared, stored. */
const PASSES = 4

/**
 * Accepts a program, which may be hostile, or throws. Of an accepted program every symbol, kind, context and word of a
 * group exists, so the machine never reads outside it, and one character costs at most REGEX_STEPS_MAX. Bits of sets
 * may be anything: a set has room for them all. One linear pass.
 *
 * @throws ContentError content/image-regex with `details.offset`, in bytes from the start of the program
 */
export function verifyRegex(program: Uint32Array): void {
  const layout = verifyHeader(program)
  verifyRanges(program, layout)
  verifyBelow(program, layout.kindsAt, layout.symbols, REGEX_KIND.EDGE, 'a symbol has no such kind')
  verifyBelow(program, layout.contextOfAt, REGEX_CONTEXT_OF_WORDS, layout.contexts, 'there is no such context')
  let at = layout.contextsAt
  for (let context = 0; context < layout.contexts; context++) at = verifyContext(program, layout, at)
  if (at !== program.length) throw rejected(`${program.length} words, its parts have ${at}`, at)
  const cost = regexCost(program)
  if (cost > REGEX_STEPS_MAX) throw rejected(`${cost} steps for a character`, 0)
}

/**
 * Steps that one character of input can cost at most, whatever came before: the search of its symbol, the passes over
 * the words of a state set, the look-up of that set, and all windows of the dearest context. A step handles one word,
 * in about a nanosecond. Only for a program that `verifyRegex` accepts.
 */
export function regexCost(program: Uint32Array): number {
  const layout = regexLayout(program)
  const { setWords, ranges } = layout
  const windowCosts = contextStarts(program, layout).map((start) => {
    let at = start + REGEX_CONTEXT_HEAD_WORDS + setWords
    // A head is read in one step.
    let cost = 0
    for (let windows = contextWindows(program, start); windows > 0; windows--) {
      cost += 1 + wordAt(program, at + 1)
      at += windowWords(program, at)
    }
    return cost
  })
  // The set is looked up with one more word, the kind of character that it has just read.
  return bitLength(ranges) + REGEX_PROBES_MAX + PASSES * (setWords + 1) + Math.max(...windowCosts)
}

function verifyHeader(program: Uint32Array): RegexLayout {
  if (program.length < REGEX_HEADER_WORDS) throw rejected('shorter than its header', 0)
  if (program.length > REGEX_PROGRAM_WORDS_MAX) throw rejected(`${program.length} words`, 0)
  const layout = regexLayout(program)
  const { positions, symbols, ranges, contexts, contextsAt } = layout
  if (positions > REGEX_POSITIONS_MAX) throw rejected(`${positions} positions`, 0)
  if (symbols < 1 || symbols > REGEX_SYMBOLS_MAX) throw rejected(`${symbols} symbols`, 1)
  if (ranges < 1 || ranges > REGEX_RANGES_MAX) throw rejected(`${ranges} ranges`, 2)
  if (contexts < 1 || contexts > REGEX_CONTEXT_OF_WORDS) throw rejected(`${contexts} contexts`, 3)
  if (contextsAt > program.length) throw rejected(`${program.length} words, its header needs ${contextsAt}`, 0)
  return layout
}

function verifyRanges(program: Uint32Array, { rangesAt, ranges, symbols }: RegexLayout): void {
  if (wordAt(program, rangesAt) !== 0) throw rejected('the ranges do not begin at 0', rangesAt)
  const end = rangesAt + REGEX_RANGE_WORDS * ranges
  for (let at = rangesAt; at < end; at += REGEX_RANGE_WORDS) {
    const start = wordAt(program, at)
    const isAfter = at === rangesAt || start > wordAt(program, at - REGEX_RANGE_WORDS)
    if (!isAfter || start > CODE_POINT_MAX) throw rejected('the ranges are out of order', at)
    if (wordAt(program, at + 1) >= symbols) throw rejected('there is no such symbol', at + 1)
  }
}

function verifyBelow(program: Uint32Array, start: number, count: number, bound: number, problem: string): void {
  for (let at = start; at < start + count; at++) if (wordAt(program, at) >= bound) throw rejected(problem, at)
}

/** Returns where the context ends. */
function verifyContext(program: Uint32Array, { setWords }: RegexLayout, start: number): number {
  let at = start + REGEX_CONTEXT_HEAD_WORDS + setWords
  if (wordAt(program, start + 1) > 1) throw rejected('a context that neither accepts nor not', start + 1)
  for (let windows = contextWindows(program, start); windows > 0; windows--) {
    if (at + REGEX_WINDOW_HEAD_WORDS > program.length) throw rejected('a context is cut off', start)
    const first = wordAt(program, at)
    const count = wordAt(program, at + 1)
    if (first > setWords - count) throw rejected('a window reaches outside its set', at)
    at += windowWords(program, at)
  }
  return at
}

function bitLength(value: number): number {
  return 32 - Math.clz32(value)
}

function rejected(what: string, wordAtFault: number): ContentError {
  const offset = 4 * wordAtFault
  return new ContentError(
    'content/image-regex',
    `Cannot accept image: regular expression: ${what}, at byte ${offset} of its program`,
    null,
    { offset },
  )
}
