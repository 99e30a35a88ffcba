import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { logSignalEvidence, logWeightedMax, logWeightedMean, waveWeight } from './combine.ts'
import { logMixture } from './hazard-ratio.ts'

const CLOSE = 1e-9
const isNear = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual - expected) < CLOSE, `${actual}, not ${expected}`)
}
const logs = fc.double({ min: -30, max: 30, noNaN: true })
const parts = fc.array(fc.record({ logE: logs, share: fc.integer({ min: 1, max: 9 }) }), { minLength: 1, maxLength: 6 })

test('a weighted mean is what it says; the weight that is left is put on 1', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 9 }), (list, rest) => {
      const all = list.reduce((sum, { share }) => sum + share, rest)
      const mean = list.reduce((sum, { logE, share }) => sum + (share / all) * Math.exp(logE), rest / all)
      isNear(logWeightedMean(list.map(({ logE, share }) => ({ logE, weight: share / all }))), Math.log(mean))
    }),
  )
})

test('a weighted maximum is never more than the mean', () => {
  fc.assert(
    fc.property(parts, (list) => {
      const all = list.reduce((sum, { share }) => sum + share, 0)
      const weighted = list.map(({ logE, share }) => ({ logE, weight: share / all }))
      const most = Math.max(...weighted.map(({ logE, weight }) => Math.exp(logE) * weight))
      isNear(logWeightedMax(weighted), Math.log(most))
      assert.ok(logWeightedMax(weighted) <= logWeightedMean(weighted) + CLOSE)
    }),
  )
})

const means: readonly (readonly [name: string, parts: readonly { logE: number; weight: number }[], mean: number])[] = [
  ['nothing', [], 0],
  ['what is far beyond a double', [{ logE: 5_000, weight: 0.5 }], 5_000 + Math.log(0.5)],
  ['proof', [{ logE: Number.POSITIVE_INFINITY, weight: 0.01 }], Number.POSITIVE_INFINITY],
  ['proof without weight', [{ logE: Number.POSITIVE_INFINITY, weight: 0 }], 0],
  ['impossible', [{ logE: Number.NEGATIVE_INFINITY, weight: 0.5 }], Math.log(0.5)],
  ['nothing but the impossible', [{ logE: Number.NEGATIVE_INFINITY, weight: 1 }], Number.NEGATIVE_INFINITY],
]
for (const [name, list, mean] of means) {
  test(`the mean of ${name}`, () => {
    const actual = logWeightedMean(list)
    if (Number.isFinite(mean)) isNear(actual, mean)
    else assert.equal(actual, mean)
  })
}

for (const weights of [[0.6, 0.5], [-0.1, 0.5], [Number.NaN]]) {
  test(`weights ${weights.join(' and ')} are a bug, and stop`, () => {
    const list = weights.map((weight) => ({ logE: 0, weight }))
    assert.throws(() => logWeightedMean(list), /at most 1/)
    assert.throws(() => logWeightedMax(list), /at most 1/)
  })
}

test('weights may be above 1 together by what sums of thirds are rounded, and no more', () => {
  const mean = (rest: number) =>
    logWeightedMean([
      { logE: 3, weight: 0.5 },
      { logE: 3, weight: 0.5 + rest },
    ])
  isNear(mean(5e-10), 3 + 5e-10)
  assert.throws(() => mean(2e-9), /at most 1/)
  isNear(logWeightedMean([{ logE: 3, weight: 1 + 1e-9 }]), 3 + 1e-9)
})

test('waves have weights that fall, and never sum to more than 1', () => {
  let sum = 0
  for (let wave = 1; wave <= 100_000; wave++) sum += waveWeight(wave)
  assert.ok(sum < 1 && sum > 0.9999, `${sum}`)
  isNear(waveWeight(1), 0.6079271018540267)
  isNear(waveWeight(10), waveWeight(1) / 100)
})

test('the evidence of a signal: half for all strata together, half for each apart', () => {
  const [one, two] = [
    [1, 5],
    [2, -3],
  ]
  const apart = Math.exp(logMixture(one ?? [])) / 3 + (Math.exp(logMixture(two ?? [])) * 2) / 3
  const expected = Math.exp(logMixture([3, 2])) / 2 + apart / 2
  const strata = [
    { terms: one ?? [], weight: 1 / 3 },
    { terms: two ?? [], weight: 2 / 3 },
  ]
  isNear(logSignalEvidence(strata), Math.log(expected))
  isNear(logSignalEvidence(strata.toReversed()), Math.log(expected))
})

test('a stratum that nothing happened in may be left out, and one stratum alone is itself', () => {
  const seen = { terms: [3, 1], weight: 0.4 }
  isNear(logSignalEvidence([seen]), logSignalEvidence([seen, { terms: [0, 0], weight: 0.6 }]))
  isNear(logSignalEvidence([{ ...seen, weight: 1 }]), logMixture(seen.terms))
  assert.equal(logSignalEvidence([]), 0)
})
