import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logMixture } from '../statistics/hazard-ratio.ts'
import { FakeFleet, type FakeHost, POLICY, rollOut } from './rollout.fixture.ts'

/*
 * The hardest null world for evidence of several waves together: small rings in which the same hosts are struck again and again, are the control of
 * many waves, and get the release themselves in the end. Nothing ends these rollouts early, and small budgets make many waves.
 */

const PATIENT = {
  ...POLICY,
  rings: ['canary'],
  budgetHosts: 3,
  provenShareMin: 100_000,
  outageShareMax: 1_000_000,
  lossesMax: 1_000,
  haltEvidence: 1e15,
  holdEvidence: 1e15,
}
const RUNS = 60
const BARS = [20, 100] as const

interface World {
  readonly name: string
  readonly hosts: number
  /** The share of hosts that fall silent with `silence` a minute, and of those that reboot with `reboot`. */
  readonly frailShare: number
  readonly silence: number
  readonly reboot: number
  readonly isKnown: boolean
}

const worlds: readonly World[] = [
  {
    name: 'every third host flaps, unknown so far',
    hosts: 150,
    frailShare: 1 / 3,
    silence: 1 / 20,
    reboot: 1 / 5,
    isKnown: false,
  },
  {
    name: 'half of all fall silent twice a day',
    hosts: 300,
    frailShare: 1 / 2,
    silence: 1 / 720,
    reboot: 1 / 50,
    isKnown: false,
  },
  {
    name: 'all are unsteady, every tenth flaps',
    hosts: 300,
    frailShare: 1 / 10,
    silence: 1 / 10,
    reboot: 1 / 2,
    isKnown: true,
  },
]

/** What strikes a host in a minute. Who fell silent once is unsteady from the next wave on. */
function live(fleet: FakeFleet, host: FakeHost, { frailShare, silence, reboot }: World): void {
  const [isFrail, isRebooter] = [host.bucket % 997 < 997 * frailShare, host.bucket % 991 < 991 * frailShare]
  const chance = fleet.random()
  if (!host.isPresent) host.isPresent = chance < 0.2
  else if (isFrail && chance < silence) {
    host.stratum = 's, unsteady'
    fleet.strike(host, 'silence')
  } else if (isRebooter && chance > 1 - reboot) fleet.strike(host, 'reboot')
}

for (const world of worlds) {
  test(`null rollouts in a small ring: ${world.name}: no more evidence than is promised`, () => {
    const crossed = new Map<string, number[]>()
    const count = (what: string, logE: number) => {
      const bars = crossed.get(what) ?? BARS.map(() => 0)
      crossed.set(
        what,
        bars.map((runs, i) => runs + (logE >= Math.log(BARS[i] ?? 0) ? 1 : 0)),
      )
    }
    let waves = 0
    for (let seed = 1; seed <= RUNS; seed++) {
      const strata = [world.isKnown ? 's, unsteady' : 's, steady']
      const fleet = new FakeFleet([{ ring: 'canary', hosts: world.hosts, strata }], seed)
      const most = new Map<string, number>()
      const note = (what: string, logE: number) => most.set(what, Math.max(most.get(what) ?? 0, logE))
      const { state } = rollOut(fleet, {
        policy: PATIENT,
        happens: () => {
          for (const host of fleet.hosts) live(fleet, host, world)
        },
        onLook: (before, _after, { evidence }) => {
          note('all', evidence.logE)
          // Without their weights, which would hide a promise that is broken by little.
          for (const { signal, stratum, wave, logTerms } of before.processes) {
            if (stratum === null) note(`${signal} together, ${wave === 1 ? 'first' : 'later'}`, logMixture(logTerms))
          }
        },
      })
      assert.equal(state.status, 'complete')
      waves += state.waves.length
      for (const [what, logE] of most) if (!what.endsWith('later')) count(what, logE)
    }
    assert.ok(waves >= 8 * RUNS, `${waves} waves`)
    for (const [what, bars] of crossed) {
      for (const [i, bar] of BARS.entries()) {
        const allowed = RUNS / bar
        assert.ok((bars[i] ?? 0) <= allowed + 3 * Math.sqrt(allowed), `${what}: ${bars[i]} of ${RUNS} reach ${bar}`)
      }
    }
  })
}
