import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Coverage, NEW_BLOCK, NEW_COUNT } from './coverage.ts'

/** The classes of the docstring, written again. */
const CLASSES: readonly (readonly [from: number, to: number])[] = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 7],
  [8, 15],
  [16, 31],
  [32, 127],
  [128, 255],
]

function classOf(count: number): number {
  return CLASSES.findIndex(([from, to]) => count >= from && count <= to)
}

test('merging agrees with a set of (block, class) pairs', () => {
  const run = fc.array(fc.nat(255), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(run, { maxLength: 20 }), (runs) => {
      const counters = new Uint8Array(8)
      const coverage = new Coverage(counters)
      const seen = new Set<string>()
      for (const counts of runs) {
        coverage.clear()
        counters.set(counts)
        const pairs = counts.flatMap((count, block) => (count === 0 ? [] : [`${block}:${classOf(count)}`]))
        const blocks = new Set([...seen].map((pair) => pair.split(':')[0]))
        const isNewBlock = pairs.some((pair) => !blocks.has(pair.split(':')[0]))
        const isNew = pairs.some((pair) => !seen.has(pair))
        assert.equal(coverage.merge(), isNewBlock ? NEW_BLOCK : isNew ? NEW_COUNT : 0)
        for (const pair of pairs) seen.add(pair)
      }
      assert.equal(coverage.blocks, new Set([...seen].map((pair) => pair.split(':')[0])).size)
    }),
  )
})

test('a signature says whether two executions ran the same blocks about as often', () => {
  const counters = new Uint8Array(4)
  const coverage = new Coverage(counters)
  const signatureOf = (counts: readonly number[]): number => {
    counters.set(counts)
    return coverage.signature()
  }
  assert.equal(signatureOf([4, 0, 1, 0]), signatureOf([7, 0, 1, 0]))
  assert.notEqual(signatureOf([4, 0, 1, 0]), signatureOf([8, 0, 1, 0]))
  assert.notEqual(signatureOf([4, 0, 1, 0]), signatureOf([0, 4, 1, 0]))
})
