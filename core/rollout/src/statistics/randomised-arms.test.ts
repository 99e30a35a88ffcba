import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { choices } from './enumeration.fixture.ts'
import { addTick, logMixture, noTerms, RATIOS_FEWER, RATIOS_MORE, type Tick } from './hazard-ratio.ts'

/*
 * Hosts to which the same happens whatever their arm, at times that an adversary chose; chance alone chooses the arms. All choices are
 * tried, so what is checked are exact means and shares, not samples.
 */

interface HostStory {
  readonly enrolsAt: number
  /** Never before it enrols; null: not at all. */
  readonly struckAt: number | null
}

const TICKS = 6
const stories: fc.Arbitrary<readonly HostStory[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: TICKS - 1 }), fc.option(fc.integer({ min: 1, max: TICKS })))
    .map(([enrolsAt, delay]) => ({ enrolsAt, struckAt: delay === null ? null : Math.min(TICKS, enrolsAt + delay) })),
  { minLength: 2, maxLength: 8 },
)

/** What the two arms look like just before `tick`, and what happens in it. `exposed`: a mask of hosts. */
function tickAt(hosts: readonly HostStory[], exposed: number, tick: number): Tick {
  const count = (arm: number, accept: (host: HostStory) => boolean): number => {
    return hosts.filter((host, i) => ((exposed >>> i) & 1) === arm && accept(host)).length
  }
  const isAtRisk = ({ enrolsAt, struckAt }: HostStory): boolean => enrolsAt < tick && (struckAt ?? TICKS + 1) >= tick
  return {
    exposedAtRisk: count(1, isAtRisk),
    controlAtRisk: count(0, isAtRisk),
    exposedToCome: count(1, ({ enrolsAt }) => enrolsAt >= tick),
    controlToCome: count(0, ({ enrolsAt }) => enrolsAt >= tick),
    exposedEvents: count(1, ({ struckAt }) => struckAt === tick),
    controlEvents: count(0, ({ struckAt }) => struckAt === tick),
  }
}

type Rule = (tick: Tick) => Tick

/** Evidence after each tick. */
function evidenceOf(hosts: readonly HostStory[], exposed: number, ratios: readonly number[], rule: Rule): number[] {
  let terms = noTerms(ratios)
  return Array.from({ length: TICKS }, (_, i) => {
    terms = addTick(terms, ratios, rule(tickAt(hosts, exposed, i + 1)))
    return Math.exp(logMixture(terms))
  })
}

/** Over all choices of arms: the mean of the evidence after each tick, and of that at which somebody stops who stops at `bar`. */
function means(hosts: readonly HostStory[], exposedHosts: number, ratios: readonly number[], bar: number, rule: Rule) {
  const arms = choices(hosts.length, exposedHosts)
  const runs = arms.map((exposed) => evidenceOf(hosts, exposed, ratios, rule))
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    perTick: Array.from({ length: TICKS }, (_, i) => mean(runs.map((run) => run[i] ?? 0))),
    stopped: mean(runs.map((run) => run.find((evidence) => evidence >= bar) ?? run.at(-1) ?? 0)),
    crossed: mean(runs.map((run) => (run.some((evidence) => evidence >= bar) ? 1 : 0))),
  }
}

const asIs: Rule = (tick) => tick
const ROUNDING = 1e-9

const ratioGrids = fc.constantFrom(RATIOS_MORE, RATIOS_FEWER, [100], [3])
const bars = fc.constantFrom(1.2, 1.5, 2, 4)

test('whatever happens to the hosts, by the choice of arms the mean evidence is at most 1, and ever past a bar at most 1/bar', () => {
  fc.assert(
    fc.property(stories, fc.nat(), ratioGrids, bars, (hosts, pick, ratios, bar) => {
      const { perTick, crossed } = means(hosts, 1 + (pick % (hosts.length - 1)), ratios, bar, asIs)
      for (const mean of perTick) assert.ok(mean <= 1 + ROUNDING, `${mean}`)
      assert.ok(crossed <= 1 / bar + ROUNDING, `${crossed} at ${bar}`)
    }),
    { numRuns: 400 },
  )
})

test('where all have enrolled, it is at most 1 also at the moment that somebody chooses who sees it', () => {
  fc.assert(
    fc.property(stories, fc.nat(), ratioGrids, bars, (later, pick, ratios, bar) => {
      const hosts = later.map((host) => ({ ...host, enrolsAt: 0 }))
      const { stopped } = means(hosts, 1 + (pick % (hosts.length - 1)), ratios, bar, asIs)
      assert.ok(stopped <= 1 + ROUNDING, `${stopped}`)
    }),
    { numRuns: 300 },
  )
})

/** Four hosts that nothing ever happens to, and then one after the other enrols and is struck at once. */
const STRUCK_WHEN_NEW: readonly HostStory[] = [
  ...Array.from({ length: 4 }, () => ({ enrolsAt: 0, struckAt: null })),
  ...Array.from({ length: 4 }, (_, i) => ({ enrolsAt: i + 1, struckAt: i + 2 })),
]
/** Everybody there from the start, and struck one after the other. */
const ONE_BY_ONE: readonly HostStory[] = Array.from({ length: 6 }, (_, i) => ({ enrolsAt: 0, struckAt: i + 1 }))

const mistakes: readonly (readonly [name: string, hosts: readonly HostStory[], exposedHosts: number, rule: Rule])[] = [
  [
    'forgets hosts that have not enrolled yet',
    STRUCK_WHEN_NEW,
    2,
    (tick) => ({ ...tick, exposedToCome: 0, controlToCome: 0 }),
  ],
  [
    'leaves control hosts at risk after they were struck',
    ONE_BY_ONE,
    3,
    (tick) => ({ ...tick, controlAtRisk: 3, exposedToCome: 0, controlToCome: 0 }),
  ],
  [
    'takes the exposed hosts at risk after the tick',
    ONE_BY_ONE,
    3,
    (tick) => ({ ...tick, exposedAtRisk: Math.max(tick.exposedEvents, tick.exposedAtRisk - tick.exposedEvents) }),
  ],
]
for (const [name, hosts, exposedHosts, rule] of mistakes) {
  test(`is caught: a rule that ${name}`, () => {
    const worst = (one: Rule): number =>
      Math.max(
        ...[...RATIOS_MORE, ...RATIOS_FEWER].flatMap((ratio) => means(hosts, exposedHosts, [ratio], 4, one).perTick),
      )
    assert.ok(worst(asIs) <= 1 + ROUNDING)
    assert.ok(worst(rule) > 1.05, `mean evidence ${worst(rule)}`)
  })
}
