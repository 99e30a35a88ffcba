import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Cell, SIGNALS } from '../evidence/signals.ts'
import { PLAN_WAVES_MAX } from '../plan/plan.ts'
import {
  areReadable,
  boundedCells,
  cellsOf,
  keptCells,
  OUTSIDE_STRATUM,
  REST_STRATUM,
  STRATA_MAX,
  strataOf,
  total,
} from './cells.ts'
import { cellOf } from './rollout.fixture.ts'

const FULL = cellOf({ cohort: 10, enrolled: 10, confirmed: 10, proven: 10, rebooted: 10 })
const full = (count: number): readonly number[] => SIGNALS.map(() => count)
const MOST = Number.MAX_SAFE_INTEGER

/** Cells as a store may hold them: of any shape. */
const readable: readonly (readonly [what: string, change: object, isReadable: boolean])[] = [
  ['as many of each as the cohort has', { events: full(10), left: full(10) }, true],
  ['nobody', { cohort: 0, enrolled: 0, confirmed: 0, proven: 0, rebooted: 0 }, true],
  ['hosts outside any cohort', { cohort: 0, enrolled: MOST, events: full(MOST) }, true],
  ['a cohort that is no whole number', { cohort: 10.5 }, false],
  ['a cohort below 0', { cohort: -1 }, false],
  ['a cohort that is a text', { cohort: '10' }, false],
  ['a cohort past what a number can count', { cohort: MOST + 1 }, false],
  ['no cohort', { cohort: undefined }, false],
  ['NaN', { cohort: Number.NaN }, false],
  ['the first wave', { wave: 1 }, true],
  ['wave 0', { wave: 0 }, false],
  ['half a wave', { wave: 1.5 }, false],
  ['a wave that is a list of one', { wave: [2] }, false],
  ['the last wave', { wave: PLAN_WAVES_MAX }, true],
  ['a wave after the last', { wave: PLAN_WAVES_MAX + 1 }, false],
  ['the control', { arm: 'control' }, true],
  ['another arm', { arm: 'both' }, false],
  ['more enrolled than the cohort has', { enrolled: 11 }, false],
  ['more confirmed', { confirmed: 11 }, false],
  ['more proven', { proven: 11 }, false],
  ['more rebooted', { rebooted: 11 }, false],
  ['more struck', { events: [...full(0).slice(1), 11] }, false],
  ['more who left', { left: [11, ...full(0).slice(1)] }, false],
  ['events of too few signals', { events: full(0).slice(1) }, false],
  ['events of too many signals', { events: [...full(0), 0] }, false],
  ['events that are no list', { events: { length: SIGNALS.length, every: () => true } }, false],
  ['no events', { events: null }, false],
  ['half an event', { events: [...full(0).slice(1), 0.5] }, false],
]

for (const [what, change, isReadable] of readable) {
  test(`cells can${isReadable ? '' : 'not'} be read: ${what}`, () => {
    const cell = { ...FULL, ...change } as unknown as Cell
    assert.equal(areReadable([cell]), isReadable)
    assert.equal(areReadable([cellOf({ wave: 2, stratum: 'fine' }), cell]), isReadable)
  })
}

test('no two cells are of the same wave, arm and stratum', () => {
  const others = [
    { ...FULL, wave: 2 },
    { ...FULL, arm: 'control' as const },
    { ...FULL, stratum: 't' },
  ]
  assert.equal(areReadable([FULL, ...others]), true)
  assert.equal(areReadable([FULL, ...others, { ...FULL, cohort: 20 }]), false)
})

const named = (i: number): string => `s${100 + i}`

test('the largest strata of a wave keep their names, and as soon as one is left over the rest is one', () => {
  const strata = (count: number): readonly Cell[] =>
    Array.from({ length: count }, (_, i) => cellOf({ stratum: named(i), cohort: 1_000 - i }))
  assert.deepEqual(boundedCells(strata(STRATA_MAX)), strata(STRATA_MAX))
  const more = boundedCells(strata(STRATA_MAX + 1))
  const kept = Array.from({ length: STRATA_MAX - 1 }, (_, i) => named(i))
  assert.deepEqual(
    more.map(({ stratum }) => stratum),
    [REST_STRATUM, ...kept],
  )
  assert.equal(more[0]?.cohort, 1_000 - (STRATA_MAX - 1) + 1_000 - STRATA_MAX)
})

test('of strata as large as each other the first in the alphabet keep their names', () => {
  const strata = Array.from({ length: STRATA_MAX + 4 }, (_, i) => cellOf({ stratum: named(i), cohort: 5 }))
  const kept = strata.slice(0, STRATA_MAX - 1).map(({ stratum }) => stratum)
  const names = boundedCells(strata.toReversed()).map(({ stratum }) => stratum)
  assert.deepEqual(names, [REST_STRATUM, ...kept])
})

test('a stratum is as large as both of its arms, and those outside all cohorts are one', () => {
  const small = Array.from({ length: STRATA_MAX }, (_, i) => cellOf({ stratum: named(i), cohort: 8 }))
  const both = [cellOf({ stratum: 'z', cohort: 5 }), cellOf({ stratum: 'z', cohort: 5, arm: 'control' })]
  const outside = [cellOf({ stratum: 'a', enrolled: 3 }), cellOf({ stratum: 'b', enrolled: 4 })]
  const cells = boundedCells([...small, ...both, ...outside])
  assert.deepEqual(
    cells.filter(({ stratum }) => stratum === 'z').map(({ arm }) => arm),
    ['control', 'exposed'],
  )
  assert.deepEqual(
    cells.filter(({ cohort }) => cohort === 0),
    [cellOf({ stratum: OUTSIDE_STRATUM, enrolled: 7 })],
  )
})

test('what is put together is the sum, number by number', () => {
  const one = { enrolled: 30, confirmed: 20, proven: 10, rebooted: 5 }
  const other = { enrolled: 300, confirmed: 200, proven: 100, rebooted: 50 }
  const [sum] = boundedCells([
    cellOf({ stratum: 'a', ...one, events: { silence: 3, reboot: 1 }, left: { cpu: 2 } }),
    cellOf({ stratum: 'b', ...other, events: { silence: 30 }, left: { cpu: 20, memory: 4 } }),
  ])
  assert.deepEqual(
    sum,
    cellOf({
      stratum: OUTSIDE_STRATUM,
      enrolled: 330,
      confirmed: 220,
      proven: 110,
      rebooted: 55,
      events: { silence: 33, reboot: 1 },
      left: { cpu: 22, memory: 4 },
    }),
  )
})

const cell = fc
  .record({
    wave: fc.integer({ min: 1, max: 12 }),
    stratum: fc.integer({ min: 0, max: 40 }).map(named),
    arm: fc.constantFrom('exposed' as const, 'control' as const),
    cohort: fc.integer({ min: 0, max: 5 }),
    proven: fc.nat(9),
  })
  .map(cellOf)
const cells = fc.uniqueArray(cell, {
  selector: ({ wave, stratum, arm }) => `${wave} ${stratum} ${arm}`,
  maxLength: 120,
})

test('however many strata: a bounded number of each wave, in one order, and nobody is lost', () => {
  fc.assert(
    fc.property(cells, (all) => {
      const bounded = boundedCells(all)
      assert.deepEqual(boundedCells(all.toReversed()), bounded)
      for (const wave of new Set(all.map((one) => one.wave))) {
        const names = new Set(bounded.filter((one) => one.wave === wave).map(({ stratum }) => stratum))
        assert.ok(names.size <= STRATA_MAX + 1)
      }
      for (const numberOf of [({ cohort }: Cell) => cohort, ({ proven }: Cell) => proven]) {
        assert.equal(total(bounded, numberOf), total(all, numberOf))
      }
      const waves = bounded.map(({ wave }) => wave)
      assert.deepEqual(
        waves,
        waves.toSorted((a, b) => a - b),
      )
    }),
  )
})

test('what has not changed is the same as before, and what has is not', () => {
  const before = [cellOf({ stratum: 'a', cohort: 9 }), cellOf({ stratum: 'b', cohort: 9 })]
  const again = (): Cell[] => before.map((one) => ({ ...one, events: [...one.events], left: [...one.left] }))
  assert.equal(keptCells(before, again()), before)
  const changes: readonly Partial<Cell>[] = [
    { cohort: 8 },
    { enrolled: 1 },
    { confirmed: 1 },
    { proven: 1 },
    { rebooted: 1 },
    { events: [...full(0).slice(1), 1] },
    { left: [1, ...full(0).slice(1)] },
  ]
  for (const change of changes) {
    const [first, second] = again()
    assert.ok(first && second)
    const changed = { ...second, ...change }
    const kept = keptCells(before, [first, changed])
    assert.equal(kept[0], before[0])
    assert.equal(kept[1], changed)
  }
  assert.deepEqual(keptCells(before, again().slice(1)), before.slice(1))
  const more = [...again(), cellOf({ stratum: 'c' })]
  assert.deepEqual(keptCells(before, more), more)
})

test('both arms of a stratum, in the order of the exposed', () => {
  const list = [
    cellOf({ stratum: 'b', cohort: 1 }),
    cellOf({ stratum: 'a', cohort: 2 }),
    cellOf({ stratum: 'b', arm: 'control', cohort: 3 }),
    cellOf({ stratum: 'c', arm: 'control', cohort: 4 }),
    cellOf({ stratum: 'b', cohort: 5, wave: 2 }),
  ]
  assert.deepEqual(strataOf(list, 1), [
    { stratum: 'b', exposed: list[0], control: list[2] },
    { stratum: 'a', exposed: list[1], control: null },
  ])
  assert.deepEqual(strataOf(list, 3), [])
  assert.deepEqual(cellsOf(list, 'exposed'), [list[0], list[1], list[4]])
  assert.deepEqual(cellsOf(list, 'exposed', 2), [list[4]])
})
