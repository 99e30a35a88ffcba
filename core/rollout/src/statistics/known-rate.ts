import { assert } from '@firebreak/kernel'
import { logMixture } from './hazard-ratio.ts'

/** What the rate might be instead, in multiples of the stated one, as far as they stay below RATE_MAX, which is always one of them. */
const MULTIPLES: readonly number[] = [1.5, 2, 3, 5, 10, 30, 100, 1_000, 10_000, 100_000]
const RATE_MAX = 0.9

/**
 * Log evidence that hosts are struck more often than `rate`: a mixture of likelihood ratios, each of them largest under the null where the rate
 * is exactly `rate`, so that no lower one is a false alarm either. From totals alone: nothing to be kept between looks.
 *
 * @param events - hosts struck so far
 * @param trials - hosts that could have been struck by now, **whether or not it has been decided for them**. A host that is pending counts as
 *   not struck, which can only prove less. Never the finished ones: those that fail may finish first.
 * @param rate - stated by a policy, 0 to below 1. Of a rate of 0 one event is proof: Infinity
 * @returns at a rate of RATE_MAX or above 0: no higher one is looked for
 */
export function logKnownRate(events: number, trials: number, rate: number): number {
  assert(events <= trials, 'no more hosts are struck than there are')
  assert(rate >= 0 && rate < 1, 'a rate is from 0 to below 1')
  if (rate >= RATE_MAX || trials === 0) return 0
  if (rate === 0) return events === 0 ? 0 : Number.POSITIVE_INFINITY
  const rates = [...MULTIPLES.map((multiple) => multiple * rate).filter((one) => one < RATE_MAX), RATE_MAX]
  const spared = Math.log1p(-rate)
  return logMixture(rates.map((one) => events * Math.log(one / rate) + (trials - events) * (Math.log1p(-one) - spared)))
}
