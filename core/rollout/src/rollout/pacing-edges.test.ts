import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import type { Census } from '../evidence/census.ts'
import type { Cell } from '../evidence/signals.ts'
import { nextStep, nextWaveSize } from './pacing.ts'
import { cellOf, type CellSpec, censusOf, inFirstWave, POLICY, START, T0 } from './rollout.fixture.ts'
import { type RolloutState, startRollout } from './state.ts'
import type { EvidenceSummary } from './verdict.ts'

const NO_EVIDENCE: EvidenceSummary = { logE: 0, haltLogE: 13.815, holdLogE: 6.907, signals: [] }
const FRESH = startRollout(POLICY, START, T0)

/** In wave 1 of canary, which exposed `toPpm` and has its control from `controlPpm` on. */
function after(toPpm: number, controlPpm = PPM_ALL): RolloutState {
  const [wave] = inFirstWave().waves
  assert.ok(wave)
  const control = { fromPpm: controlPpm, toPpm: PPM_ALL }
  return { ...FRESH, waves: [{ ...wave, arms: { wave: 1, exposed: { fromPpm: 0, toPpm }, control } }] }
}

/** The next wave in short: ring, end of the exposed, range and number of the control; or the hold. */
function next(state: RolloutState, hostsMax: number, census: (ring: string) => Census): string {
  const pace = nextStep(POLICY, state, { hostsMax, excessUpperPpm: 1, proven: 0, harmed: 0 }, census)
  if (pace.kind !== 'wave') return pace.kind
  const { ring, arms, exposedHosts, controlHosts, controlOf } = pace.next
  const { exposed, control } = arms
  return `${ring} to ${exposed.toPpm}: ${exposedHosts} against ${controlHosts} ${controlOf} from ${control.fromPpm} to ${control.toPpm}`
}

/** Eligible hosts with these buckets, and nobody else. */
function withBuckets(...buckets: readonly number[]): () => Census {
  return () => ({
    hosts: buckets.length,
    eligibleBetween: (from, to) => buckets.filter((bucket) => bucket >= from && bucket < to).length,
    ppmAfter: (from, wanted) => (buckets.filter((bucket) => bucket >= from)[wanted - 1] ?? PPM_ALL - 1) + 1,
  })
}

const many = (count: number, bucketOf: (i: number) => number) => Array.from({ length: count }, (_, i) => bucketOf(i))
const FAR = many(50, (i) => 900_000 + i)
const all = (hosts: number) => () => censusOf(hosts)

const steps: readonly (readonly [what: string, next: () => string, expected: string])[] = [
  [
    'a last bucket of more hosts than the wave may have is left to the next one',
    () => next(FRESH, 10, withBuckets(...many(9, (i) => i), 20, 20, 20, ...FAR)),
    'canary to 20: 9 against 53 unexposed from 20 to 1000000',
  ],
  [
    'but not if it is the first: somebody has to tell',
    () => next(FRESH, 10, withBuckets(...many(12, () => 0), ...FAR)),
    'canary to 1: 12 against 50 unexposed from 1 to 1000000',
  ],
  [
    'two buckets are not one: the second of more hosts than may be is left',
    () => next(FRESH, 10, withBuckets(0, ...many(12, () => 1), ...FAR)),
    'canary to 1: 1 against 62 unexposed from 1 to 1000000',
  ],
  [
    'of a ring that mostly sleeps a wave reaches ten budgets at least',
    () => next(FRESH, 10, () => ({ ...censusOf(5_000), hosts: 100_000 })),
    'canary to 1000: 5 against 200 unexposed from 960000 to 1000000',
  ],
  [
    'a ring that is exposed whole is passed over, also when nobody of it is there now',
    () => next(after(PPM_ALL), 10, (ring) => (ring === 'canary' ? { ...censusOf(0), hosts: 9 } : censusOf(1_000))),
    'broad to 10000: 10 against 200 unexposed from 800000 to 1000000',
  ],
  [
    'a first wave is as small as the risk of the release asks for',
    () => next({ ...FRESH, risk: { score: 62, firstWavePpmMax: 2_000, bakeMsMin: 0 } }, 10, all(1_500)),
    'canary to 2000: 3 against 200 unexposed from 866667 to 1000000',
  ],
  [
    'as many unexposed as exposed are the control, however many are settled',
    () => next(after(400_000), 500, all(1_000)),
    'canary to 700000: 300 against 300 unexposed from 700000 to 1000000',
  ],
  [
    'few unexposed hosts are the control where nobody is settled',
    () => next(FRESH, 10, all(16)),
    'canary to 625000: 10 against 6 unexposed from 625000 to 1000000',
  ],
  [
    'and where no more are',
    () => next(after(250_000), 10, all(20)),
    'canary to 750000: 10 against 5 unexposed from 750000 to 1000000',
  ],
  [
    'as many that were in no control as the wave exposes are enough',
    () => next(after(10_000, 76_000), 33, all(1_000)),
    'canary to 43000: 33 against 33 unexposed from 43000 to 76000',
  ],
  [
    'one fewer is not: the far end once more',
    () => next(after(10_000, 75_000), 33, all(1_000)),
    'canary to 43000: 33 against 330 unexposed from 670000 to 1000000',
  ],
]
for (const [what, step, expected] of steps) test(`pace: ${what}`, () => assert.equal(step(), expected))

const sizeOf = (passedCells: readonly Cell[], cells: readonly Cell[]) =>
  nextWaveSize(POLICY, { ...inFirstWave(), passedCells }, cells, NO_EVIDENCE).hostsMax
const proved = (stratum: string, proven: number, more: CellSpec = {}) =>
  cellOf({ stratum, cohort: proven, enrolled: proven, proven, ...more })

test('steady hosts are looked at by themselves, wherever their strata are among the others', () => {
  const noise = { events: { silence: 60 } }
  // First, last, of an earlier wave, and of both: each time one set of cells is nearly another.
  const worlds = (steady: string): readonly (readonly [passed: readonly Cell[], now: readonly Cell[]])[] => [
    [[], [proved(`a, ${steady}`, 5_000), proved('b, unsteady', 100, noise)]],
    [[], [proved('a, unsteady', 100, noise), proved(`b, ${steady}`, 5_000)]],
    [[proved(`a, ${steady}`, 5_000)], [proved('b, unsteady', 100, noise)]],
    [[proved(`a, ${steady}`, 5_000)], [proved('a, unsteady', 100, noise), proved(`b, ${steady}`, 10)]],
  ]
  const named = worlds('steady').map(([passed, now]) => sizeOf(passed, now))
  const nameless = worlds('unsteady').map(([passed, now]) => sizeOf(passed, now))
  for (const [i, size] of named.entries()) assert.ok(size > 5 * (nameless[i] ?? 0), `${i}: ${size} to ${nameless[i]}`)
})

test('what is the same set of cells is asked once: asking twice costs half of the doubt', () => {
  const cells = [proved('a, steady', 500), proved('b, steady', 500)]
  // The budget of 10 by the rule of three.
  assert.equal(sizeOf([], cells), 3_338)
})

test('a common signal counts from the evidence on that the doubt of the budget asks for', () => {
  const cells = [
    cellOf({ cohort: 1_000, enrolled: 1_000, proven: 900, events: { reboot: 60 } }),
    cellOf({ arm: 'control', cohort: 1_000, enrolled: 1_000, proven: 900, events: { reboot: 30 } }),
  ]
  const signal = { signal: 'reboot', wave: 1, stratum: null, exposedEvents: 60, controlEvents: 30 } as const
  const at = (logE: number) =>
    nextWaveSize(POLICY, inFirstWave(), cells, { ...NO_EVIDENCE, signals: [{ ...signal, logE }] }).hostsMax
  const bar = Math.log(PPM_ALL / (PPM_ALL - POLICY.budgetConfidencePpm))
  assert.ok(at(bar) < 300 && at(bar - 0.001) > 2_900, `${at(bar)} and ${at(bar - 0.001)}`)
})
