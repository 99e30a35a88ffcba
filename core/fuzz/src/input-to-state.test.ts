import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Draft } from './draft.ts'
import { inputToState } from './input-to-state.ts'
import type { Compared } from './target.ts'

function suggestionsFor(input: readonly number[], pair: Compared): readonly string[] {
  const draft = new Draft(64)
  const found: string[] = []
  for (const _ of inputToState(Uint8Array.from(input), [pair], draft))
    found.push(Buffer.from(draft.view()).toString('hex'))
  return found
}

const text = (letters: string): readonly number[] => [...Buffer.from(letters)]

const ROWS: readonly (readonly [what: string, input: readonly number[], pair: Compared, wanted: readonly string[]])[] =
  [
    [
      'four bytes, little end first',
      [9, 4, 3, 2, 1],
      { a: 0x01020304, b: 0xa0b0c0d0 },
      ['09d0c0b0a0', '09d1c0b0a0', '09cfc0b0a0'],
    ],
    ['four bytes, big end first', [1, 2, 3, 4, 9], { a: 0x01020304, b: 0xa0b0c0d0 }, ['a0b0c0d009']],
    ['the other direction', [0xd0, 0xc0, 0xb0, 0xa0], { a: 0x01020304, b: 0xa0b0c0d0 }, ['04030201']],
    ['two bytes in both orders', [2, 1, 0, 1, 2], { a: 0x0102, b: 0x0506 }, ['0605000102', '0201000506']],
    ['one byte, with its neighbours', [7], { a: 7, b: 200 }, ['c8', 'c9', 'c7']],
    ['digits, with the change of length', text('n=7;'), { a: 7, b: 1000 }, ['6e3d313030303b']],
    ['text, with the change of length', text('"cat"'), { a: 'cat', b: 'horse' }, ['22686f72736522']],
    ['text behind its length', [3, ...text('cat')], { a: 'cat', b: 'horse' }, ['03686f727365', '05686f727365']],
  ]

for (const [what, input, pair, wanted] of ROWS) {
  test(`input-to-state: ${what}`, () => {
    const suggestions = suggestionsFor(input, pair)
    for (const one of wanted) assert.ok(suggestions.includes(one), `${one} is not among ${suggestions.join(' ')}`)
  })
}

test('input-to-state: nothing for values that are not there, and no end of places', () => {
  assert.deepEqual(suggestionsFor([1, 2, 3], { a: 99, b: 98 }), [])
  assert.deepEqual(suggestionsFor([1, 2, 3], { a: 0.5, b: 98.25 }), [])
  assert.equal(
    suggestionsFor(
      Array.from({ length: 40 }, () => 7),
      { a: 7, b: 200 },
    ).length,
    8 * 3,
  )
})
