import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { PLAN_EARLIER_MAX, PLAN_EVIDENCE_MAX, type ReleaseEvidence } from '../plan/plan.ts'
import { type FleetIntent, isSameEvidence, isSameIntent, planOf } from './plan-of.ts'
import { DIGEST, inFirstWave, START, T0 } from './rollout.fixture.ts'
import { applyDecision, haltRollout, type RolloutState } from './state.ts'

const releaseOf = (version: string) => ({ version, imageDigest: version.replaceAll('.', '').padEnd(64, '0') })
const completedOf = (version: string, completedAtMs = 1) => {
  return { pack: 'p', category: 'c', release: releaseOf(version), completedAtMs }
}
const INTENT: FleetIntent = { rollouts: [], completed: [], recalled: [], evidence: [] }
const evidenceOf = (imageDigest: string): ReleaseEvidence => {
  return { imageDigest, engineVersion: '1.0.0', os: 'linux 6.18', ranMs: 3_600_000, hosts: 9 }
}

test('a rollout is the candidate while it rolls, with the arms of the current wave and no others', () => {
  const state = inFirstWave()
  const [wave] = state.waves
  assert.ok(wave)
  const arms = { wave: 2, exposed: { fromPpm: 0, toPpm: 70 }, control: { fromPpm: 500, toPpm: PPM_ALL } }
  const later: RolloutState = { ...state, waves: [wave, { ...wave, ring: 'broad', arms }] }
  const [pack] = planOf({ ...INTENT, rollouts: [later] }, 7, 99).packs
  assert.deepEqual(pack, {
    pack: 'p',
    category: 'c',
    baseline: null,
    candidate: START.release,
    exposure: [
      { ring: 'canary', ppm: 100_000, arms: null },
      { ring: 'broad', ppm: 70, arms },
    ],
    candidateSinceMs: T0,
    baselineSinceMs: 0,
    earlier: [],
    evidence: [],
  })
})

test('before the first wave nobody is exposed, and a halted rollout stays named, exposed to nobody', () => {
  const fresh: RolloutState = { ...inFirstWave(), waves: [] }
  for (const state of [fresh, haltRollout(inFirstWave())]) {
    const [pack] = planOf({ ...INTENT, rollouts: [state] }, 1, T0).packs
    assert.deepEqual([pack?.candidate, pack?.exposure], [START.release, []])
  }
})

test('baseline, since when, and what came before it, newest first; a recalled one is in none of them', () => {
  const versions = ['1.0.0', '1.10.0', '1.9.0', '1.2.0']
  const completed = versions.map((version, i) => completedOf(version, i + 1))
  const planned = (...recalled: string[]) => {
    const intent = { ...INTENT, completed, recalled: recalled.map((one) => releaseOf(one).imageDigest) }
    const [pack] = planOf(intent, 1, 0).packs
    return [pack?.baseline?.version, pack?.baselineSinceMs, pack?.earlier.map(({ version }) => version)]
  }
  assert.deepEqual(planned(), ['1.10.0', 2, ['1.9.0', '1.2.0', '1.0.0']])
  assert.deepEqual(planned('1.10.0', '1.2.0'), ['1.9.0', 3, ['1.0.0']])
  assert.deepEqual(planned(...versions), [undefined, 0, []])
})

test('a plan names as many as it may, and evidence of its own releases only', () => {
  const completed = Array.from({ length: 30 }, (_, i) => completedOf(`1.0.${i}`))
  const baseline = releaseOf('1.0.29').imageDigest
  const rows = [DIGEST, baseline, releaseOf('1.0.28').imageDigest].map(evidenceOf)
  const full = Array.from({ length: PLAN_EVIDENCE_MAX + 1 }, () => evidenceOf(baseline))
  const planned = (some: readonly ReleaseEvidence[]) =>
    planOf({ ...INTENT, rollouts: [inFirstWave()], completed, evidence: [{ pack: 'p', rows: some }] }, 1, 0).packs[0]
  assert.equal(planned(rows)?.earlier.length, PLAN_EARLIER_MAX)
  assert.deepEqual(planned(rows)?.evidence, rows.slice(0, 2))
  assert.equal(planned(full)?.evidence.length, PLAN_EVIDENCE_MAX)
})

test('what becomes known is no other intent, but other evidence', () => {
  const plan = (hosts: number) => {
    const rows = [{ ...evidenceOf(DIGEST), hosts }]
    return planOf({ ...INTENT, rollouts: [inFirstWave()], evidence: [{ pack: 'p', rows }] }, 1, 0)
  }
  assert.equal(isSameIntent(plan(1), { ...plan(2), generation: 2 }), true)
  assert.equal(isSameEvidence(plan(1), plan(2)), false)
  assert.equal(isSameIntent(plan(1), planOf({ ...INTENT, rollouts: [haltRollout(inFirstWave())] }, 1, 0)), false)
})

test('recall always wins: what is recalled is named nowhere else, whatever else is so', () => {
  const versions = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 6 })
  fc.assert(
    fc.property(versions, versions, fc.integer({ min: 0, max: 6 }), fc.nat(2), (completed, recalled, rolling, end) => {
      const release = releaseOf(`1.0.${rolling}`)
      const started: RolloutState = { ...inFirstWave(), release }
      const complete = { kind: 'advance', reason: 'rollout-complete', next: 'complete' } as const
      const done = applyDecision(started, complete as Parameters<typeof applyDecision>[1], T0)
      const rollouts = [[started, haltRollout(started), done][end] ?? started]
      const digests = recalled.map((one) => releaseOf(`1.0.${one}`).imageDigest)
      const all = [0, 1, 2, 3, 4, 5, 6].map((one) => evidenceOf(releaseOf(`1.0.${one}`).imageDigest))
      const intent = {
        rollouts,
        completed: completed.map((one) => completedOf(`1.0.${one}`)),
        recalled: digests,
        evidence: [{ pack: 'p', rows: all }],
      }
      const plan = planOf(intent, 1, 0)
      const named = JSON.stringify(plan.packs)
      for (const digest of digests) assert.ok(!named.includes(digest))
      assert.deepEqual(plan.recalled, digests.toSorted())
      if (digests.includes(release.imageDigest)) assert.deepEqual(plan.packs[0]?.exposure, [])
    }),
  )
})
