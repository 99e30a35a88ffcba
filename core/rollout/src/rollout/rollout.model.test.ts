import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import type { HostEvidence } from '../evidence/evidence.ts'
import { planOf } from '../plan/plan-of.ts'
import { DIGEST, hostOf, type Outcome, POLICY, START } from './rollout.fixture.ts'
import { applyDecision, decideWave, enrolCohort, exposureOf, type RolloutState, startRollout } from './rollout.ts'

const POLICY_OF_WAVES = {
  ...POLICY,
  silenceAfterMs: 400,
  rings: ['canary', 'broad'].map((ring) => ({ ring, wavesPpm: [200_000, PPM_ALL] })),
}
const outcomes = fc.constantFrom<Outcome | null>(null, 'trial', 'confirmed', 'refused', 'fell-back')
const hostLists = fc
  .array(
    fc.record({
      lastSeenMs: fc.option(fc.integer({ min: 900, max: 1300 })),
      outcome: outcomes,
      ring: fc.constantFrom('canary', 'broad'),
    }),
    { maxLength: 8 },
  )
  .map((list) => list.map(({ lastSeenMs, outcome, ring }, i) => hostOf(`h${i}`, lastSeenMs, outcome, ring)))

test('a verdict does not depend on the order of the evidence', () => {
  fc.assert(
    fc.property(hostLists, fc.integer({ min: 1000, max: 1400 }), fc.boolean(), (hosts, nowMs, flag) => {
      const policy = { ...POLICY_OF_WAVES, skipEmptyRings: flag }
      const state = startRollout(policy, START, hosts, 1000)
      const judge = (list: readonly HostEvidence[]) => {
        const decision = decideWave(policy, state, { listeningSinceMs: 0, hosts: list }, nowMs)
        return 'hosts' in decision ? { ...decision, hosts: decision.hosts.toSorted() } : decision
      }
      assert.deepEqual(judge(hosts.toReversed()), judge(hosts))
    }),
  )
})

test('nothing advances without confirmations by a cohort that was written down before', () => {
  fc.assert(
    fc.property(hostLists, hostLists, fc.integer({ min: 1000, max: 1400 }), (before, after, nowMs) => {
      const state = startRollout(POLICY_OF_WAVES, START, before, 1000)
      const { kind, counts } = decideWave(POLICY_OF_WAVES, state, { listeningSinceMs: 0, hosts: after }, nowMs)
      if (kind !== 'advance') return
      assert.ok(nowMs - 1000 >= POLICY.bakeMs)
      const confirmed = after.filter(
        ({ host, outcomes }) => state.cohort.includes(host) && outcomes.some(({ outcome }) => outcome === 'confirmed'),
      )
      assert.ok(confirmed.length > 0 && counts.confirmed <= confirmed.length)
      assert.ok(confirmed.length * PPM_ALL >= POLICY.confirmedShareMin * state.cohort.length)
      assert.ok(!after.some(({ outcomes }) => outcomes.some(({ outcome }) => /refused|fell-back/.test(outcome))))
    }),
    { numRuns: 1_000 },
  )
})

/** A small fleet that lives by its own rules; it shares no code with what it checks. */
interface World {
  readonly hosts: HostEvidence[]
  nowMs: number
}

/** `answer`: all hosts confirm, or all but one. */
type Happening = 'enrol' | 'answer' | 'fail' | 'wait'

function happen(world: World, what: Happening, pick: number): void {
  world.nowMs += what === 'wait' ? 120 : 7
  const at = world.hosts.length === 0 ? -1 : pick % world.hosts.length
  if (what === 'enrol')
    world.hosts.push(hostOf(`n${world.hosts.length}`, world.nowMs, null, pick % 2 ? 'canary' : 'broad'))
  const host = world.hosts[at]
  if (host && what === 'fail')
    world.hosts[at] = { ...host, lastSeenMs: world.nowMs, outcomes: [{ imageDigest: DIGEST, outcome: 'fell-back' }] }
  if (host && what === 'answer') {
    for (const [i, one] of world.hosts.entries()) {
      const fell = one.outcomes.some(({ outcome }) => outcome === 'fell-back')
      const outcomes = fell ? one.outcomes : [{ imageDigest: DIGEST, outcome: 'confirmed' as const }]
      if (i !== at || pick % 3) world.hosts[i] = { ...one, lastSeenMs: world.nowMs, outcomes }
    }
  }
}

test('in any history: exposure only grows until a halt, is nothing after it, and no halted rollout goes on', () => {
  const kinds = fc.oneof(
    { weight: 12, arbitrary: fc.constant<Happening>('answer') },
    { weight: 8, arbitrary: fc.constant<Happening>('wait') },
    { weight: 2, arbitrary: fc.constant<Happening>('enrol') },
    { weight: 1, arbitrary: fc.constant<Happening>('fail') },
  )
  const happenings = fc.array(fc.tuple(kinds, fc.nat(20)), { minLength: 20, maxLength: 60 })
  const reached = { complete: 0, halted: 0, rolling: 0 }
  fc.assert(
    fc.property(happenings, fc.boolean(), (history, skipEmptyRings) => {
      const policy = { ...POLICY_OF_WAVES, skipEmptyRings }
      const world: World = { hosts: [hostOf('first', 1000)], nowMs: 1000 }
      let state: RolloutState = startRollout(policy, START, world.hosts, world.nowMs)
      for (const [what, pick] of history) {
        happen(world, what, pick)
        const before = state
        if (state.status !== 'rolling') break
        state = enrolCohort(policy, state, world.hosts, world.nowMs)
        const decision = decideWave(policy, state, { listeningSinceMs: 0, hosts: world.hosts }, world.nowMs)
        state = applyDecision(policy, state, decision, world.hosts, world.nowMs)
        checkStep(before, state)
      }
      reached[state.status]++
    }),
    { numRuns: 1_000, seed: 20_240_719 },
  )
  assert.ok(reached.complete > 20 && reached.halted > 20, `the histories reach both ends: ${JSON.stringify(reached)}`)
})

function checkStep(before: RolloutState, after: RolloutState): void {
  const total = (state: RolloutState) => exposureOf(state).reduce((sum, { ppm }) => sum + ppm, 0)
  if (after.status === 'rolling') assert.ok(total(after) >= total(before))
  if (after.status === 'halted') {
    const [pack] = planOf({ rollouts: [after], completed: [], recalled: [] }, 1, 0).packs
    assert.deepEqual([pack?.candidate, pack?.exposure, pack?.baseline], [START.release, [], null])
  }
  const lost = before.cohort.filter((host) => ![...after.cohort, ...after.reached].includes(host))
  assert.deepEqual(lost, [], 'who was in a cohort stays in sight')
}
