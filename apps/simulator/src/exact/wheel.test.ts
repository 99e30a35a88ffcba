import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Wheel } from './wheel.ts'

type Due = readonly [atS: number, kind: number, host: number]

test('events come in the second in which they are due, all of them, once', () => {
  const events = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 3_000 }),
      fc.integer({ min: 0, max: 63 }),
      fc.integer({ min: 0, max: 2 ** 26 - 1 }),
    ),
  )
  fc.assert(
    fc.property(events, (due) => {
      const wheel = new Wheel()
      for (const [atS, kind, host] of due) wheel.push(atS, kind, host)
      const seen: Due[] = []
      for (let nowS = 0; nowS <= 3_000; nowS++) wheel.drain((kind, host) => seen.push([nowS, kind, host]))
      assert.deepEqual(
        seen,
        due.toSorted((a, b) => a[0] - b[0]),
      )
    }),
    { numRuns: 30 },
  )
})

test('an event may bring others, in the same second and later', () => {
  const wheel = new Wheel()
  wheel.push(0, 1, 7)
  const seen: string[] = []
  for (let nowS = 0; nowS < 2_000; nowS++) {
    wheel.drain((kind, host) => {
      seen.push(`${nowS} ${kind} ${host}`)
      if (kind === 1) wheel.push(nowS, 2, host)
      if (kind === 2) wheel.push(nowS + 600, 1, host)
    })
  }
  assert.deepEqual(
    seen,
    [0, 600, 1_200, 1_800].flatMap((at) => [`${at} 1 7`, `${at} 2 7`]),
  )
})
