import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ContentError, type ContentErrorCode } from '../errors.ts'
import { compileRegex, type RegexFlags, regexCost, regexLayout, verifyRegex } from './index.ts'
import {
  REGEX_CLASS_RANGES_MAX,
  REGEX_DEPTH_MAX,
  REGEX_INSTRUCTIONS_MAX,
  REGEX_PATTERN_CHARS_MAX,
  REGEX_REPEAT_MAX,
  REGEX_SYMBOLS_MAX,
} from './limits.ts'
import { requiredLiterals } from './required-literals.ts'

const PLAIN: RegexFlags = { ignoreCase: false, multiline: false, dotAll: false }

const syntax: readonly (readonly [pattern: string, column: number])[] = [
  ['(', 1],
  ['ab(cd', 3],
  ['ab)', 3],
  ['*a', 1],
  ['a|*', 3],
  ['(+)', 2],
  ['a**', 3],
  ['a+*', 3],
  ['a{2}{3}', 5],
  ['a*??', 3],
  ['{2}', 1],
  ['a{3,2}', 2],
  ['(?i)*', 1],
  ['[', 1],
  ['x[a-z', 2],
  ['[]', 1],
  ['[z-a]', 2],
  ['[a-\\d]', 2],
  ['[a-', 2],
  ['ab\\', 3],
  ['\\x', 1],
  ['\\x4', 1],
  ['\\x{}', 1],
  ['\\x{110000}', 1],
  ['\\é', 1],
  ['\\\u001f', 1],
  ['\\\u007f', 1],
]

const unsupportedPatterns: readonly (readonly [pattern: string, column: number])[] = [
  ['a(?=b)', 2],
  ['a(?!b)', 2],
  ['(?<=a)b', 1],
  ['(?<!a)b', 1],
  ['(?>a)', 1],
  ['(?P=name)', 1],
  ['(?P>name)', 1],
  ['(?#why)', 1],
  ['(?|a|b)', 1],
  ['(?(1)a)', 1],
  ['(?x)a', 1],
  ['(?', 1],
  ['(a)\\1', 4],
  ['\\0', 1],
  ['a++', 3],
  ['a*+', 3],
  ['a?+', 3],
  ['a{2}+', 5],
  ['\\pL', 1],
  ['\\Qa\\E', 1],
  ['\\Z', 1],
  ['\\K', 1],
  ['\\Chi', 1],
  ['[\\b]', 2],
  ['[[:alpha:]]', 2],
]

const tooLargePatterns: readonly (readonly [name: string, pattern: string])[] = [
  ['pattern', 'a'.repeat(REGEX_PATTERN_CHARS_MAX + 1)],
  ['count', `a{${REGEX_REPEAT_MAX + 1}}`],
  ['open count', `a{${REGEX_REPEAT_MAX + 1},}`],
  ['end of a count', `a{1,${REGEX_REPEAT_MAX + 1}}`],
  ['huge count', 'a{999999999}'],
  ['multiplied repeats', '((a{100}){100}){100}'],
  ['multiplied options', '(((a?){0,30}){0,30}){0,30}'],
  ['instructions', `a{${REGEX_REPEAT_MAX}}`.repeat(REGEX_INSTRUCTIONS_MAX / REGEX_REPEAT_MAX + 1)],
  ['depth', '('.repeat(REGEX_DEPTH_MAX + 1) + ')'.repeat(REGEX_DEPTH_MAX + 1)],
  ['depth, never closed', '('.repeat(REGEX_PATTERN_CHARS_MAX)],
]

function codeOf(pattern: string): { code: ContentErrorCode; column: unknown } {
  try {
    compileRegex(pattern, PLAIN)
  } catch (error) {
    assert.ok(error instanceof ContentError)
    return { code: error.code, column: error.details['column'] }
  }
  return assert.fail(`${pattern} compiled`)
}

for (const [pattern, column] of syntax) {
  test(`${pattern} is not a regular expression`, () => {
    assert.deepEqual(codeOf(pattern), { code: 'content/regex-syntax', column })
  })
}

for (const [pattern, column] of unsupportedPatterns) {
  test(`${pattern} is not supported`, () => {
    assert.deepEqual(codeOf(pattern), { code: 'content/regex-unsupported', column })
  })
}

for (const [name, pattern] of tooLargePatterns) {
  test(`too large: ${name}`, () => assert.equal(codeOf(pattern).code, 'content/regex-too-large'))
}

const reached: readonly string[] = [
  'a'.repeat(REGEX_PATTERN_CHARS_MAX),
  `a{${REGEX_REPEAT_MAX}}`,
  '('.repeat(REGEX_DEPTH_MAX) + ')'.repeat(REGEX_DEPTH_MAX),
  // One instruction for each, and one that says that all have matched.
  `(?:a{1000}){8}a{${REGEX_INSTRUCTIONS_MAX - 1 - 8_000}}`,
  distinct(REGEX_SYMBOLS_MAX - 1),
  `[${apart(REGEX_CLASS_RANGES_MAX)}]`,
  '[a-a]',
]

for (const [i, pattern] of reached.entries()) {
  test(`limit ${i} is reached before it is exceeded`, () => verifyRegex(compileRegex(pattern, PLAIN)))
}

const exceeded: readonly (readonly [reason: RegExp, pattern: string])[] = [
  [/8192 instructions/, `(?:a{1000}){8}a{${REGEX_INSTRUCTIONS_MAX - 8_000}}`],
  [/1024 kinds of characters/, distinct(REGEX_SYMBOLS_MAX)],
  [/2048 ranges at column 2$/, `x[${apart(REGEX_CLASS_RANGES_MAX + 1)}]`],
  [/can follow each other/, '(?:a?){1000}'.repeat(4)],
  [/steps for a character/, '(?:a?){1000}'],
  [/262144 words/, `(?:${distinct(1_020)}){8}`],
]

for (const [reason, pattern] of exceeded) {
  test(`the reason is ${reason.source}`, () => {
    assert.throws(() => compileRegex(pattern, PLAIN), { code: 'content/regex-too-large', message: reason })
  })
}

/** As many characters, none of which means anything else. */
function distinct(count: number): string {
  return String.fromCodePoint(...Array.from({ length: count }, (_, i) => 0x4e00 + i))
}

/** As many characters, none beside another. */
function apart(count: number): string {
  return String.fromCodePoint(...Array.from({ length: count }, (_, i) => 0x4e00 + 2 * i))
}

test('groups side by side are not nested', () => {
  verifyRegex(compileRegex('(a)'.repeat(REGEX_DEPTH_MAX + 1), PLAIN))
})

test('nested repeats of nothing compile to nothing, at once', () => {
  const pattern = `${'('.repeat(20)}${'){1000}'.repeat(20)}`
  assert.equal(regexLayout(compileRegex(pattern, PLAIN)).positions, 0)
})

test('nested plus does not double what it repeats', () => {
  const pattern = `${'('.repeat(90)}a${')+'.repeat(90)}`
  assert.equal(regexLayout(compileRegex(pattern, PLAIN)).positions, 1)
})

test('characters that no part of the expression tells apart are one symbol', () => {
  const symbols = (pattern: string): number => regexLayout(compileRegex(pattern, PLAIN)).symbols
  assert.equal(symbols('.'), 2)
  assert.equal(symbols('[a-z][a-z]|[^a-z]'), 2)
  assert.equal(symbols('[a-m][h-z]'), 4)
  // A word boundary tells words from the rest, whatever is read.
  assert.equal(symbols('(?s).'), 1)
  assert.equal(symbols('(?s)\\b.'), 2)
})

test('a counted repetition leads to the next by moving or skipping, so it costs by the word', () => {
  assert.ok(regexCost(compileRegex('ab{0,900}c', PLAIN)) < 200)
  assert.ok(regexCost(compileRegex('(?:a[bc]?){0,400}d', PLAIN)) < 250)
})

const escapes: readonly (readonly [pattern: string, character: string])[] = [
  ['\\a', '\u0007'],
  ['\\t', '\t'],
  ['\\n', '\n'],
  ['\\v', '\v'],
  ['\\f', '\f'],
  ['\\r', '\r'],
  ['\\x2a', '*'],
  ['\\x{e9}', 'é'],
  ['\\x{10FFFF}', '\u{10ffff}'],
  ['\\ ', ' '],
  ['\\~', '~'],
  ['\\\\', '\\'],
  ['[\\x2a]', '*'],
  ['[]]', ']'],
  ['[-]', '-'],
  ['[\\n]', '\n'],
]

for (const [pattern, character] of escapes) {
  test(`${pattern} is one character`, () => assert.deepEqual(requiredLiterals(pattern, PLAIN), [character]))
}

test('the ranges of a program are those that its sets tell apart', () => {
  const ranges = (pattern: string): number => regexLayout(compileRegex(pattern, PLAIN)).ranges
  assert.equal(ranges('(?s).'), 1)
  assert.equal(ranges('[a-m][h-z]'), 5)
  assert.equal(ranges('[a-m][n-z]'), 4)
  assert.equal(ranges('[\\x{0}-z]'), 2)
  assert.equal(ranges('[a-\\x{10FFFF}]'), 2)
})

test('whatever the pattern: a program that the verifier accepts, or a declared error', () => {
  const piece = fc.constantFrom(
    ...'ab1,-^$.*+?{}()[]|\\:i=!<>Px&'.split(''),
    '(?',
    '\\d',
    '\\x',
    '{1,',
    'é',
    '\u{1f600}',
    '\ud800',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), fc.boolean(), (pieces, ignoreCase) => {
      try {
        verifyRegex(compileRegex(pieces.join(''), { ...PLAIN, ignoreCase }))
      } catch (error) {
        assert.ok(error instanceof ContentError && error.code.startsWith('content/regex-'), String(error))
      }
    }),
    { numRuns: 3_000 },
  )
})
