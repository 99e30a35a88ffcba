import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { excessRateUpper, poissonLower, poissonUpper } from './bounds.ts'
import { logFactorial } from './log-factorial.ts'

/** Poisson probabilities by recurrence from 0, until all but a trillionth is there. */
function poisson(mean: number): readonly number[] {
  const chances: number[] = []
  for (let k = 0, chance = Math.exp(-mean), sum = 0; sum < 1 - 1e-12 && k < 2_000; k++) {
    chances.push(chance)
    sum += chance
    chance *= mean / (k + 1)
  }
  return chances
}

const atMost = (events: number, mean: number): number =>
  poisson(mean)
    .slice(0, events + 1)
    .reduce((sum, chance) => sum + chance, 0)

/** Published exact limits: Garwood's, 95 % one-sided, to four places, and the rule of three. */
const limits: readonly (readonly [events: number, lower: number, upper: number])[] = [
  [0, 0, 2.9957],
  [1, 0.0513, 4.7439],
  [2, 0.3554, 6.2958],
  [5, 1.9701, 10.513],
  [10, 5.4254, 16.9622],
]
for (const [events, lower, upper] of limits) {
  test(`limits of the mean of a count of ${events}`, () => {
    assert.ok(Math.abs(poissonLower(events, 950_000) - lower) < 5e-5)
    assert.ok(Math.abs(poissonUpper(events, 950_000) - upper) < 5e-5)
  })
}

test('a limit is where so few, or so many, are as rare as the confidence says', () => {
  const confidences = fc.integer({ min: 500_000, max: 999_999 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), confidences, (events, confidencePpm) => {
      const doubt = 1 - confidencePpm / 1_000_000
      assert.ok(Math.abs(atMost(events, poissonUpper(events, confidencePpm)) - doubt) < 1e-9)
      if (events === 0) return
      assert.ok(Math.abs(1 - atMost(events - 1, poissonLower(events, confidencePpm)) - doubt) < 1e-9)
    }),
  )
})

test('limits of millions are the normal ones', () => {
  assert.ok(Math.abs(poissonUpper(1e6, 975_000) - (1e6 + 1.96 * 1e3)) < 10)
  assert.ok(Math.abs(poissonLower(1e6, 975_000) - (1e6 - 1.96 * 1e3)) < 10)
})

test('no failure among n hosts bounds the rate below 3/n at 95 %', () => {
  const none = { events: 0, hosts: 3_000_000 }
  for (const [hosts, percent] of [
    [300, 1],
    [2_996, 0.1],
    [29_957, 0.01],
  ] as const) {
    const upper = excessRateUpper({ events: 0, hosts }, none, 950_000) * 100
    assert.ok(Math.abs(upper - percent) < percent / 500, `${upper} % of ${hosts}`)
  }
})

/** So large that a host counts as a share of a Poisson mean. */
const HOSTS = 1_000_000_000

type Bound = (events: number, others: number) => number

/** P(bound >= true excess), for so many expected in an exposed arm and in a control that is `times` as large. */
function coverage(excess: number, usual: number, times: number, bound: Bound): number {
  let covered = 0
  const control = poisson(usual)
  for (const [events, chance] of poisson(excess + usual / times).entries()) {
    // The more of the control are struck, the lower the bound: once it is too low it stays so.
    for (const [others, otherChance] of control.entries()) {
      if (bound(events, others) < excess) break
      covered += chance * otherChance
    }
  }
  return covered
}

/** In hosts; each one calculated once. */
function boundOf(times: number, confidencePpm: number): Bound {
  const known = new Map<number, number>()
  return (events, others) => {
    const key = events * 1_000 + others
    const control = { events: others, hosts: HOSTS * times }
    const bound = known.get(key) ?? excessRateUpper({ events, hosts: HOSTS }, control, confidencePpm) * HOSTS
    known.set(key, bound)
    return bound
  }
}

/** Those where bounds of counts are weakest: just above what few events allow to claim. */
const EXCESSES = [0.3, 1, 1.62, 2.31, 3, 3.03, 4.61, 4.62, 4.76, 6.35, 7.78, 8.41, 10.6, 13.2, 30]
const USUALS = [0.01, 0.1, 0.31, 0.7, 1.5, 5, 20]
const TIMES = [0.1, 0.25, 0.5, 0.9, 1, 1.5, 3, 10, 20]

for (const confidencePpm of [900_000, 950_000, 990_000]) {
  test(`the bound on the excess holds with a chance of at least ${confidencePpm} ppm, whatever is true`, () => {
    const [doubts, confidence] = [[] as number[], confidencePpm / 1_000_000]
    for (const times of TIMES) {
      const bound = boundOf(times, confidencePpm)
      for (const usual of USUALS.filter((mean) => mean / times <= 20)) {
        for (const excess of EXCESSES) {
          const share = coverage(excess, usual, times, bound)
          assert.ok(share >= confidence, `${share}: ${excess} more than ${usual} in a control ${times} times as large`)
          doubts.push(1 - share)
        }
      }
    }
    const mean = doubts.reduce((sum, doubt) => sum + doubt, 0) / doubts.length
    assert.ok(mean > (1 - confidence) / 4, `fails in ${mean} of the cases: so cautious that waves would not grow`)
  })
}

test('is caught: a bound that joins the limits next to a small control, and one that takes the control for certain', () => {
  const [upper, lower] = [0, 1].map((side) => {
    return Array.from({ length: 200 }, (_, i) => (side === 0 ? poissonUpper : poissonLower)(i, 990_000))
  })
  const joined: Bound = (events, others) => {
    const [above, below] = [(upper?.[events] ?? 0) - events, (others - (lower?.[others] ?? 0)) * 20]
    return Math.max(upper?.[0] ?? 0, events - others * 20 + Math.hypot(above, below))
  }
  assert.ok(coverage(8.87, 0.1, 0.05, joined) < 0.985)
  const certain: Bound = (events, others) => Math.max(upper?.[0] ?? 0, (upper?.[events] ?? 0) - others)
  assert.ok(coverage(8.87, 10, 1, certain) < 0.98)
})

/** At a baseline of 1 in 100,000 to 1 in 1,000: the bound lets waves grow. */
for (const events of [10, 100, 1_000]) {
  test(`with ${events} of a million in both arms the bound is near the normal one`, () => {
    const arm = { events, hosts: 1_000_000 }
    const normal = (1.645 * Math.sqrt(2 * events)) / 1_000_000
    const ratio = excessRateUpper(arm, arm, 950_000) / normal
    assert.ok(ratio > 1 && ratio < 1.2, `${ratio} times the normal one`)
  })
}

const edges: readonly (readonly [name: string, exposed: [number, number], control: [number, number], upper: number])[] =
  [
    ['nobody exposed', [0, 0], [0, 200], 1],
    ['two hosts without harm: nothing is known', [0, 2], [0, 200], 1],
    ['ten hosts without harm', [0, 10], [0, 200], 0.299573],
    ['nobody to compare with', [0, 100], [0, 0], 0.0299573],
    ['all exposed struck', [10, 10], [0, 200], 1],
    ['a smaller control: half of the doubt for each', [0, 10], [0, 9], 0.368888],
    // Garwood's limits, each with half of the doubt: 11.66833 of 5 and 4.11537 of 9.
    ['a smaller control that is struck as well', [5, 1_000], [9, 500], 0.01166833 - 0.00823075],
    ['fewer than in the control: not less than without any', [0, 1_000], [500, 1_000], 0.00299573],
  ]
for (const [name, [events, hosts], [others, otherHosts], upper] of edges) {
  test(`excess: ${name}`, () => {
    const bound = excessRateUpper({ events, hosts }, { events: others, hosts: otherHosts }, 950_000)
    assert.ok(Math.abs(bound - upper) < 1e-6, `${bound}`)
  })
}

test('the bound grows with what strikes the exposed arm, and shrinks with more hosts', () => {
  const sizes = fc.record({
    hosts: fc.integer({ min: 1, max: 10_000 }),
    others: fc.integer({ min: 0, max: 10_000 }),
    a: fc.nat(),
    b: fc.nat(),
  })
  fc.assert(
    fc.property(sizes, ({ hosts, others, a, b }) => {
      const [events, control] = [a % hosts, { events: b % (others + 1), hosts: others }]
      const bound = excessRateUpper({ events, hosts }, control, 950_000)
      assert.ok(bound >= 0 && bound <= 1)
      assert.ok(excessRateUpper({ events: events + 1, hosts }, control, 950_000) >= bound)
      assert.ok(excessRateUpper({ events: 0, hosts: hosts * 2 }, control, 950_000) <= Math.min(1, 3 / hosts))
    }),
  )
})

test('what makes no sense is a bug, and stops', () => {
  assert.throws(() => excessRateUpper({ events: 2, hosts: 1 }, { events: 0, hosts: 1 }, 950_000), /no more hosts/)
  assert.throws(() => excessRateUpper({ events: 0, hosts: 1 }, { events: 2, hosts: 1 }, 950_000), /no more hosts/)
  for (const confidencePpm of [0, 1_000_000, Number.NaN])
    assert.throws(() => poissonUpper(0, confidencePpm), /confidence/)
})

test('logarithms of factorials', () => {
  let log = 0
  for (let n = 1; n <= 3_000; n++) {
    log += Math.log(n)
    // Where the series begins, each of its corrections shows in the last digits.
    const rounding = n < 25 ? 1e-13 : 1e-10
    assert.ok(Math.abs(logFactorial(n) - log) < rounding * Math.max(1, log), `${n}`)
  }
  assert.equal(logFactorial(0), 0)
})
