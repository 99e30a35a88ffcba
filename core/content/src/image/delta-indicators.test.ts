import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { applyDelta } from './delta.ts'
import { patchIndicators } from './delta-indicators.ts'
import { baseParts, type IndicatorRow, madeDelta, tablesOf, valueOf } from './release-fixture.ts'
import type { ImageSource } from './source.ts'

const BASE = baseParts()
const NONE = 0xffffffff

for (const cases of [8, 50])
  test(`one list of indicators becomes any other: ${cases} times`, () => {
    const row = fc.tuple(
      fc.constantFrom('ip', 'network', 'md5', 'sha256', 'domain', 'filename'),
      fc.nat(60),
      fc.constantFrom('', 'x', 'y'),
    )
    const rows = fc.array(
      row.map(([type, n, text]): IndicatorRow => [type as IndicatorRow[0], valueOf(type as IndicatorRow[0], n), text]),
      { maxLength: 150 },
    )
    const of = (list: readonly IndicatorRow[]): ImageSource => ({ ...BASE.source, indicators: tablesOf(list) })
    const becomes = fc.property(rows, rows, (one, other) => {
      const { old, delta, image } = madeDelta(of(one), of([...other, ...one.slice(20)]))
      assert.deepEqual(applyDelta(old, delta), image)
    })
    fc.assert(becomes, { numRuns: cases })
  })

test('of a hundred thousand indicators a hundredth costs less than three', () => {
  const rows = (from: number): readonly IndicatorRow[] =>
    Array.from({ length: 100_000 }, (_, i): IndicatorRow => {
      const type = i % 4 === 0 ? 'domain' : 'sha256'
      return [type, valueOf(type, i % 100 === 0 ? from + i : i), i % 1_000 === 0 ? `feed ${from + i}` : 'feed']
    })
  const of = (from: number): ImageSource => ({ ...BASE.source, indicators: tablesOf(rows(from)) })
  const { old, delta, image } = madeDelta(of(1_000_000), of(2_000_000))
  assert.ok(delta.length < 0.03 * image.length, `${delta.length} of ${image.length}`)
  assert.deepEqual(applyDelta(old, delta), image)
})

test('a list that needs more bits of each digest brings all of them along', () => {
  const of = (count: number): ImageSource => ({ ...BASE.source, indicators: tablesOf(digests(count)) })
  // 31 digests have one bit for their buckets, 32 have two.
  for (const [from, to] of [
    [31, 32],
    [32, 31],
    [0, 3],
    [3, 0],
  ] as const) {
    const { old, delta, image } = madeDelta(of(from), of(to))
    assert.deepEqual(applyDelta(old, delta), image, `${from} to ${to}`)
  }
})

function digests(count: number): readonly IndicatorRow[] {
  return Array.from({ length: count }, (_, i): IndicatorRow => ['sha256', valueOf('sha256', i), ''])
}

test('what is wrong with edits of indicators is named', async (t) => {
  const old = tablesOf(digests(40))
  const [none, noNames] = [
    [0, 0],
    [0, 0, 0],
  ] as const
  /** One description, and of the tables only that of SHA-256 and that of domains. */
  const section = (sha256: readonly number[], domains: readonly number[] = noNames): Uint32Array => {
    const described = [2, 0, 0, 1, 0]
    return Uint32Array.of(
      ...described,
      ...none,
      ...none,
      ...none,
      ...none,
      ...sha256,
      ...domains,
      ...noNames,
      ...noNames,
    )
  }
  const rows: readonly (readonly [what: string, section: Uint32Array, isRead: boolean])[] = [
    ['all digests are kept', section([2, 0, 0, 40]), true],
    ['as many that the bits are the same', section([2, 0, 0, 32]), true],
    ['so few that an image would keep fewer bits', section([2, 0, 0, 20]), false],
    ['a digest comes along', section([4, 1, 0, 40, NONE, 1, 3, 7, 7, 7, 0]), true],
    ['in no bucket', section([4, 1, 0, 40, NONE, 1, 4, 7, 7, 7, 0]), false],
    ['with no description', section([4, 1, 0, 40, NONE, 1, 3, 7, 7, 7, 1]), false],
    ['that is cut off', section([4, NONE, 0, 40, NONE, 1, 3, 7, 7, 7, 0]), false],
    ['a domain comes along', section([2, 0, 0, 40], [2, 1, NONE, 1, 0, 1, 0x61, 0]), true],
    ['that begins behind the first byte', section([2, 0, 0, 40], [2, 1, NONE, 1, 1, 1, 0x61, 0]), false],
    ['that is padded with something', section([2, 0, 0, 40], [2, 1, NONE, 1, 0, 1, 0x6161, 0]), false],
    ['that ends before it begins', section([2, 0, 0, 40], [2, 2, NONE, 2, 0, 1, 0, 0]), false],
    ['that claims 4 GB', section([2, 0, 0, 40], [2, 1, NONE, 1, 0, NONE, 0x61, 0]), false],
    ['no description is kept', Uint32Array.of(0, ...section([2, 0, 0, 40]).subarray(1)), false],
  ]
  for (const [what, words, isRead] of rows) {
    await t.test(what, () => {
      const read = (): unknown => patchIndicators(words, old)
      if (isRead) assert.doesNotThrow(read)
      else assert.throws(read, { code: 'content/delta-malformed' })
    })
  }
})
