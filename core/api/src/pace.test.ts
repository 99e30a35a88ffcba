import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decidePresence, PROBATION_BEACONS_MS, probationIntervalMs } from '@firebreak/rollout'
import * as fc from 'fast-check'
import { beaconDelayMs, probationDelayMs, retryDelayMs, statedIntervalMs } from './pace.ts'

const random = fc.double({ min: 0, max: 1, noNaN: true })
const intervals = fc.integer({ min: 1_000, max: 86_400_000 })

function isPresent(intervalMs: number, silenceMs: number): boolean {
  const host = { enrolledAtMs: 0, listeningSinceMs: 0, lastSeenMs: 1_000, beaconIntervalMs: intervalMs }
  return decidePresence({ ...host, ending: null, silenceAfterMs: 1 }, 1_000 + silenceMs).kind === 'present'
}

test('beacons come once in each interval, give or take a fifth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 86_400_000 }), fc.boolean(), random, (intervalMs, isAway, chance) => {
      const delayMs = beaconDelayMs({ intervalMs, failures: 0 }, isAway, chance)
      assert.ok(delayMs >= 0.79 * intervalMs && delayMs <= 1.21 * intervalMs)
    }),
  )
})

test('one or two beacons that are lost, whatever the chance, are no silence while the server can be reached', () => {
  fc.assert(
    fc.property(intervals, fc.integer({ min: 0, max: 2 }), random, (intervalMs, lost, chance) => {
      let silenceMs = 0
      for (let failures = 0; failures <= lost; failures++) {
        silenceMs += beaconDelayMs({ intervalMs, failures }, false, chance)
      }
      assert.ok(isPresent(intervalMs, silenceMs))
    }),
  )
})

test('however long a server was away, a host is back before it could be called silent', () => {
  const failures = fc.integer({ min: 1, max: 10_000 })
  fc.assert(
    fc.property(intervals, failures, fc.boolean(), random, (intervalMs, failed, isAway, chance) => {
      const delayMs = beaconDelayMs({ intervalMs, failures: failed }, isAway, chance)
      assert.ok(isPresent(intervalMs, delayMs))
      assert.ok(failed <= 2 || delayMs >= intervalMs / 2)
      assert.ok(retryDelayMs({ intervalMs, failures: failed }, chance) >= intervalMs / 2)
    }),
  )
})

test('on probation, whatever other beacons come between, none is stated that it could miss by a moment', () => {
  const sinceMs = fc.integer({ min: 0, max: 400_000 })
  const usual = fc.integer({ min: 50, max: 600_000 })
  fc.assert(
    fc.property(sinceMs, usual, random, (since, usualMs, chance) => {
      const stated = statedIntervalMs(probationIntervalMs(since, usualMs), usualMs)
      assert.ok(stated <= usualMs && stated >= Math.min(5_000, usualMs))
      const delayMs = probationDelayMs(stated, chance)
      assert.ok(delayMs >= stated && delayMs <= 1.21 * stated)
    }),
  )
})

test('with the usual half minute, probation is at 15, 45, 60 ... and no beacon follows another at once', () => {
  const at: number[] = []
  for (let since = 0; since <= 330_000;) {
    since += probationDelayMs(statedIntervalMs(probationIntervalMs(since, 30_000), 30_000), 0)
    at.push(since)
  }
  for (const due of PROBATION_BEACONS_MS) assert.ok(at.includes(due), `${due} in ${at.join()}`)
})

/* A fleet whose server is away for a while: every host on its own, since the server is there or not by time alone. */

const HOSTS = 20_000
const INTERVAL_MS = 30_000
const BIN_MS = 3_000

/** Numbers from 0 to 1, by Marsaglia's xorshift32: the same in every run. */
function chances(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

type Delay = (failures: number, isOtherAway: boolean, chance: number) => number

/** The most requests of all hosts in any tenth of an interval, as a multiple of the usual: from the outage on, and once it is over. */
function peakOf(hosts: number, awayMs: number, beacon: Delay): { readonly ever: number; readonly after: number } {
  const fromMs = 10 * INTERVAL_MS
  const backMs = fromMs + awayMs
  const bins = new Uint32Array(Math.ceil((backMs + 10 * INTERVAL_MS) / BIN_MS))
  const chance = chances(7)
  for (let host = 0; host < hosts; host++) {
    const next = [chance() * INTERVAL_MS, chance() * INTERVAL_MS]
    const failures = [0, 0]
    for (;;) {
      const kind = (next[0] ?? 0) < (next[1] ?? 0) ? 0 : 1
      const atMs = next[kind] ?? 0
      const bin = Math.floor(atMs / BIN_MS)
      if (bin >= bins.length) break
      bins[bin] = (bins[bin] ?? 0) + 1
      failures[kind] = atMs >= fromMs && atMs < backMs ? (failures[kind] ?? 0) + 1 : 0
      const [failed = 0, otherFailed = 0] = kind === 0 ? failures : failures.toReversed()
      const pace = { intervalMs: INTERVAL_MS, failures: failed }
      next[kind] = atMs + (kind === 0 ? beacon(failed, otherFailed > 0, chance()) : retryDelayMs(pace, chance()))
    }
  }
  const usual = (2 * hosts * BIN_MS) / INTERVAL_MS
  const most = (sinceMs: number) => Math.max(...bins.subarray(Math.floor(sinceMs / BIN_MS))) / usual
  return { ever: most(fromMs), after: most(backMs) }
}

const ours: Delay = (failures, isAway, chance) => beaconDelayMs({ intervalMs: INTERVAL_MS, failures }, isAway, chance)
/** As before: a quarter of the interval, for ever. */
const eager: Delay = (failures, _, chance) => {
  return beaconDelayMs({ intervalMs: INTERVAL_MS, failures: Math.min(failures, 1) }, false, chance)
}

test('no stampede: in an outage and after it never twice the usual requests, however long it was', (context) => {
  for (const share of [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.3, 1.5, 2, 3, 10]) {
    const { ever, after } = peakOf(HOSTS, share * INTERVAL_MS, ours)
    assert.ok(ever < 2, `${share} intervals away: ${ever.toFixed(2)} times the usual`)
    context.diagnostic(
      `away for ${share} intervals: ${ever.toFixed(2)} times the usual, ${after.toFixed(2)} afterwards`,
    )
  }
  const eightHours = peakOf(2_000, 28_800_000, ours).after
  assert.ok(eightHours < 1.5, `${eightHours}`)
  const naive = peakOf(HOSTS, 10 * INTERVAL_MS, eager).after
  assert.ok(naive > 2, 'what is measured would show a stampede')
  context.diagnostic(
    `away for 8 hours: ${eightHours.toFixed(2)} times afterwards; without backing off ${naive.toFixed(2)}`,
  )
})
