import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLAN_WAVES_MAX } from '../plan/plan.ts'
import { RELEASE } from './fleet-table.fixture.ts'
import { CELLS_MAX, ReleaseWatch } from './release-watch.ts'

const wave = (number: number) => ({ wave: number, startedAt: 0 })
const newWatch = () => new ReleaseWatch(RELEASE, () => 0)

test('cells come by wave, stratum and arm, in whatever order they were made', () => {
  const watch = newWatch()
  for (const cell of [0, 1]) assert.throws(() => watch.tally(cell), { code: 'kernel/bug' }, 'no cell yet')
  for (const [number, stratum, arm] of [
    [10, 'a', 'control'],
    [2, 'b', 'control'],
    [2, 'b', 'exposed'],
    [10, 'a', 'exposed'],
    [2, 'a', 'control'],
    [1, 'b', 'exposed'],
    [2, 'c', 'exposed'],
  ] as const)
    watch.cellFor(wave(number), stratum, arm)
  assert.deepEqual(
    watch.cells().map((one) => `${one.wave} ${one.stratum} ${one.arm}`),
    ['1 b exposed', '2 a control', '2 b exposed', '2 b control', '2 c exposed', '10 a exposed', '10 a control'],
  )
})

test('when the cells are used up, those that come last are one for each arm, and one outside', () => {
  const watch = newWatch()
  const own = CELLS_MAX - 3 * PLAN_WAVES_MAX
  for (let i = 0; i < own; i++) assert.equal(watch.cellFor(wave(1), `${i}`, 'exposed'), i + 1)
  const strata = (numbers: readonly number[]) => numbers.map((number) => watch.tally(number).stratum)
  const late = [watch.cellFor(wave(1), 'x', 'exposed'), watch.cellFor(wave(1), 'y', 'exposed')]
  assert.deepEqual(
    [late, strata(late)],
    [
      [own + 1, own + 1],
      ['other', 'other'],
    ],
  )
  const others = [watch.cellFor(wave(1), 'x', 'control'), watch.cellOutside(wave(1), 'x')]
  assert.deepEqual(
    [others, strata(others)],
    [
      [own + 2, own + 3],
      ['other', 'outside, other'],
    ],
  )
  assert.equal(watch.cellOutside(wave(1), 'y'), own + 3)
  assert.equal(watch.cellFor(wave(1), '0', 'exposed'), 1, 'a cell that there is stays in use')
  assert.equal(watch.cellFor(wave(2), 'x', 'exposed'), own + 4)
})
