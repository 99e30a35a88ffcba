import assert from 'node:assert/strict'
import { test } from 'node:test'
import { referencesOf, selects } from './condition-text.ts'

test('what a condition refers to', () => {
  const rows: readonly (readonly [condition: string, expected: readonly string[]])[] = [
    ['a', ['a']],
    ['a and not b', ['a', 'b']],
    ['(a or (b))', ['a', 'b']],
    ['not(a)and(b)', ['a', 'b']],
    ['1 of them', ['1 of them']],
    ['all  of\n  x_*', ['all of x_*']],
    ['a and not (1 of filter_* or all of b*)', ['a', '1 of filter_*', 'all of b*']],
    ['all and 1', ['all', '1']],
  ]
  for (const [condition, expected] of rows) {
    const found = referencesOf(condition).map(({ quantity, pattern }) =>
      quantity === null ? pattern : `${quantity} of ${pattern}`,
    )
    assert.deepEqual(found, expected, condition)
  }
})

test('which selections a reference takes', () => {
  const names = ['a', 'ab', 'a.b', 'xab', '_a', 'a*', '1']
  const taken = (condition: string) => names.filter((name) => referencesOf(condition).some((one) => selects(one, name)))
  assert.deepEqual(taken('a'), ['a'])
  assert.deepEqual(taken('1 of a'), ['a'])
  assert.deepEqual(taken('1 of a*'), ['a', 'ab', 'a.b', 'a*'])
  assert.deepEqual(taken('all of *b'), ['ab', 'a.b', 'xab'])
  assert.deepEqual(taken('1 of a.b'), ['a.b'])
  assert.deepEqual(taken('1 of them'), ['a', 'ab', 'a.b', 'xab', 'a*', '1'])
  assert.deepEqual(taken('1 of _*'), ['_a'])
})
