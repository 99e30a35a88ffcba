import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RANK } from '@firebreak/api'
import type { HostEvent } from '@firebreak/detect'
import * as fc from 'fast-check'
import { batchOf } from '../testing/images.ts'
import { good, PairBench, range } from '../testing/pair-bench.ts'
import { Backlog, BACKLOG_BYTES_MAX, type Batch, BATCH_DEATHS_MAX } from './backlog.ts'
import { NARROWING_DEATHS_PER_HOUR_MAX, NarrowingBudget } from './narrowing.ts'

/** Events with these numbers; those in `poison` kill every engine. */
function batchWith(numbers: readonly number[], poison: ReadonlySet<number>): Uint8Array {
  return batchOf(
    numbers.map((number): HostEvent => {
      const command = poison.has(number) ? 'poison' : 'nothing'
      const fields = { Image: `/firebreak-test/${command}`, CommandLine: `${number}`, CurrentDirectory: `${number};` }
      return { category: 'process_creation', product: 'linux', timeMs: 1, fields }
    }),
  )
}

function numbersOf(batch: Uint8Array): readonly number[] {
  return [
    ...Buffer.from(batch)
      .toString('latin1')
      .matchAll(/(\d+);/g),
  ].map(([, number]) => Number(number))
}

/** A backlog, and engines that die on poison: everything but processes. */
class Bench {
  readonly quarantined: number[] = []
  readonly judged: number[] = []
  readonly backlog = new Backlog((event) => this.quarantined.push(...numbersOf(event)))
  nowMs = 0
  contentDeaths = 0
  eventDeaths = 0

  add(numbers: readonly number[], poison: ReadonlySet<number>, rank: number = RANK.process): void {
    this.backlog.add(batchWith(numbers, poison), numbers.length, rank, 1)
  }

  /** Has engines judge what waits until nothing does. */
  run(poison: ReadonlySet<number>): void {
    while (!this.backlog.isEmpty) {
      const seat = {}
      const hand: Batch[] = []
      for (let batch = this.backlog.handNext(seat); batch; batch = this.backlog.handNext(seat)) hand.push(batch)
      for (const batch of hand) {
        if (numbersOf(batch.payload).some((number) => poison.has(number))) {
          if (this.backlog.blame(seat, this.nowMs) === 'content') this.contentDeaths++
          else this.eventDeaths++
          break
        }
        this.judged.push(...numbersOf(batch.payload))
        this.backlog.remove(batch)
      }
      this.backlog.free(seat)
    }
  }
}

test('one event that kills is found in log2 of its batch, and all others are judged once, in order', () => {
  const cases = fc.integer({ min: 1, max: 200 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)))
  fc.assert(
    fc.property(cases, ([size, at]) => {
      const bench = new Bench()
      const poison = new Set([at])
      bench.add(range(0, size), poison)
      bench.add(range(size, size + 3), poison)
      bench.run(poison)
      assert.deepEqual(bench.quarantined, [at])
      assert.deepEqual(bench.judged, range(0, size + 3).filter((number) => number !== at)) // prettier-ignore
      assert.equal(bench.contentDeaths, BATCH_DEATHS_MAX)
      assert.ok(bench.eventDeaths <= Math.ceil(Math.log2(size)), `${bench.eventDeaths} deaths for ${size}`)
      assert.deepEqual([bench.backlog.eventsQuarantined, bench.backlog.eventsDropped], [1, 0])
    }),
  )
})

test('however many kill, deaths are bounded, every event ends somewhere, and none twice', () => {
  const batches = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 70 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(batches, (list) => {
      const bench = new Bench()
      const poison = new Set<number>()
      let next = 0
      let deathsMax = 0
      const add = list.map((kills) => {
        const numbers = range(next, next + kills.length)
        for (const [i, kill] of kills.entries()) if (kill) poison.add(next + i)
        next += kills.length
        // Found twice over, then each part that was still open once.
        deathsMax += 3 * Math.ceil(Math.log2(Math.max(kills.length, 2))) + 1
        return numbers
      })
      for (const numbers of add) bench.add(numbers, poison)
      bench.run(poison)
      const { eventsQuarantined, eventsDropped } = bench.backlog
      assert.equal(bench.judged.length + eventsQuarantined + eventsDropped, next)
      assert.equal(new Set(bench.judged).size, bench.judged.length)
      assert.deepEqual(bench.judged, bench.judged.toSorted((a, b) => a - b)) // prettier-ignore
      assert.ok(bench.quarantined.every((number) => poison.has(number)))
      assert.ok(bench.eventDeaths <= deathsMax, `${bench.eventDeaths} of ${deathsMax}`)
    }),
  )
})

test('in an hour so many engines are spent on it and no more; then a batch that kills is dropped whole', () => {
  const bench = new Bench()
  const poison = new Set<number>()
  const spend = (): void => {
    const from = 1_000 * poison.size
    poison.add(from + 5)
    bench.add(range(from, from + 64), poison)
    bench.run(poison)
  }
  while (bench.eventDeaths < NARROWING_DEATHS_PER_HOUR_MAX) spend()
  const [found, deaths, dropped] = [bench.quarantined.length, bench.eventDeaths, bench.backlog.eventsDropped]
  spend()
  assert.deepEqual([bench.quarantined.length, bench.eventDeaths], [found, deaths])
  assert.equal(bench.backlog.eventsDropped - dropped, 64)
  bench.nowMs += 3_600_000
  spend()
  assert.equal(bench.quarantined.length, found + 1)
})

test('the budget of one batch: twice what one event costs', () => {
  const budget = new NarrowingBudget()
  const rows = [[1, 2], [2, 2], [3, 4], [64, 12], [65, 14], [65_535, 32]] // prettier-ignore
  for (const [count = 0, deaths] of rows) assert.equal(budget.search(count).deathsLeft, deaths)
})

test('a batch that is none is dropped whole on its second death', () => {
  const bench = new Bench()
  const seat = {}
  for (const payload of [Buffer.from('99;'), batchWith([1, 2, 3], new Set())]) {
    bench.backlog.add(payload, 7, RANK.activity, 1) // seven: not what is in it
    for (let death = 0; death < BATCH_DEATHS_MAX; death++) {
      bench.backlog.handNext(seat)
      assert.equal(bench.backlog.blame(seat, 0), 'content')
      bench.backlog.free(seat)
    }
  }
  assert.ok(bench.backlog.isEmpty)
  assert.deepEqual(bench.backlog.droppedByRank, [0, 14, 0])
})

test('an engine that dies with nothing in hand, or over a sign of life, is the doing of its content', () => {
  const { backlog } = new Bench()
  const seat = {}
  assert.equal(backlog.blame(seat, 0), 'content')
  backlog.handFirst(seat, 0)
  for (let death = 0; death < 5; death++) assert.equal(backlog.blame(seat, 0), 'content')
  assert.deepEqual([backlog.eventsDropped, backlog.eventsQuarantined], [0, 0])
})

test('a full backlog drops files before activity, activity before processes, and of each the oldest', () => {
  const { backlog } = new Bench()
  const kib = (size: number) => new Uint8Array(size * 1024)
  const share = BACKLOG_BYTES_MAX / 1024 / 4 - 4
  const ranks = [RANK.process, RANK.file, RANK.activity, 255] // a rank that nobody knows is the least
  for (const [i, rank] of ranks.entries()) backlog.add(kib(share), 10 ** i, rank, 1)
  assert.deepEqual(backlog.droppedByRank, [0, 0, 0])
  const dropped: readonly (readonly number[])[] = [[0, 0, 10], [0, 0, 1_010], [0, 100, 1_010], [1, 100, 1_010]] // prettier-ignore
  for (const expected of dropped) {
    backlog.add(kib(share), 1, RANK.process, 1)
    assert.deepEqual(backlog.droppedByRank, expected)
  }
})

test('batches without a byte are bounded too', () => {
  const { backlog } = new Bench()
  for (let i = 0; i < 10_000; i++) backlog.add(new Uint8Array(0), 1, RANK.file, 1)
  assert.equal(backlog.eventsDropped, 10_000 - 4_096)
})

test('real engines: an event that kills is put aside, the others get their verdict once, in order', async (context) => {
  const bench = new PairBench(context)
  await bench.warm(good)
  const poison = new Set([5])
  bench.pair.submit(batchWith(range(0, 8), poison), 8, RANK.process)
  bench.submit(range(8, 12))
  const innocent = range(0, 12).filter((number) => !poison.has(number))
  await bench.until('all but one', () => bench.order.length >= innocent.length)
  assert.deepEqual(bench.order, innocent)
  assert.deepEqual(bench.quarantined.flatMap(numbersOf), [5])
  const { eventsQuarantined, eventsDropped, eventsJudged } = bench.pair.counters
  assert.deepEqual([eventsQuarantined, eventsDropped, eventsJudged], [1, 1, 11])
  // The deaths on the whole batch are the content's; what the search cost is not.
  assert.equal(bench.told.filter((what) => what === 'confirmed died').length, BATCH_DEATHS_MAX)
  context.diagnostic(`${bench.pair.restarts} engines died for one event in 8`)
})
