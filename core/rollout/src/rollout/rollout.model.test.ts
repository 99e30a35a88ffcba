import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { type Cell, type Signal, SIGNALS } from '../evidence/signals.ts'
import { decideWave } from './decide.ts'
import { lookAt } from './look.ts'
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

/** What any history came to, and why it went on or did not. */
class Reached {
  readonly ends = { complete: 0, halted: 0, rolling: 0 }
  readonly reasons = new Set<string>()
}

const staysInBounds = (reached: Reached) =>
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
        reached.reasons.add(decision.reason)
        check(fleet, before, after, decision, nowMs)
      },
    })
    reached.ends[state.status]++
    assert.equal(state.waves[0]?.ring ?? 'canary', 'canary')
  })

test('in any history: exposure only grows until a halt, is nothing after it, and nothing advances on nothing', () => {
  fc.assert(staysInBounds(new Reached()), { numRuns: 30 })
})

test('these histories reach both ends, for every reason', () => {
  const reached = new Reached()
  fc.assert(staysInBounds(reached), { numRuns: 150, seed: 20_240_719 })
  const { ends, reasons } = reached
  assert.ok(ends.complete > 5 && ends.halted > 5, JSON.stringify(ends))
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
      const nowMs = T0 + minutes * MINUTE
      const state = lookAt(inFirstWave(), hostile, nowMs)
      const decision = decideWave(POLICY, state, hostile, () => censusOf(1_000), nowMs)
      assert.notEqual(decision.kind, 'advance')
    }),
    { numRuns: 2_000 },
  )
})

const hosts = fc.integer({ min: 0, max: 60 })
/** Numbers that can be, of which nothing fits together: from look to look, arm to arm, wave to wave. */
const unlikelyCells: fc.Arbitrary<readonly Cell[]> = fc.uniqueArray(
  fc
    .record({
      wave: fc.integer({ min: 1, max: 3 }),
      stratum: fc.constantFrom('a, steady', 'b', 'outside, b', 'other'),
      arm: fc.constantFrom('exposed' as const, 'control' as const),
      cohort: fc.constantFrom(0, 60),
      enrolled: hosts,
      confirmed: hosts,
      proven: hosts,
      rebooted: hosts,
    })
    .chain((cell) => {
      const counts = fc.array(hosts, { minLength: SIGNALS.length, maxLength: SIGNALS.length })
      return fc.record({ events: counts, left: counts }).map((more) => ({ ...cell, ...more }))
    }),
  { selector: ({ wave, stratum, arm }) => `${wave} ${stratum} ${arm}`, maxLength: 12 },
)

test('of numbers that fit nothing a verdict is made all the same: finite, and the same after JSON', () => {
  fc.assert(
    fc.property(fc.array(unlikelyCells, { minLength: 1, maxLength: 5 }), fc.nat(300), (looks, minutes) => {
      let state = inFirstWave()
      const [first] = state.waves
      assert.ok(first)
      state = { ...state, waves: [first, { ...first, arms: { ...first.arms, wave: 2 }, controlOf: 'settled' }] }
      for (const [i, cells] of looks.entries()) {
        const nowMs = T0 + (minutes + i) * MINUTE
        state = lookAt(state, cells, nowMs)
        const decide = (one: RolloutState) => decideWave(POLICY, one, cells, () => censusOf(1_000), nowMs)
        const decision = decide(state)
        const kept = JSON.parse(JSON.stringify(state)) as RolloutState
        assert.deepEqual(kept, state)
        assert.deepEqual(JSON.parse(JSON.stringify(decision)), decision)
        assert.deepEqual(decide(kept), decision)
      }
    }),
    { numRuns: 500 },
  )
})
