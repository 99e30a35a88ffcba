import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hypergeometric } from './enumeration.fixture.ts'
import {
  addTick,
  logMixture,
  type LogTerms,
  noTerms,
  pooledTerms,
  RATIOS_FEWER,
  RATIOS_MORE,
  type Tick,
} from './hazard-ratio.ts'

const RATIOS = [...RATIOS_MORE, ...RATIOS_FEWER]
const ROUNDING = 1e-9

function tickOf(exposedAtRisk: number, controlAtRisk: number, exposedEvents: number, controlEvents: number): Tick {
  return { exposedAtRisk, controlAtRisk, exposedEvents, controlEvents, exposedToCome: 0, controlToCome: 0 }
}

function firstTerms(tick: Tick, ratios: readonly number[] = RATIOS): LogTerms {
  return addTick(noTerms(ratios), ratios, tick)
}

/** The mean of the likelihood ratio over all outcomes with so many struck, for each ratio. */
function meansUnderNull(exposed: number, control: number, struck: number): readonly number[] {
  const means = RATIOS.map(() => 0)
  for (const drawn of hypergeometric(exposed, control, struck)) {
    const terms = firstTerms(tickOf(exposed, control, drawn.exposed, struck - drawn.exposed))
    for (const [i, term] of terms.entries()) means[i] = (means[i] ?? 0) + Math.exp(drawn.logChance + term)
  }
  return means
}

/** Arms of all small sizes, those of first waves, uneven ones, and such that struck hosts are too many to sum. */
function* worlds(): Generator<readonly [exposed: number, control: number, struck: number]> {
  for (let exposed = 0; exposed <= 9; exposed++) {
    for (let control = 0; control <= 9; control++) {
      for (let struck = 1; struck <= exposed + control; struck++) yield [exposed, control, struck]
    }
  }
  for (const struck of [1, 2, 3, 10, 60, 150, 209, 210]) yield [10, 200, struck]
  for (const struck of [1, 2, 60, 63, 64, 65, 66, 100, 200, 399, 400]) yield [200, 200, struck]
  for (const struck of [1, 5, 100, 700, 2_000]) yield [2_000, 300, struck]
  for (const struck of [2, 70, 500]) yield [5_000, 50_000, struck]
  yield [1_000_000, 7_000_000, 40]
}

test('under the null the mean of the likelihood ratio is at most 1, for any sizes and any number struck at once', () => {
  let [cases, sharp] = [0, 0]
  for (const [exposed, control, struck] of worlds()) {
    for (const [i, mean] of meansUnderNull(exposed, control, struck).entries()) {
      assert.ok(mean <= 1 + ROUNDING, `${exposed} and ${control}, ${struck} struck, ratio ${RATIOS[i]}: ${mean}`)
      cases++
      if (mean >= 1 - ROUNDING) sharp++
    }
  }
  assert.ok(cases > 14_000)
  assert.ok(sharp > cases * 0.95, `of ${cases} only ${sharp} are exactly 1: the rest gives away evidence`)
})

test('counting those struck at once one by one, exposed hosts first, would promise too much', () => {
  // The mistake that the mean above is there to find: a likelihood of an order that nobody saw.
  let mean = 0
  for (const { exposed, logChance } of hypergeometric(3, 3, 3)) {
    let terms = noTerms(RATIOS_MORE)
    for (let i = 0; i < 3; i++) {
      const isExposed = i < exposed
      const struck = [Math.min(i, exposed), Math.max(0, i - exposed)] as const
      terms = addTick(terms, RATIOS_MORE, tickOf(3 - struck[0], 3 - struck[1], isExposed ? 1 : 0, isExposed ? 0 : 1))
    }
    mean += Math.exp(logChance + logMixture(terms))
  }
  assert.ok(mean > 1.01, `${mean}`)
})

test('a tick adds what the formula says', () => {
  const sizes = fc.record({ exposed: fc.integer({ min: 0, max: 40 }), control: fc.integer({ min: 0, max: 400 }) })
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), ({ exposed, control }, a, b) => {
      const [hit, usual] = [a % (exposed + 1), b % (control + 1)]
      if (hit + usual === 0) return
      const drawn = hypergeometric(exposed, control, hit + usual)
      for (const [i, term] of firstTerms(tickOf(exposed, control, hit, usual)).entries()) {
        const logRatio = Math.log(RATIOS[i] ?? 0)
        const mean = drawn.reduce((sum, one) => sum + Math.exp(one.logChance + one.exposed * logRatio), 0)
        const expected = hit * logRatio - Math.log(mean)
        assert.ok(Math.abs(term - expected) < 1e-8 * (1 + Math.abs(expected)), `${term} for ${expected}`)
      }
    }),
    { numRuns: 300 },
  )
})

const strengths: readonly (readonly [name: string, tick: Tick, atLeast: number, atMost: number])[] = [
  ['all 10 exposed at once, none of 200', tickOf(10, 200, 10, 0), 1e12, 1e14],
  ['7 of 10, none of 100', tickOf(10, 100, 7, 0), 1e6, 1e8],
  ['all 20 exposed at once, none of 20', tickOf(20, 20, 20, 0), 1e8, 1e12],
  ['all of 100 and none of 100: too many to sum', tickOf(100, 100, 100, 0), 1e25, 1e40],
  ['one of ten', tickOf(10, 100, 1, 0), 2, 11],
  ['the share that it should be', tickOf(10, 100, 1, 10), 0, 1],
  ['everybody, in both arms', tickOf(10, 200, 10, 200), 1, 1],
]
for (const [name, tick, atLeast, atMost] of strengths) {
  test(`evidence: ${name}`, () => {
    const evidence = Math.exp(logMixture(firstTerms(tick, RATIOS_MORE)))
    assert.ok(evidence >= atLeast * (1 - ROUNDING) && evidence <= atMost * (1 + ROUNDING), `${evidence}`)
  })
}

test('up to 64 outcomes of a tick are summed, beyond a bound on them does', () => {
  const isBound = (struck: number): boolean => {
    const [term = 0] = firstTerms(tickOf(100, 100, struck, 0), [2])
    const bound = struck * (Math.log(2) - Math.log1p(1 / 2))
    assert.ok(term >= bound - ROUNDING)
    return term - bound < ROUNDING
  }
  assert.deepEqual([2, 63, 64, 65].map(isBound), [false, false, true, true])
})

test('nothing happened: the same terms', () => {
  const terms = noTerms(RATIOS_MORE)
  assert.equal(addTick(terms, RATIOS_MORE, tickOf(10, 200, 0, 0)), terms)
  assert.equal(logMixture(terms), 0)
})

test('where an arm is empty, what happens to the other proves nothing', () => {
  for (const tick of [tickOf(10, 0, 3, 0), tickOf(0, 200, 0, 3), tickOf(1, 0, 1, 0)]) {
    for (const term of firstTerms(tick)) assert.ok(Math.abs(term) < ROUNDING, `${term}`)
  }
})

test('more hosts struck than there are at risk is a bug, and stops', () => {
  assert.throws(() => firstTerms(tickOf(1, 1, 2, 0)), /only hosts at risk/)
  assert.throws(() => firstTerms(tickOf(1, 1, 0, 2)), /only hosts at risk/)
  assert.throws(() => addTick([0], RATIOS_MORE, tickOf(1, 1, 1, 0)), /one term for each ratio/)
})

test('fewer good events are evidence for a ratio below 1, more are not', () => {
  const fewer = logMixture(firstTerms(tickOf(100, 100, 5, 60), RATIOS_FEWER))
  const more = logMixture(firstTerms(tickOf(100, 100, 60, 5), RATIOS_FEWER))
  assert.ok(fewer > Math.log(1e6) && more < 0, `${fewer}, ${more}`)
})

test('hosts to come can only weaken what is seen', () => {
  const counts = fc.integer({ min: 0, max: 60 })
  fc.assert(
    fc.property(counts, counts, counts, counts, fc.nat(), fc.nat(), (exposed, control, a, b, x, y) => {
      const tick = tickOf(exposed, control, x % (exposed + 1), y % (control + 1))
      const careful = firstTerms({ ...tick, exposedToCome: a, controlToCome: b })
      for (const [i, term] of firstTerms(tick).entries()) assert.ok((careful[i] ?? 0) <= term)
    }),
  )
})

test('strata add up, in any order', () => {
  const [one, two] = [firstTerms(tickOf(10, 100, 1, 0)), firstTerms(tickOf(3, 40, 0, 2))]
  assert.deepEqual(
    pooledTerms([one, two]),
    one.map((term, i) => term + (two[i] ?? 0)),
  )
  assert.deepEqual(pooledTerms([two, one]), pooledTerms([one, two]))
  assert.deepEqual(pooledTerms([one]), one)
  assert.deepEqual(pooledTerms([]), [])
})

test('the mixture is the mean, also where powers of e would not fit a double', () => {
  assert.ok(Math.abs(logMixture([Math.log(2), Math.log(4)]) - Math.log(3)) < ROUNDING)
  assert.ok(Math.abs(logMixture([2_000, 0]) - (2_000 - Math.LN2)) < ROUNDING)
  assert.ok(Math.abs(logMixture([-2_000, -2_000]) + 2_000) < ROUNDING)
})
