import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isToken, tokenOfFragment } from './session.ts'

test('a token comes out of the fragment, or nothing does', () => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['#token=abc_123-x', 'abc_123-x'],
    ['#a=1&token=abc', 'abc'],
    ['', null],
    ['#', null],
    ['#token=', null],
    ['#token', null],
    ['#Token=abc', null],
    ['#token=a%20b', null],
    ['#token=a%0d%0ax-evil:1', null],
    [`#token=${'a'.repeat(4_097)}`, null],
  ]
  for (const [fragment, token] of rows) assert.equal(tokenOfFragment(fragment), token, fragment.slice(0, 40))
})

test('what could not travel in a header is no token', () => {
  for (const text of ['', ' ', 'a b', 'a\n', 'ä', '\u202E', 'a\0'])
    assert.equal(isToken(text), false, JSON.stringify(text))
  assert.equal(isToken('0aZ.~+/='), true)
})
