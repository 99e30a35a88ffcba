import type { StreamLine } from '@firebreak/api'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { detection, detectionLine } from './fixture/detections.ts'
import { haltedFleet, rollingFleet } from './fixture/fleet.ts'
import { DETECTIONS_KEPT_MAX, type FleetState, INITIAL_FLEET, reduceFleet } from './fleet-state.ts'

const NOW_MS = 1_800_000_000_000

function withLines(state: FleetState, ...lines: readonly StreamLine[]): FleetState {
  return reduceFleet(state, { kind: 'lines', lines, atMs: NOW_MS })
}

test('the newest status of a batch wins and sets the skew', () => {
  const state = withLines(
    INITIAL_FLEET,
    { kind: 'status', status: rollingFleet(NOW_MS) },
    { kind: 'status', status: haltedFleet(NOW_MS + 7_000) },
  )
  assert.equal(state.status?.plan?.generation, 42)
  assert.equal(state.skewMs, 7_000)
})

test('a batch without news changes nothing', () => {
  const state = withLines(INITIAL_FLEET, detectionLine('h', detection(1, NOW_MS)))
  assert.equal(withLines(state), state)
  assert.equal(withLines(state, detectionLine('h', detection(1, NOW_MS))), state)
  const future = { kind: 'weather' } as unknown as StreamLine
  assert.equal(withLines(state, future), state)
})

test('detections are newest first and kept once per host and sequence', () => {
  const [one, two] = [detection(1, NOW_MS), detection(2, NOW_MS)]
  const first = withLines(INITIAL_FLEET, detectionLine('a', one), detectionLine('a', two), detectionLine('a', one))
  const state = withLines(first, detectionLine('b', one), detectionLine('a', two))
  assert.deepEqual(
    state.detections.map((row) => row.key),
    ['b 1', 'a 2', 'a 1'],
  )
  assert.equal(state.detectionsSeen, 3)
})

test('however many detections come, the newest are kept and all are counted', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 6 }), (batches) => {
      let state = INITIAL_FLEET
      let sequence = 0
      for (const size of batches) {
        const lines = Array.from({ length: size }, () => detectionLine('h', detection(++sequence, NOW_MS)))
        state = withLines(state, ...lines)
      }
      assert.equal(state.detectionsSeen, sequence)
      assert.equal(state.detections.length, Math.min(sequence, DETECTIONS_KEPT_MAX))
      assert.ok(state.detections.every((row, index) => row.detection.sequence === sequence - index))
    }),
    { numRuns: 25 },
  )
})

test('a lost connection keeps what is known, and stays lost until the server answers', () => {
  const known = withLines(INITIAL_FLEET, { kind: 'status', status: rollingFleet(NOW_MS) })
  const live = reduceFleet(known, { kind: 'live' })
  const lost = reduceFleet(live, { kind: 'lost', reason: 'gone', retryAtMs: 5 })
  assert.equal(lost.status, known.status)
  const retrying = reduceFleet(lost, { kind: 'retrying', atMs: 4 })
  assert.deepEqual(retrying.connection, { kind: 'lost', reason: 'gone', retryAtMs: 4 })
  assert.equal(reduceFleet(retrying, { kind: 'live' }).connection.kind, 'live')
  assert.equal(reduceFleet(live, { kind: 'retrying', atMs: 4 }), live)
  assert.equal(reduceFleet(live, { kind: 'live' }), live)
})
