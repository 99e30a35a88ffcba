import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { misspelled } from './misspelled.ts'

const WORDS = ['references', 'status', 'level'] as const
const LETTERS = Array.from({ length: 26 }, (_, i) => String.fromCodePoint(0x61 + i))

/** Every text that one slip makes of a word, one by one. */
function slipsOf(word: string): ReadonlySet<string> {
  const slips = new Set<string>()
  for (let i = 0; i <= word.length; i++) {
    const [before, here, after] = [word.slice(0, i), word.slice(i, i + 1), word.slice(i + 1)]
    for (const letter of LETTERS) slips.add(before + letter + here + after)
    for (const letter of LETTERS) if (here !== '') slips.add(before + letter + after)
    slips.add(before + after)
    if (after !== '') slips.add(before + after.slice(0, 1) + here + after.slice(1))
  }
  return slips
}

const SLIPS = slipsOf('references')

test('every slip of a word is known', () => {
  assert.ok(SLIPS.size > 500)
  for (const slip of SLIPS) assert.equal(misspelled(slip, WORDS), 'references', slip)
})

test('what is two slips away is not', () => {
  const two = fc.constantFrom(...SLIPS).chain((slip) => fc.constantFrom(...slipsOf(slip)))
  fc.assert(
    fc.property(two, (text) => {
      assert.equal(misspelled(text, WORDS), SLIPS.has(text) ? 'references' : null)
    }),
    { numRuns: 300, seed: 3 },
  )
  for (const text of [
    'rexerexces',
    'ferereences',
    'referencesxy',
    'xrferences',
    'xyreferences',
    'referen',
    'rfeeernces',
    'erferencse',
  ]) {
    assert.equal(misspelled(text, WORDS), null, text)
  }
})

test('upper case is a slip too, and a short word is near to too many others', () => {
  assert.equal(misspelled('References', WORDS), 'references')
  assert.equal(misspelled('STATSU', WORDS), 'status')
  assert.equal(misspelled('levle', WORDS), null)
  assert.equal(misspelled('', WORDS), null)
  assert.equal(misspelled('stat', WORDS), null)
})
