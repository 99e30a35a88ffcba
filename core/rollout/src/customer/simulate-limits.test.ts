import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PackPlan, ReleaseRef } from '../plan/plan.ts'
import { customerPolicy, exposure, planOfPack, release, wanting } from './customer.fixture.ts'
import type { PlanStep } from './rollout-schedule.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import {
  type PolicySimulation,
  SIMULATED_HOSTS_MAX,
  type SimulatedHost,
  simulatePolicy,
  SIMULATION_STEPS_MAX,
} from './simulate-policy.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.parse('2026-06-01T00:00Z')
const [r1, r2, r3] = [release(1), release(2), release(3)]
const toAll = [exposure('canary')]
const HOST: SimulatedHost = {
  host: 'h',
  labels: {},
  enrolledRing: 'canary',
  engineVersion: '1.0.0',
  os: 'linux 6.18',
  confirmed: r1,
  confirmedAtMs: START_MS - 50 * HOUR_MS,
}

const step = (hour: number, pack: Partial<PackPlan>, recalled: readonly ReleaseRef[] = []): PlanStep => ({
  fromMs: START_MS + hour * HOUR_MS,
  plan: planOfPack(pack, recalled),
})
const base: PolicySimulation = {
  policy: null,
  pack: 'p',
  imageDigest: r2.imageDigest,
  isEmergency: false,
  steps: [],
  hosts: [HOST],
}

/** When the one host installs the release, in hours from the first plan, or why it does not. */
function told(over: Partial<PolicySimulation>): number | string {
  const [only] = simulatePolicy({ ...base, ...over })
  assert.ok(only && only.hosts === 1)
  return only.earliestMs === null ? (only.never[0]?.reason ?? '') : (only.earliestMs - START_MS) / HOUR_MS
}

test('a simulation has so many plans and so many hosts', () => {
  const steps = (length: number) => Array.from({ length }, () => step(0, {}))
  /** As long as it says, with nobody to go through. */
  const hosts = (length: number) => ({ length, *[Symbol.iterator]() {} }) as unknown as readonly SimulatedHost[]
  const isFull = { steps: steps(SIMULATION_STEPS_MAX), hosts: hosts(SIMULATED_HOSTS_MAX) }
  assert.deepEqual(simulatePolicy({ ...base, ...isFull }), [])
  const isTooMuch = { code: 'kernel/bug' }
  assert.throws(() => simulatePolicy({ ...base, steps: steps(SIMULATION_STEPS_MAX + 1), hosts: [] }), isTooMuch)
  assert.throws(() => simulatePolicy({ ...base, hosts: hosts(SIMULATED_HOSTS_MAX + 1) }), isTooMuch)
})

test('a plan holds until the next one, and not at its first moment', () => {
  const taken = [step(0, { candidate: r2, exposure: toAll }), step(5, { candidate: r2 })]
  const delayed = (hours: number) => ({ policy: wanting({ delayMs: hours * HOUR_MS }), steps: taken })
  assert.deepEqual(
    [4, 5, 10].map((hours) => told(delayed(hours))),
    [4, 'not-exposed', 'not-exposed'],
  )
})

test('what never opens is never installed', () => {
  const blackouts = [{ from: '2026-01-01', to: '9999-12-31', zone: 'UTC' }]
  const steps = [step(0, { candidate: r2, exposure: toAll })]
  assert.equal(told({ policy: wanting({ blackouts }), steps }), 'blackout')
})

test('a host has what it installed before, and is asked about one release only', () => {
  const hosts = [{ ...HOST, confirmed: null, confirmedAtMs: null }]
  const late = { baseline: r2, baselineSinceMs: START_MS - 30 * HOUR_MS }
  const atOnce = told({ hosts, steps: [step(2, late)] })
  const inTurn = told({ hosts, steps: [step(0, { baseline: r1 }), step(2, late)] })
  assert.equal(atOnce, 2)
  assert.ok(typeof inTurn === 'number' && inTurn > 2 && inTurn < 3, `${inTurn}`)
})

test('a host that left a recalled release has it no more', () => {
  const hosts = [{ ...HOST, confirmed: r3 }]
  const exposed = { candidate: r2, exposure: toAll }
  assert.equal(told({ hosts, steps: [step(0, { candidate: r2 }, [r3]), step(1, exposed)] }), 1)
  assert.equal(told({ hosts, steps: [step(0, { candidate: r2 }), step(1, exposed)] }), 'not-newer')
  assert.equal(told({ hosts, steps: [step(0, exposed, [r3])] }), 0)
})

test('only the release that is asked about is an emergency', () => {
  const emergency = { delayMsMax: HOUR_MS, ignoreEvidence: false, ignoreWindows: false }
  const late = step(5, { baseline: r2, baselineSinceMs: START_MS - 30 * HOUR_MS })
  const over = {
    policy: wanting({ emergency, delayMs: 10 * HOUR_MS, spreadMs: 30 * HOUR_MS }),
    hosts: [{ ...HOST, confirmed: null, confirmedAtMs: null }],
    steps: [step(0, { baseline: r1 }), late],
    isEmergency: true,
  }
  // It has nothing that works: no turn, as it would have to take if the delay of the first had been shortened too.
  assert.equal(told(over), 6)
})

test('the most frequent reason comes first', () => {
  const pausing = (role: string) => ({ name: role, labels: { role: [role] }, samplePpm: 1_000_000 })
  const policy = customerPolicy({
    rings: [{ ...pausing('a'), labels: {} }],
    default: { ...DEFAULT_SETTINGS, pause: true },
  })
  const hosts = [{ ...HOST, confirmed: r2 }, HOST, HOST]
  const [ring] = simulatePolicy({ ...base, policy, hosts, steps: [step(0, { baseline: r2 })] })
  assert.deepEqual(ring?.never, [
    { reason: 'paused', hosts: 2 },
    { reason: 'up-to-date', hosts: 1 },
  ])
})
