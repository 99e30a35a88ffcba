import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME, type Frame } from '@firebreak/api'
import { Delivery, type Judge } from './delivery.ts'
import type { SeatBatch } from './engine-seat.ts'

/** An engine's place without an engine: keeps what it is brought, and answers when the test says so. */
class Desk implements Judge {
  readonly image = { pack: 'p', version: '1.0.0', imageDigest: 'a'.repeat(64) }
  readonly given: SeatBatch[] = []

  activate(): void {}

  judge(batch: SeatBatch): void {
    this.given.push(batch)
  }
}

class Bench {
  wallMs = 1_000_000
  readonly delivery = new Delivery({
    nowMs: () => 0,
    wallMs: () => this.wallMs,
    onDetections: () => {},
    onQuarantined: () => {},
    onRecovered: () => {},
  })

  answer(to: Judge, { sequence, count }: SeatBatch): void {
    const frame: Frame = { type: FRAME.ACK, sequence, count: 0, rank: 0, aux: count, payload: new Uint8Array(0) }
    assert.ok(this.delivery.acknowledged(to, frame))
  }
}

const EVENTS = new Uint8Array(8)
const stamps = ({ given }: Desk) => given.map((one) => [one.count, one.atSeconds])

test('a batch says when it came, also when it waited for an engine; a probe says no time', () => {
  const bench = new Bench()
  bench.delivery.submit(EVENTS, 3, 0)
  bench.wallMs += 60_000
  bench.delivery.submit(EVENTS, 2, 0)
  const [first, second] = [new Desk(), new Desk()]
  bench.delivery.activate(first)
  assert.deepEqual(stamps(first), [
    [0, 0],
    [3, 1_000],
    [2, 1_060],
  ])
  bench.wallMs += 60_000
  bench.delivery.takeBackFromDead(first)
  bench.delivery.activate(second)
  assert.deepEqual(stamps(second), stamps(first))
})

test('time passes without events once a second, and only when nothing is open', () => {
  const bench = new Bench()
  bench.delivery.passTime() // nobody to tell
  const judge = new Desk()
  bench.delivery.activate(judge)
  bench.delivery.passTime()
  assert.equal(judge.given.length, 1, 'the probe is open')
  bench.answer(judge, judge.given[0] as SeatBatch)
  bench.delivery.passTime()
  bench.answer(judge, judge.given[1] as SeatBatch)
  bench.delivery.passTime()
  bench.wallMs += 1_000
  bench.delivery.passTime()
  assert.deepEqual(stamps(judge), [
    [0, 0],
    [0, 1_000],
    [0, 1_001],
  ])
})

for (const [wallMs, atSeconds] of [
  // A machine without a battery starts in 1970. Events without a time are answered at length: no clock may say that.
  [-5, 1],
  [0, 1],
  [999, 1],
  [2 ** 45, 2 ** 32 - 1],
] as const) {
  test(`a clock at ${wallMs} ms fits the frame, and is a time`, () => {
    const bench = new Bench()
    bench.wallMs = wallMs
    const judge = new Desk()
    bench.delivery.submit(EVENTS, 1, 0)
    bench.delivery.activate(judge)
    assert.equal(judge.given[1]?.atSeconds, atSeconds)
  })
}
