import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import type { TextPool } from './tables.ts'
import { compareTexts, verifyFolded, verifyText } from './verify-texts.ts'

/** Text after text, each of characters or of bytes. */
function poolOf(...texts: readonly (string | readonly number[])[]): TextPool {
  const all = texts.map((one) => (typeof one === 'string' ? utf8Encode(one) : Uint8Array.from(one)))
  const offsets = all.reduce<number[]>((ends, one) => [...ends, (ends.at(-1) ?? 0) + one.length], [0])
  return { bytes: Uint8Array.from(all.flatMap((one) => [...one])), offsets: Uint32Array.from(offsets) }
}

/** The word of the section at which the offsets of the pool are said to be. */
const AT = 100

const texts: readonly (readonly [what: string, text: string | readonly number[], refused: RegExp | null])[] = [
  ['nothing', '', null],
  ['ASCII', ' !AZaz~', null],
  ['a tab', 'a\tb', /control/],
  ['zero', [0], /control/],
  ['the last control character', [0x1f], /control/],
  ['delete', [0x7f], /control/],
  ['the first control character above ASCII', '\u0080', /control/],
  ['the last one', 'a\u009f', /control/],
  ['what is behind it', 'a\u00a0', null],
  ['a letter of two bytes', '\u00c2\u00e9', null],
  ['three and four bytes', '\u20ac\u{1f600}', null],
  ['a byte too few, at the end of all', [0x61, 0xc3], /not UTF-8/],
  ['half a surrogate pair', [0xed, 0xa0, 0x80], /not UTF-8/],
  ['a longer form than needed', [0xc0, 0x80], /not UTF-8/],
  ['no first byte', [0x80], /not UTF-8/],
]

for (const [what, text, refused] of texts) {
  test(`a text of ${what} is ${refused ? 'refused' : 'fine'}`, () => {
    for (const i of [0, 1, 2]) {
      const all = ['before', 'between', 'after'].with(i, '') as (string | readonly number[])[]
      const check = (): void => verifyText(poolOf(...all.with(i, text)), i, AT)
      if (refused === null) check()
      else assert.throws(check, { message: refused, details: { offset: 4 * (AT + i) } })
    }
  })
}

test('a text is checked as far as it goes, and no further', () => {
  const pool = poolOf('fine', '\t', 'FINE', 'fine')
  for (const i of [0, 2, 3]) verifyText(pool, i, AT)
  for (const i of [0, 1, 3]) verifyFolded(pool, i, AT)
})

test('folded: no letter that has another case', () => {
  const refused = { message: /not folded/, details: { offset: 4 * (AT + 1) } }
  for (const text of ['', 'az', '@[`{', '\u00e9', '\u20ac', '\u{1f600}', '\u00df'])
    verifyFolded(poolOf('x', text), 1, AT)
  for (const text of ['A', 'Z', 'aZ', 'az\u00c9', '\u212a', 'M\u00e9']) {
    assert.throws(() => verifyFolded(poolOf('x', text, 'y'), 1, AT), refused, text)
  }
})

test('texts are compared byte by byte', () => {
  const pool = poolOf('a', 'ab', 'b', 'a', '')
  const compared = [0, 1, 2, 3, 4].map((j) => Math.sign(compareTexts(pool, 0, j)))
  assert.deepEqual(compared, [0, -1, -1, 0, 1])
  assert.equal(Math.sign(compareTexts(pool, 2, 1)), 1)
})
