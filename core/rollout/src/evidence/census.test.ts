import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { PPM_ALL } from '@firebreak/kernel'
import { COMPARED_MAX, sortBuckets } from './census.ts'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'

const NOW_MS = 1_000_000

/** A ring in which every host is eligible, and has the bucket that is named. */
function ringOf(buckets: ArrayLike<number>): FleetTable {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  table.reserve(buckets.length)
  for (let host = 0; host < buckets.length; host++) table.fold(table.add(FACTS), HEALTHY, NOW_MS)
  table.watch(RELEASE, (host) => buckets[host] ?? 0)
  table.sweep(NOW_MS, 0)
  return table
}

test('nine hosts are found exactly', () => {
  const buckets = [0, 5, 10, 10, 500_000, 500_001, 700_000, 999_998, 999_999]
  const census = ringOf(buckets).census(RELEASE.pack, 'canary')
  assert.equal(census.hosts, 9)
  assert.deepEqual(
    [0, 1, 2, 3, 4, 8, 9, 10].map((hosts) => census.ppmAfter(0, hosts)),
    [0, 1, 6, 11, 11, 999_999, 1_000_000, 1_000_000],
  )
  assert.equal(census.ppmAfter(11, 1), 500_001)
  assert.equal(census.ppmAfter(PPM_ALL, 1), PPM_ALL)
  assert.equal(census.eligibleBetween(10, 10), 0)
  assert.equal(census.eligibleBetween(10, 11), 2)
  assert.equal(census.eligibleBetween(11, 10), 0)
  assert.equal(census.eligibleBetween(0, PPM_ALL), 9)
})

test('the smallest range that has enough hosts, whatever their buckets', () => {
  const bucket = fc.integer({ min: 0, max: PPM_ALL - 1 })
  fc.assert(
    fc.property(fc.array(bucket, { maxLength: 50 }), bucket, fc.nat(60), (buckets, fromPpm, hosts) => {
      const census = ringOf(buckets).census(RELEASE.pack, 'canary')
      const toPpm = census.ppmAfter(fromPpm, hosts)
      const within = (end: number) => buckets.filter((one) => one >= fromPpm && one < end).length
      assert.equal(census.eligibleBetween(fromPpm, toPpm), within(toPpm))
      if (within(PPM_ALL) >= hosts) {
        assert.ok(within(toPpm) >= hosts)
        assert.ok(toPpm === fromPpm || within(toPpm - 1) < hosts)
      } else {
        assert.equal(toPpm, PPM_ALL)
      }
    }),
  )
})

test('buckets are sorted, by comparing and by counting', () => {
  for (const length of [0, 1, COMPARED_MAX + 1]) {
    const buckets = Uint32Array.from({ length }, (_, host) => (host * 611_953) % PPM_ALL)
    buckets.set([PPM_ALL - 1, 0, 0, PPM_ALL - 1].slice(0, length))
    const expected = buckets.toSorted()
    const sorted = sortBuckets(buckets)
    assert.ok(sorted.length === length && sorted.every((bucket, i) => bucket === expected[i]), `${length}`)
  }
})

test('a ring has its hosts whatever their state, and those that have not said which pack they follow', () => {
  const table = ringOf([1, 2, 3])
  table.add(FACTS)
  table.add(FACTS)
  table.add({ ...FACTS, ring: 'broad' })
  table.fold(1, { ...HEALTHY, sequence: 2, ending: 'by hand' }, NOW_MS)
  table.fold(2, { ...HEALTHY, sequence: 2, pack: 'q' }, NOW_MS)
  const census = table.census(RELEASE.pack, 'canary')
  assert.equal(census.hosts, 4)
  assert.equal(census.eligibleBetween(0, PPM_ALL), 1)
})

test('without a rollout nobody is eligible', () => {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  table.fold(table.add(FACTS), HEALTHY, NOW_MS)
  table.sweep(NOW_MS, 0)
  const census = table.census(RELEASE.pack, 'canary')
  assert.deepEqual([census.hosts, census.eligibleBetween(0, PPM_ALL), census.ppmAfter(0, 1)], [1, 0, PPM_ALL])
})

test('a host is eligible until two of its intervals are over, in the rollout of its own pack', () => {
  const table = ringOf([1, 2])
  table.watch({ pack: 'q', imageDigest: 'e'.repeat(64) }, (host) => 10 * host)
  table.fold(0, { ...HEALTHY, sequence: 2, pack: 'q' }, NOW_MS)
  const eligible = (pack: string) => table.census(pack, 'canary').eligibleBetween(0, PPM_ALL)
  table.sweep(NOW_MS + 60_000, 0)
  assert.deepEqual([eligible('p'), eligible('q')], [1, 1])
  table.sweep(NOW_MS + 60_001 + 125, 0)
  assert.deepEqual([eligible('p'), eligible('q')], [0, 0])
})
