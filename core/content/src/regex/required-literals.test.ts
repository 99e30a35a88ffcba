import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCase } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { REQUIRED_LITERALS_MAX, requiredLiterals } from './required-literals.ts'
import type { RegexFlags } from './syntax.ts'

const PLAIN: RegexFlags = { ignoreCase: false, multiline: false, dotAll: false }
/** Characters of one text. */
const CHARS_MAX = 256

const words = (count: number): string => Array.from({ length: count }, (_, i) => `w${100 + i}`).join('|')

const cases: readonly (readonly [pattern: string, literals: readonly string[] | null])[] = [
  ['abc', ['abc']],
  ['AbC', ['abc']],
  ['', null],
  ['^$', null],
  ['^abc$', ['abc']],
  ['.', null],
  ['(a)(b)', ['ab']],
  // Alternatives: one of them, if each has something to look for.
  ['foo|bar', ['foo', 'bar']],
  ['ab|AB', ['ab']],
  ['ab|', null],
  ['ab|.', null],
  ['ab|x.yz', ['ab', 'yz']],
  ['ab|[cd]ef', ['ab', 'ef']],
  [words(REQUIRED_LITERALS_MAX), words(REQUIRED_LITERALS_MAX).split('|')],
  [words(REQUIRED_LITERALS_MAX + 1), null],
  // The longest part of a sequence, of equals the first; of alternatives the shortest counts.
  ['x.y', ['x']],
  ['x.yz', ['yz']],
  ['xy.z', ['xy']],
  ['(foo|bar)baz', ['foo', 'bar']],
  ['(foo|b)az', ['az']],
  ['az(foo|b)', ['az']],
  ['a(foo|bar)b', ['foo', 'bar']],
  // Repetitions.
  ['a*', null],
  ['a?', null],
  ['xy(abc){0,3}', ['xy']],
  ['a+', ['a']],
  ['xa+y', ['x']],
  ['xa{2,}y', ['aa']],
  ['xa{2,3}y', ['aa']],
  ['xa{3}y', ['xaaay']],
  ['xa{0}y', ['xy']],
  ['(foo|bar)+', ['foo', 'bar']],
  ['[ab]{2}', null],
  ['(^)*x', ['x']],
  ['x(^)+y', ['x']],
  ['x(\\b){3}y', ['xy']],
  // Sets: of one folded character.
  ['[aA]c', ['ac']],
  ['[ab]c', ['c']],
  ['[Aa-b]c', ['c']],
  ['[kK\u212a]x', ['kx']],
  ['[a-e]x', ['x']],
  ['[^a]x', ['x']],
  ['\u{1f600}', ['\u{1f600}']],
  ['É', ['é']],
  // Half a surrogate pair is in no text.
  ['ab\ud800c', ['ab']],
  // No text is longer than it may be.
  [`a{${CHARS_MAX - 1}}b`, [`${'a'.repeat(CHARS_MAX - 1)}b`]],
  [`a{${CHARS_MAX}}b`, ['a'.repeat(CHARS_MAX)]],
  [`ba{${CHARS_MAX}}`, ['a'.repeat(CHARS_MAX)]],
  [`a{${CHARS_MAX}}`, ['a'.repeat(CHARS_MAX)]],
  [`xa{${CHARS_MAX + 1}}`, ['a'.repeat(CHARS_MAX)]],
  ['(abc){86}', ['abc'.repeat(86)]],
  ['x(abc){87}y', ['abc'.repeat(86)]],
  [`${'a'.repeat(200)}(b{100}c)`, ['a'.repeat(200)]],
]

for (const [pattern, literals] of cases) {
  const name = pattern.length < 40 ? pattern : `${pattern.slice(0, 20)}… (${pattern.length})`
  test(`what /${name}/ needs`, () => assert.deepEqual(requiredLiterals(pattern, PLAIN), literals))
}

test('without regard to case: as many characters as have one folding', () => {
  const ignoringCase = { ...PLAIN, ignoreCase: true }
  assert.deepEqual(requiredLiterals('Kelvin', ignoringCase), ['kelvin'])
  assert.deepEqual(requiredLiterals('x[k]', ignoringCase), ['xk'])
})

const piece = fc.constantFrom(
  'a',
  'B',
  'ab',
  '.',
  '[aA]',
  '[bc]',
  'a*',
  'b?',
  'A+',
  '(?:ab|ba)',
  '(?:a|bb)+',
  '(?:ab){2}',
  '|',
  '^',
)

test('every text that matches contains one of them, folded', () => {
  let found = 0
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', 'c'), maxLength: 8 }), {
        minLength: 6,
        maxLength: 6,
      }),
      (pieces, ignoreCase, texts) => {
        const pattern = pieces.join('')
        const literals = requiredLiterals(pattern, { ...PLAIN, ignoreCase })
        if (literals === null) return
        for (const text of texts.filter((one) => new RegExp(pattern, ignoreCase ? 'i' : '').test(one))) {
          found += 1
          assert.ok(
            literals.some((literal) => foldCase(text).includes(literal)),
            `/${pattern}/ matches ${text}: ${literals.join(', ')}`,
          )
        }
      },
    ),
    { numRuns: 1_000 },
  )
  assert.ok(found > 20, `${found} matches`)
})
