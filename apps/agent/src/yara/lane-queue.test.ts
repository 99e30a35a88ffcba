import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LaneQueue, type QueueLimits, REMEMBERED_MAX } from './lane-queue.ts'

const LIMITS: QueueLimits = { filesMax: 3, pathCharsMax: 100, cpuMsPerMinute: 1_000 }
const queue = (limits: Partial<QueueLimits> = {}) => new LaneQueue<string>({ ...LIMITS, ...limits })

test('paths come out as they came in, each once; a full queue turns away', () => {
  const one = queue()
  const offers = ['a', 'b', 'a', 'c', 'd', 'b'].map((path) => one.offer(path, 0))
  assert.deepEqual(offers, ['queued', 'queued', 'coalesced', 'queued', 'queue-full', 'coalesced'])
  assert.deepEqual(one.next(0), { kind: 'file', path: 'a' })
  assert.equal(one.offer('a', 0), 'queued')
  const rest = [one.next(0), one.next(0), one.next(0), one.next(0)].map((next) =>
    next.kind === 'file' ? next.path : next.kind,
  )
  assert.deepEqual(rest, ['b', 'c', 'a', 'empty'])
})

test('long paths fill the queue, too', () => {
  const one = queue()
  assert.equal(one.offer('x'.repeat(90), 0), 'queued')
  assert.equal(one.offer('y'.repeat(11), 0), 'queue-full')
  assert.equal(one.offer('y'.repeat(10), 0), 'queued')
})

test('a minute’s CPU time holds the queue until the next minute; what was overspent is owed', () => {
  const one = queue()
  for (const path of ['a', 'b', 'c']) one.offer(path, 5_000)
  one.spend(999, 5_000)
  assert.equal(one.next(5_000).kind, 'file')
  one.spend(1_001, 6_000)
  assert.deepEqual(one.next(15_000), { kind: 'wait', forMs: 50_000 })
  assert.equal(one.offer('d', 15_000), 'queued')
  assert.equal(one.offer('e', 15_000), 'over-budget')
  assert.deepEqual(one.next(65_000), { kind: 'wait', forMs: 60_000 })
  assert.equal(one.next(125_000).kind, 'file')
})

test('the oldest verdicts are forgotten first', () => {
  const one = queue()
  for (let i = 0; i <= REMEMBERED_MAX; i++) one.remember(`${i}`, `verdict ${i}`)
  assert.equal(one.recall('0'), undefined)
  assert.equal(one.recall('1'), 'verdict 1')
})

test('no budget is ever exceeded by more than one file, and nothing is lost or made', () => {
  const step = fc.record({
    path: fc.string({ maxLength: 3 }),
    cpuMs: fc.integer({ min: 0, max: 800 }),
    laterMs: fc.nat(30_000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const one = queue({ filesMax: 5 })
      let nowMs = 0
      let spentMs = 0
      let inside = 0
      for (const { path, cpuMs, laterMs } of steps) {
        if (one.offer(path, nowMs) === 'queued') inside++
        if (one.next(nowMs).kind === 'file') {
          inside--
          one.spend(cpuMs, nowMs)
          spentMs += cpuMs
        }
        assert.equal(one.length, inside)
        const minutes = Math.floor(nowMs / 60_000) + 2 // the first may have begun at any moment
        assert.ok(spentMs <= minutes * LIMITS.cpuMsPerMinute + 800)
        nowMs += laterMs
      }
    }),
  )
})
