import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import type { HostStatus, RolloutStatus, WaveStatus } from '@firebreak/api'
import { beaconOf } from '@firebreak/api/testing'
import { type ArmCounts, DEFAULT_ROLLOUT_POLICY, type Signal, SIGNALS, type VerdictRecord } from '@firebreak/rollout'
import { recordLines, rolloutLines, stanceText } from './operate-rollout.ts'

const NO_EVENTS = Object.fromEntries(SIGNALS.map((signal) => [signal, 0])) as Record<Signal, number>
const arm = (cohort: number, enrolled: number, proven: number): ArmCounts => {
  return { cohort, enrolled, confirmed: proven, proven, rebooted: 0, events: NO_EVENTS }
}

function wave(number: number, ring: string, exposed: ArmCounts, control: ArmCounts): WaveStatus {
  const arms = { wave: number, exposed: { fromPpm: 0, toPpm: 1_000 }, control: { fromPpm: 1_000, toPpm: 20_000 } }
  const size = { hostsMax: 10, excessUpperPpm: 1_000_000, proven: 0, harmed: 0 }
  const controlOf = control.cohort === 0 ? 'nobody' : 'unexposed'
  const hosts = { exposedHosts: exposed.cohort, controlHosts: control.cohort }
  return { ring, arms, ...hosts, controlOf, size, startedAtMs: 0, exposed, control }
}

const HOLD: VerdictRecord = {
  atMs: 0,
  pack: 'p',
  version: '1.1.0',
  imageDigest: 'a'.repeat(64),
  ring: 'canary',
  wave: 2,
  kind: 'hold',
  reason: 'suspicion',
  counts: { exposed: arm(33, 31, 20), control: arm(330, 325, 300) },
  evidence: {
    logE: Math.log(2_001),
    haltLogE: Math.log(1_000_000),
    holdLogE: Math.log(1_000),
    signals: [
      { signal: 'silence', logE: Math.log(2_001), wave: 2, stratum: 's', exposedEvents: 3, controlEvents: 1 },
      { signal: 'reboot', logE: 0, wave: 2, stratum: 's', exposedEvents: 1, controlEvents: 9 },
    ],
  },
  excessUpperPpm: 300_000,
  alternatives: [],
  resolvedBy: 'More of the same \u001B[2Jhalts it.',
  explanation: '3 hosts fell silent.',
}

const ROLLOUT: RolloutStatus = {
  pack: 'p',
  version: '1.1.0',
  imageDigest: 'a'.repeat(64),
  lane: 'emergency',
  status: 'rolling',
  rings: ['canary'],
  startedAtMs: 0,
  waves: [
    wave(1, 'canary', arm(10, 10, 10), arm(0, 0, 0)),
    wave(2, 'canary', HOLD.counts.exposed, HOLD.counts.control),
  ],
  verdict: HOLD,
}
const lines = (rollout: RolloutStatus) => rolloutLines(rollout, DEFAULT_ROLLOUT_POLICY).map(stripVTControlCharacters)

test('a rollout in lines: its waves, the strongest signal between the lines that hold and halt, and what resolves it', () => {
  assert.deepEqual(lines(ROLLOUT), [
    'p 1.1.0  rolling  wave 2 in ring canary  EMERGENCY LANE',
    '  wave 1  canary  10 hosts exposed, 10 take part, 10 proven (100 %), no control: hosts are counted',
    '  wave 2  canary  33 hosts exposed, 31 take part, 20 proven (60.6 %, 80 % must be), control 330 hosts (unexposed)',
    '  evidence 2,000: silence of 3 hosts exposed and 1 host of the control in wave 2; holds at 1,000, halts at 1,000,000',
    '  hold (suspicion): 3 hosts fell silent.',
    '  resolved by: More of the same \uFFFD[2Jhalts it.',
  ])
})

test('a verdict whole: the numbers of both arms, every signal, and nothing that drives a terminal', () => {
  assert.deepEqual(recordLines([HOLD]), [
    '1970-01-01T00:00:00Z  hold (suspicion): p 1.1.0, ring canary, wave 2',
    '  3 hosts fell silent.',
    '  exposed: cohort 33, 31 enrolled, 20 confirmed, 20 proven, 0 rebooted',
    '  control: cohort 330, 325 enrolled, 300 confirmed, 300 proven, 0 rebooted',
    '  evidence: 2,000; holds at 1,000, halts at 1,000,000',
    '    silence: 2,000 from wave 2 (3 exposed, 1 control), strongest in s',
    '    reboot: 1 from wave 2 (1 exposed, 9 control), strongest in s',
    '  harms at most: 30 % of the hosts that get it',
    '  resolved by: More of the same \uFFFD[2Jhalts it.',
    '',
  ])
})

test('before the first wave and the first judgement there is little to say', () => {
  const started = { ...ROLLOUT, lane: 'normal', waves: [], verdict: null } as const
  assert.deepEqual(lines(started), ['p 1.1.0  rolling  no wave yet'])
})

const BEACON = beaconOf()
const HOST: HostStatus = {
  host: 'h-1',
  name: 'web',
  ring: 'broad',
  enrolledAtMs: 0,
  lastSeenMs: 1_000,
  presence: { kind: 'present' },
  beacon: BEACON,
}

test('a stance in words, and nothing where there is nothing to say', () => {
  const stance = {
    ...BEACON.customer,
    name: 'shop\u001B[2J',
    ring: 'early',
    takes: 'later',
    staleness: 'over',
  } as const
  const rows: readonly (readonly [HostStatus, string])[] = [
    [HOST, ''],
    [{ ...HOST, beacon: null }, ''],
    [{ ...HOST, beacon: { ...BEACON, customer: { ...BEACON.customer, ring: 'broad' } } }, ''],
    [
      { ...HOST, beacon: { ...BEACON, customer: { ...stance, fault: 'rollout/policy-older' } } },
      'policy shop\uFFFD[2J, follows ring early, takes releases later, staleness over, newer policy refused (rollout/policy-older)',
    ],
  ]
  for (const [host, expected] of rows) assert.equal(stanceText(host), expected)
})
