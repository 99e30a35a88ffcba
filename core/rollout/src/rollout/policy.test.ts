import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, PPM_ALL } from '@firebreak/kernel'
import { DEFAULT_ROLLOUT_POLICY, parseRolloutPolicy } from './policy.ts'

test('an empty document is the defaults, and the defaults are a policy', () => {
  assert.deepEqual(parseRolloutPolicy({}), DEFAULT_ROLLOUT_POLICY)
  assert.deepEqual(parseRolloutPolicy({ ...DEFAULT_ROLLOUT_POLICY } as unknown as Json), DEFAULT_ROLLOUT_POLICY)
})

test('what is named replaces the default: all of the rings at once, one threshold by itself', () => {
  const read = parseRolloutPolicy({ rings: ['one'], failuresMax: 2, thresholds: { engineCpuPpm: 1 }, baselines: {} })
  const thresholds = { ...DEFAULT_ROLLOUT_POLICY.thresholds, engineCpuPpm: 1 }
  assert.deepEqual(read, { ...DEFAULT_ROLLOUT_POLICY, rings: ['one'], failuresMax: 2, thresholds })
})

test('evidence may hold where it halts', () => {
  assert.equal(parseRolloutPolicy({ haltEvidence: 1_000, holdEvidence: 1_000 }).holdEvidence, 1_000)
})

const refused: readonly (readonly [string, Json])[] = [
  ['not an object', []],
  ['a threshold that does not parse', { failuresMax: '5%' }],
  ['a threshold that is not a number', { failuresMax: null }],
  ['a threshold within that does not parse', { thresholds: { engineCpuPpm: '50%' } }],
  ['a share above everybody', { provenShareMin: PPM_ALL + 1 }],
  ['a share of nobody: silence would advance', { provenShareMin: 0 }],
  ['a fraction', { provenShareMin: 0.95 }],
  ['a negative time', { bakeMs: -1 }],
  ['no time until silence', { silenceAfterMs: 0 }],
  ['a misspelt threshold', { failureMax: 0 }],
  ['a misspelt threshold within', { thresholds: { cpu: 1 } }],
  ['a misspelt baseline', { baselines: { failure: 1 } }],
  ['a key of an older policy', { confirmedShareMin: 1 }],
  ['no rings', { rings: [] }],
  ['a ring twice', { rings: ['a', 'a'] }],
  ['a ring with waves', { rings: [{ ring: 'a', wavesPpm: [PPM_ALL] }] }],
  ['no budget', { budgetHosts: 0 }],
  ['a budget for certain', { budgetConfidencePpm: PPM_ALL }],
  ['a budget less likely kept than not', { budgetConfidencePpm: 499_999 }],
  ['evidence that halts at once', { haltEvidence: 1 }],
  ['evidence that holds after it halts', { haltEvidence: 1_000, holdEvidence: 1_001 }],
  ['a baseline of nothing, which nothing can be tested against', { baselines: { failurePpm: 0 } }],
  ['a baseline of everything, which always passes', { baselines: { failurePpm: PPM_ALL } }],
  ['a truthy flag', { skipEmptyRings: 1 }],
]
for (const [name, json] of refused) {
  test(`refuses ${name}`, () => assert.throws(() => parseRolloutPolicy(json), { code: 'kernel/malformed' }))
}
