import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cell, Signal } from '../evidence/signals.ts'
import { logSignalEvidence, logWeightedMean, waveWeight } from '../statistics/combine.ts'
import { logKnownRate } from '../statistics/known-rate.ts'
import { lookAt } from './look.ts'
import { cellOf, inFirstWave, MINUTE, POLICY, T0 } from './rollout.fixture.ts'
import type { RolloutState } from './state.ts'
import { SIGNAL_WEIGHTS, weigh } from './weigh.ts'

type Struck = Readonly<Record<string, number>>

/** Strata of so many hosts in each arm, of whose exposed hosts so many were struck; and ten hosts outside all cohorts. */
function cellsOf(hosts: number, signal: Signal, struck: Struck): readonly Cell[] {
  const strata = Object.entries(struck).flatMap(([stratum, events]) => {
    const all = { stratum, cohort: hosts, enrolled: hosts }
    return [cellOf({ ...all, events: { [signal]: events } }), cellOf({ ...all, arm: 'control' })]
  })
  return [...strata, cellOf({ stratum: 'outside', enrolled: 10 })]
}

/** Without what the waves show together, which tells of no stratum. */
const apart = (state: RolloutState): RolloutState => {
  return { ...state, processes: state.processes.filter(({ stratum }) => stratum !== null) }
}
const cut = (logE: number): number => Math.floor(logE * 1_000) / 1_000

test('one stratum in which something happened has its share of the weight of all that the wave has', () => {
  const cells = cellsOf(100, 'silence', { a: 0, b: 20, c: 0 })
  const state = apart(lookAt(inFirstWave(), cells, T0))
  const [process] = state.processes
  assert.ok(process && state.processes.length === 1)
  const logE = logSignalEvidence([{ terms: process.logTerms, weight: 1 / 3 }])
  const weight = (SIGNAL_WEIGHTS.silence / 2) * waveWeight(1)
  assert.equal(weigh(POLICY, state, cells).signals[0]?.logE, cut(logE + Math.log(weight)))
})

test('the stratum that shows most is named, wherever it is among the others', () => {
  for (const struck of [
    { a: 30, b: 5, c: 5 },
    { a: 5, b: 30, c: 5 },
    { a: 5, b: 5, c: 30 },
  ]) {
    const cells = cellsOf(100, 'silence', struck)
    const [found] = weigh(POLICY, apart(lookAt(inFirstWave(), cells, T0)), cells).signals
    assert.equal(found?.stratum, Object.entries(struck).find(([, events]) => events === 30)?.[0])
  }
})

test('what is remembered of a signal in a wave is forgotten when it strikes another stratum', () => {
  const looks = [
    { a: 2, b: 0, c: 0 },
    { a: 2, b: 30, c: 0 },
    { a: 2, b: 30, c: 9 },
  ].map((struck) => cellsOf(100, 'silence', struck))
  let state = inFirstWave()
  const known: unknown[] = []
  for (const [i, cells] of looks.entries()) {
    state = apart(lookAt(state, cells, T0 + i * MINUTE))
    const found = weigh(POLICY, state, cells)
    assert.deepEqual(found, weigh(POLICY, JSON.parse(JSON.stringify(state)) as RolloutState, cells))
    known.push(found.signals[0]?.stratum)
  }
  assert.deepEqual(known, ['a', 'b', 'b'])
})

test('failures of a wave: half for all strata together, half for each apart and for hosts outside', () => {
  const policy = { ...POLICY, baselines: { ...POLICY.baselines, failurePpm: 1_000 } }
  const cells = cellsOf(50_000, 'failure', { a: 0, b: 100, c: 0 })
  const of = (events: number, hosts: number) => logKnownRate(events, hosts, 0.001)
  const strata = [of(0, 50_000), of(100, 50_000), of(0, 50_000), of(0, 10)]
  const mean = logWeightedMean([
    { logE: of(100, 150_010), weight: 1 / 2 },
    ...strata.map((logE) => ({ logE, weight: 1 / 8 })),
  ])
  const [found] = weigh(policy, inFirstWave(), cells).signals
  const weight = (SIGNAL_WEIGHTS.failure / 2) * waveWeight(1)
  assert.deepEqual([found?.stratum, found?.logE], ['b', cut(mean + Math.log(weight))])
})

test('a stratum without failures is not named, even where those that have some have fewer than they may', () => {
  const policy = { ...POLICY, baselines: { ...POLICY.baselines, failurePpm: 1_000 } }
  const cells = cellsOf(50_000, 'failure', { a: 10 })
  const [found] = weigh(policy, inFirstWave(), cells).signals
  assert.deepEqual([found?.wave, found?.stratum], [1, 'a'])
})

test('failures of the control alone say nothing of those exposed', () => {
  const cells = [
    cellOf({ cohort: 50_000, enrolled: 50_000 }),
    cellOf({ arm: 'control', cohort: 50_000, enrolled: 50_000, events: { failure: 9 } }),
  ]
  const [found] = weigh(
    { ...POLICY, baselines: { ...POLICY.baselines, failurePpm: 1_000 } },
    inFirstWave(),
    cells,
  ).signals
  const weight = (SIGNAL_WEIGHTS.failure / 2) * waveWeight(1)
  assert.deepEqual([found?.controlEvents, found?.stratum, found?.logE], [9, null, cut(Math.log(weight))])
})
