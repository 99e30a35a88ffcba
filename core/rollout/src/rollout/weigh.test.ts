import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Cell, Signal } from '../evidence/signals.ts'
import { logKnownRate } from '../statistics/known-rate.ts'
import { lookAt } from './look.ts'
import { type CellSpec, cellOf, inFirstWave, MINUTE, POLICY, T0 } from './rollout.fixture.ts'
import type { RolloutState } from './state.ts'
import { firstProtected, SIGNAL_WEIGHTS, weigh } from './weigh.ts'

const RATES = { ...POLICY, baselines: { failurePpm: 1_000, applyFailurePpm: 1_000, falseSuccessPpm: 1_000 } }

function arms(stratum: string, hosts: number, exposed: CellSpec['events'], control: CellSpec['events'] = {}): Cell[] {
  const all = { stratum, cohort: hosts, enrolled: hosts }
  return [cellOf({ ...all, events: exposed ?? {} }), cellOf({ ...all, arm: 'control', events: control ?? {} })]
}

/** Everybody enrols, and then all this happens at once. */
function looked(
  cells: readonly Cell[],
  before: readonly Cell[] = cells.map((one) => ({ ...one, events: one.events.map(() => 0) })),
): RolloutState {
  return lookAt(lookAt(inFirstWave(), before, T0), cells, T0 + MINUTE)
}

function evidenceOf(cells: readonly Cell[], signal: Signal) {
  return weigh(RATES, looked(cells), cells).signals.find((one) => one.signal === signal)
}

test('the weights of all signals are 1 together', () => {
  assert.equal(
    Object.values(SIGNAL_WEIGHTS).reduce((sum, one) => sum + one),
    1,
  )
})

test('nothing that happened is no evidence, and no signal', () => {
  const cells = [...arms('a', 100, {}), ...arms('b', 100, {})]
  const { logE, signals, haltLogE, holdLogE } = weigh(POLICY, looked(cells), cells)
  assert.deepEqual({ logE, signals }, { logE: 0, signals: [] })
  assert.deepEqual([haltLogE, holdLogE], [Math.log(POLICY.haltEvidence), Math.log(POLICY.holdEvidence)])
})

test('a signal is told with what happened in both arms, and in the stratum that shows it most', () => {
  const cells = [...arms('a', 100, { silence: 2 }, { silence: 1 }), ...arms('b', 100, { silence: 30 }, { silence: 1 })]
  const silence = evidenceOf(cells, 'silence')
  assert.ok(silence && silence.logE > 10)
  assert.deepEqual([silence.exposedEvents, silence.controlEvents], [32, 2])
  const alone = [...arms('a', 100, {}), ...arms('b', 100, { reboot: 30 }), ...arms('c', 100, { reboot: 1 })]
  const onlyB = alone.filter(({ stratum }) => stratum !== 'a')
  assert.equal(evidenceOf(alone, 'reboot')?.exposedEvents, 31)
  for (const order of [alone, alone.toReversed(), onlyB]) {
    const state = looked(order)
    // What the waves of an epoch show together tells of no stratum.
    const apart = { ...state, processes: state.processes.filter(({ stratum }) => stratum !== null) }
    assert.equal(weigh(POLICY, apart, order).signals[0]?.stratum, 'b')
  }
})

test('the same in both arms is no evidence', () => {
  const cells = [...arms('a', 400, { reboot: 40, cpu: 9 }, { reboot: 40, cpu: 9 })]
  const { logE, signals } = weigh(POLICY, looked(cells), cells)
  assert.equal(logE, 0)
  assert.deepEqual(signals.map(({ signal }) => signal).toSorted(), ['cpu', 'reboot'])
  assert.ok(signals.every((one) => one.logE < 0))
})

test('signals come by their evidence, each once, and the largest is the evidence of the whole', () => {
  const cells = arms('a', 400, { silence: 20, failure: 40, reboot: 30 }, { reboot: 10 })
  const { logE, signals } = weigh(RATES, looked(cells), cells)
  const logs = signals.map((one) => one.logE)
  assert.deepEqual(
    logs,
    logs.toSorted((a, b) => b - a),
  )
  assert.equal(new Set(signals.map(({ signal }) => signal)).size, signals.length)
  assert.ok(Math.abs((logs[0] ?? 0) - logE) < 0.0011)
})

test('a failure counts against the rate that the policy states: of all waves together, or of one', () => {
  const rate = 0.001
  const floor = (logE: number): number => Math.floor(logE * 1_000) / 1_000
  // One stratum of everybody: what is known of the wave is known of all, and half of the weight is for each.
  for (const failures of [1, 2, 5]) {
    const found = evidenceOf(arms('a', 100, { failure: failures }), 'failure')
    const all = floor(logKnownRate(failures, 100, rate) + Math.log(SIGNAL_WEIGHTS.failure / 2))
    assert.ok(found && found.logE >= all - 0.0011, `${found?.logE} of ${all}`)
    assert.deepEqual([found.exposedEvents, found.controlEvents], [failures, 0])
  }
  // Hosts that fail before they have enrolled are trials too.
  const early = evidenceOf([cellOf({ stratum: 'a', cohort: 100, enrolled: 2, events: { failure: 5 } })], 'failure')
  assert.ok(early && early.logE >= floor(logKnownRate(5, 5, rate) + Math.log(SIGNAL_WEIGHTS.failure / 2)) - 0.0011)
})

test('of many strata, the one that fails most is named, and those that do not are not', () => {
  const strata = ['a', 'b', 'c', 'd'].flatMap((name, i) => arms(name, 5_000, { failure: [4, 0, 60, 9][i] ?? 0 }))
  const calm = Array.from({ length: 11 }, (_, i) => arms(`calm ${i}`, 50_000, {})).flat()
  const found = evidenceOf([...strata, ...calm], 'failure')
  assert.deepEqual([found?.stratum, found?.wave, found?.exposedEvents], ['c', 1, 73])
})

const counts = fc.record({ silence: fc.nat(5), reboot: fc.nat(5), detection: fc.nat(5), failure: fc.nat(5) })
const look = fc.record({ a: counts, b: counts, c: counts, control: counts })

test('what is remembered between looks changes nothing: the state as JSON weighs the same', () => {
  fc.assert(
    fc.property(fc.array(look, { minLength: 1, maxLength: 4 }), (looks) => {
      let state = inFirstWave()
      const sums = new Map<string, number>()
      const more = (key: string, one: Readonly<Record<string, number>>): CellSpec['events'] =>
        Object.fromEntries(
          Object.entries(one).map(([signal, count]) => {
            const sum = (sums.get(`${key} ${signal}`) ?? 0) + count
            sums.set(`${key} ${signal}`, sum)
            return [signal, sum]
          }),
        )
      for (const [i, one] of looks.entries()) {
        const control = more('control', one.control)
        const cells = (['a', 'b', 'c'] as const).flatMap((name) => arms(name, 100, more(name, one[name]), control))
        state = lookAt(state, cells, T0 + i * MINUTE)
        const again = JSON.parse(JSON.stringify({ state, cells })) as { state: RolloutState; cells: readonly Cell[] }
        assert.deepEqual(weigh(RATES, state, cells), weigh(RATES, again.state, again.cells))
      }
    }),
  )
})

test('statistics protect from the first wave on whose loss would be evidence enough', () => {
  const wave = (number: number, exposed: number, control: number): Cell[] => [
    cellOf({ wave: number, cohort: exposed }),
    cellOf({ wave: number, cohort: control, arm: 'control' }),
  ]
  const rows: readonly (readonly [cells: readonly Cell[], first: number])[] = [
    [[], Infinity],
    [wave(1, 1, 1_000), Infinity],
    [wave(1, 1_000, 0), Infinity],
    [[cellOf({ cohort: 1_000 })], Infinity],
    [wave(1, 100, 1_000), 1],
    [[...wave(1, 2, 1_000), ...wave(2, 100, 1_000)], 2],
    [[...wave(2, 100, 1_000), ...wave(1, 2, 1_000)], 2],
    [[...wave(2, 100, 1_000), ...wave(1, 100, 1_000)], 1],
    [[...wave(1, 100, 0), ...wave(3, 100, 1_000)], 3],
  ]
  for (const [cells, first] of rows) assert.equal(firstProtected(POLICY, cells), first, JSON.stringify(cells))
  // The least cohort that is enough, beside so many of the control: so a change of any part of the bar shows.
  const least = (control: number): number => {
    let exposed = 1
    while (firstProtected(POLICY, wave(1, exposed, control)) !== 1) exposed++
    return exposed
  }
  assert.deepEqual([1_000, 100, 30].map(least), [6, 8, 14])
})
