import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCase } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { ALL, type CharRange, charSet, CODE_POINT_MAX, complement, contains, withBothCases } from './char-set.ts'

const codePoint = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: CODE_POINT_MAX }))
const ranges = fc.array(
  fc.tuple(codePoint, codePoint).map(([a, b]): CharRange => [Math.min(a, b), Math.max(a, b)]),
  { maxLength: 8 },
)

test('a set holds exactly what is in its ranges; its complement holds the rest', () => {
  fc.assert(
    fc.property(ranges, codePoint, (written, code) => {
      const set = charSet(written)
      const expected = written.some(([low, high]) => low <= code && code <= high)
      assert.equal(contains(set, code), expected)
      assert.equal(contains(complement(set), code), !expected)
    }),
  )
})

test('sets are sorted, neither overlapping nor adjacent, and complement twice is the same', () => {
  fc.assert(
    fc.property(ranges, (written) => {
      const set = charSet(written)
      set.forEach(([low], i) => assert.ok(i === 0 || low > (set[i - 1] as CharRange)[1] + 1))
      assert.deepEqual(complement(complement(set)), set)
    }),
  )
})

test('the complement of all is nothing', () => {
  assert.deepEqual(complement(ALL), [])
  assert.deepEqual(complement([]), ALL)
})

test('both cases: exactly the characters that kernel folds alike', () => {
  const one = fc.integer({ min: 0, max: 0xffff })
  const kin = fc.constantFrom(0x4b, 0x6b, 0x212a, 0x130, 0x131, 0x3a3, 0x3c2, 0x3c3, 0x1e9e, 0xdf, 0xe5, 0xc5, 0x212b)
  fc.assert(
    fc.property(fc.oneof(kin, one), fc.oneof(kin, one), (a, b) => {
      const alike = foldCase(String.fromCharCode(a)) === foldCase(String.fromCharCode(b))
      assert.equal(contains(withBothCases([[a, a]]), b), alike)
    }),
    { numRuns: 500 },
  )
})
