import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { median, rounded } from './measure.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const NAMES =
  'containment, footprint, sensor, exec-gate, image, engine, ingest, indicators, delta, redos, verdict, gate, fuzz'

for (const args of [[], ['no-such'], ['toString'], ['image', '--jsno'], ['--json']]) {
  test(`wrong usage: ${JSON.stringify(args)}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' })
    assert.deepEqual([status, stdout], [2, ''])
    assert.ok(stderr.includes(NAMES))
  })
}

test('a median is in the middle', () => {
  assert.deepEqual([median([3]), median([9, 1, 5]), median([4, 1, 9, 2])], [3, 5, 3])
  assert.ok(Number.isNaN(median([])), 'nothing measured is no figure')
})

test('figures have three digits', () => {
  assert.deepEqual([rounded(123_456), rounded(0.012345), rounded(1)], [123_000, 0.0123, 1])
})
