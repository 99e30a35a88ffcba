import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { logScale } from './scale.ts'

test('a power of ten is as far from the next as any other', () => {
  const { at, ticks } = logScale(1, 1e6)
  assert.deepEqual(ticks, [1, 10, 100, 1e3, 1e4, 1e5, 1e6])
  assert.deepEqual([1, 1e3, 1e6].map(at), [0, 0.5, 1])
})

test('what is beyond an end stands at it; nothing and less than nothing at the left one', () => {
  const { at } = logScale(0.1, 1e8)
  assert.deepEqual([1e300, Number.POSITIVE_INFINITY, 1e-9, 0, -1, Number.NaN].map(at), [1, 1, 0, 0, 0, 0])
})

test('order is kept, and there are never more ticks than can be read', () => {
  const value = fc.double({ min: 1e-9, max: 1e12, noNaN: true })
  fc.assert(
    fc.property(value, value, fc.integer({ min: 1, max: 20 }), (a, b, decades) => {
      const { at, ticks } = logScale(1, 10 ** decades)
      if (a <= b) assert.ok(at(a) <= at(b))
      assert.ok(ticks.length >= 1 && ticks.length <= 7, ticks.join(', '))
      assert.ok(ticks.every((tick) => at(tick) >= 0 && tick <= 10 ** decades * 1.001))
    }),
  )
})
