import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ProgressPoint, Series } from './progress.ts'

function pointAt(executions: number): ProgressPoint {
  return { executions, accepted: 0, blocks: 0, corpus: 0, findings: 0 }
}

test('a long campaign has a few hundred points, evenly spread, and the last is now', () => {
  const series = new Series()
  for (let i = 1; i <= 1_000_000; i++) series.tick(i, () => pointAt(i))
  const points = series.until(pointAt(1_000_001)).map(({ executions }) => executions)
  assert.ok(points.length >= 100 && points.length <= 257, String(points.length))
  const gaps = new Set(points.slice(0, -1).map((executions, i) => executions - (points[i - 1] ?? 0)))
  assert.equal(gaps.size, 1, [...gaps].join(' '))
  assert.equal(points.at(-1), 1_000_001)
})

test('now is not said twice', () => {
  const series = new Series()
  for (let i = 1; i <= 16; i++) series.tick(i, () => pointAt(i))
  assert.deepEqual(series.until(pointAt(16)), [pointAt(16)])
})
