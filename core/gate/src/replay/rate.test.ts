import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import { ratePpm, rateUpperPpm } from './rate.ts'

/** P(X <= hits), term by term, of a binomial count. */
function atMost(hits: number, events: number, rate: number): number {
  let term = (1 - rate) ** events
  let sum = term
  for (let k = 1; k <= hits; k++) {
    term *= ((events - k + 1) / k) * (rate / (1 - rate))
    sum += term
  }
  return sum
}

test('at the limit so few hits would be rare: at most one in twenty', () => {
  for (const events of [20, 100, 400]) {
    for (let hits = 0; hits <= events / 2; hits++) {
      const upper = rateUpperPpm(hits, events) / PPM_ALL
      assert.ok(upper > hits / events, `${hits} of ${events}`)
      if (upper < 1)
        assert.ok(atMost(hits, events, upper) < 0.05, `${hits} of ${events}: ${atMost(hits, events, upper)}`)
    }
  }
})

test('nothing known is everything possible, and more events that say the same say it better', () => {
  assert.equal(rateUpperPpm(0, 0), PPM_ALL)
  assert.equal(rateUpperPpm(5, 5), PPM_ALL)
  assert.deepEqual(
    [10, 100, 1_000, 6_884, 100_000].map((events) => rateUpperPpm(0, events)),
    [277_533, 36_994, 3_827, 558, 39],
  )
})

test('it is the limit of Wilson: 11.18 % for 5 of 100, 59.62 % for half of 100', () => {
  assert.deepEqual([rateUpperPpm(5, 100), rateUpperPpm(50, 100), rateUpperPpm(1, 1_000)], [111_751, 596_169, 5_643])
})

test('a rate is rounded up: what is above a limit is seen to be', () => {
  assert.deepEqual([ratePpm(0, 7), ratePpm(1, 3), ratePpm(7, 7), ratePpm(0, 0)], [0, 333_334, PPM_ALL, 0])
})
