import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probationIntervalMs } from './probation.ts'

test('a host that has just enrolled reports after 15 s, 1 min and 5 min, and then as always', () => {
  const usual = 900_000
  const rows: readonly (readonly [since: number, next: number])[] = [
    [0, 15_000],
    [14_999, 1],
    [15_000, 45_000],
    [59_999, 1],
    [60_000, 240_000],
    [299_999, 1],
    [300_000, usual],
    [86_400_000, usual],
  ]
  for (const [since, next] of rows) assert.equal(probationIntervalMs(since, usual), next, `${since}`)
})

test('never later than as always', () => {
  for (const since of [0, 20_000, 100_000, 400_000]) assert.equal(probationIntervalMs(since, 5_000), 5_000)
})
