import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putBounded } from './bounded-map.ts'

test('the oldest key goes, and only for a new one', () => {
  const map = new Map([
    ['a', 1],
    ['b', 2],
  ])
  putBounded(map, 'a', 3, 2)
  assert.deepEqual(
    [...map],
    [
      ['a', 3],
      ['b', 2],
    ],
  )
  putBounded(map, 'c', 4, 2)
  assert.deepEqual(
    [...map],
    [
      ['b', 2],
      ['c', 4],
    ],
  )
})
