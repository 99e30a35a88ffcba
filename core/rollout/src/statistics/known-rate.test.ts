import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { binomial, choices, logOf } from './enumeration.fixture.ts'
import { logKnownRate } from './known-rate.ts'

const ROUNDING = 1e-9
const RATES = [1e-6, 1e-5, 1e-3, 0.005, 0.1, 0.5, 0.85]
const SIZES = [1, 2, 3, 10, 50, 300]
/** True rates, as shares of the stated one. */
const SHARES = [1, 0.99, 0.9, 0.5, 0.1, 0.001]

function meanEvidence(trials: number, rate: number, trueRate: number): number {
  let mean = 0
  for (let events = 0; events <= trials; events++) {
    const logChance =
      logOf(binomial(trials, events)) + events * Math.log(trueRate) + (trials - events) * Math.log1p(-trueRate)
    mean += Math.exp(logChance + logKnownRate(events, trials, rate))
  }
  return mean
}

test('under any true rate up to the stated one the mean evidence is at most 1', () => {
  for (const trials of SIZES) {
    for (const rate of RATES) {
      for (const share of SHARES) {
        const mean = meanEvidence(trials, rate, rate * share)
        assert.ok(mean <= 1 + ROUNDING, `${trials} trials at ${rate * share} for ${rate}: ${mean}`)
      }
      assert.ok(meanEvidence(trials, rate, rate) >= 1 - ROUNDING, 'exactly 1 at the stated rate')
    }
  }
})

test('a rate above the stated one is found out', () => {
  assert.ok(meanEvidence(300, 0.005, 0.02) > 10)
})

/** Hosts that enrol one after the other, and are struck at some later moment, or not. Each with chance `rate`. */
function crossedShare(delays: readonly number[], rate: number, bar: number, trialsOf: typeof entered): number {
  let crossed = 0
  const hosts = delays.length
  for (let count = 0; count <= hosts; count++) {
    for (const struck of choices(hosts, count)) {
      const isStruck = (host: number): boolean => ((struck >>> host) & 1) === 1
      const endsAt = delays.map((delay, host) => host + (isStruck(host) ? delay : LONG))
      for (let now = 0; now <= hosts + LONG; now++) {
        const events = endsAt.filter((at, host) => isStruck(host) && at <= now).length
        if (logKnownRate(events, trialsOf(endsAt, now), rate) < Math.log(bar)) continue
        crossed += rate ** count * (1 - rate) ** (hosts - count)
        break
      }
    }
  }
  return crossed
}

/** A host that is not struck is only known to be fine after so long. */
const LONG = 12
const entered = (endsAt: readonly number[], now: number): number => Math.min(endsAt.length, now + 1)
const finished = (endsAt: readonly number[], now: number): number => endsAt.filter((at) => at <= now).length

test('looked at all the time, with hosts still undecided, it passes a bar with at most the chance 1/bar', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 7 })
  fc.assert(
    fc.property(delays, fc.constantFrom(0.05, 0.2, 0.4), fc.constantFrom(1.5, 2, 5, 20), (hosts, rate, bar) => {
      const crossed = crossedShare(hosts, rate, bar, entered)
      assert.ok(crossed <= 1 / bar + ROUNDING, `${crossed} at ${bar}`)
    }),
    { numRuns: 200 },
  )
})

test('counting only finished hosts would promise too much: those that fail finish first', () => {
  const crossed = crossedShare([0, 0, 0, 0, 0, 0, 0, 0], 0.2, 3, finished)
  assert.ok(crossed > 1 / 3 + 0.05, `${crossed}`)
})

const cases: readonly (readonly [
  name: string,
  events: number,
  trials: number,
  rate: number,
  logE: (log: number) => boolean,
])[] = [
  ['one failure in one host, where one in 100,000 is usual: to be held', 1, 1, 1e-5, (log) => log > Math.log(1e3)],
  ['two of two: to be halted', 2, 2, 1e-5, (log) => log > Math.log(1e6)],
  ['one in a hundred thousand is as stated', 1, 100_000, 1e-5, (log) => log < Math.log(3)],
  ['none of many is evidence for nothing', 0, 1_000_000, 1e-5, (log) => log < 0],
  ['nobody', 0, 0, 1e-5, (log) => log === 0],
  ['a rate of 0 and an event', 1, 1_000, 0, (log) => log === Number.POSITIVE_INFINITY],
  ['a rate of 0 and none', 0, 1_000, 0, (log) => log === 0],
  ['a rate above which none is looked for', 50, 50, 0.95, (log) => log === 0],
  ['all of a million', 1_000_000, 1_000_000, 1e-5, (log) => log > 1e6 && Number.isFinite(log)],
]
for (const [name, events, trials, rate, isRight] of cases) {
  test(`known rate: ${name}`, () => {
    const log = logKnownRate(events, trials, rate)
    assert.ok(isRight(log), `${log}`)
  })
}

test('the rates that are looked for are multiples of the stated one below nine tenths, and nine tenths once', () => {
  // Of 0.45 they are 0.675 and 0.9: twice 0.45 is 0.9 already.
  const evidence = (one: number): number => (one / 0.45) ** 7 * ((1 - one) / 0.55) ** 3
  const expected = Math.log((evidence(0.675) + evidence(0.9)) / 2)
  assert.ok(Math.abs(logKnownRate(7, 10, 0.45) - expected) < ROUNDING)
})

test('more events are more evidence', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.nat(), fc.constantFrom(...RATES), (trials, pick, rate) => {
      const events = pick % trials
      assert.ok(logKnownRate(events + 1, trials, rate) > logKnownRate(events, trials, rate))
    }),
  )
})

for (const [events, trials, rate] of [
  [2, 1, 0.1],
  [0, 1, 1],
  [0, 1, -0.1],
  [0, 1, Number.NaN],
] as const) {
  test(`known rate: ${events} of ${trials} at ${rate} is a bug`, () => {
    assert.throws(() => logKnownRate(events, trials, rate))
  })
}
