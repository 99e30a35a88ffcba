import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatUtc, parseUtc, WALL_MS_MAX } from './time.ts'

const moments: readonly [text: string, ms: number][] = [
  ['1970-01-01T00:00:00Z', 0],
  ['2000-02-29T23:59:59Z', 951_868_799_000],
  ['2024-07-19T04:09:00Z', 1_721_362_140_000],
  ['2100-03-01T00:00:00Z', 4_107_542_400_000],
  ['9999-12-31T23:59:59Z', WALL_MS_MAX - 999],
]
for (const [text, ms] of moments) {
  test(`${text} is ${ms} ms`, () => {
    assert.equal(formatUtc(ms), text)
    assert.equal(parseUtc(text), ms)
  })
}

test('the part below a second is cut off', () => assert.equal(formatUtc(999), '1970-01-01T00:00:00Z'))

const refused = [
  '',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00+00:00',
  '2026-01-01t00:00:00z',
  ' 2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00Z\n',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2016-12-31T23:59:60Z',
  '1969-12-31T23:59:59Z',
  '+010000-01-01T00:00:00Z',
]
for (const text of refused) {
  test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => parseUtc(text), { code: 'kernel/malformed' }))
}

for (const ms of [-1, 0.5, Number.NaN, Infinity, WALL_MS_MAX + 1]) {
  test(`${ms} ms is refused`, () => assert.throws(() => formatUtc(ms), { code: 'kernel/malformed' }))
}

test('every second comes back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      assert.equal(parseUtc(formatUtc(seconds * 1000)), seconds * 1000)
    }),
  )
})
