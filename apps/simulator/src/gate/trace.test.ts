import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { NATURAL_EVENTS } from '@firebreak/world'
import { NOISE_CHUNK_SECONDS } from './noise.ts'
import { NEVER_S, type Trace } from './trace.ts'
import { traceOf } from './traces.fixture.ts'

const FAULTS = [{ effect: 'silence', sharePpm: 100_000, onset: 'event', meanSeconds: 60 }]

function digestOf(trace: Trace): string {
  const hash = createHash('sha256')
  const { atS, host, kind, events } = trace.noise(1)
  for (const column of [trace.kinds, ...trace.harm, atS.subarray(0, events), host.subarray(0, events), kind]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  }
  return hash.digest('hex')
}

test('the same seed draws the same bytes, another one does not', () => {
  const digest = (seed: number): string => digestOf(traceOf({ faults: FAULTS }, seed))
  assert.equal(digest(7), digest(7))
  assert.notEqual(digest(7), digest(8))
})

test('each host of the world has one place, ring after ring', () => {
  const trace = traceOf()
  const numbers = new Set(Array.from({ length: trace.hosts }, (_, host) => trace.numberOf(host)))
  assert.equal(numbers.size, trace.hosts)
  assert.deepEqual(
    [...trace.shuffled].toSorted((a, b) => a - b),
    [...Array(trace.hosts).keys()],
  )
  let next = 0
  for (const [ring, { from, to }] of trace.rings.entries()) {
    assert.equal(from, next)
    for (let host = from; host < to; host++) assert.equal(trace.world.ringOf(trace.numberOf(host)), ring)
    next = to
  }
  assert.equal(next, trace.hosts)
})

test('hosts are awake when their world says so, and poll when it says so', () => {
  const trace = traceOf()
  const { world } = trace
  for (let host = 0; host < trace.hosts; host += 7) {
    const number = trace.numberOf(host)
    for (const tS of [0, 3_600, 40_000, 86_399]) {
      assert.equal(trace.isAwake(host, tS), world.isAwake(number, world.startsAtMs + tS * 1_000), `${host} at ${tS}`)
    }
    const turn = trace.turnsBefore(host, 5_000)
    assert.ok(trace.turnS(host, turn) > 5_000 && (turn === 0 || trace.turnS(host, turn - 1) <= 5_000))
    assert.ok(trace.turnS(host, turn + 1) > trace.turnS(host, turn) || trace.turnS(host, turn) === NEVER_S)
    const { pollSeconds } = world.ring(number)
    const pollS = trace.pollS(host, 1_234, pollSeconds)
    assert.ok(pollS >= 1_234 && pollS < 1_234 + pollSeconds)
    assert.equal(pollS % pollSeconds, Math.floor(world.pollPhaseMs(number) / 1_000))
  }
})

test('noise comes in order of time, to hosts that are awake, as often as the world says', () => {
  const trace = traceOf({}, 3, 60_000)
  const counts = NATURAL_EVENTS.map(() => 0)
  let beforeS = NOISE_CHUNK_SECONDS
  const { atS, host, kind, events } = trace.noise(1)
  for (let i = 0; i < events; i++) {
    assert.ok((atS[i] ?? 0) >= beforeS && (atS[i] ?? 0) < 2 * NOISE_CHUNK_SECONDS)
    assert.ok(trace.isAwake(host[i] ?? 0, atS[i] ?? 0))
    beforeS = atS[i] ?? 0
    counts[kind[i] ?? 0] = (counts[kind[i] ?? 0] ?? 0) + 1
  }
  // Awake hours of the hosts of each steadiness, by the hour.
  const hours = [0, 0]
  for (let one = 0; one < trace.hosts; one++) {
    for (let hour = 6; hour < 12; hour++) {
      if (trace.isAwake(one, hour * 3_600 + 1_800))
        hours[(trace.kinds[one] ?? 0) & 1] = (hours[(trace.kinds[one] ?? 0) & 1] ?? 0) + 1
    }
  }
  const { steady, unsteady } = trace.scenario.fleet
  for (const [i, name] of NATURAL_EVENTS.entries()) {
    const expected = ((hours[1] ?? 0) * steady[name] + (hours[0] ?? 0) * unsteady[name]) / 1_000_000
    const seen = counts[i] ?? 0
    assert.ok(
      Math.abs(seen - expected) < 5 * Math.sqrt(expected) + 0.02 * expected + 1,
      `${name}: ${seen}, not ${expected}`,
    )
  }
})
