import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rank, SensedBatch } from '@firebreak/linux/sensor'
import * as fc from 'fast-check'
import { OutputQueue } from './output-queue.ts'

const BYTES_MAX = 100

function batch(rank: Rank, count: number, bytes: number): SensedBatch {
  return { rank, count, bytes: new Uint8Array(bytes) }
}

/** A queue on a pipe that takes what `room` says, and what came out of it. */
function queueOn(pipe: { room: boolean }): { queue: OutputQueue; written: SensedBatch[] } {
  const written: SensedBatch[] = []
  const queue = new OutputQueue((one) => (written.push(one), pipe.room), BYTES_MAX)
  return { queue, written }
}

test('an open pipe gets every batch at once', () => {
  const { queue, written } = queueOn({ room: true })
  const batches = [batch(2, 1, 60), batch(0, 1, 60), batch(1, 1, 60)]
  for (const one of batches) queue.push(one)
  assert.deepEqual(written, batches)
})

test('what waits goes out by its worth, the oldest first', () => {
  const pipe = { room: false }
  const { queue, written } = queueOn(pipe)
  const [first, file, network, start, another] = [
    batch(0, 1, 1),
    batch(2, 1, 1),
    batch(1, 1, 1),
    batch(0, 1, 1),
    batch(0, 1, 1),
  ]
  for (const one of [first, file, network, start, another]) queue.push(one)
  assert.deepEqual(written, [first])
  pipe.room = true
  queue.drained()
  assert.deepEqual(written, [first, start, another, network, file])
})

test('without room the oldest of the least valuable goes, and is counted by its rank', () => {
  const pipe = { room: false }
  const { queue, written } = queueOn(pipe)
  queue.push(batch(0, 1, 1))
  for (const [rank, count] of [
    [0, 1],
    [1, 2],
    [2, 4],
    [2, 8],
  ] as const) {
    queue.push(batch(rank, count, 25))
  }
  queue.push(batch(0, 16, 50)) // two of the third rank make room
  assert.deepEqual(queue.dropped, [0, 0, 12])
  queue.push(batch(2, 32, 1)) // worth less than all that wait
  assert.deepEqual(queue.dropped, [0, 0, 44])
  queue.push(batch(0, 64, 50))
  assert.deepEqual(queue.dropped, [1, 2, 44])
  pipe.room = true
  queue.drained()
  assert.deepEqual(
    written.map((one) => one.count),
    [1, 16, 64],
  )
})

test('a batch larger than the whole queue is dropped, and takes nobody of more worth with it', () => {
  const { queue } = queueOn({ room: false })
  queue.push(batch(0, 1, 1))
  queue.push(batch(1, 2, 50))
  queue.push(batch(2, 4, BYTES_MAX + 1))
  assert.deepEqual([queue.dropped, queue.waitingBytes], [[0, 0, 4], 50])
})

test('whatever comes and however slow the pipe is: each event is written, waits or is counted', () => {
  const arrival = fc.record({
    rank: fc.constantFrom<Rank>(0, 1, 2),
    count: fc.integer({ min: 1, max: 9 }),
    bytes: fc.integer({ min: 1, max: 60 }),
    room: fc.boolean(),
    drains: fc.boolean(),
  })
  const property = fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
    const pipe = { room: true }
    const { queue, written } = queueOn(pipe)
    const sum = (of: readonly number[]): number => of.reduce((all, one) => all + one, 0)
    let blocked = false
    for (const { rank, count, bytes, room, drains } of arrivals) {
      const before = written.length
      pipe.room = room
      queue.push(batch(rank, count, bytes))
      assert.equal(written.length > before, !blocked, 'written to a full pipe, or held back from an open one')
      if (!blocked) blocked = !room
      assert.ok(queue.waitingBytes <= BYTES_MAX)
      if (!drains || !blocked) continue
      blocked = false
      pipe.room = true
      queue.drained()
      assert.equal(queue.waitingBytes, 0)
    }
    pipe.room = true
    queue.drained()
    for (const rank of [0, 1, 2] as const) {
      const came = sum(arrivals.filter((one) => one.rank === rank).map((one) => one.count))
      const went = sum(written.filter((one) => one.rank === rank).map((one) => one.count))
      assert.equal(went + queue.dropped[rank], came)
    }
  })
  fc.assert(property, { numRuns: 500 })
})
