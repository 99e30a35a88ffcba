import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decidePresence, type Presence, type PresenceEvidence, SILENCE_MS_MIN } from './presence.ts'

const SEEN_MS = 1_000_000
const HOST: PresenceEvidence = {
  enrolledAtMs: 500_000,
  listeningSinceMs: 400_000,
  lastSeenMs: SEEN_MS,
  beaconIntervalMs: 30_000,
  ending: null,
  silenceAfterMs: 90_000,
}
const silent = (sinceMs: number): Presence => ({ kind: 'silent', sinceMs })
const present: Presence = { kind: 'present' }
const expected: Presence = { kind: 'expected' }

type Row = readonly [what: string, change: Partial<PresenceEvidence>, afterMs: number, presence: Presence]
const rows: readonly Row[] = [
  ['just now', {}, 0, present],
  ['two intervals', {}, 60_000, present],
  ['a millisecond more', {}, 60_001, silent(SEEN_MS)],
  ['a very short interval', { beaconIntervalMs: 50 }, SILENCE_MS_MIN, present],
  ['a very short interval, missed', { beaconIntervalMs: 50 }, SILENCE_MS_MIN + 1, silent(SEEN_MS)],
  ['an agent too old to say', { beaconIntervalMs: 0 }, 90_000, present],
  ['an agent too old to say, missed', { beaconIntervalMs: 0 }, 90_001, silent(SEEN_MS)],
  ['a server that came back just now', { listeningSinceMs: SEEN_MS + 70_000 }, 70_000, present],
  ['a server that came back and heard nothing', { listeningSinceMs: SEEN_MS + 70_000 }, 130_001, silent(SEEN_MS)],
  ['a clock that went back', {}, -5_000, present],
  ['nothing yet', { lastSeenMs: null, beaconIntervalMs: 0, enrolledAtMs: SEEN_MS }, 90_000, expected],
  ['never anything', { lastSeenMs: null, beaconIntervalMs: 0, enrolledAtMs: SEEN_MS }, 90_001, silent(SEEN_MS)],
  ['an end that nobody heard', { lastSeenMs: null, ending: 'by hand', enrolledAtMs: SEEN_MS }, 0, expected],
  ['stopped', { ending: 'by hand' }, 0, { kind: 'stopped', sinceMs: SEEN_MS, reason: 'by hand' }],
  ['stopped long ago', { ending: 'by hand' }, 1e9, { kind: 'stopped', sinceMs: SEEN_MS, reason: 'by hand' }],
]

test('a host is there, silent, or stopped', () => {
  for (const [what, change, afterMs, presence] of rows) {
    assert.deepEqual(decidePresence({ ...HOST, ...change }, SEEN_MS + afterMs), presence, what)
  }
})

test('silence only ends with a beacon, and never begins before two intervals are over', () => {
  const times = fc.integer({ min: 0, max: 1e7 })
  const evidence = fc.record({
    enrolledAtMs: times,
    listeningSinceMs: times,
    lastSeenMs: fc.option(times),
    beaconIntervalMs: fc.integer({ min: 0, max: 86_400_000 }),
    ending: fc.constant(null),
    silenceAfterMs: fc.integer({ min: 1, max: 1e6 }),
  })
  fc.assert(
    fc.property(evidence, times, times, (one, nowMs, laterMs) => {
      const presence = decidePresence(one, nowMs)
      if (presence.kind !== 'silent') return
      const known = Math.max(one.lastSeenMs ?? 0, one.enrolledAtMs, one.listeningSinceMs)
      assert.ok(nowMs - known > 2 * one.beaconIntervalMs)
      assert.deepEqual(decidePresence(one, nowMs + laterMs), presence)
    }),
  )
})
