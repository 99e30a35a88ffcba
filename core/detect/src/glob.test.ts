import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseGlob } from '@firebreak/content'
import * as fc from 'fast-check'
import { matchesGlob, prepareGlob } from './glob.ts'

function matches(source: string, text: string): boolean {
  return matchesGlob(prepareGlob(parseGlob(source) ?? []), text)
}

test('wildcards match as Sigma says', () => {
  const rows: readonly (readonly [glob: string, text: string, expected: boolean])[] = [
    ['a*c', 'ac', true],
    ['a*c', 'abc', true],
    ['a*c', 'ab', false],
    ['a*a', 'a', false],
    ['a*b*c', 'a b\nb c', true],
    ['a?c', 'ac', false],
    ['a?c', 'a\nc', true],
    ['a?c', 'a😀c', true],
    ['a??c', 'a😀c', false],
    ['*?b', '😀b', true],
    ['*?', '', false],
    ['?*?', 'x', false],
    ['?*?', 'xy', true],
    ['*😀?', 'a😀😀', true],
    ['\\**', '*x', true],
    ['\\**', 'x', false],
    ['*ab?*', 'aab', false],
    ['*ab?*', 'aabc', true],
  ]
  for (const [glob, text, expected] of rows) assert.equal(matches(glob, text), expected, `${glob} on ${text}`)
})

test('a glob agrees with the regular expression that it means', () => {
  const source = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '\\*', '😀'), maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\n', '😀'), maxLength: 12 })
  const asRegex = (glob: string): RegExp =>
    new RegExp(`^${glob.replaceAll(/\\\*|[*?]/g, (one) => (one === '\\*' ? one : one === '*' ? '.*' : '.'))}$`, 'su')
  const agree = (glob: string, on: string): void => assert.equal(matches(glob, on), asRegex(glob).test(on))
  fc.assert(fc.property(source, text, agree), { numRuns: 5_000 })
})
