import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { type Cell, type Signal, SIGNALS } from '../evidence/signals.ts'
import { decideWave } from './decide.ts'
import { planOf } from './plan-of.ts'
import { censusOf, FakeFleet, inFirstWave, MINUTE, POLICY, rollOut, START, T0 } from './rollout.fixture.ts'
import { exposureOf, type RolloutState, type WaveDecision } from './state.ts'

/** What may happen to a fleet in a minute. */
type Happening = {
  readonly what: 'nothing' | 'enrol' | 'leave' | 'return' | 'strike' | 'outage'
  readonly pick: number
  readonly signal: Signal
}

const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 60, arbitrary: fc.constant('nothing' as const) },
      { weight: 6, arbitrary: fc.constantFrom('enrol' as const, 'leave' as const, 'return' as const) },
      { weight: 1, arbitrary: fc.constantFrom('strike' as const, 'strike' as const, 'outage' as const) },
    ),
    pick: fc.nat(1_000_000),
    signal: fc.constantFrom<Signal>('failure', 'silence', 'failure', 'silence', ...SIGNALS),
  }),
  { minLength: 60, maxLength: 200 },
)

function happen(fleet: FakeFleet, { what, pick, signal }: Happening): void {
  const host = fleet.hosts[pick % Math.max(1, fleet.hosts.length)]
  if (what === 'enrol') fleet.add(pick % 2 === 0 ? 'canary' : 'broad')
  if (what === 'outage') for (const one of fleet.hosts) if (one.bucket % 3 === pick % 3) fleet.strike(one, 'silence')
  if (host === undefined) return
  if (what === 'leave') host.isPresent = false
  if (what === 'return') host.isPresent = true
  if (what === 'strike') fleet.strike(host, signal)
}

const totalPpm = (state: RolloutState) => exposureOf(state).reduce((sum, { ppm }) => sum + ppm, 0)

/** What has to hold of every look, said without the code that decides. */
function check(
  fleet: FakeFleet,
  before: RolloutState,
  after: RolloutState,
  decision: WaveDecision,
  nowMs: number,
): void {
  assert.deepEqual(JSON.parse(JSON.stringify(after)), after)
  const [pack] = planOf({ rollouts: [after], completed: [], recalled: [], evidence: [] }, 1, 0).packs
  if (after.status === 'halted') assert.deepEqual([pack?.candidate, pack?.exposure], [START.release, []])
  if (after.status === 'rolling') assert.ok(totalPpm(after) >= totalPpm(before), 'exposure only grows')
  const judged = before.waves.at(-1)
  if (decision.kind !== 'advance' || judged === undefined) return
  const exposed = fleet.cells.filter(({ wave, arm }) => wave === judged.arms.wave && arm === 'exposed')
  const proven = exposed.reduce((sum, cell) => sum + cell.proven, 0)
  assert.ok(proven > 0, 'nothing advances on nothing')
  assert.ok(nowMs - judged.startedAtMs >= POLICY.bakeMs, 'nothing advances at once')
  if (decision.reason !== 'probe') {
    assert.ok(proven * PPM_ALL >= POLICY.provenShareMin * judged.exposedHosts, 'the denominator is what it was')
  }
  if (decision.next === 'complete') return
  const { arms, exposedHosts, size } = decision.next
  assert.ok(exposedHosts > 0 && exposedHosts <= size.hostsMax)
  assert.ok(arms.exposed.toPpm <= arms.control.fromPpm || arms.control.toPpm <= arms.exposed.fromPpm)
}

test('in any history: exposure only grows until a halt, is nothing after it, and nothing advances on nothing', () => {
  const reached = { complete: 0, halted: 0, rolling: 0 }
  const reasons = new Set<string>()
  fc.assert(
    fc.property(happenings, fc.integer({ min: 1, max: 300 }), fc.nat(9_999), (history, hosts, seed) => {
      const fleet = new FakeFleet(
        [
          { ring: 'canary', hosts },
          { ring: 'broad', hosts: 2 * hosts },
        ],
        seed,
      )
      const events = history[Symbol.iterator]()
      const { state } = rollOut(fleet, {
        minutesMax: history.length,
        happens: () => happen(fleet, events.next().value ?? { what: 'nothing', pick: 0, signal: 'silence' }),
        onLook: (before, after, decision, nowMs) => {
          reasons.add(decision.reason)
          check(fleet, before, after, decision, nowMs)
        },
      })
      reached[state.status]++
      assert.equal(state.waves[0]?.ring ?? 'canary', 'canary')
    }),
    { numRuns: 150, seed: 20_240_719 },
  )
  assert.ok(reached.complete > 5 && reached.halted > 5, `the histories reach both ends: ${JSON.stringify(reached)}`)
  for (const reason of [
    'first-wave',
    'evidence-sufficient',
    'baking',
    'insufficient-evidence',
    'attributable-failure',
    'silence',
  ]) {
    assert.ok(reasons.has(reason), `${reason} of ${[...reasons].join(' ')}`)
  }
})

/** Whatever may come out of a parser that nobody wrote. */
const junk = fc.oneof(
  fc.constantFrom(Number.NaN, Infinity, -1, 0.5, null, undefined, '5%', [], {}),
  fc.integer({ min: 0, max: 9 }),
)
const junkCells = fc.array(
  fc.record({
    wave: junk,
    stratum: fc.constantFrom('s', 't'),
    arm: fc.constantFrom('exposed', 'control', 'both', null),
    cohort: junk,
    enrolled: junk,
    confirmed: junk,
    proven: junk,
    rebooted: junk,
    events: fc.oneof(fc.constant(undefined), fc.array(junk, { maxLength: 11 })),
    left: fc.oneof(fc.constant(undefined), fc.array(junk, { maxLength: 11 })),
  }),
  { maxLength: 4 },
)

test('empty, missing, NaN or unparsable input never advances, and never throws', () => {
  fc.assert(
    fc.property(junkCells, fc.nat(10_000), (cells, minutes) => {
      const hostile = cells as unknown as readonly Cell[]
      const decision = decideWave(POLICY, inFirstWave(), hostile, () => censusOf(1_000), T0 + minutes * MINUTE)
      assert.notEqual(decision.kind, 'advance')
    }),
    { numRuns: 2_000 },
  )
})
