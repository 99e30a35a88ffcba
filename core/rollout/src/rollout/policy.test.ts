import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, PPM_ALL } from '@firebreak/kernel'
import { DEFAULT_ROLLOUT_POLICY, parseRolloutPolicy } from './policy.ts'

test('an empty document is the defaults, and the defaults are a policy', () => {
  assert.deepEqual(parseRolloutPolicy({}), DEFAULT_ROLLOUT_POLICY)
  assert.deepEqual(parseRolloutPolicy({ ...DEFAULT_ROLLOUT_POLICY } as unknown as Json), DEFAULT_ROLLOUT_POLICY)
})

test('what is named replaces the default, all of the rings at once', () => {
  const rings = [{ ring: 'one', wavesPpm: [10_000, PPM_ALL] }]
  assert.deepEqual(parseRolloutPolicy({ rings, failuresMax: 2 }), { ...DEFAULT_ROLLOUT_POLICY, rings, failuresMax: 2 })
})

const refused: readonly (readonly [string, Json])[] = [
  ['not an object', []],
  ['a threshold that does not parse', { failuresMax: '5%' }],
  ['a threshold that is not a number', { failuresMax: null }],
  ['a share above everybody', { confirmedShareMin: PPM_ALL + 1 }],
  ['a share of nobody: silence would advance', { confirmedShareMin: 0 }],
  ['a fraction', { confirmedShareMin: 0.95 }],
  ['a negative time', { bakeMs: -1 }],
  ['no time until silence', { silenceAfterMs: 0 }],
  ['a misspelt threshold', { failureMax: 0 }],
  ['no rings', { rings: [] }],
  ['a ring twice', { rings: Array.from({ length: 2 }, () => ({ ring: 'a', wavesPpm: [PPM_ALL] })) }],
  ['a ring without waves', { rings: [{ ring: 'a', wavesPpm: [] }] }],
  ['waves that shrink', { rings: [{ ring: 'a', wavesPpm: [500_000, 100_000, PPM_ALL] }] }],
  ['waves that stand still', { rings: [{ ring: 'a', wavesPpm: [500_000, 500_000, PPM_ALL] }] }],
  ['a wave of nobody', { rings: [{ ring: 'a', wavesPpm: [0, PPM_ALL] }] }],
  ['waves that end before everybody', { rings: [{ ring: 'a', wavesPpm: [500_000] }] }],
  ['a truthy flag', { skipEmptyRings: 1 }],
]
for (const [name, json] of refused) {
  test(`refuses ${name}`, () => assert.throws(() => parseRolloutPolicy(json), { code: 'kernel/malformed' }))
}
