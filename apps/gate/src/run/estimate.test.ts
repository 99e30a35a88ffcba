import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Estimate, PARTS, type PartName } from './estimate.ts'

test('nothing is estimated from nothing, and nothing is left when all is done', () => {
  const estimate = new Estimate(1_000)
  assert.equal(estimate.leftSeconds(2_000), null)
  for (const part of Object.keys(PARTS) as PartName[]) estimate.set(part, 1)
  assert.equal(estimate.doneShare, 1)
  assert.equal(estimate.leftSeconds(9_000), 0)
})

test('the rest takes as long as what was done took', () => {
  const estimate = new Estimate(0)
  estimate.set('execution', 1)
  estimate.set('self-test', 1)
  estimate.set('judge', 1)
  assert.equal(estimate.doneShare, 0.5)
  assert.equal(estimate.leftSeconds(4_000), 4)
  estimate.set('execution', 0.1)
  assert.equal(estimate.doneShare, 0.5, 'what is done stays done')
})
