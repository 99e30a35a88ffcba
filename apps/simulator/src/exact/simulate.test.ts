import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import type { Plan } from '@firebreak/rollout'
import { jsonOf } from '../report/figures.ts'
import { makeReport } from '../report/make.ts'
import { readScenario, scenarioNames } from '../scenarios.ts'
import { checkSimulation } from './checks.ts'
import { simulate, type Simulation } from './simulate.ts'

interface Row {
  readonly hosts: number
  readonly outcome: Simulation['status']
  readonly harmedMax: number
}

/** With few hosts: what faults of one in a thousand do is for the suite of rollouts, which has enough of them. */
const ROWS: Readonly<Record<string, Row>> = {
  'channel-file-291': { hosts: 20_000, outcome: 'halted', harmedMax: 20 },
  'coincident-outage': { hosts: 1_000, outcome: 'complete', harmedMax: 0 },
  'controller-killed': { hosts: 10_000, outcome: 'halted', harmedMax: 20 },
  'cpu-tail': { hosts: 5_000, outcome: 'halted', harmedMax: 120 },
  'crash-after-reboot': { hosts: 1_000, outcome: 'rolling', harmedMax: 20 },
  'crash-at-once': { hosts: 5_000, outcome: 'halted', harmedMax: 20 },
  'detection-loss': { hosts: 1_000, outcome: 'complete', harmedMax: 1_000 },
  'false-positive-storm': { hosts: 2_000, outcome: 'halted', harmedMax: 60 },
  'false-success': { hosts: 2_000, outcome: 'halted', harmedMax: 30 },
  healthy: { hosts: 2_000, outcome: 'complete', harmedMax: 0 },
  'heisenbug-0.1-percent': { hosts: 1_000, outcome: 'complete', harmedMax: 5 },
  'heisenbug-1-percent': { hosts: 2_000, outcome: 'complete', harmedMax: 20 },
  'late-comers': { hosts: 400, outcome: 'complete', harmedMax: 0 },
  'one-stratum': { hosts: 2_000, outcome: 'halted', harmedMax: 40 },
  'server-down': { hosts: 1_000, outcome: 'complete', harmedMax: 0 },
  'stolen-plan-key': { hosts: 1_000, outcome: 'halted', harmedMax: 30 },
  'telemetry-outage': { hosts: 1_000, outcome: 'complete', harmedMax: 0 },
  weekend: { hosts: 400, outcome: 'complete', harmedMax: 0 },
}

describe('scenarios, with the production code', () => {
  test('each has a row', () => {
    assert.deepEqual(scenarioNames(), Object.keys(ROWS).toSorted())
  })

  for (const [name, { hosts, outcome, harmedMax }] of Object.entries(ROWS)) {
    test(`${name}: ${outcome}`, () => {
      const run = simulate(readScenario(name), { hosts, seed: 1 })
      const broken = checkSimulation(run).filter(({ ok }) => !ok)
      assert.deepEqual(broken, [])
      assert.equal(run.status, outcome, run.journal.verdicts.at(-1)?.explanation ?? '')
      assert.ok(run.journal.harms.length <= harmedMax, `${run.journal.harms.length} harmed`)
    })
  }
})

test('the same seed gives the same bytes, another one does not', () => {
  const bytes = (seed: number): string => {
    const report = makeReport('channel-file-291', readScenario('channel-file-291'), { hosts: 5_000, seed })
    const json = JSON.stringify([jsonOf(report, { wallSeconds: 0, peakMiB: 0 }), report.ours.series, report.verdicts])
    return createHash('sha256').update(json).digest('hex')
  }
  assert.equal(bytes(7), bytes(7))
  assert.notEqual(bytes(7), bytes(8))
})

test('every host asks as often as it should, for hours', () => {
  const healthy = readScenario('healthy')
  const [server] = healthy.fleet.strata
  assert.ok(server)
  const fleet = {
    ...healthy.fleet,
    strata: [{ ...server, sharePpm: PPM_ALL }],
    rings: [{ ring: 'canary', sharePpm: PPM_ALL, pollSeconds: 300 }],
  }
  const hosts = 500
  const run = simulate(
    { ...healthy, fleet, afterSeconds: 7_200, rolloutPolicy: { rings: ['canary'] } },
    { hosts, seed: 1 },
  )
  const asked = run.journal.requests.reduce((sum, n) => sum + n, 0)
  const usual = (2 * hosts * run.endedAtS) / 300
  // On top of that come the beacons of a host's probation in each wave, and of its trial.
  assert.ok(asked > 0.95 * usual && asked < 1.25 * usual, `${asked} requests, ${usual} by the intervals`)
})

/** What a controller with a bug would publish, and the check that has to notice. */
const BUGS: readonly (readonly [what: string, noticed: RegExp, tamper: (plan: Plan) => Plan])[] = [
  ['exposes everybody after the halt', /a halt exposes nobody/, (plan) => (isHalted(plan) ? exposedToAll(plan) : plan)],
  ['forgets to recall', /all survivors|a halt exposes nobody/, (plan) => ({ ...plan, recalled: [] })],
  ['begins everywhere', /each ring is whole/, exposedToAll],
  ['counts generations from one', /generations strictly increase/, (plan) => ({ ...plan, generation: 1 })],
  ['lets exposure shrink', /exposure only grows/, shrinking()],
]

describe('the checks bite', () => {
  for (const [what, noticed, tamper] of BUGS) {
    test(`a controller that ${what}`, () => {
      const run = simulate(readScenario('channel-file-291'), { hosts: 2_000, seed: 1, tamper })
      const broken = checkSimulation(run).filter(({ ok }) => !ok)
      assert.ok(
        broken.some(({ name }) => noticed.test(name)),
        JSON.stringify(broken),
      )
    })
  }

  test('a host that installs without being exposed', () => {
    const run = simulate(readScenario('channel-file-291'), { hosts: 5_000, seed: 1 })
    const stranger = Array.from({ length: 5_000 }, (_, host) => host).find(
      (host) => run.world.ring(host).ring === 'broad',
    )
    const [first] = run.journal.installs
    assert.ok(stranger !== undefined && first)
    run.journal.installs.push({ ...first, host: stranger })
    assert.ok(checkSimulation(run).some(({ name, ok }) => name === 'only exposed hosts install' && !ok))
  })
})

function isHalted({ recalled }: Plan): boolean {
  return recalled.length > 0
}

function exposedToAll(plan: Plan): Plan {
  const release = plan.packs[0]?.candidate ?? { version: '1.2.0', imageDigest: plan.recalled[0] ?? '' }
  const exposure = ['canary', 'early', 'broad'].map((ring) => ({ ring, ppm: PPM_ALL, arms: null }))
  return { ...plan, recalled: [], packs: plan.packs.map((pack) => ({ ...pack, candidate: release, exposure })) }
}

/** Takes a tenth off the exposure with each plan. */
function shrinking(): (plan: Plan) => Plan {
  let share = 1
  return (plan) => {
    share *= 0.9
    const packs = plan.packs.map((pack) => {
      const exposure = pack.exposure.map((one) => ({ ...one, ppm: Math.floor(one.ppm * share) }))
      return { ...pack, exposure: [...exposure] }
    })
    return { ...plan, packs }
  }
}
