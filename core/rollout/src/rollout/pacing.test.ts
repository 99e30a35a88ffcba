import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import type { Cell } from '../evidence/signals.ts'
import { PLAN_WAVES_MAX } from '../plan/plan.ts'
import { nextStep, nextWaveSize, type Pace, REACH_PER_HOST } from './pacing.ts'
import {
  cellOf,
  censusOf,
  FakeFleet,
  fault,
  inFirstWave,
  MINUTE,
  POLICY,
  rollOut,
  START,
  T0,
} from './rollout.fixture.ts'
import { type RolloutState, startRollout, type WaveSize } from './state.ts'
import type { EvidenceSummary } from './verdict.ts'

const NO_EVIDENCE: EvidenceSummary = { logE: 0, haltLogE: 13.815, holdLogE: 6.907, signals: [] }
const FRESH = startRollout(POLICY, START, T0)
const sizeOf = (hostsMax: number): WaveSize => ({ hostsMax, excessUpperPpm: 1, proven: 0, harmed: 0 })
const hostsMax = (...cells: readonly Cell[]) => nextWaveSize(POLICY, inFirstWave(), cells, NO_EVIDENCE).hostsMax

test('a wave is the budget divided by the highest rate of harm that what is proven leaves possible: the rule of three', () => {
  const rows = [0, 1, 2, 10, 43, 186, 2_996, 29_957].map((proven) => {
    return [proven, hostsMax(cellOf({ cohort: proven, enrolled: proven, proven }))]
  })
  // 10 / (2.996 / proven); no bound is above 1, so the budget is always allowed.
  assert.deepEqual(rows, [
    [0, 10],
    [1, 10],
    [2, 10],
    [10, 33],
    [43, 143],
    [186, 620],
    [2_996, 10_000],
    [29_957, 99_998],
  ])
})

test('harm makes waves smaller, and the same harm in the control takes that back', () => {
  const exposed = { cohort: 1_000, enrolled: 1_000, proven: 980 }
  const control = { ...exposed, arm: 'control' } as const
  const struck = { events: { silence: 20 } }
  const [none, harmed, both] = [
    hostsMax(cellOf(exposed), cellOf(control)),
    hostsMax(cellOf({ ...exposed, ...struck }), cellOf(control)),
    hostsMax(cellOf({ ...exposed, ...struck }), cellOf({ ...control, ...struck })),
  ]
  assert.ok(harmed < both && both < none, `${harmed} ${both} ${none}`)
})

test('noise of unsteady hosts does not slow down what steady ones have proven', () => {
  const arms = (stratum: string, silence: number) =>
    (['exposed', 'control'] as const).map((arm) =>
      cellOf({ arm, stratum, cohort: 10_000, enrolled: 10_000, proven: 9_500, events: { silence } }),
    )
  const [steady, unsteady] = [arms('s, steady', 0), arms('s, unsteady', 300)]
  const mixed = hostsMax(...steady, ...unsteady)
  assert.ok(mixed > 2 * hostsMax(...unsteady), 'noise tells less')
  assert.ok(mixed < hostsMax(...steady), 'choosing the better of two bounds costs half of the doubt')
})

test('what every fleet has in the evening counts as harm only when there is evidence that the release brings more of it', () => {
  const cells = [
    cellOf({ cohort: 1_000, enrolled: 1_000, proven: 900, events: { reboot: 60 } }),
    cellOf({ arm: 'control', cohort: 1_000, enrolled: 1_000, proven: 900, events: { reboot: 30 } }),
  ]
  const signal = { signal: 'reboot', wave: 1, stratum: null, exposedEvents: 60, controlEvents: 30 } as const
  const at = (logE: number) => {
    return nextWaveSize(POLICY, inFirstWave(), cells, { ...NO_EVIDENCE, signals: [{ ...signal, logE }] }).hostsMax
  }
  assert.equal(at(2.99), hostsMax(cellOf({ cohort: 900, enrolled: 900, proven: 900 })))
  assert.ok(at(3) < 300, `${at(3)}`)
})

/** The wave that is next, in short: ring, range of the exposed and of the control. */
function shown(pace: Pace): string {
  if (pace.kind === 'complete') return 'complete'
  if (pace.kind === 'hold') return `hold ${pace.reason} ${pace.ring}`
  const { ring, arms, exposedHosts, controlHosts, controlOf } = pace.next
  const { exposed, control } = arms
  const ranges = `${exposed.fromPpm}-${exposed.toPpm} of ${control.fromPpm}-${control.toPpm}`
  return `${arms.wave} ${ring} ${ranges}: ${exposedHosts} against ${controlHosts} ${controlOf}`
}

/** In wave 1 of canary, which exposed `toPpm` and has its control from `controlPpm` on. */
function after(toPpm: number, controlPpm = PPM_ALL): RolloutState {
  const [wave] = inFirstWave().waves
  assert.ok(wave)
  const control = { fromPpm: controlPpm, toPpm: PPM_ALL }
  return { ...FRESH, waves: [{ ...wave, arms: { wave: 1, exposed: { fromPpm: 0, toPpm }, control } }] }
}

const rings =
  (canary: number, broad = canary) =>
  (ring: string) =>
    censusOf(ring === 'canary' ? canary : broad)
/** In the newest of these waves, each with the end of what it exposed. */
function inRings(waves: readonly (readonly [ring: string, toPpm: number])[]): RolloutState {
  const [wave] = after(10_000).waves
  assert.ok(wave)
  const arms = (toPpm: number, i: number) => ({ ...wave.arms, wave: i + 1, exposed: { fromPpm: 0, toPpm } })
  return { ...FRESH, waves: waves.map(([ring, toPpm], i) => ({ ...wave, ring, arms: arms(toPpm, i) })) }
}

const many = (count: number) => Array.from({ length: count }, () => ['canary', 100] as const)

const steps: readonly (readonly [string, () => Pace, string])[] = [
  [
    'the first wave is the budget, in the first ring; its control is at the far end',
    () => nextStep(POLICY, FRESH, sizeOf(10), rings(1_000)),
    '1 canary 0-10000 of 800000-1000000: 10 against 200 unexposed',
  ],
  [
    'so is that of the emergency lane',
    () => nextStep(POLICY, { ...FRESH, lane: 'emergency' }, sizeOf(10), rings(1_000)),
    '1 canary 0-10000 of 800000-1000000: 10 against 200 unexposed',
  ],
  [
    'the second wave has another control, and leaves some for the third',
    () => nextStep(POLICY, after(10_000, 800_000), sizeOf(33), rings(1_000)),
    '2 canary 10000-43000 of 548000-800000: 33 against 252 unexposed',
  ],
  [
    'where all are taken, the far end once more',
    () => nextStep(POLICY, after(10_000, 60_000), sizeOf(33), rings(1_000)),
    '2 canary 10000-43000 of 670000-1000000: 33 against 330 unexposed',
  ],
  [
    'a wave leaves as many as it exposes',
    () => nextStep(POLICY, after(10_000), sizeOf(5_000), rings(1_000)),
    '2 canary 10000-505000 of 505000-1000000: 495 against 495 unexposed',
  ],
  [
    'the last wave of a ring is compared with those who had it first',
    () => nextStep(POLICY, after(600_000), sizeOf(5_000), rings(1_000)),
    '2 canary 600000-1000000 of 0-600000: 400 against 600 settled',
  ],
  [
    'a ring no larger than the budget is exposed as a whole',
    () => nextStep(POLICY, FRESH, sizeOf(10), rings(3)),
    '1 canary 0-1000000 of 1000000-1000000: 3 against 0 nobody',
  ],
  [
    'the next ring follows when one is exposed, with as large waves',
    () => nextStep(POLICY, after(PPM_ALL), sizeOf(100), rings(1_000)),
    '2 broad 0-100000 of 700000-1000000: 100 against 300 unexposed',
  ],
  [
    'no ring is left',
    () => nextStep({ ...POLICY, rings: ['canary'] }, { ...after(PPM_ALL), rings: ['canary'] }, sizeOf(9), rings(9)),
    'complete',
  ],
  [
    'a ring that has begun and has no hosts any more is passed over, whatever the policy says',
    () => nextStep(POLICY, after(10_000), sizeOf(10), rings(0, 1_000)),
    '2 broad 0-10000 of 800000-1000000: 10 against 200 unexposed',
  ],
  [
    'no ring before the current one is looked at again',
    () => nextStep(POLICY, inRings([['broad', 10_000]]), sizeOf(10), rings(1_000)),
    '2 broad 10000-20000 of 800000-1000000: 10 against 200 unexposed',
  ],
  [
    'the ring of the newest wave counts, not of the first',
    () =>
      nextStep(
        POLICY,
        inRings([
          ['canary', 10_000],
          ['broad', 20_000],
        ]),
        sizeOf(10),
        rings(1_000),
      ),
    '3 broad 20000-30000 of 800000-1000000: 10 against 200 unexposed',
  ],
  [
    'the last wave that a plan can name',
    () => nextStep(POLICY, inRings(many(PLAN_WAVES_MAX - 1)), sizeOf(10), rings(1_000)),
    `${PLAN_WAVES_MAX} canary 100-10000 of 800000-1000000: 10 against 200 unexposed`,
  ],
  [
    'there is none after it',
    () => nextStep(POLICY, inRings(many(PLAN_WAVES_MAX)), sizeOf(10), rings(1_000)),
    'hold waves-spent canary',
  ],
  [
    'all that is left at once, when as many have it already',
    () => nextStep(POLICY, after(500_000), sizeOf(5_000), rings(1_000)),
    '2 canary 500000-1000000 of 0-500000: 500 against 500 settled',
  ],
  [
    'a small control, where the policy asks for no more',
    () => nextStep({ ...POLICY, controlPerExposed: 4, controlHostsMin: 0 }, FRESH, sizeOf(10), rings(1_000)),
    '1 canary 0-10000 of 960000-1000000: 10 against 40 unexposed',
  ],
  ['a ring without hosts holds', () => nextStep(POLICY, FRESH, sizeOf(10), rings(0, 9)), 'hold empty-cohort canary'],
  [
    'the policy may pass over it',
    () => nextStep({ ...POLICY, skipEmptyRings: true }, FRESH, sizeOf(10), rings(0, 9)),
    '1 broad 0-1000000 of 1000000-1000000: 9 against 0 nobody',
  ],
  [
    'but not over all of them',
    () => nextStep({ ...POLICY, skipEmptyRings: true }, FRESH, sizeOf(10), rings(0)),
    'hold empty-cohort canary',
  ],
]
for (const [name, pace, expected] of steps) test(name, () => assert.equal(shown(pace()), expected))

/** A ring of which one host in `every` is awake. */
function asleep(hosts: number, every: number) {
  const awake = censusOf(Math.floor(hosts / every))
  return () => ({ ...awake, hosts })
}

test('hosts that sleep are exposed with the others: a wave reaches no more of them than it could face in the morning', () => {
  const size = sizeOf(1_000)
  const reached = [1, 2, 4, 20, 1_000].map((every) => {
    const pace = nextStep(POLICY, FRESH, size, asleep(100_000, every))
    assert.ok(pace.kind === 'wave')
    return pace.next.arms.exposed.toPpm / 10
  })
  assert.deepEqual(reached, [1_000, 2_000, 4_000, REACH_PER_HOST * 1_000, REACH_PER_HOST * 1_000])
})

test('an outage of nearly all hosts does not expose the ring: it holds', () => {
  const census = {
    hosts: 1_000_000,
    eligibleBetween: (from: number, to: number) => (from <= 500_000 && to > 500_000 ? 1 : 0),
    ppmAfter: () => 500_001,
  }
  assert.equal(shown(nextStep(POLICY, FRESH, sizeOf(10), () => census)), 'hold pacing canary')
})

/** Of the hosts of the ring only some that have the release are there. */
const goneBut = (settled: number, hosts: number) => () => ({
  hosts,
  eligibleBetween: (from: number) => (from < 900_000 ? settled : 0),
  ppmAfter: () => PPM_ALL,
})

test('what is left over of a ring when nobody is there is passed over if it is few, and waited for if it is many', () => {
  const last = { ...after(900_000), rings: ['canary'] }
  assert.equal(shown(nextStep(POLICY, last, sizeOf(100), goneBut(5, 1_000))), 'complete')
  assert.equal(shown(nextStep(POLICY, after(900_000), sizeOf(10), goneBut(5, 1_000_000))), 'hold pacing canary')
})

test('a ring of which nobody was heard lately is not passed over: so it is after an outage of the server', () => {
  const last = { ...after(900_000), rings: ['canary'] }
  assert.equal(shown(nextStep(POLICY, last, sizeOf(100), goneBut(0, 1_000))), 'hold empty-cohort canary')
})

const keepsPace = fc.property(
  fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 2, maxLength: 2 }),
  fc.integer({ min: 1, max: 30 }),
  fc.nat(1_000),
  (sizes, budgetHosts, seed) => {
    const policy = { ...POLICY, budgetHosts, bakeMs: MINUTE, emergencyBakeMs: 0 }
    const fleet = new FakeFleet(
      policy.rings.map((ring, i) => ({ ring, hosts: sizes[i] ?? 0 })),
      seed,
    )
    const { state } = rollOut(fleet, {
      policy,
      lane: seed % 2 === 0 ? 'normal' : 'emergency',
      happens: fault(0, 'silence'),
    })
    assert.equal(state.status, 'complete')
    assert.equal(state.waves[0]?.ring, 'canary')
    const reached = new Map<string, number>()
    for (const { ring, arms, exposedHosts, size } of state.waves) {
      assert.ok(exposedHosts <= size.hostsMax && exposedHosts > 0)
      assert.equal(arms.exposed.fromPpm, reached.get(ring) ?? 0)
      reached.set(ring, arms.exposed.toPpm)
    }
    assert.deepEqual([...reached.values()], [PPM_ALL, PPM_ALL])
  },
)

// Twice: the few fleets are those that mutants meet.
for (const fleets of [5, 25]) {
  test(`in any of ${fleets} fleets a wave exposes no more than the pace allows, and leaves no bucket out`, () => {
    fc.assert(keepsPace, { numRuns: fleets, seed: 20_240_719 })
  })
}
