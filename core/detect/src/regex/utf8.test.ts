import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeAt } from './utf8.ts'

/** All characters between two places. */
function decodeAll(bytes: Uint8Array, from: number, to: number): string {
  const codes: number[] = []
  for (let i = from; i < to;) {
    const decoded = decodeAt(bytes, i, to)
    assert.ok((decoded & 7) >= 1 && (decoded & 7) <= 4)
    codes.push(decoded >>> 3)
    i += decoded & 7
    assert.ok(i <= to, 'read past the end')
  }
  return codes.map((code) => String.fromCodePoint(code)).join('')
}

const rows: readonly (readonly [name: string, bytes: readonly number[], text: string])[] = [
  ['ASCII', [0x00, 0x41, 0x7f], '\0A\x7f'],
  ['the least and the last of two bytes', [0xc2, 0x80, 0xdf, 0xbf], '\x80\u07ff'],
  ['the least and the last of three', [0xe0, 0xa0, 0x80, 0xef, 0xbf, 0xbf], '\u0800\uffff'],
  ['the least and the last of four', [0xf0, 0x90, 0x80, 0x80, 0xf4, 0x8f, 0xbf, 0xbf], '\u{10000}\u{10ffff}'],
  ['around the surrogates', [0xed, 0x9f, 0xbf, 0xee, 0x80, 0x80], '\ud7ff\ue000'],
  ['a lone continuation', [0x80, 0x41], '\ufffdA'],
  ['overlong forms', [0xc0, 0xaf, 0xe0, 0x80, 0xaf], '\ufffd'.repeat(5)],
  ['an encoded surrogate', [0xed, 0xa0, 0x80], '\ufffd'.repeat(3)],
  ['above the last', [0xf4, 0x90, 0x80, 0x80, 0xf5], '\ufffd'.repeat(5)],
  ['cut off after two of three', [0xe2, 0x82, 0x41], '\ufffdA'],
  ['cut off after three of four', [0xf0, 0x9f, 0x98], '\ufffd'],
  ['cut off after one of four', [0xf0, 0x41], '\ufffdA'],
]

for (const [name, bytes, text] of rows) {
  test(`reads ${name}`, () => assert.equal(decodeAll(Uint8Array.from(bytes), 0, bytes.length), text))
}

test('whatever the bytes, it reads what the Encoding Standard says, and nothing outside', () => {
  const piece = fc.constantFrom(
    0x41,
    0x80,
    0x9f,
    0xa0,
    0xbf,
    0xc1,
    0xc2,
    0xe0,
    0xe2,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
    0xff,
  )
  const bytes = fc.array(fc.oneof(piece, fc.integer({ min: 0, max: 255 })), { maxLength: 12 })
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  fc.assert(
    fc.property(bytes, bytes, bytes, (before, inside, after) => {
      const all = Uint8Array.from([...before, ...inside, ...after])
      const [from, to] = [before.length, before.length + inside.length]
      assert.equal(decodeAll(all, from, to), decoder.decode(all.subarray(from, to)))
    }),
    { numRuns: 5_000 },
  )
})
