import {
  addTick,
  logMixture,
  noTerms,
  RATIOS_MORE,
  type Tick,
} from '../../../core/rollout/src/statistics/hazard-ratio.ts'
import { logKnownRate } from '../../../core/rollout/src/statistics/known-rate.ts'
import {
  countCrossings,
  judge,
  judgeByPlan,
  judgeByProduct,
  peeking,
} from '../../../core/rollout/src/statistics/null-rollouts.fixture.ts'
import { observationsAgainstRate, observationsCompared } from '../../../core/rollout/src/statistics/power.fixture.ts'
import { type BenchOptions, cpuMsOf, type Figures, median, progress, rounded } from './measure.ts'
import { fleetFigures } from './verdict-fleet.ts'

const LIMITS = { updateNanoseconds: 1_000, sweepMs: 100, bytesPerHost: 40 }
const UPDATES = 100_000
const RUNS = 9
const NANOSECONDS = 1_000_000
const BARS = [10, 100, 1_000, 1_000_000]
const HALT = 1_000_000
const POWER_RUNS = 1_001

const NOTHING: Tick = {
  exposedAtRisk: 0,
  controlAtRisk: 0,
  exposedToCome: 0,
  controlToCome: 0,
  exposedEvents: 0,
  controlEvents: 0,
}

/**
 * What a verdict costs, and what it is worth: CPU time of one step of the test, of one sweep over a large fleet; how many healthy rollouts it halts
 * next to one who peeks; and how many hosts it takes to see a fault.
 */
export async function verdict({ quick }: BenchOptions): Promise<Figures> {
  const updates = updateFigures()
  const fleet = fleetFigures()
  const healthy = healthyFigures(quick ? 10_000 : 100_000)
  const figures: Figures = { ...updates, ...fleet }
  const measured = Object.entries(LIMITS).map(([name, limit]) => [name, figures[name] ?? Number.NaN, limit] as const)
  return {
    unit: 'CPU time, medians',
    limits: { ...LIMITS, falseHalts: `at most rollouts / evidence, for each of ${BARS.join(', ')}` },
    withinLimits: healthy.isWithin && measured.every(([, value, limit]) => Number(value) <= limit),
    ...figures,
    ...healthy.figures,
    hostsUntilHalt: powerFigures(),
  }
}

/** One step: what happened since the last look, added to a running test, and its evidence. */
function updateFigures(): Readonly<Record<string, number>> {
  progress('steps of the tests')
  const step = (exposedEvents: number, controlEvents: number): number => {
    const ticks = Array.from({ length: 64 }, (_, i): Tick => {
      const toCome = { exposedToCome: 3, controlToCome: 20 }
      return { exposedAtRisk: 100 + i, controlAtRisk: 1_000 + i, ...toCome, exposedEvents, controlEvents }
    })
    return nanosecondsOf((i) => {
      terms = addTick(i % 100 === 0 ? none : terms, RATIOS_MORE, ticks[i & 63] ?? NOTHING)
      return logMixture(terms)
    })
  }
  const none = noTerms(RATIOS_MORE)
  let terms = none
  return {
    updateNanoseconds: step(1, 0),
    updateOfTwentyNanoseconds: step(3, 17),
    updateOfNothingNanoseconds: step(0, 0),
    knownRateNanoseconds: nanosecondsOf((i) => logKnownRate(i & 3, 1_000 + i, 1e-5)),
    naiveTestNanoseconds: nanosecondsOf((i) => naiveTest(1 + (i & 7), 1_000 + i, 3, 10_000 + i)),
  }
}

/** The peer: two shares compared as if one looked once. */
function naiveTest(events: number, hosts: number, others: number, otherHosts: number): number {
  const pooled = (events + others) / (hosts + otherHosts)
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / hosts + 1 / otherHosts))
  return (events / hosts - others / otherHosts) / deviation
}

function nanosecondsOf(step: (i: number) => number): number {
  let sum = 0
  const run = (): number =>
    cpuMsOf(() => {
      for (let i = 0; i < UPDATES; i++) sum += step(i)
    })
  run()
  const times = Array.from({ length: RUNS }, run)
  if (Number.isNaN(sum)) throw new Error('Cannot measure: no number came out')
  return rounded((median(times) / UPDATES) * NANOSECONDS)
}

/** Of healthy rollouts, looked at all the time: how many reach so much evidence, by our rule and by the mistakes of others. */
function healthyFigures(rollouts: number): { readonly figures: Figures; readonly isWithin: boolean } {
  progress(`${rollouts} healthy rollouts`)
  const ours = countCrossings(rollouts, BARS, (waves) => judge(waves))
  const [product, planned] = [judgeByProduct, judgeByPlan].map((rule) => countCrossings(rollouts / 20, BARS, rule))
  const peeks = Array.from({ length: rollouts }, (_, i) => peeking(i))
  const byBar = (crossed: readonly number[]): Figures =>
    Object.fromEntries(BARS.map((bar, i) => [`evidence${bar}`, crossed[i] ?? 0]))
  return {
    isWithin: BARS.every((bar, i) => (ours.crossed[i] ?? 0) <= rollouts / bar),
    figures: {
      nullRollouts: rollouts,
      falseHalts: byBar(ours.crossed),
      naivePeekingFalseHalts: rounded(peeks.filter(({ naive }) => naive).length / rollouts),
      sameErrorFalseHalts: rounded(peeks.filter(({ logE }) => logE >= Math.log(20)).length / rollouts),
      mistakes: {
        rollouts: rollouts / 20,
        signalsMultiplied: byBar(product?.crossed ?? []),
        controlAsPlanned: byBar(planned?.crossed ?? []),
      },
    },
  }
}

/** Median exposed hosts until evidence of a million, before weights. */
function powerFigures(): Figures {
  progress('faults')
  const compared = (usual: number, bad: number): number => observationsCompared({ usual, bad }, HALT, POWER_RUNS)
  const stated = (usual: number, bad: number): number => observationsAgainstRate({ usual, bad }, HALT, POWER_RUNS)
  const byShare = (shares: readonly number[], of: (share: number) => number): Figures =>
    Object.fromEntries(shares.map((share) => [`${share * 100} %`, of(share)]))
  return {
    crashNextToControl: byShare([1, 0.1, 0.01, 0.001], (bad) => compared(1e-5, bad)),
    silenceNextToControl: byShare([1, 0.5, 0.1], (bad) => compared(0.01, bad)),
    failureAgainstRate: byShare([1, 0.1, 0.01, 0.001], (bad) => stated(1e-5, bad)),
  }
}
