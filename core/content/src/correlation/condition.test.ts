import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Comparison, COMPARISON_OPERATORS, type ComparisonOperator, type CorrelationType } from './ast.ts'
import { conditionFault, holds } from './condition.ts'
import { WINDOW_ENTRIES_MAX } from './limits.ts'

const MEANING: Readonly<Record<ComparisonOperator, (value: number, threshold: number) => boolean>> = {
  eq: (a, b) => a === b,
  neq: (a, b) => a < b || a > b,
  gt: (a, b) => a > b,
  gte: (a, b) => !(a < b),
  lt: (a, b) => a < b,
  lte: (a, b) => !(a > b),
}

const RULES = 4
const range = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step)

/** Every value that one of the type can have, as far as small thresholds can tell them apart. */
const VALUES: Readonly<
  Record<'event_count' | 'value_count' | 'temporal' | 'temporal_ordered' | 'value_avg', readonly number[]>
> = {
  event_count: range(1, 20, 1),
  value_count: range(1, 20, 1),
  temporal: range(1, RULES, 1),
  temporal_ordered: range(1, RULES, 1),
  value_avg: range(-20, 20, 0.25),
}

const threshold = fc.integer({ min: -3, max: 14 }).map((half) => half / 2)
const comparisons = fc.uniqueArray(fc.record({ operator: fc.constantFrom(...COMPARISON_OPERATORS), threshold }), {
  selector: ({ operator }) => operator,
  minLength: 1,
  maxLength: 2,
})

const model = (all: readonly Comparison[], value: number): boolean =>
  all.every(({ operator, threshold: bound }) => MEANING[operator](value, bound))

test('comparisons hold for the values that they say', () => {
  fc.assert(
    fc.property(comparisons, threshold, (all, value) => assert.equal(holds(all, value), model(all, value))),
    { numRuns: 500 },
  )
  for (const operator of COMPARISON_OPERATORS) assert.equal(holds([{ operator, threshold: 1 }], Number.NaN), false)
})

for (const [type, values] of Object.entries(VALUES) as [keyof typeof VALUES, readonly number[]][]) {
  test(`${type}: fine is what has a lower bound, is false of nothing, and can become true`, () => {
    const counts = type !== 'value_avg'
    fc.assert(
      fc.property(comparisons, (all) => {
        const isBounded = all.some(({ operator }) => ['eq', 'gt', 'gte'].includes(operator))
        const isFine = isBounded && !(counts && model(all, 0)) && values.some((value) => model(all, value))
        assert.equal(conditionFault(type, all, RULES) === null, isFine)
      }),
      { numRuns: 1_000 },
    )
  })
}

const MOST = WINDOW_ENTRIES_MAX - 1
const large: readonly (readonly [type: CorrelationType, comparisons: readonly Comparison[], fault: RegExp | null])[] = [
  ['event_count', [{ operator: 'gte', threshold: MOST }], null],
  ['event_count', [{ operator: 'eq', threshold: MOST }], null],
  ['event_count', [{ operator: 'gt', threshold: MOST - 1 }], null],
  ['event_count', [{ operator: 'gt', threshold: MOST }], /no count from 1 to 9999/],
  ['event_count', [{ operator: 'gte', threshold: MOST + 1 }], /keeps 10000 entries.*at most 9999/],
  ['value_count', [{ operator: 'gte', threshold: MOST + 0.5 }], /keeps 10000 entries/],
  [
    'event_count',
    [
      { operator: 'gte', threshold: 1 },
      { operator: 'lte', threshold: MOST + 1 },
    ],
    /keeps 10000 entries/,
  ],
  ['temporal', [{ operator: 'gte', threshold: RULES }], null],
  ['temporal', [{ operator: 'gt', threshold: RULES }], /no count from 1 to 4/],
  ['temporal_ordered', [{ operator: 'gte', threshold: RULES + 1 }], /no count from 1 to 4/],
  ['value_sum', [{ operator: 'gte', threshold: 1e12 }], null],
]

for (const [type, all, fault] of large) {
  test(`${type} ${all.map(({ operator, threshold: bound }) => `${operator} ${bound}`).join(' ')}`, () => {
    const found = conditionFault(type, all, RULES)
    if (fault === null) assert.equal(found, null)
    else assert.match(found ?? '', fault)
  })
}
