import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { compileRegex, regexCost, regexLayout, verifyRegex } from './index.ts'
import {
  REGEX_POSITIONS_MAX,
  REGEX_PROBES_MAX,
  REGEX_PROGRAM_WORDS_MAX,
  REGEX_RANGES_MAX,
  REGEX_STEPS_MAX,
  REGEX_SYMBOLS_MAX,
} from './limits.ts'
import { contextStarts, REGEX_CONTEXT_HEAD_WORDS, REGEX_CONTEXT_WINDOWS, windowWords } from './program.ts'

/** Two contexts, since `^` holds at the start only, and groups: neither `a` nor the next two are all that follows `a`. */
const GOOD = compileRegex('(?:a|b|[^bé])*c|^d', { ignoreCase: false, multiline: false, dotAll: false })
const { positions, symbols, ranges, contexts, setWords, rangesAt, kindsAt, contextOfAt, masksAt } = regexLayout(GOOD)
const CONTEXT = contextStarts(GOOD, regexLayout(GOOD)).find((start) => (GOOD[start] as number) > 0) as number
const WINDOW = CONTEXT + REGEX_CONTEXT_HEAD_WORDS + setWords
const GROUP = Array.from({ length: REGEX_CONTEXT_WINDOWS }).reduce<number>((at) => at + windowWords(GOOD, at), WINDOW)

/** Name, word to change, new value, word at which it is found. */
const forgeries: readonly (readonly [name: string, word: number, value: number, found: number])[] = [
  ['too many positions', 0, REGEX_POSITIONS_MAX + 1, 0],
  ['more positions than there is room', 0, 32 * 1_000, 0],
  ['positions whose sets overflow', 0, 0xffffffff, 0],
  ['no symbols', 1, 0, 1],
  ['too many symbols', 1, REGEX_SYMBOLS_MAX + 1, 1],
  ['no ranges', 2, 0, 2],
  ['too many ranges', 2, REGEX_RANGES_MAX + 1, 2],
  ['no contexts', 3, 0, 3],
  ['more contexts than pairs of kinds', 3, 17, 3],
  ['a context less than there is', 3, contexts - 1, GOOD.indexOf(contexts - 1, contextOfAt)],
  ['ranges that begin above 0', rangesAt, 1, rangesAt],
  ['a range that starts where the one before', rangesAt + 2, 0, rangesAt + 2],
  ['a range beyond Unicode', rangesAt + 2 * (ranges - 1), 0x110000, rangesAt + 2 * (ranges - 1)],
  ['a range out of order', rangesAt + 2, 0x10ffff, rangesAt + 4],
  ['a symbol that is not there', rangesAt + 1, symbols, rangesAt + 1],
  ['a symbol of the kind of an edge', kindsAt, 3, kindsAt],
  ['a kind that is not there', kindsAt + symbols - 1, 0xffffffff, kindsAt + symbols - 1],
  ['a context that is not there', contextOfAt + 15, contexts, contextOfAt + 15],
  ['an entry that neither accepts nor not', CONTEXT + 1, 2, CONTEXT + 1],
  ['a window outside', WINDOW, setWords, WINDOW],
  ['a window whose end overflows', WINDOW, 0xffffffff, WINDOW],
  ['a window longer than a set', WINDOW + 1, setWords + 1, WINDOW],
  ['a window without end', WINDOW + 1, 0xffffffff, WINDOW],
  ['members outside', GROUP, setWords, GROUP],
  ['members without end', GROUP + 1, 0xffffffff, GROUP],
]

function offsetOf(program: Uint32Array): unknown {
  try {
    verifyRegex(program)
  } catch (error) {
    assert.ok(error instanceof ContentError)
    assert.equal(error.code, 'content/image-regex')
    return error.details['offset']
  }
  return assert.fail('the program was accepted')
}

test('accepts what the compiler makes', () => verifyRegex(GOOD))

for (const [name, word, value, found] of forgeries) {
  test(`refuses ${name}`, () => assert.equal(offsetOf(GOOD.with(word, value)), 4 * found))
}

test('refuses every strict prefix and every longer program', () => {
  for (let length = 0; length < GOOD.length; length++) offsetOf(GOOD.subarray(0, length))
  offsetOf(Uint32Array.from([...GOOD, 0]))
})

test('says where a program is cut off', () => {
  const { contextsAt } = regexLayout(GOOD)
  assert.equal(offsetOf(Uint32Array.of(0, 0, 0)), 0)
  assert.equal(offsetOf(Uint32Array.of(0, 0, 1, 1)), 4)
  assert.equal(offsetOf(GOOD.subarray(0, contextsAt - 1)), 0)
  for (const length of [CONTEXT, CONTEXT + 1, WINDOW, WINDOW + 1, GROUP, GROUP + 1]) {
    assert.equal(offsetOf(GOOD.subarray(0, length)), 4 * CONTEXT, `${length} words`)
  }
})

interface Size {
  readonly positions?: number
  readonly symbols?: number
  readonly ranges?: number
  readonly contexts?: number
}

/** A program of this size that reads nothing. */
function sized({
  positions: places = 0,
  symbols: kinds = 1,
  ranges: starts = 1,
  contexts: count = 1,
}: Size): Uint32Array {
  const words = Math.max(1, Math.ceil(places / 32))
  const context = Array.from({ length: 2 + words + 2 * REGEX_CONTEXT_WINDOWS }, () => 0)
  return Uint32Array.from(
    [
      [places, kinds, starts, count],
      Array.from({ length: starts }, (_, i) => [i, 0]).flat(),
      Array.from({ length: kinds + 16 + kinds * words }, () => 0),
      Array.from({ length: count }, () => context).flat(),
    ].flat(),
  )
}

const sizes: readonly (readonly [what: string, max: Size, more: Size, found: number])[] = [
  ['positions', { positions: REGEX_POSITIONS_MAX }, { positions: REGEX_POSITIONS_MAX + 1 }, 0],
  ['symbols', { symbols: REGEX_SYMBOLS_MAX }, { symbols: REGEX_SYMBOLS_MAX + 1 }, 1],
  ['ranges', { ranges: REGEX_RANGES_MAX }, { ranges: REGEX_RANGES_MAX + 1 }, 2],
  ['contexts', { contexts: 16 }, { contexts: 17 }, 3],
]

for (const [what, max, more, found] of sizes) {
  test(`as many ${what} as may be, and no more`, () => {
    verifyRegex(sized(max))
    assert.equal(offsetOf(sized(more)), 4 * found)
  })
}

test('as many words as may be, and no more', () => {
  const large = { positions: REGEX_POSITIONS_MAX, symbols: 1_000, contexts: 16 }
  assert.equal(sized({ ...large, ranges: 434 }).length, REGEX_PROGRAM_WORDS_MAX)
  verifyRegex(sized({ ...large, ranges: 434 }))
  assert.equal(offsetOf(sized({ ...large, ranges: 435 })), 0)
})

test('refuses groups without number, at once', () => {
  assert.equal(typeof offsetOf(GOOD.with(CONTEXT, 0xffffffff)), 'number')
})

test("bits that are nobody's position are harmless, and accepted", () => {
  assert.ok(positions < 32)
  verifyRegex(GOOD.with(masksAt, 0xffffffff).with(CONTEXT + 2, 0xffffffff))
})

test('refuses what costs too much for a character, and what is too long', () => {
  // Eight ranges, found in four steps, one symbol, one context of four empty windows and of groups that each take four steps.
  const program = (groups: number): Uint32Array =>
    Uint32Array.from(
      [
        [0, 1, 8, 1],
        Array.from({ length: 8 }, (_, i) => [i, 0]).flat(),
        [0],
        Array.from({ length: 16 }, () => 0),
        [0, groups, 0, 0],
        Array.from({ length: 4 }, () => [0, 0]).flat(),
        Array.from({ length: groups }, () => [0, 1, 0, 0, 1, 0]).flat(),
      ].flat(),
    )
  const groupsMax = Math.floor((REGEX_STEPS_MAX - regexCost(program(0))) / 4)
  assert.equal(regexCost(program(groupsMax)), REGEX_STEPS_MAX)
  verifyRegex(program(groupsMax))
  assert.equal(offsetOf(program(groupsMax + 1)), 0)
  assert.equal(offsetOf(program(REGEX_PROGRAM_WORDS_MAX / 6)), 0)
})

test('counts the search of a symbol, the passes over a set, its look-up and the windows', () => {
  const cost = (pattern: string): number =>
    regexCost(compileRegex(pattern, { ignoreCase: false, multiline: false, dotAll: true }))
  // One range is found in a step; four passes over a set of one word and its kind; windows first and accept.
  assert.equal(cost('.'), 1 + REGEX_PROBES_MAX + 4 * 2 + 4 + 2)
  // Two words.
  assert.equal(cost('.{33}'), 1 + REGEX_PROBES_MAX + 4 * 3 + 4 + 2)
  // That `b` can be left out is a window, that `bb` can is a group.
  assert.equal(cost('ab?c') - cost('abc'), 1)
  assert.equal(cost('a(?:bb)?c') - cost('abbc'), 4)
})
