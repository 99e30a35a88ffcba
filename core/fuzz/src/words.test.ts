import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodingsOf, Words } from './words.ts'

const ROWS: readonly (readonly [value: number | string, encodings: readonly string[]])[] = [
  ['né', ['6ec3a9']],
  [5, ['05', '05000000', '00000005']],
  [-1, ['ff', 'ffffffff', 'ffffffff']],
  [0x1234, ['3412', '1234', '34120000', '00001234']],
  [0x12345678, ['78563412', '12345678']],
  [2 ** 32, []],
  [0.5, []],
]

for (const [value, encodings] of ROWS) {
  test(`how ${value} may lie in an input`, () => {
    assert.deepEqual(
      encodingsOf(value).map((bytes) => Buffer.from(bytes).toString('hex')),
      encodings,
    )
  })
}

test('what was compared is learned, without end and without forgetting what was given', () => {
  const words = new Words({ texts: ['given'], numbers: [1] })
  for (let i = 0; i < 2000; i++)
    words.learn([
      { a: `text ${i}`, b: 'given' },
      { a: i, b: 1 },
    ])
  assert.equal(words.texts[0], 'given')
  assert.equal(words.texts.length, 513)
  assert.equal(words.texts.at(-1), 'text 1999')
  assert.equal(words.numbers[0], 1)
  assert.equal(new Set(words.numbers).size, words.numbers.length)
})
