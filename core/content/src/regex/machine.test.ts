import assert from 'node:assert/strict'
import { test } from 'node:test'
import { charSet } from './char-set.ts'
import { compileRegex, type RegexFlags, regexLayout, verifyRegex } from './index.ts'
import { REGEX_SYMBOLS_MAX } from './limits.ts'
import { contextAt, matches } from './machine-fixture.ts'
import { contextStarts, windowWords } from './program.ts'
import { requiredLiterals } from './required-literals.ts'

const PLAIN: RegexFlags = { ignoreCase: false, multiline: false, dotAll: false }

/** Every text of at most four of these characters. */
const TEXTS = [0, 1, 2, 3].reduce<readonly string[]>(
  (all) => ['', ...all.flatMap((text) => ['a', 'b', 'A', '\n', '-'].map((char) => text + char))],
  [''],
)

/** What JavaScript writes in another way comes second, with the flags that it needs. */
const patterns: readonly (readonly [pattern: string, same?: string, flags?: string])[] = [
  ['a'],
  ['ab?a'],
  ['(?:a|b|-A)*b-'],
  ['(?:ab|ba|-)+A'],
  ['(?:a|b)(?:a|b|AA)*-'],
  ['^a'],
  ['a$'],
  ['^$'],
  ['^a|b$'],
  ['(?m)^a', '^a', 'm'],
  ['(?m)a$', 'a$', 'm'],
  ['(?m)^$', '^$', 'm'],
  ['(?m)b\\n^a', 'b\\n^a', 'm'],
  ['\\ba'],
  ['a\\b'],
  ['\\Ba'],
  ['a\\Bb'],
  ['\\b-\\b'],
  ['\\w-'],
  ['\\W\\s'],
  ['\\S\\D\\d|b\\D'],
  ['a.b'],
  ['(?s)a.b', 'a.b', 's'],
  ['(?i)a.b', 'a.b', 'i'],
  ['(?i)^b', '^b', 'i'],
  ['(?i)ab', 'ab', 'i'],
  ['(?i:a)b', '[aA]b'],
  ['a(?i)', 'a'],
  ['(?i)|a', '|a'],
  ['a(?i)a|b(?-i)', 'a[aA]|[bB]'],
  ['(?:a|(?:b|-))(?:A|\\n)'],
]
for (const [pattern, same = pattern, flags = ''] of patterns) {
  test(`/${pattern}/ matches what JavaScript says`, () => {
    const program = compileRegex(pattern, PLAIN)
    const expected = new RegExp(same, flags)
    for (const text of TEXTS) assert.equal(matches(program, text), expected.test(text), JSON.stringify(text))
  })
}

test('places far apart, that come in another order than they are numbered', () => {
  const long = 'a'.repeat(33)
  const program = compileRegex('(?:(?:a{33}|b)|c)(?:(?:a{33}|b)|c)', PLAIN)
  for (const text of [`${long}b`, `b${long}`, `c${long}`, `${long}c`, 'cb', 'bc', 'bb'])
    assert.ok(matches(program, text), text)
  for (const text of [long, 'b', 'c', `${long}a`]) assert.ok(!matches(program, text), text)
})

test('what comes first in the text may be numbered last', () => {
  const long = 'b'.repeat(40)
  const program = compileRegex('(?:a|b{40})c', PLAIN)
  for (const text of ['ac', `${long}c`]) assert.ok(matches(program, text), text)
  for (const text of ['a', 'c', 'bc', long]) assert.ok(!matches(program, text), text)
})

test('the words of a program', () => {
  const words = (pattern: string) => [...compileRegex(pattern, PLAIN)]
  assert.deepEqual(words('a').slice(0, 11), [1, 2, 3, 2, 0, 0, 0x61, 1, 0x62, 0, 0])
  // Kinds of `^a`: other characters and the edge. Of no others anybody asks.
  const { kindsAt, contextOfAt, contexts } = regexLayout(compileRegex('^a', PLAIN))
  assert.deepEqual(words('^a').slice(kindsAt, contextOfAt), [0, 0])
  assert.deepEqual(words('^a').slice(contextOfAt, contextOfAt + 16), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3])
  assert.equal(contexts, 4)
})

test('at the end of the text nothing is left to read', () => {
  const program = compileRegex('ab+c?', PLAIN)
  const layout = regexLayout(program)
  const [within, atEnd] = contextStarts(program, layout).map((start) => contextAt(program, start, layout.setWords))
  assert.ok(within && atEnd)
  assert.deepEqual([within.first, within.move, within.stay, within.skip], [set(0), set(0, 1), set(1), set()])
  assert.deepEqual([atEnd.first, atEnd.move, atEnd.stay, atEnd.skip], [set(), set(), set(), set()])
  assert.deepEqual([within.accept, atEnd.accept], [set(1, 2), set(1, 2)])
})

test('what stays, moves or skips needs no group', () => {
  const groups = (pattern: string) => {
    const program = compileRegex(pattern, PLAIN)
    const layout = regexLayout(program)
    return contextStarts(program, layout).map((start) => contextAt(program, start, layout.setWords).groups.length)
  }
  assert.deepEqual(groups('a+b?c+'), [0, 0])
  assert.deepEqual(groups('(?:a|b|c|d)*e'), [4, 0])
  // Either of the first two leads to each of the others.
  assert.deepEqual(groups('(?:a|b)(?:cccc|dddd|eee)'), [1, 0])
})

function set(...positions: readonly number[]): ReadonlySet<number> {
  return new Set(positions)
}

/** Classes that tell so many characters apart from each other, and the first from no other: each has those with its bit. */
function classes(count: number): string {
  const char = (i: number) => String.fromCodePoint(0x4e00 + i)
  const withBit = (bit: number) =>
    Array.from(
      { length: count / (2 * bit) },
      (_, run) => `${char(2 * bit * run + bit)}-${char(2 * bit * (run + 1) - 1)}`,
    )
  return Array.from({ length: Math.log2(count) }, (_, i) => `[${withBit(1 << i).join('')}]`).join('')
}

test('as many kinds of characters as may be, and no more', () => {
  const most = classes(REGEX_SYMBOLS_MAX)
  assert.equal(regexLayout(compileRegex(most, PLAIN)).symbols, REGEX_SYMBOLS_MAX)
  assert.throws(() => compileRegex(`${most}é`, PLAIN), { code: 'content/regex-too-large', message: /1024 kinds/ })
})

test('a context is cut off where its last window is', () => {
  const program = compileRegex('ab', PLAIN)
  const last = program.length - windowWords(program, program.length - 3)
  assert.equal(last, program.length - 3)
  const [, start = 0] = contextStarts(program, regexLayout(program))
  assert.throws(() => verifyRegex(program.subarray(0, last + 1)), { details: { offset: 4 * start } })
})

test('ranges that meet are one', () => {
  assert.deepEqual(
    charSet([
      [2, 3],
      [0, 1],
    ]),
    [[0, 3]],
  )
  assert.deepEqual(
    charSet([
      [0, 2],
      [2, 3],
    ]),
    [[0, 3]],
  )
  assert.deepEqual(
    charSet([
      [0, 1],
      [3, 4],
    ]),
    [
      [0, 1],
      [3, 4],
    ],
  )
})

test('what may be left out needs nothing', () => {
  for (const [pattern, literals] of [
    ['(foo|bar)*', null],
    ['x(foo|bar)?y', ['x']],
    ['(^)+', null],
    ['a|b', ['a', 'b']],
    ['a|.', null],
    ['[^\\x{0}-\\x{10FFFF}]', null],
  ] as const)
    assert.deepEqual(requiredLiterals(pattern, PLAIN), literals, pattern)
})
