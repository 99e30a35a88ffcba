import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ARGUMENTS_COUNT_MAX, ARGUMENTS_KEEP_MS, ARGUMENTS_PER_PROCESS_MAX, ArgumentsFeed } from './arguments-feed.ts'
import type { ByteText } from './byte-text.ts'

const argv = (...args: readonly string[]): ByteText => args.map((arg) => `${arg}\0`).join('') as ByteText

test('an exec gets the newest arguments that were read before it, once', () => {
  const feed = new ArgumentsFeed()
  feed.put(5, argv('sh', 'script'), 100)
  feed.put(5, argv('sh', 'script'), 101) // its interpreter
  feed.put(5, argv('true', 'a b'), 110)
  assert.deepEqual([feed.has(5, 99), feed.take(5, 99)], [false, null])
  assert.deepEqual([feed.has(5, 105), feed.take(5, 105)], [true, 'sh script'])
  assert.equal(feed.take(5, 105), null)
  assert.equal(feed.take(5, 111), 'true a b')
  assert.deepEqual([feed.size, feed.isFed], [0, true])
})

test('the arguments of an exec that failed long ago are not those of this one', () => {
  const feed = new ArgumentsFeed()
  feed.put(5, argv('failed'), 100)
  assert.equal(feed.take(5, 101 + ARGUMENTS_KEEP_MS), null)
})

test('without arguments there is nothing to wait for', () => {
  const feed = new ArgumentsFeed()
  feed.put(5, argv(), 100)
  assert.deepEqual([feed.isFed, feed.size], [false, 0])
})

test('a flood pushes the oldest out', () => {
  const feed = new ArgumentsFeed()
  for (let pid = 1; pid <= ARGUMENTS_COUNT_MAX + 1; pid++) feed.put(pid, argv(String(pid)), pid)
  assert.equal(feed.size, ARGUMENTS_COUNT_MAX)
  assert.deepEqual([feed.take(1, 10_000), feed.take(2, 2)], [null, '2'])
})

test('any mixture: never from the future, never twice, never of another process', () => {
  const step = fc.record({ pid: fc.nat(3), put: fc.boolean(), later: fc.nat(3) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const feed = new ArgumentsFeed()
      let waiting: { pid: number; bootMs: number }[] = []
      let now = 0
      for (const { pid, put, later } of steps) {
        now += later
        if (put) {
          feed.put(pid, argv(`${pid} ${now}`), now)
          const own = [...waiting.filter((entry) => entry.pid === pid), { pid, bootMs: now }]
          waiting = [...waiting.filter((entry) => entry.pid !== pid), ...own.slice(-ARGUMENTS_PER_PROCESS_MAX)]
        } else {
          const at = now - later
          const fitting = waiting.filter((entry) => entry.pid === pid && entry.bootMs <= at)
          const newest = fitting.at(-1)
          waiting = waiting.filter((entry) => !fitting.includes(entry))
          assert.equal(feed.take(pid, at), newest === undefined ? null : `${pid} ${newest.bootMs}`)
        }
      }
    }),
  )
})
