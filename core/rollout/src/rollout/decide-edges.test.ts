import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import { decideWave } from './decide.ts'
import { judgedOf } from './judged.ts'
import { lookAt } from './look.ts'
import { cellOf, type CellSpec, censusOf, inFirstWave, judge, MINUTE, POLICY, T0 } from './rollout.fixture.ts'
import type { RolloutState, WaveRecord } from './state.ts'

const TEN = { cohort: 10, enrolled: 10, confirmed: 10, proven: 10 }
const CONTROL = { arm: 'control', cohort: 200, enrolled: 200, proven: 200 } as const

function waveOf(state: RolloutState, change: Partial<WaveRecord>): RolloutState {
  return { ...state, waves: state.waves.map((wave) => ({ ...wave, ...change })) }
}

function decided(policy: Partial<typeof POLICY>, state: RolloutState, at: number, ...cells: readonly CellSpec[]) {
  const { kind, reason } = judge({ ...POLICY, ...policy }, state, cells.map(cellOf), T0 + at * MINUTE)
  return `${kind} ${reason}`
}

test('evidence that just reaches its limit halts, or holds', () => {
  const tried = [3, 4, 5, 6].filter((silence) => {
    const cells = [{ ...TEN, events: { silence } }, CONTROL]
    const { logE } = judge(POLICY, inFirstWave(), cells.map(cellOf), T0).evidence
    const limit = Math.exp(logE)
    if (Math.log(limit) !== logE) return false
    const [below, above] = [limit * 0.999, limit * 1.001]
    const at = (haltEvidence: number, holdEvidence: number) =>
      decided({ haltEvidence, holdEvidence }, inFirstWave(), 15, ...cells)
    assert.deepEqual([at(limit, below), at(above, limit)], ['halt silence', 'hold suspicion'], `${silence}`)
    assert.notEqual(at(above * 1.001, above), 'hold suspicion')
    return true
  })
  assert.ok(tried.length > 0, 'the logarithm of some power is the power again')
})

test('evidence of an earlier wave of which all numbers are gone still holds', () => {
  const [first] = inFirstWave().waves
  assert.ok(first)
  const state = { ...inFirstWave(), waves: [first, { ...first, arms: { ...first.arms, wave: 2 } }] }
  const numbers = (wave: number, silence: number) => [
    cellOf({ ...TEN, wave, events: { silence } }),
    cellOf({ ...CONTROL, wave }),
  ]
  const struck = lookAt(lookAt(state, numbers(1, 0), T0), numbers(1, 9), T0)
  const [process] = struck.processes
  assert.ok(process && struck.processes.length === 1)
  const now = numbers(2, 0)
  const decision = decideWave(POLICY, lookAt(struck, now, T0), now, () => censusOf(1_000), T0 + 15 * MINUTE)
  assert.ok(decision.evidence.logE > decision.evidence.haltLogE && decision.evidence.signals.length === 0)
  assert.equal(`${decision.kind} ${decision.reason}`, 'hold suspicion')
})

test('what a settled control loses excuses nothing: it has the release as well', () => {
  const settled = waveOf(inFirstWave(3, 2), { controlOf: 'settled' })
  const three = { cohort: 3, enrolled: 3, confirmed: 3, proven: 3, events: { silence: 1 } }
  const two = { arm: 'control', cohort: 2, enrolled: 2, events: { silence: 1 } } as const
  assert.equal(decided({ lossesMax: 1, outageShareMax: PPM_ALL }, settled, 0, three, two), 'halt silence')
  assert.equal(decided({ lossesMax: 2, outageShareMax: PPM_ALL }, settled, 0, three, two), 'hold baking')
})

test('a control of nobody excuses nothing, and breaks nothing', () => {
  const alone = waveOf(inFirstWave(2, 0), { controlOf: 'unexposed' })
  const two = { cohort: 2, enrolled: 2, confirmed: 2, proven: 2 }
  assert.equal(decided({}, alone, 15, two), 'advance evidence-sufficient')
  assert.equal(decided({}, alone, 15, { ...two, events: { silence: 1 } }), 'halt silence')
})

test('a rollout of which no ring is left completes only if enough have answered, however long it waits', () => {
  const arms = { wave: 1, exposed: { fromPpm: 0, toPpm: PPM_ALL }, control: { fromPpm: 0, toPpm: 0 } }
  const last: RolloutState = { ...waveOf(inFirstWave(), { arms }), rings: ['canary'] }
  assert.equal(decided({}, last, 15, TEN, CONTROL), 'advance rollout-complete')
  assert.equal(decided({}, last, 600, { ...TEN, proven: 7 }, CONTROL), 'hold insufficient-evidence')
})

test('what is remembered of a state is of its own cells and policy only', () => {
  const state = inFirstWave()
  const counted = (failure: number, policy = POLICY) => {
    const { counts, size } = judgedOf(policy, state, [cellOf({ ...TEN, events: { failure } })], T0)
    return [counts.exposed.events.failure, size.hostsMax]
  }
  assert.deepEqual(counted(1)[0], 1)
  assert.deepEqual(counted(2)[0], 2)
  assert.notDeepEqual(counted(2, { ...POLICY, budgetHosts: 20 }), counted(2))
})
