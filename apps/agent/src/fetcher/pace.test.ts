import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decidePresence } from '@firebreak/rollout'
import * as fc from 'fast-check'
import { beaconDelayMs } from './pace.ts'

const random = fc.double({ min: 0, max: 1, noNaN: true })

test('beacons come once in each interval, give or take a fifth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 86_400_000 }), random, (intervalMs, chance) => {
      const delayMs = beaconDelayMs(intervalMs, true, chance)
      assert.ok(delayMs >= 0.79 * intervalMs && delayMs <= 1.21 * intervalMs)
    }),
  )
})

test('one or two beacons that are lost, whatever the chance, are no silence', () => {
  const intervals = fc.integer({ min: 1_000, max: 86_400_000 })
  fc.assert(
    fc.property(intervals, fc.integer({ min: 0, max: 2 }), random, (intervalMs, lost, chance) => {
      let silenceMs = beaconDelayMs(intervalMs, true, chance)
      for (let i = 0; i < lost; i++) silenceMs += beaconDelayMs(intervalMs, false, chance)
      const host = { enrolledAtMs: 0, listeningSinceMs: 0, lastSeenMs: 1_000, beaconIntervalMs: intervalMs }
      const presence = decidePresence({ ...host, ending: null, silenceAfterMs: 1 }, 1_000 + silenceMs)
      assert.equal(presence.kind, 'present')
    }),
  )
})
