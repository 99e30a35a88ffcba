import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Signal } from '../evidence/signals.ts'
import { doomed, FakeFleet, fault, rollOut } from './rollout.fixture.ts'

/*
 * Whole rollouts on synthetic fleets, with a look every minute. That each test keeps its promise is shown in `statistics`; here, that the decisions
 * made of them do, together with pacing, cohorts that later waves take apart, and outages that hit sites and not arms.
 */

const STRATA = ['a, steady', 'b, steady', 'b, unsteady']

function fleetOf(seed: number, hosts: number): FakeFleet {
  const rings = [
    { ring: 'canary', hosts: hosts / 4, strata: STRATA },
    { ring: 'broad', hosts: (hosts * 3) / 4, strata: STRATA },
  ]
  return new FakeFleet(rings, seed)
}

/**
 * What happens in a minute in a fleet in which the release does nothing: hosts fall silent, reboot, stop, come back, one in fifty of them all the time; and
 * three times a day one of twenty sites goes dark.
 */
function noise(fleet: FakeFleet): void {
  const site = fleet.random() < 0.002 ? Math.floor(fleet.random() * 20) : -1
  for (const host of fleet.hosts) {
    const chance = fleet.random()
    const isUnsteady = host.stratum.endsWith('unsteady')
    if (!host.isPresent) host.isPresent = chance < 0.05 && doomed.get(host) !== true
    else if (host.bucket % 20 === site) fleet.strike(host, 'silence')
    else if (chance < (isUnsteady ? 5e-5 : 1e-5)) fleet.strike(host, 'silence')
    else if (chance < (host.bucket % 50 === 7 ? 0.05 : 4e-4)) fleet.strike(host, 'reboot')
    else if (chance < 7e-4) fleet.strike(host, 'absence')
  }
}

test('healthy rollouts with noise and outages: none is halted, all reach everybody, and evidence of 20 is as rare as it promises', () => {
  const runs = Array.from({ length: 80 }, (_, seed) => {
    let most = 0
    const onLook = (
      _before: unknown,
      _after: unknown,
      { evidence }: { readonly evidence: { readonly logE: number } },
    ) => {
      most = Math.max(most, evidence.logE)
    }
    const { state, records } = rollOut(fleetOf(seed, 800), { happens: noise, onLook })
    return { status: state.status, most, sawOutage: records.some(({ reason }) => reason === 'coincident-outage') }
  })
  assert.deepEqual(
    runs.filter(({ status }) => status !== 'complete'),
    [],
  )
  const doubted = runs.filter(({ most }) => most >= Math.log(20)).length
  assert.ok(doubted <= 4 + 3 * Math.sqrt(4), `${doubted} of 80: one in twenty is allowed`)
  assert.ok(runs.some(({ sawOutage }) => sawOutage))
})

/** The rate and kind of a fault, and how many hosts of 16,000 it may harm: a small multiple of the budget of 10. */
const faults: readonly (readonly [number, Signal, number])[] = [
  [1, 'silence', 10],
  [1, 'absence', 10],
  [0.3, 'silence', 30],
  [0.1, 'silence', 30],
  [0.1, 'failure', 10],
  [0.1, 'reboot', 40],
  [0.01, 'silence', 60],
  [0.01, 'failure', 20],
]
for (const [rate, signal, harmedMax] of faults) {
  test(`${signal} of ${rate * 100} % of the hosts is halted, and harms at most ${harmedMax} of 16,000`, () => {
    for (let seed = 1; seed <= 3; seed++) {
      const fleet = fleetOf(seed, 16_000)
      const strike = fault(rate, signal)
      const { state } = rollOut(fleet, {
        happens: (one) => {
          noise(one)
          strike(one)
        },
      })
      const harmed = fleet.hosts.filter((host) => doomed.get(host) === true).length
      assert.equal(state.status, 'halted', `seed ${seed}: ${harmed} harmed`)
      assert.ok(harmed <= harmedMax, `seed ${seed}: ${harmed} harmed`)
    }
  })
}

for (const [canary, broad] of [
  [60, 200],
  [100, 1_000],
  [200, 2_000],
  [1_000, 10_000],
] as const) {
  test(`in rings of ${canary} and ${broad} a fault of any size from 10 % on is halted, and harms at most 30`, () => {
    for (const rate of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      for (let seed = 1; seed <= 3; seed++) {
        const rings = [
          { ring: 'canary', hosts: canary },
          { ring: 'broad', hosts: broad },
        ]
        const fleet = new FakeFleet(rings, seed)
        const { state } = rollOut(fleet, { happens: fault(rate, 'silence') })
        const harmed = fleet.hosts.filter((host) => doomed.get(host) === true).length
        assert.equal(state.status, 'halted', `${rate}, seed ${seed}: ${harmed} harmed`)
        assert.ok(harmed <= 30, `${rate}, seed ${seed}: ${harmed} harmed`)
      }
    }
  })
}
