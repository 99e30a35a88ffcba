import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { PAIRS_MIN, pairedRatio } from './paired-ratio.ts'

const pairsOf = (ratios: readonly number[]) => ratios.map((ratio) => ({ candidateNs: 1_000 * ratio, runningNs: 1_000 }))

test('the limits are the ratios that the sign test names: tables of the binomial distribution', () => {
  // P(X <= 0) of 6 is 0.0156, of 5 0.0313; P(X <= 1) of 9 is 0.0195; P(X <= 2) of 12 is 0.0193.
  const rows = [5, 6, 8, 9, 12].map((count) => {
    const ratio = pairedRatio(pairsOf(Array.from({ length: count }, (_, i) => i + 1)))
    return [count, ratio?.lower, ratio?.median, ratio?.upper]
  })
  assert.deepEqual(rows, [
    [5, undefined, undefined, undefined],
    [6, 1, 3.5, 6],
    [8, 1, 4.5, 8],
    [9, 2, 5, 8],
    [12, 3, 6.5, 10],
  ])
})

test('two blocks that a busy machine spoilt move nothing', () => {
  const calm = Array.from({ length: 12 }, (_, i) => 1 + i / 1_000)
  const spoilt = [...calm.slice(1, -1), 0.01, 100]
  assert.deepEqual(pairedRatio(pairsOf(spoilt)), pairedRatio(pairsOf(calm)))
})

test('a time of nothing is no pair', () => {
  const pairs = pairsOf([1, 1, 1, 1, 1, 1])
  assert.notEqual(pairedRatio(pairs), null)
  assert.equal(pairedRatio([...pairs.slice(1), { candidateNs: 0, runningNs: 5 }]), null)
  assert.equal(pairedRatio([...pairs.slice(1), { candidateNs: 5, runningNs: 0 }]), null)
})

test('a pair without a time counts for nothing beside those that have one', () => {
  const pairs = pairsOf([1, 2, 3, 4, 5, 6, 7])
  for (const none of [
    { candidateNs: 0, runningNs: 5 },
    { candidateNs: 5, runningNs: 0 },
  ]) {
    assert.deepEqual(pairedRatio([none, ...pairs]), { median: 4, lower: 1, upper: 7 })
  }
})

test('the more pairs, the closer the limits', () => {
  // P(X <= 5) of 20 is 0.0207, P(X <= 23) of 64 is 0.0164.
  const of = (count: number) => pairedRatio(pairsOf(Array.from({ length: count }, (_, i) => i + 1)))
  assert.deepEqual(of(20), { median: 10.5, lower: 6, upper: 15 })
  assert.deepEqual(of(64), { median: 32.5, lower: 24, upper: 41 })
})

test('whichever of the two is called the candidate, it is the same comparison; and its order does not matter', () => {
  const ratio = fc.integer({ min: 1, max: 1_000 })
  fc.assert(
    fc.property(
      fc.array(fc.record({ candidateNs: ratio, runningNs: ratio }), { minLength: PAIRS_MIN, maxLength: 30 }),
      (pairs) => {
        const [one, other] = [
          pairedRatio(pairs),
          pairedRatio(pairs.map(({ candidateNs, runningNs }) => ({ candidateNs: runningNs, runningNs: candidateNs }))),
        ]
        assert.ok(one && other)
        assert.ok(Math.abs(one.lower * other.upper - 1) < 1e-9)
        assert.ok(one.lower <= one.median && one.median <= one.upper)
        assert.deepEqual(pairedRatio(pairs.toReversed()), one)
      },
    ),
  )
})
