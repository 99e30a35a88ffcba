import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeDelta, encodeDelta } from './delta-format.ts'
import { diffList, EditWriter, isSameList, patchList, readEdits } from './delta-edits.ts'
import { diffIndicators, patchIndicators } from './delta-indicators.ts'
import { NONE } from './format.ts'
import { type IndicatorRow, tablesOf, valueOf } from './release-fixture.ts'

test('edits are runs of what is kept and of what comes along', () => {
  const edits = new EditWriter()
  edits.keep(0)
  edits.keep(1)
  edits.take()
  edits.take()
  edits.keep(5)
  edits.keep(4)
  edits.take()
  edits.keep(5)
  assert.deepEqual([...edits.words()], [0, 2, NONE, 2, 5, 1, 4, 1, NONE, 1, 5, 1])
})

/** Runs, how many items there were and how many come along; the new list, or null where the runs are refused. */
const runs: readonly (readonly [
  what: string,
  words: readonly number[],
  old: number,
  brought: number,
  places: readonly number[] | null,
])[] = [
  ['nothing', [], 3, 0, []],
  ['all', [0, 3], 3, 0, [0, 1, 2]],
  ['the end, and what comes along', [2, 1, NONE, 2, 0, 1], 3, 2, [2, 3, 4, 0]],
  ['the end, and at once what comes along', [0, 2, NONE, 1], 2, 1, [0, 1, 2]],
  ['what comes along in two runs', [NONE, 1, 0, 1, NONE, 1], 1, 2, [1, 0, 2]],
  ['what comes along first', [NONE, 1, 0, 1], 1, 1, [1, 0]],
  ['a run too long', [1, 3], 3, 0, null],
  ['a run from behind', [3, 1], 3, 0, null],
  ['more than comes along', [NONE, 2], 3, 1, null],
  ['more than comes along, in two runs', [NONE, 1, 0, 1, NONE, 2], 3, 2, null],
  ['less than comes along', [NONE, 1], 3, 2, null],
  ['an empty run', [0, 1, 2, 0], 3, 0, null],
  ['half a run', [0], 3, 0, null],
  ['a run cut in two', [0, 1, 1, 1], 3, 0, null],
  ['what comes along, cut in two', [NONE, 1, NONE, 1], 3, 2, null],
  ['an item twice', [0, 2, 1, 1], 3, 0, null],
]
for (const [what, words, old, brought, places] of runs) {
  test(`edits of ${what}: ${places === null ? 'refused' : places.join(' ')}`, () => {
    const read = () => [...readEdits(Uint32Array.from(words), old, brought)]
    if (places === null) assert.throws(read, { code: 'content/delta-malformed' })
    else assert.deepEqual(read(), places)
  })
}

test('a list is what it keeps of the old one, and what comes along', () => {
  const { words, brought } = diffList(['a', 'b', 'c'], ['c', 'x', 'a', 'a'])
  assert.deepEqual(
    [[...words], brought],
    [
      [2, 1, NONE, 1, 0, 1, NONE, 1],
      ['x', 'a'],
    ],
  )
  assert.deepEqual(patchList(words, ['a', 'b', 'c'], brought), ['c', 'x', 'a', 'a'])
  const wanted = diffList(['a', 'b'], ['a', 'b'], (one) => one === 'b')
  assert.deepEqual([[...wanted.words], wanted.brought], [[0, 1, NONE, 1], ['b']])
})

test('lists are the same when all of them is', () => {
  const words = (...all: readonly number[]) => ({ words: Uint32Array.from(all) })
  assert.ok(isSameList([words(1, 2), 'a'], [words(1, 2), 'a']))
  for (const [one, other] of [
    [[words(1, 2)], [words(1, 3)]],
    [[words(12)], [words(1, 2)]],
    [['a'], ['a', 'b']],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
  ] as const)
    assert.ok(!isSameList(one, other))
})

test('a delta may be empty, and is known by its first word', () => {
  const digest = new Uint8Array(32)
  const none = new Uint32Array()
  const sections = { rules: none, filters: none, correlations: none, yara: none, indicators: none, parts: none }
  const bytes = encodeDelta({ oldDigest: digest, newDigest: digest, sections })
  assert.deepEqual(decodeDelta(bytes).sections, sections)
  for (const at of [0, 4]) assert.throws(() => decodeDelta(bytes.with(at, 9)), { code: 'content/delta-malformed' })
})

test('of indicators only what is new is sent', () => {
  const row = (type: IndicatorRow[0], n: number, text = ''): IndicatorRow => [type, valueOf(type, n), text]
  const some = (['ip', 'sha256', 'domain'] as const).flatMap((type) =>
    [1, 2, 3, 4, 5, 6].map((n) => row(type, n, 'feed')),
  )
  const old = tablesOf(some)
  const sent = (rows: readonly IndicatorRow[]) => {
    const next = tablesOf(rows)
    const words = diffIndicators(old, next)
    assert.deepEqual(patchIndicators(words, old), next)
    return words.length
  }
  assert.equal(sent(some), 0)
  assert.ok(diffIndicators(tablesOf([]), old).length > 100)
  assert.deepEqual(
    [
      sent([...some, row('sha256', 7, 'feed')]),
      sent([...some, row('domain', 7, 'feed')]),
      sent(some.slice(1)),
      sent(some.map(([type, value], i) => [type, value, i === 4 ? 'other' : 'feed'])),
      sent([]),
    ],
    // In words. Of the whole list there would be more than 100.
    [39, 41, 32, 45, 22],
  )
})
