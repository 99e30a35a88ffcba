import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Signal } from '../evidence/signals.ts'
import { FakeFleet, fault, POLICY, type Ridden, rollOut } from './rollout.fixture.ts'

/*
 * Whole rollouts on synthetic fleets, with looks every minute. `statistics` shows that each test keeps its promise; this shows that the
 * decisions made of them do, together with pacing, cohorts that are taken by later waves, and outages that hit sites and not arms.
 */

const STRATA = ['a, steady', 'b, steady', 'b, unsteady']

function fleetOf(seed: number, hosts: number): FakeFleet {
  return new FakeFleet(
    [
      { ring: 'canary', hosts: hosts / 4, strata: STRATA },
      { ring: 'broad', hosts: (hosts * 3) / 4, strata: STRATA },
    ],
    seed,
  )
}

/** What happens in a minute in a fleet in which the release does nothing: hosts go silent, reboot and stop, and now and then a site goes dark. */
function noise(fleet: FakeFleet): void {
  const site = fleet.random() < 0.01 ? Math.floor(fleet.random() * 20) : -1
  for (const host of fleet.hosts) {
    const chance = fleet.random()
    const isUnsteady = host.stratum.endsWith('unsteady')
    if (!host.isPresent && chance < 0.05) host.isPresent = true
    else if (host.bucket % 20 === site) fleet.strike(host, 'silence')
    else if (chance < (isUnsteady ? 2e-4 : 1e-5)) fleet.strike(host, 'silence')
    else if (chance < 4e-4) fleet.strike(host, 'reboot')
    else if (chance < 7e-4) fleet.strike(host, 'absence')
  }
}

test('200 healthy rollouts with noise and outages: none is halted, and all but a few reach everybody within 24 hours', () => {
  const ends = Array.from({ length: 200 }, (_, seed) => rollOut(fleetOf(seed, 800), { happens: noise }))
  assert.equal(ends.filter(({ state }) => state.status === 'halted').length, 0)
  assert.ok(ends.filter(({ state }) => state.status === 'complete').length >= 196)
  const outages = ends.filter(({ records }) => records.some(({ reason }) => reason === 'coincident-outage'))
  assert.ok(outages.length > 10, `${outages.length} of them met an outage`)
})

const faults: readonly (readonly [number, Signal, number])[] = [
  [1, 'silence', 10],
  [1, 'absence', 10],
  [0.3, 'silence', 20],
  [0.1, 'silence', 30],
  [0.1, 'failure', 30],
  [0.1, 'reboot', 60],
  [0.01, 'silence', 50],
  [0.01, 'failure', 50],
]
for (const [rate, signal, harmedMax] of faults) {
  test(`${signal} of ${rate * 100} % of the hosts is halted, and harms at most ${harmedMax} of 16,000`, () => {
    for (let seed = 1; seed <= 4; seed++) {
      const fleet = fleetOf(seed, 16_000)
      const struck = new Set<unknown>()
      const strike = fault(rate, signal)
      const { state } = rollOut(fleet, {
        happens: (one) => {
          noise(one)
          strike(one)
          for (const host of one.hosts) if (host.hasIt && host.struck.has(signal)) struck.add(host)
        },
      })
      assert.equal(state.status, 'halted', `seed ${seed}`)
      assert.ok(struck.size <= harmedMax, `seed ${seed}: ${struck.size} harmed`)
    }
  })
}

test('what is halted by chance at a million is held by chance at a thousand, not more often', () => {
  const low = { ...POLICY, haltEvidence: 20, holdEvidence: 10 }
  const ends = Array.from({ length: 200 }, (_, seed) =>
    rollOut(fleetOf(seed + 1_000, 800), { policy: low, happens: noise }),
  )
  const halted = ends.filter(({ state }) => state.status === 'halted').length
  assert.ok(halted <= 10 + 3 * Math.sqrt(10), `${halted} of 200 at evidence of 20: one in twenty is allowed`)
})
