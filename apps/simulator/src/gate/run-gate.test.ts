import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, PPM_ALL } from '@firebreak/kernel'
import { allAtOnce } from '../peers/all-at-once.ts'
import type { GateDecision, RolloutGate, Seen } from '../peers/peer.ts'
import { runGate } from './run-gate.ts'
import type { Trace } from './trace.ts'
import { traceOf } from './traces.fixture.ts'

/** Nothing happens by itself. */
const QUIET = {
  silence: 0,
  reboot: 0,
  engineRestart: 0,
  cpu: 0,
  memory: 0,
  flood: 0,
  detection: 0,
  failure: 0,
  applyFailure: 0,
}
const quiet = { steady: QUIET, unsteady: QUIET }

/**
 * Who is harmed when everybody may install from the start, asked second by second of the world itself: shares nothing with traces, and counts
 * by the world's own host numbers.
 */
function harmedByHand({ world, scenario }: Trace, stopS = Number.POSITIVE_INFINITY): number {
  let harmed = 0
  for (let host = 0; host < world.hosts; host++) {
    const pollS = world.ring(host).pollSeconds
    let askS = Math.floor(world.pollPhaseMs(host) / 1_000)
    while (askS <= scenario.horizonSeconds && !world.isAwake(host, world.startsAtMs + askS * 1_000)) askS += pollS
    if (askS > scenario.horizonSeconds || askS >= stopS || !world.isAffected(host, 0)) continue
    const harmedS = askS + scenario.fleet.installSeconds + Math.floor(world.harmAfterMs(host, 0) / 1_000)
    if (harmedS <= scenario.horizonSeconds) harmed++
  }
  return harmed
}

const faults: readonly (readonly [string, Record<string, Json>])[] = [
  ['at once', { effect: 'silence' }],
  ['one in ten, at an event', { effect: 'silence', sharePpm: 100_000, onset: 'event', meanSeconds: 600 }],
  ['one stratum', { effect: 'cpu', stratum: 'laptop' }],
  ['one in a hundred falls back', { effect: 'failure', sharePpm: 10_000, onset: 'event', meanSeconds: 60 }],
]
for (const [name, fault] of faults) {
  test(`harmed is who the world says is harmed: ${name}`, () => {
    const trace = traceOf({ fleet: quiet, faults: [fault] }, 2, 3_000)
    const run = runGate(allAtOnce, trace)
    assert.ok(run.harmed > 0)
    assert.equal(run.harmed, harmedByHand(trace))
    assert.equal(run.series.at(-1)?.harmed, run.harmed)
    assert.deepEqual([run.exposed, run.hours, run.stoppedAtS], [trace.hosts, 0, null])
  })
}

/** Exposes everybody at the start, and stops at `stopS`. */
function stoppingAt(stopS: number, see: (seen: Seen) => void = () => {}): RolloutGate {
  return {
    ...allAtOnce,
    start: ({ hosts }) => ({
      firstLookS: 0,
      decide: (seen, tS): GateDecision => {
        see(seen)
        if (tS === 0) return { kind: 'expose', hosts, control: null, againS: stopS }
        return { kind: 'stop', why: 'told to', againS: null }
      },
    }),
  }
}

test('who has not asked when a policy stops does not install, and who runs the release and is alive goes back', () => {
  const atOnce = traceOf({ fleet: quiet, faults: [{ effect: 'silence' }] }, 2, 3_000)
  const early = runGate(stoppingAt(30), atOnce)
  assert.equal(early.harmed, harmedByHand(atOnce, 30))
  assert.ok(early.harmed < harmedByHand(atOnce) / 2 && early.harmed > 0)
  const slow = traceOf({ fleet: quiet, faults: [{ effect: 'silence', onset: 'event', meanSeconds: 36_000 }] }, 2, 3_000)
  assert.ok(runGate(stoppingAt(3_600), slow).harmed < 0.15 * harmedByHand(slow))
})

test('what is seen adds up, whatever befalls the fleet', () => {
  const incidents = [
    { kind: 'site-outage', fromSeconds: 600, toSeconds: 4_000, sharePpm: 200_000 },
    { kind: 'telemetry-loss', fromSeconds: 6_000, toSeconds: 8_000, sharePpm: PPM_ALL },
  ]
  const trace = traceOf(
    { incidents, faults: [{ effect: 'silence', sharePpm: 50_000, onset: 'event', meanSeconds: 600 }] },
    5,
  )
  let looks = 0
  const before = new Map<string, number>()
  const watching: RolloutGate = {
    ...allAtOnce,
    start: () => ({
      firstLookS: 0,
      decide: (seen, tS): GateDecision => {
        for (const {
          wave,
          arm,
          stratum,
          cohort,
          enrolled,
          confirmed,
          proven,
          rebooted,
          events,
          left,
        } of seen.cells()) {
          const counts = [enrolled, confirmed, proven, rebooted, ...events, ...left]
          assert.ok(counts.every((count) => Number.isInteger(count) && count >= 0))
          assert.ok(cohort === 0 || counts.every((count) => count <= cohort), `${stratum} at ${tS}`)
          assert.ok(
            events.every((count, i) => count + (left[i] ?? 0) <= enrolled),
            JSON.stringify([tS, wave, arm, stratum, cohort, enrolled, events, left]),
          )
          const key = `${wave} ${arm} ${stratum} enrolled`
          assert.ok(enrolled >= (before.get(key) ?? 0))
          before.set(key, enrolled)
          looks++
        }
        if (tS > 20_000) return { kind: 'wait', againS: null }
        const wave = Math.floor(tS / 2_400) + 1
        if (tS % 2_400 !== 0) return { kind: 'wait', againS: 60 }
        return { kind: 'expose', hosts: wave * 500, control: { from: wave * 500, to: wave * 500 + 3_000 }, againS: 60 }
      },
    }),
  }
  runGate(watching, trace)
  assert.ok(looks > 1_000)
})
