import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RULES } from './fleet-table.fixture.ts'
import { decidePresence, type Presence } from './presence.ts'
import { durationMs, durationTicks, hourAfter, ticksOfHour, TimeScale } from './time-scale.ts'

const TICK_MS = 62.5
const times = fc.integer({ min: 0, max: 1e9 })

test('a whole second is a whole number of ticks, there and back', () => {
  const scale = new TimeScale(1_750_000_000_123)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000_000 }), (seconds) => {
      const ms = 1_750_000_000_123 + seconds * 1_000
      assert.equal(scale.now(ms), scale.heardAt(ms))
      assert.equal(scale.ms(scale.now(ms)), ms)
      assert.equal(durationMs(durationTicks(seconds * 1_000)), seconds * 1_000)
    }),
  )
})

test('before the epoch is the epoch; more than 8.5 years after it is a fault', () => {
  const scale = new TimeScale(1_000_000)
  assert.equal(scale.heardAt(0), 0)
  assert.equal(scale.now(999_999), 0)
  assert.equal(scale.now(1_000_000 + 8 * 365 * 86_400_000), 8 * 365 * 86_400 * 16)
  assert.throws(() => scale.now(1_000_000 + 9 * 365 * 86_400_000))
})

test('an hour is rounded up, so that what has lasted since is not more than it was', () => {
  fc.assert(
    fc.property(times, (ticks) => {
      const back = ticksOfHour(hourAfter(ticks))
      assert.ok(back >= ticks && back - ticks < durationTicks(3_600_000))
    }),
  )
})

test('a table says of a host what the rule says, at most three ticks later', () => {
  const intervals = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 86_400_000 }),
    fc.integer({ min: 1, max: 2_000 }),
  )
  fc.assert(
    fc.property(
      times,
      times,
      intervals,
      times,
      fc.boolean(),
      (seenMs, listeningSinceMs, interval, afterMs, isHeard) => {
        const table = new FleetTable({ ...RULES, epochMs: 0 })
        const host = table.add({ ...FACTS, enrolledAtMs: isHeard ? 0 : seenMs })
        if (isHeard) table.fold(host, { ...HEALTHY, beaconIntervalMs: interval }, seenMs)
        const nowMs = Math.max(seenMs, listeningSinceMs) + afterMs
        const ruleAt = (ms: number) =>
          decidePresence(
            {
              enrolledAtMs: isHeard ? 0 : seenMs,
              listeningSinceMs,
              lastSeenMs: isHeard ? seenMs : null,
              beaconIntervalMs: isHeard ? interval : 0,
              ending: null,
              silenceAfterMs: RULES.silenceAfterMs,
            },
            ms,
          ).kind
        table.sweep(nowMs, listeningSinceMs)
        const { kind } = table.presence(host, nowMs)
        if (kind === 'silent') assert.equal(ruleAt(nowMs), 'silent')
        else assert.notEqual(ruleAt(nowMs - 4 * TICK_MS), 'silent')
      },
    ),
  )
})

test('a host that stopped says why; before the first sweep nobody is silent', () => {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  const host = table.add(FACTS)
  assert.deepEqual(table.presence(host, 1e9), { kind: 'expected' } satisfies Presence)
  table.fold(host, HEALTHY, 1_000)
  assert.deepEqual(table.presence(host, 1e9), { kind: 'present' })
  table.sweep(1e9, 0)
  assert.deepEqual(table.presence(host, 1e9), { kind: 'silent', sinceMs: 1_000 })
  table.fold(host, { ...HEALTHY, sequence: 2, ending: 'by hand' }, 2_000)
  assert.deepEqual(table.presence(host, 1e9), { kind: 'stopped', sinceMs: 2_000, reason: 'by hand' })
  table.fold(host, { ...HEALTHY, sequence: 3 }, 1e9)
  assert.deepEqual(table.presence(host, 1e9), { kind: 'present' })
  assert.throws(() => table.presence(1, 0))
})
