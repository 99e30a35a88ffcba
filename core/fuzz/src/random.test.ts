import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from './random.ts'

test('the same numbers for the same seed, for ever', () => {
  const random = new Random(1)
  assert.deepEqual([random.word(), random.word(), random.word()], [2693262067, 11749833, 2265367787])
})

test('every number below an end comes about as often, at both widths', () => {
  for (const end of [7, 0x10000 * 3]) {
    const random = new Random(5)
    const counts = [0, 0, 0]
    for (let i = 0; i < 9000; i++) {
      const number = random.below(end)
      assert.ok(Number.isInteger(number) && number >= 0 && number < end)
      const third = Math.floor((number * 3) / end)
      counts[third] = (counts[third] ?? 0) + 1
    }
    assert.ok(
      counts.every((count) => count > 2000 && count < 4500),
      String(counts),
    )
  }
})
