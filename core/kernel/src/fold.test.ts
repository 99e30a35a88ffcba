import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { foldCase } from './fold.ts'

test('ASCII folds as toLowerCase does', () => {
  const ascii = fc.string({ unit: fc.nat(127).map((code) => String.fromCharCode(code)) })
  fc.assert(fc.property(ascii, (text) => assert.equal(foldCase(text), text.toLowerCase())))
})

test('every unit folds to one unit, once and for all', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const folded = foldCase(String.fromCharCode(code))
    assert.equal(folded.length, 1)
    assert.equal(foldCase(folded), folded)
  }
})

test('text folds unit by unit: the same at every offset, whatever is around it', () => {
  const units = fc.array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0x0130, 0x03a3, 0x0041, 0x212a, 0xd83d)))
  fc.assert(
    fc.property(units, (codes) => {
      const letters = codes.map((code) => String.fromCharCode(code))
      const folded = foldCase(letters.join(''))
      assert.equal(folded.length, codes.length)
      assert.equal(folded, letters.map(foldCase).join(''))
      assert.equal(foldCase(folded), folded)
    }),
  )
})

const rows: readonly [text: string, folded: string][] = [
  ['', ''],
  ['\u00c4\u00d6', '\u00e4\u00f6'],
  ['\u0130', '\u0130'], // its lower case has two units
  ['\u039f\u03a3', '\u03bf\u03c3'], // a final sigma is a sigma
  ['\u212a', 'k'], // the Kelvin sign
  ['\u00df', '\u00df'],
  ['\u{10400}', '\u{10400}'], // beyond the first plane nothing folds
]
for (const [text, folded] of rows) {
  test(`${JSON.stringify(text)} folds to ${JSON.stringify(folded)}`, () => assert.equal(foldCase(text), folded))
}
