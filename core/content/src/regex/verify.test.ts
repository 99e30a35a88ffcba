import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { compileRegex, REGEX_HEADER_WORDS, REGEX_INSTRUCTION_WORDS, regexCost, verifyRegex } from './index.ts'
import { REGEX_CLASS_RANGES_MAX, REGEX_CLASS_WORDS_MAX, REGEX_INSTRUCTIONS_MAX } from './limits.ts'

/** MATCH, then a class with two ranges above ASCII, then a split, a character and an assertion. */
const GOOD = compileRegex('(?:^a|[^bé])', { ignoreCase: false, multiline: false, dotAll: false })
const INSTRUCTIONS = GOOD[0] as number
const CLASSES = REGEX_HEADER_WORDS + INSTRUCTIONS * REGEX_INSTRUCTION_WORDS

function operationAt(operation: number): number {
  for (let at = REGEX_HEADER_WORDS; at < CLASSES; at += REGEX_INSTRUCTION_WORDS) if (GOOD[at] === operation) return at
  return assert.fail(`no operation ${operation}`)
}

const [MATCH, CHARACTER, CLASS, ASSERTION, SPLIT] = [0, 1, 2, 3, 4].map(operationAt) as [
  number,
  number,
  number,
  number,
  number,
]

/** Name, word to change, new value, word at which it is found. */
const forgeries: readonly (readonly [name: string, word: number, value: number, found: number])[] = [
  ['no instructions', 0, 0, 0],
  ['too many instructions', 0, REGEX_INSTRUCTIONS_MAX + 1, 0],
  ['an instruction more than there is', 0, INSTRUCTIONS + 1, 0],
  ['too many class words', 1, REGEX_CLASS_WORDS_MAX + 1, 1],
  ['a class word less than there is', 1, (GOOD[1] as number) - 1, 0],
  ['an entry outside', 2, INSTRUCTIONS, 2],
  ['an unknown operation', MATCH, 5, MATCH],
  ['a match with a next', MATCH + 1, 1, MATCH],
  ['a match with an operand', MATCH + 2, 1, MATCH],
  ['a next outside', CHARACTER + 1, INSTRUCTIONS, CHARACTER + 1],
  ['a code point above the last', CHARACTER + 2, 0x110000, CHARACTER],
  ['a class between two', CLASS + 2, 1, CLASS],
  ['a class outside', CLASS + 2, 0xffffffff, CLASS],
  ['an unknown assertion', ASSERTION + 2, 6, ASSERTION],
  ['a split outside', SPLIT + 2, INSTRUCTIONS, SPLIT],
  ['a split outside, first way', SPLIT + 1, 0xffffffff, SPLIT + 1],
  ['more ranges than words', CLASSES + 4, 3, CLASSES],
  ['fewer ranges than words', CLASSES + 4, 1, CLASSES + 7],
  ['too many ranges', CLASSES + 4, REGEX_CLASS_RANGES_MAX + 1, CLASSES],
  ['ranges whose size overflows', CLASSES + 4, 0x80000000, CLASSES],
  ['a range that covers ASCII', CLASSES + 5, 0x7f, CLASSES + 5],
  ['a range that ends before its start', CLASSES + 6, 0x7f, CLASSES + 5],
  ['a range that overlaps the next', CLASSES + 6, 0xea, CLASSES + 7],
  ['a range that touches the next', CLASSES + 6, 0xe9, CLASSES + 7],
  ['a range beyond Unicode', CLASSES + 8, 0x110000, CLASSES + 7],
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

test('counts one step for each instruction and the search of each class', () => {
  // Five instructions; two ranges are found in two steps.
  assert.equal(regexCost(GOOD), INSTRUCTIONS + 2)
})
