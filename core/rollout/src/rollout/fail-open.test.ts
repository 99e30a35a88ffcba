import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideWave } from './decide.ts'
import { lookAt } from './look.ts'
import { planOf } from './plan-of.ts'
import { parseRolloutPolicy } from './policy.ts'
import { recordOf } from './record.ts'
import {
  cellOf,
  censusOf,
  DIGEST,
  inFirstWave,
  judge,
  MINUTE,
  POLICY,
  randomFrom,
  START,
  T0,
} from './rollout.fixture.ts'
import { applyDecision, haltRollout, type RolloutState, startRollout } from './state.ts'

/*
 * Where gates of others open when they know nothing. Each test fails if ours did what the product in its name does, as its documentation
 * or its source says.
 */

const WEEK = 7 * 24 * 60
const PROVEN = { cohort: 10, enrolled: 10, confirmed: 10, proven: 10 }
const UNEXPOSED = { arm: 'control', cohort: 200, enrolled: 200, proven: 200 } as const
const CONTROL = cellOf(UNEXPOSED)

test('hawkBit: a threshold that does not parse counts as "no error"', () => {
  for (const haltEvidence of ['5%', '', 'NaN', null]) {
    assert.throws(() => parseRolloutPolicy({ haltEvidence }), { code: 'kernel/malformed' })
  }
  // And were one to arrive here all the same, nothing would be below it.
  const broken = { ...POLICY, provenShareMin: Number.NaN }
  const doubtful = cellOf({ ...PROVEN, proven: 1 })
  assert.equal(judge(broken, inFirstWave(), [doubtful, CONTROL], T0 + 15 * MINUTE).kind, 'hold')
})

test('hawkBit: silent devices stay "proceeding" for ever', () => {
  const silent = cellOf({ cohort: 10, enrolled: 10, events: { silence: 10 } })
  const { kind, reason } = judge(POLICY, inFirstWave(), [silent, CONTROL], T0 + 3 * MINUTE)
  assert.equal(`${kind} ${reason}`, 'halt silence')
})

test('Flight Control: an empty batch reports 100 % success', () => {
  const state = startRollout(POLICY, START, T0)
  const first = decideWave(POLICY, state, [], () => censusOf(0), T0 + WEEK * MINUTE)
  assert.equal(`${first.kind} ${first.reason}`, 'hold empty-cohort')
  const skip = { ...POLICY, skipEmptyRings: true }
  assert.equal(decideWave(skip, state, [], () => censusOf(0), T0 + WEEK * MINUTE).kind, 'hold')
  const emptied = judge(POLICY, inFirstWave(0, 0), [], T0 + WEEK * MINUTE)
  assert.equal(`${emptied.kind} ${emptied.reason}`, 'hold insufficient-evidence')
})

test('Kayenta: a group in which every metric is silent scores 100', () => {
  const nothing = [cellOf({ cohort: 10 }), cellOf({ arm: 'control', cohort: 200 })]
  for (const cells of [nothing, []]) {
    const { kind, reason } = judge(POLICY, inFirstWave(), cells, T0 + WEEK * MINUTE)
    assert.equal(`${kind} ${reason}`, 'hold insufficient-evidence')
  }
})

test('Kayenta: the same numbers are judged one way today and another tomorrow', () => {
  const cells = ['a', 'b', 'c'].flatMap((stratum, i) => [
    cellOf({ ...PROVEN, stratum, events: { silence: i, reboot: 1 } }),
    cellOf({ ...UNEXPOSED, stratum, events: { silence: 3 } }),
  ])
  const records = Array.from({ length: 20 }, (_, i) => {
    const order = i % 2 === 0 ? cells : cells.toReversed()
    const state = inFirstWave(30, 600)
    return JSON.stringify(recordOf(state, judge(POLICY, state, order, T0 + 20 * MINUTE), T0))
  })
  assert.equal(new Set(records).size, 1)
})

/** A healthy wave of 500 against 500, in which hosts fall silent on both sides: looked at each minute for 78 minutes. */
function peek(seed: number): { readonly ours: boolean; readonly naive: boolean } {
  const random = randomFrom(seed)
  const struck = [0, 0]
  const hosts = 500
  let state: RolloutState = inFirstWave(hosts, hosts)
  const seen = { ours: false, naive: false }
  for (let minute = 0; minute <= 78; minute++) {
    for (const arm of [0, 1]) {
      for (let host = 0; host < hosts - (struck[arm] ?? 0); host++)
        if (random() < 0.001) struck[arm] = (struck[arm] ?? 0) + 1
    }
    const [exposedEvents = 0, controlEvents = 0] = struck
    const rate = (exposedEvents + controlEvents) / (2 * hosts)
    const z = (exposedEvents - controlEvents) / Math.sqrt(2 * hosts * rate * (1 - rate) || 1)
    seen.naive ||= Math.abs(z) > 1.96
    const cells = [
      cellOf({ cohort: hosts, enrolled: hosts, events: { silence: exposedEvents } }),
      cellOf({ arm: 'control', cohort: hosts, enrolled: hosts, events: { silence: controlEvents } }),
    ]
    state = lookAt(state, cells, T0 + minute * MINUTE)
    seen.ours ||= decideWave(POLICY, state, cells, () => censusOf(9_000), T0 + minute * MINUTE).kind === 'halt'
  }
  return seen
}

test('a test at 5 %, looked at every minute for 78 minutes, halts a quarter of healthy rollouts; Kayenta looks at a rank test so', () => {
  const runs = Array.from({ length: 150 }, (_, seed) => peek(seed + 1))
  const naive = runs.filter((run) => run.naive).length / runs.length
  assert.ok(naive > 0.15, `naive peeking halts ${naive * 100} %`)
  assert.equal(runs.filter((run) => run.ours).length, 0)
})

test('Elastic: percentages count active agents only, so dead ones improve them', () => {
  const rest = cellOf({ cohort: 10, enrolled: 7, confirmed: 7, proven: 7 })
  const { kind, reason } = judge(POLICY, inFirstWave(), [rest, CONTROL], T0 + 15 * MINUTE)
  assert.equal(`${kind} ${reason}`, 'hold insufficient-evidence')
})

test('Nebraska: hosts unseen for a day drop out of the statistics', () => {
  const remembered = cellOf({ cohort: 7, enrolled: 7, confirmed: 7, proven: 7 })
  for (const minutes of [15, 24 * 60]) {
    const state = inFirstWave()
    const decision = judge(POLICY, state, [remembered, CONTROL], T0 + minutes * MINUTE)
    assert.equal(decision.counts.exposed.cohort, 10)
    assert.notEqual(decision.reason, 'evidence-sufficient')
  }
})

test('GrowthBook: refreshes every six hours, and advises shipping when inconclusive', () => {
  const doubtful = cellOf({ ...PROVEN, proven: 8, events: { silence: 5 } })
  const early = judge(POLICY, inFirstWave(), [doubtful, CONTROL], T0 + 15 * MINUTE)
  assert.equal(`${early.kind} ${early.reason}`, 'hold suspicion')
  // Time alone never makes it good: where nobody is left who could tell, it holds for ever.
  const last = inFirstWave()
  const [wave] = last.waves
  assert.ok(wave)
  const arms = {
    ...wave.arms,
    exposed: { fromPpm: 0, toPpm: 1_000_000 },
    control: { fromPpm: 1_000_000, toPpm: 1_000_000 },
  }
  const atEnd: RolloutState = { ...last, rings: ['canary'], waves: [{ ...wave, arms }] }
  const late = judge(POLICY, atEnd, [doubtful, CONTROL], T0 + WEEK * MINUTE)
  assert.equal(`${late.kind} ${late.reason}`, 'hold suspicion')
  assert.equal(applyDecision(atEnd, late, T0), atEnd)
})

test('falcoctl: overwrites the live rules in place, so that a bad release leaves nothing to go back to', () => {
  // On a host the slots and `durable-fs` see to it. In the plan: a release that is halted takes nothing away.
  const baseline = { version: '1.1.0', imageDigest: 'b'.repeat(64) }
  const completed = [{ pack: 'p', category: 'c', release: baseline, completedAtMs: 1 }]
  const halted = haltRollout(inFirstWave())
  const [pack] = planOf({ rollouts: [halted], completed, recalled: [DIGEST], evidence: [] }, 2, T0).packs
  assert.deepEqual([pack?.baseline, pack?.candidate, pack?.exposure], [baseline, null, []])
})
