import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import { customerPolicy, planOfPack, release } from './customer.fixture.ts'
import { type RolloutSchedule, stepsOf } from './rollout-schedule.ts'
import { type ContentSettings, DEFAULT_SETTINGS } from './settings.ts'
import { type PolicySimulation, type SimulatedHost, simulatePolicy } from './simulate-policy.ts'

const HOUR_MS = 3_600_000
/** A Monday, 00:00 UTC. */
const START_MS = Date.parse('2026-06-01T00:00Z')
const [r1, r2] = [release(1), release(2)]

const schedule: RolloutSchedule = {
  pack: 'p',
  category: 'c',
  release: r2,
  baseline: r1,
  baselineSinceMs: START_MS - 100 * HOUR_MS,
  openings: [
    { ring: 'canary', atMs: START_MS, ppm: 1_000 },
    { ring: 'canary', atMs: START_MS + HOUR_MS, ppm: PPM_ALL },
    { ring: 'early', atMs: START_MS + 2 * HOUR_MS, ppm: PPM_ALL },
    { ring: 'broad', atMs: START_MS + 4 * HOUR_MS, ppm: PPM_ALL },
  ],
  completesAtMs: START_MS + 5 * HOUR_MS,
  evidence: [
    { atMs: START_MS + 3 * HOUR_MS, engineVersion: '1.0.0', os: 'linux 6.18', ranMs: HOUR_MS, hosts: 50 },
    { atMs: START_MS + 6 * HOUR_MS, engineVersion: '1.0.0', os: 'linux 6.18', ranMs: HOUR_MS, hosts: 200 },
  ],
}

const hostsOf = (role: string, count: number, over: Partial<SimulatedHost> = {}): readonly SimulatedHost[] =>
  Array.from({ length: count }, (_, i) => ({
    host: `${role}-${i}`,
    labels: { role },
    enrolledRing: 'canary',
    engineVersion: '1.0.0',
    os: 'linux 6.18',
    confirmed: r1,
    confirmedAtMs: START_MS - 50 * HOUR_MS,
    ...over,
  }))

const wants: Readonly<Record<string, Partial<ContentSettings>>> = {
  fast: {},
  late: { planRing: 'broad', delayMs: 10 * HOUR_MS },
  careful: { planRing: 'early', afterEvidence: { hosts: 100, ranMs: HOUR_MS, sameEngine: true, sameOs: true } },
  night: { planRing: 'early', windows: [{ days: ['mon'], from: '22:00', to: '23:00', zone: 'UTC' }] },
  paused: { pause: true },
  lost: { planRing: 'nowhere' },
  empty: {},
}
const policy = customerPolicy({
  rings: Object.keys(wants).map((name) => ({ name, labels: { role: [name] }, samplePpm: PPM_ALL })),
  rules: Object.entries(wants).map(([name, settings]) => ({
    rings: [name],
    categories: '*',
    settings: { ...DEFAULT_SETTINGS, ...settings },
  })),
})
const simulation: PolicySimulation = {
  policy,
  pack: 'p',
  imageDigest: r2.imageDigest,
  isEmergency: false,
  steps: stepsOf(schedule),
  hosts: [
    ...hostsOf('fast', 40),
    ...hostsOf('late', 3),
    ...hostsOf('careful', 2),
    ...hostsOf('careful', 1, { os: 'linux 6.1' }),
    ...hostsOf('night', 4),
    ...hostsOf('paused', 5),
    ...hostsOf('lost', 2),
    ...hostsOf('stray', 1),
  ],
}

/** One line a ring, times in hours from the first opening. */
function told(one: PolicySimulation): readonly string[] {
  const hour = (ms: number | null): string => (ms === null ? '-' : `${(ms - START_MS) / HOUR_MS}`)
  return simulatePolicy(one).map(({ ring, hosts, installs, earliestMs, latestMs, never }) => {
    const why = never.map(({ reason, hosts: count }) => ` ${reason} ${count}`).join('')
    return `${ring ?? 'none'}: ${installs} of ${hosts}, ${hour(earliestMs)} to ${hour(latestMs)}${why}`
  })
}

test('each ring gets a release when its rules let it, by the code that decides on hosts', () => {
  assert.deepEqual(told(simulation), [
    'fast: 40 of 40, 1 to 1',
    'late: 3 of 3, 14 to 14',
    'careful: 2 of 3, 6 to 6 awaiting-evidence 1',
    'night: 4 of 4, 22 to 22',
    'paused: 0 of 5, - to - paused 5',
    // It sees the release when it is the baseline for all: that is not late.
    'lost: 2 of 2, 5 to 5',
    'empty: 0 of 0, - to -',
    'none: 1 of 1, 1 to 1',
  ])
})

test('a rollout that does not complete reaches nobody whom no ring of it has', () => {
  const open = { ...simulation, steps: stepsOf({ ...schedule, completesAtMs: null }), hosts: hostsOf('lost', 2) }
  assert.ok(told(open).includes('lost: 0 of 2, - to - not-exposed 2'))
})

test('an emergency is as fast as was consented to', () => {
  const consent = {
    emergency: { delayMsMax: HOUR_MS, ignoreEvidence: false, ignoreWindows: false },
    planRing: 'broad',
    delayMs: 10 * HOUR_MS,
  }
  const consenting = customerPolicy({ default: { ...DEFAULT_SETTINGS, ...consent } })
  const hosts = hostsOf('any', 3)
  assert.deepEqual(told({ ...simulation, policy: consenting, hosts, isEmergency: true }), ['none: 3 of 3, 5 to 5'])
  assert.deepEqual(told({ ...simulation, policy: consenting, hosts }), ['none: 3 of 3, 14 to 14'])
})

test('one plan alone: what time makes of it, with turns for those who come late', () => {
  const plan = planOfPack({ baseline: r2, baselineSinceMs: START_MS - 30 * HOUR_MS })
  const hosts = hostsOf('any', 400)
  const [all] = simulatePolicy({ ...simulation, policy: null, steps: [{ fromMs: START_MS, plan }], hosts })
  assert.ok(all && all.installs === 400 && all.ring === null)
  const [first, last] = [(all.earliestMs ?? 0) - START_MS, (all.latestMs ?? 0) - START_MS]
  assert.ok(first >= 0 && first < HOUR_MS / 20 && last < HOUR_MS && last > (HOUR_MS * 19) / 20, `${first} to ${last}`)
})

test('no plans, no hosts: nothing', () => {
  assert.deepEqual(
    told({ ...simulation, steps: [], hosts: hostsOf('fast', 1) })[0],
    'fast: 0 of 1, - to - nothing-released 1',
  )
  assert.deepEqual(simulatePolicy({ ...simulation, policy: null, hosts: [] }), [])
})
