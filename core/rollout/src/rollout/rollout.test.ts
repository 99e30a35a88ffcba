import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import type { HostEvidence } from '../evidence/evidence.ts'
import { planOf } from '../plan/plan-of.ts'
import type { RolloutPolicy } from './policy.ts'
import { DIGEST, hostOf, POLICY, START } from './rollout.fixture.ts'
import {
  applyDecision,
  currentRing,
  decideWave,
  enrolCohort,
  exposureOf,
  haltRollout,
  type RolloutState,
  startRollout,
} from './rollout.ts'

/** Every wave starts at 1000; hosts `a` and `b` are canaries; the server has been listening since 0. */
const T0 = 1000
const CANARIES = [hostOf('a', T0), hostOf('b', T0)]
const BROAD = hostOf('z', T0, null, 'broad')

function started(hosts: readonly HostEvidence[] = CANARIES, policy: RolloutPolicy = POLICY): RolloutState {
  return startRollout(policy, START, hosts, T0)
}

function judged(
  hosts: readonly HostEvidence[],
  nowMs: number,
  { policy = POLICY, state = started(), listeningSinceMs = 0 } = {},
): string {
  const { kind, reason } = decideWave(policy, state, { listeningSinceMs, hosts }, nowMs)
  return `${kind} ${reason}`
}

interface Row {
  readonly name: string
  readonly hosts: readonly HostEvidence[]
  readonly at: number
  readonly expected: string
  readonly with?: { policy?: RolloutPolicy; state?: RolloutState; listeningSinceMs?: number }
}
const quick = { ...POLICY, bakeMs: 0 }
const lenient = { ...POLICY, confirmedShareMin: 500_000 }

/** Where others fail open, and the ordinary cases beside them. */
const rows: readonly Row[] = [
  {
    name: 'all confirmed and baked',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'confirmed'), BROAD],
    at: 1100,
    expected: 'advance evidence-sufficient',
  },
  {
    name: 'all confirmed, one millisecond before it is baked',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'confirmed')],
    at: 1099,
    expected: 'hold baking',
  },
  {
    name: 'nobody has answered yet',
    hosts: CANARIES,
    at: 1010,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'a trial that still runs',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'trial')],
    at: 1100,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'an empty batch is not 100 % success (Flight Control)',
    hosts: [],
    at: 9999,
    with: { state: started([]), policy: quick },
    expected: 'hold empty-cohort',
  },
  {
    name: 'hosts that enrolled later prove nothing for an empty cohort',
    hosts: [hostOf('a', 9999, 'confirmed')],
    at: 9999,
    with: { state: started([]), policy: quick },
    expected: 'hold empty-cohort',
  },
  {
    name: 'silent devices do not stay "proceeding" for ever (hawkBit)',
    hosts: [hostOf('a', 1100, 'confirmed'), hostOf('b', 1020)],
    at: 1101,
    expected: 'halt silence',
  },
  {
    name: 'a host that confirmed and then died is silent, not a success (Elastic)',
    hosts: [hostOf('a', 1100, 'confirmed'), hostOf('b', 1020, 'confirmed')],
    at: 1101,
    with: { policy: lenient },
    expected: 'halt silence',
  },
  {
    name: 'a host that drops out of the statistics stays in the denominator (Nebraska)',
    hosts: [hostOf('a', 1100, 'confirmed')],
    at: 1100,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'no metric at all is not a pass (Kayenta)',
    hosts: [hostOf('a', null), hostOf('b', null)],
    at: 9999,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'success of another release is not success of this one',
    hosts: ['a', 'b'].map((host) => hostOf(host, 1090, 'confirmed', 'canary', 'e'.repeat(64))),
    at: 1100,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'one refusal',
    hosts: [hostOf('a', 1010, 'refused'), hostOf('b', 1010)],
    at: 1010,
    expected: 'halt attributable-failure',
  },
  {
    name: 'one fallback among confirmations',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'fell-back')],
    at: 1100,
    expected: 'halt attributable-failure',
  },
  {
    name: 'a host that confirmed first and fell back later',
    hosts: [
      {
        ...hostOf('a', 1090),
        outcomes: [
          { imageDigest: DIGEST, outcome: 'confirmed' },
          { imageDigest: DIGEST, outcome: 'fell-back' },
        ],
      },
      hostOf('b', 1090, 'confirmed'),
    ],
    at: 1100,
    expected: 'halt attributable-failure',
  },
  {
    name: 'a failure outside the cohort',
    hosts: [...CANARIES, hostOf('late', 1010, 'refused')],
    at: 1010,
    expected: 'halt attributable-failure',
  },
  {
    name: 'as many failures as the policy allows',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'fell-back'), BROAD],
    at: 1100,
    with: { policy: { ...lenient, failuresMax: 1 } },
    expected: 'advance evidence-sufficient',
  },
  {
    name: 'a failure and a silence: the failure is named',
    hosts: [hostOf('a', 1000), hostOf('b', 1000, 'refused')],
    at: 1100,
    expected: 'halt attributable-failure',
  },
  {
    name: 'silence begins after silenceAfterMs, not at it',
    hosts: [hostOf('a', 1050), hostOf('b', 1050)],
    at: 1100,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'silence before the wave counts from its start',
    hosts: [hostOf('a', 960), hostOf('b', 1040)],
    at: 1050,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'silence while the server was down means nothing',
    hosts: CANARIES,
    at: 5050,
    with: { listeningSinceMs: 5000 },
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'silence that goes on after the server is back',
    hosts: CANARIES,
    at: 5051,
    with: { listeningSinceMs: 5000 },
    expected: 'halt silence',
  },
  {
    name: 'a host that was dead before the wave is not blamed on the release, but holds it',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 949)],
    at: 1100,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'a host that was dead before, came back and died again is',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1010)],
    at: 1100,
    expected: 'halt silence',
  },
  {
    name: 'a host of an earlier wave that falls silent now',
    hosts: [hostOf('a', 1000, 'confirmed'), hostOf('z', 1090, 'confirmed', 'broad')],
    at: 1100,
    with: { state: { ...started([BROAD]), waveIndex: 1, cohort: ['z'], reached: ['a'] } },
    expected: 'halt silence',
  },
  {
    name: 'the share that the policy asks for, exactly',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'trial'), BROAD],
    at: 1100,
    with: { policy: lenient },
    expected: 'advance evidence-sufficient',
  },
  {
    name: 'one ppm more than the share that is there',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'trial')],
    at: 1100,
    with: { policy: { ...POLICY, confirmedShareMin: 500_001 } },
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'the last ring',
    hosts: [hostOf('z', 1090, 'confirmed', 'broad')],
    at: 1100,
    with: { state: { ...started([BROAD]), waveIndex: 1, cohort: ['z'] } },
    expected: 'advance rollout-complete',
  },
  {
    name: 'a clock that went back',
    hosts: [hostOf('a', 1090, 'confirmed'), hostOf('b', 1090, 'confirmed')],
    at: 500,
    with: { policy: quick },
    expected: 'hold baking',
  },
]
for (const { name, hosts, at, expected, with: options } of rows) {
  test(`${name}: ${expected}`, () => assert.equal(judged(hosts, at, options), expected))
}

test('the counts add up to the cohort, and each decision explains itself', () => {
  const hosts = [
    hostOf('a', 1090, 'confirmed'),
    hostOf('b', 1090, 'trial'),
    hostOf('c', 1090),
    hostOf('d', 1000),
    hostOf('e', 1090, 'refused'),
    hostOf('f', 1000, 'fell-back'),
  ]
  const state = started([...hosts, hostOf('gone', T0)])
  const { counts, explanation } = decideWave(POLICY, state, { listeningSinceMs: 0, hosts }, 1100)
  const { cohort, ...parts } = counts
  assert.deepEqual(parts, { confirmed: 1, inTrial: 1, refused: 1, fellBack: 1, silent: 2, pending: 1 })
  assert.equal(cohort, 7)
  assert.equal(explanation, '2 hosts refused 1.0.0 or fell back from it; 0 may. Nobody else gets it.')
})

test('evidence that names a host twice is a bug, not a vote', () => {
  assert.throws(() => judged([hostOf('a', 1090, 'confirmed'), hostOf('a', 1090)], 1100), { code: 'kernel/bug' })
})

test('a rollout that has ended is not judged again', () => {
  assert.throws(() => judged(CANARIES, 1100, { state: haltRollout(started()) }), { code: 'kernel/bug' })
})

test('the cohort stays as it was written down; late hosts get the release but no vote', () => {
  const late = hostOf('late', 1090, 'confirmed')
  const state = started()
  assert.deepEqual(state.cohort, ['a', 'b'])
  assert.equal(
    judged(
      [...CANARIES, late].map((host) => ({ ...host, lastSeenMs: 1090 })),
      1100,
      { state },
    ),
    'hold insufficient-evidence',
  )
  assert.deepEqual(exposureOf(state), [{ ring: 'canary', ppm: PPM_ALL }])
})

const ringsOf = (...wavesPpm: number[]) => ({
  ...quick,
  rings: [{ ring: 'canary', wavesPpm }, ...POLICY.rings.slice(1)],
})

test('a wave of a ring includes those of the waves before, and the next ring follows the last', () => {
  const hosts = Array.from({ length: 200 }, (_, i) => hostOf(`h${i}`, T0, 'confirmed', i < 100 ? 'canary' : 'broad'))
  const policy = ringsOf(100_000, 500_000, PPM_ALL)
  let state = started(hosts, policy)
  const seen: string[] = []
  while (state.status === 'rolling') {
    seen.push(`${currentRing(state)} ${JSON.stringify(exposureOf(state).map(({ ppm }) => ppm))}`)
    const before = new Set(state.cohort)
    const decision = decideWave(policy, state, { listeningSinceMs: 0, hosts }, T0)
    state = applyDecision(policy, state, decision, hosts, T0)
    if (currentRing(state) === 'canary') assert.ok([...before].every((host) => state.cohort.includes(host)))
  }
  assert.deepEqual(seen, ['canary [100000]', 'canary [500000]', 'canary [1000000]', 'broad [1000000,1000000]'])
  assert.equal(state.status, 'complete')
  assert.deepEqual(exposureOf(state), [])
})

test('a wave too small to expose any host of its ring is merged into the next one', () => {
  const policy = ringsOf(1, PPM_ALL)
  const state = started(CANARIES, policy)
  assert.equal(state.waveIndex, 1)
  assert.deepEqual(state.cohort, ['a', 'b'])
})

test('a ring without hosts holds, and the policy may pass over it', () => {
  const state = started([BROAD])
  assert.equal(currentRing(state), 'canary')
  assert.equal(judged([BROAD], 9999, { state }), 'hold empty-cohort')
  const skip = { ...quick, skipEmptyRings: true }
  assert.equal(currentRing(started([BROAD], skip)), 'broad')
})

test('a fleet of canaries only completes when empty rings are passed over, and holds when not', () => {
  const hosts = ['a', 'b'].map((host) => hostOf(host, 1090, 'confirmed'))
  assert.equal(judged(hosts, 1100), 'advance evidence-sufficient')
  assert.equal(judged(hosts, 1100, { policy: { ...POLICY, skipEmptyRings: true } }), 'advance rollout-complete')
})

test('with no host at all nothing completes, whatever is passed over', () => {
  const skip = { ...quick, skipEmptyRings: true }
  const state = started([], skip)
  assert.equal(judged([], 9999, { state, policy: skip }), 'hold empty-cohort')
  const enrolled = enrolCohort(skip, state, [BROAD], 2000)
  assert.equal(currentRing(enrolled), 'broad')
  assert.deepEqual([enrolled.cohort, enrolled.waveStartedAtMs], [['z'], 2000])
})

test('only an empty cohort is enrolled again', () => {
  const state = started()
  assert.equal(enrolCohort(POLICY, state, [...CANARIES, hostOf('late', T0)], 2000), state)
  const empty = started([])
  assert.equal(enrolCohort(POLICY, empty, [], 2000), empty)
  const halted = haltRollout(empty)
  assert.equal(enrolCohort(POLICY, halted, CANARIES, 2000), halted)
})

test('the plan: a candidate while it rolls, exposed to nobody when halted, the baseline when complete', () => {
  const rolling = started()
  const planned = (state: RolloutState, recalled: readonly string[] = []) =>
    planOf({ rollouts: [state], completed: [], recalled }, 7, 99).packs[0]
  assert.deepEqual(planned(rolling), {
    pack: 'p',
    category: 'c',
    baseline: null,
    candidate: START.release,
    exposure: [{ ring: 'canary', ppm: PPM_ALL }],
  })
  assert.deepEqual(planned(haltRollout(rolling))?.exposure, [])
  assert.equal(planned(haltRollout(rolling), [DIGEST])?.candidate, null)
})

test('the baseline is the newest completed release that is not recalled', () => {
  const release = (version: string) => ({ version, imageDigest: version.padEnd(64, '0') })
  const completed = ['1.0.0', '1.10.0', '1.9.0'].map((version) => ({
    pack: 'p',
    category: 'c',
    release: release(version),
  }))
  const baseline = (...versions: string[]) =>
    planOf({ rollouts: [], completed, recalled: versions.map((one) => release(one).imageDigest) }, 1, 0).packs[0]
      ?.baseline
  assert.deepEqual(baseline(), release('1.10.0'))
  assert.deepEqual(baseline('1.10.0'), release('1.9.0'))
  assert.equal(baseline('1.10.0', '1.9.0', '1.0.0'), null)
})
