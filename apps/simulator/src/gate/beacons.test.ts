import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probationIntervalMs } from '@firebreak/rollout'
import { Beacons } from './beacons.ts'
import { Calendar } from './calendar.ts'

for (const intervalS of [30, 60, 300, 900]) {
  test(`beacons every ${intervalS} s come when a host that steps from one to the next sends them`, () => {
    const beacons = new Beacons(intervalS)
    const times = [0]
    while ((times.at(-1) ?? 0) < 4_000) {
      const atS = times.at(-1) ?? 0
      times.push(atS + probationIntervalMs(atS * 1_000, intervalS * 1_000) / 1_000)
    }
    for (let sinceS = 0; sinceS < 3_000; sinceS++) {
      const last = times.findLast((atS) => atS <= sinceS) ?? 0
      const following = times.find((atS) => atS > last) ?? 0
      assert.equal(beacons.last(sinceS), last)
      assert.equal(
        beacons.next(sinceS),
        times.find((atS) => atS >= sinceS),
      )
      assert.equal(beacons.silent(sinceS), last + 2 * (following - last))
    }
  })
}

test('a calendar gives back what was put in, in its slot, and what lies beyond its end never', () => {
  const calendar = new Calendar(10)
  const expected: string[] = []
  for (let i = 0; i < 5_000; i++) {
    calendar.put(i % 13, i, i % 300, i % 30)
    if (i % 13 < 10) expected.push(`${i % 13} ${i} ${i % 300} ${i % 30}`)
  }
  const taken: string[] = []
  for (let slot = 0; slot < 13; slot++) {
    calendar.take(slot, (host, arm, what) => {
      taken.push(`${slot} ${host} ${arm} ${what}`)
      if (host === 5) calendar.put(slot, 99_999, 1, 2)
    })
  }
  assert.deepEqual(taken.toSorted(), [...expected, '5 99999 1 2'].toSorted())
})
