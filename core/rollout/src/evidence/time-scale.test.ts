import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SINCE } from './fleet-story.fixture.ts'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'
import { decidePresence } from './presence.ts'
import { SIGNALS } from './signals.ts'
import { durationMs, durationTicks, hourAfter, ticksOfHour, TimeScale } from './time-scale.ts'

const TICK_MS = 62.5
const times = fc.integer({ min: 0, max: 1e9 })

test('a whole second is a whole number of ticks, there and back', () => {
  const scale = new TimeScale(1_750_000_000_000)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000_000 }), (seconds) => {
      const ms = 1_750_000_000_000 + seconds * 1_000
      assert.equal(scale.now(ms), scale.heardAt(ms))
      assert.equal(scale.ms(scale.now(ms)), ms)
      assert.equal(durationMs(durationTicks(seconds * 1_000)), seconds * 1_000)
    }),
  )
})

test('before the epoch is the epoch; more than 8.5 years after it is a fault', () => {
  const scale = new TimeScale(3_600_001)
  assert.equal(scale.heardAt(0), 0)
  assert.equal(scale.now(3_599_999), 0)
  assert.equal(scale.now(3_601_000), 16)
  assert.equal(scale.now(3_600_000 + 8 * 365 * 86_400_000), 8 * 365 * 86_400 * 16)
  const lastMs = 3_600_000 + Math.ceil(0xffff_ffff * TICK_MS)
  assert.equal(scale.now(lastMs), 0xffff_ffff)
  assert.throws(() => scale.now(lastMs + TICK_MS), { code: 'kernel/bug' })
  assert.throws(() => scale.now(3_600_000 + 9 * 365 * 86_400_000))
})

test('an hour is rounded up, so that what has lasted since is not more than it was', () => {
  fc.assert(
    fc.property(times, (ticks) => {
      const back = ticksOfHour(hourAfter(ticks))
      assert.ok(back >= ticks && back - ticks < durationTicks(3_600_000))
    }),
  )
})

test('a sweep finds silence by the rule of presence, at most four ticks later and never earlier', () => {
  const intervals = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 86_400_000 }),
    fc.integer({ min: 1, max: 2_000 }),
  )
  fc.assert(
    fc.property(times, times, intervals, times, (seenMs, listeningSinceMs, beaconIntervalMs, afterMs) => {
      const nowMs = Math.max(seenMs, listeningSinceMs) + afterMs
      const evidence = { enrolledAtMs: 0, listeningSinceMs, lastSeenMs: seenMs, beaconIntervalMs, ending: null }
      const isSilentAt = (ms: number) =>
        decidePresence({ ...evidence, silenceAfterMs: RULES.silenceAfterMs }, ms).kind === 'silent'
      const found = silenceIn(nowMs, listeningSinceMs, { seenMs, beaconIntervalMs })
      if (found) assert.ok(isSilentAt(nowMs))
      else assert.ok(!isSilentAt(nowMs - 4 * TICK_MS))
    }),
  )
})

/** Whether a sweep counts the silence of a host that enrolled in a wave with its last beacon. */
function silenceIn(
  nowMs: number,
  listeningSinceMs: number,
  { seenMs, beaconIntervalMs }: { readonly seenMs: number; readonly beaconIntervalMs: number },
): boolean {
  const table = new FleetTable({ ...RULES, watchMs: 1e11, epochMs: 0 })
  table.watch(RELEASE, () => 0)
  const host = table.add(FACTS)
  table.fold(host, { ...HEALTHY, beaconIntervalMs }, seenMs)
  table.sweep(seenMs, 0)
  const arms = { wave: 1, exposed: { fromPpm: 0, toPpm: 1 }, control: { fromPpm: 1, toPpm: 1 } }
  assert.equal(table.start(RELEASE.pack, 'canary', arms, seenMs).exposedHosts, 1)
  table.fold(host, { ...HEALTHY, beaconIntervalMs, sequence: 2, enrolment: SINCE }, seenMs)
  table.sweep(nowMs, listeningSinceMs)
  return table.cells(RELEASE.pack)[0]?.events[SIGNALS.indexOf('silence')] === 1
}
