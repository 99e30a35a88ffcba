import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json } from '@firebreak/kernel'
import { decideWave, lookAt } from '@firebreak/rollout'
import { runGate } from '../gate/run-gate.ts'
import { traceOf } from '../gate/traces.fixture.ts'
import { allAtOnce } from './all-at-once.ts'
import { fixedThreshold } from './fixed-threshold.ts'
import { hawkbit } from './hawkbit.ts'
import { nebraska } from './nebraska.ts'
import { ours, oursWith } from './ours.ts'
import type { RolloutGate, Run } from './peer.ts'
import { peeking } from './peeking.ts'
import { PEERS } from './peers.ts'
import { sixHourly } from './six-hourly.ts'
import { timeout } from './timeout.ts'

const HOSTS = 20_000
const DIES: Json = { effect: 'silence' }
const DIES_LATER: Json = { effect: 'silence', onset: 'event', meanSeconds: 60 }
const FAILS: Json = { effect: 'failure' }

function play(gate: RolloutGate, faults: readonly Json[], seed = 1): Run {
  return runGate(gate, traceOf({ faults: [...faults] }, seed, HOSTS))
}

/** Where each fails open, and that it does halt on what it can see. */
const rows: readonly (readonly [string, RolloutGate, readonly Json[], 'everybody' | 'stops'])[] = [
  ['all at once: nobody looks', allAtOnce, [DIES], 'everybody'],
  ['hawkBit: devices that say they finished and then die are finished', hawkbit, [DIES_LATER], 'everybody'],
  ['hawkBit: errors of one in ten are below half', hawkbit, [{ effect: 'failure', sharePpm: 100_000 }], 'everybody'],
  ['hawkBit: errors of nearly all', hawkbit, [FAILS], 'stops'],
  ['fixed threshold: the dead report no failure', fixedThreshold, [DIES_LATER], 'everybody'],
  [
    'fixed threshold: one in a hundred is below 5 %',
    fixedThreshold,
    [{ effect: 'failure', sharePpm: 10_000 }],
    'everybody',
  ],
  ['fixed threshold: one in ten', fixedThreshold, [{ effect: 'failure', sharePpm: 100_000 }], 'stops'],
  [
    'Nebraska: updates that time out on one host in a hundred',
    nebraska,
    [{ effect: 'silence', sharePpm: 10_000 }],
    'everybody',
  ],
  ['Nebraska: updates that all time out', nebraska, [DIES], 'stops'],
  ['24 hours without an alarm: missing data is no alarm', timeout, [DIES], 'everybody'],
  ['24 hours without an alarm: reported failures', timeout, [FAILS], 'stops'],
  ['six-hourly: only reboots, and of few, are different', sixHourly, [{ effect: 'false-success' }], 'everybody'],
  ['six-hourly: reported failures', sixHourly, [FAILS], 'stops'],
  ['peeking: silence too', peeking, [DIES], 'stops'],
  ['ours: silence', ours, [DIES], 'stops'],
  ['ours: failures of one in a hundred', ours, [{ effect: 'failure', sharePpm: 10_000 }], 'stops'],
  ['ours: nothing', ours, [], 'everybody'],
]

describe('what a policy makes of a release', () => {
  for (const [name, gate, faults, outcome] of rows) {
    test(`${name}: ${outcome}`, () => {
      const run = play(gate, faults)
      const everybody = run.exposed === HOSTS && run.stoppedAtS === null
      assert.equal(everybody ? 'everybody' : 'stops', outcome, `${run.why} ${run.exposed}`)
      if (outcome === 'stops') assert.ok(run.stoppedAtS !== null && run.exposed < HOSTS)
    })
  }
})

test('hawkBit: silent devices stay running for ever, and nothing stops', () => {
  const run = play(hawkbit, [DIES])
  assert.equal(run.stoppedAtS, null)
  assert.ok(run.exposed < HOSTS && run.harmed > 0.5 * run.exposed)
})

test('six-hourly: what happens before the first look happens to everybody in the experiment', () => {
  const run = play(sixHourly, [FAILS])
  assert.equal(run.stoppedAtS, 21_600)
  assert.ok(run.harmed > 1_000)
})

test('peeking stops healthy rollouts, ours does not', () => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed)
  const stops = (gate: RolloutGate): number => seeds.filter((seed) => play(gate, [], seed).stoppedAtS !== null).length
  assert.ok(stops(peeking) >= 2, `${stops(peeking)}`)
  assert.equal(stops(ours), 0)
})

test('ours harms about as many as its budget where the first policy harms nearly all', () => {
  const run = play(ours, [DIES])
  assert.ok(run.harmed <= 12 && (run.haltSeconds ?? Infinity) < 300, `${run.harmed} in ${run.haltSeconds} s`)
  assert.ok(play(allAtOnce, [DIES]).harmed > 0.8 * HOSTS)
})

test('a planted bug in the controller shows: one that is deaf to silence', () => {
  const deaf = oursWith(
    {},
    {
      lookAt: (state, cells, nowMs) =>
        lookAt(
          state,
          cells.map((cell) => ({ ...cell, events: cell.events.map((count, i) => (i === 0 ? 0 : count)) })),
          nowMs,
        ),
      decideWave: (policy, state, cells, censuses, nowMs) =>
        decideWave(
          { ...policy, provenShareMin: 1 },
          state,
          cells.map((cell) => ({ ...cell, events: cell.events.map((count, i) => (i === 0 ? 0 : count)) })),
          censuses,
          nowMs,
        ),
    },
  )
  const fault = { effect: 'silence', sharePpm: 100_000, onset: 'event', meanSeconds: 1_200 }
  const [own, planted] = [play(ours, [fault]), play(deaf, [fault])]
  assert.ok(own.stoppedAtS !== null && own.harmed < 100, `${own.harmed}`)
  assert.ok(planted.harmed > 10 * own.harmed, `${planted.harmed}`)
})

test('each policy has a name of its own, and says where it is from', () => {
  assert.equal(new Set([ours, ...PEERS].map(({ name }) => name)).size, PEERS.length + 1)
  for (const { source } of PEERS) assert.match(source, /\w{4}/)
})
