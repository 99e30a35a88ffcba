import { encodeFrame, FRAME } from '@firebreak/api'
import { composeReport, encodeGateReport, type FuzzTarget } from '@firebreak/gate'
import { sampleFound } from '@firebreak/gate/testing'
import { compileTuning, parseTuning, toSourceNode } from '@firebreak/content'
import { concatBytes, type Json, jsonBytes, utf8Encode } from '@firebreak/kernel'
import { encodePlan, parsePlan, parsePolicySource, signCustomerPolicy } from '@firebreak/rollout'
import { FUZZ_SIGNER } from './signer.ts'
import { NO_METADATA, tufRepository } from './tuf.ts'

const DIGEST = 'ab'.repeat(32)
const OTHER_DIGEST = 'cd'.repeat(32)
const NOW_MS = 1_800_000_000_000
const VERSIONS = { agentVersion: '1.2.0', engineVersion: '1.2.0' }

type Fixed = 'beacon' | 'plan' | 'policy' | 'report' | 'tuf' | 'frames'

/** Inputs of parsers that read nothing of a candidate. */
export function fixedSeeds(): Readonly<Record<Fixed & FuzzTarget, readonly Uint8Array[]>> {
  const { root, nextRoot, files } = tufRepository()
  return {
    beacon: BEACONS.map(jsonBytes),
    plan: [encodePlan(parsePlan(jsonBytes(PLAN)))],
    policy: [policy({}, null), ...POLICIES.map((json) => policy(json, tuning()))],
    report: reports(),
    tuf: [root, nextRoot, ...files.map(([, bytes]) => bytes), NO_METADATA],
    frames: [FRAMES, concatBytes([FRAMES, FRAMES]), FRAMES.subarray(0, 20)],
  }
}

const BEACON_OF_OLD = {
  sequence: 1,
  sentAtMs: NOW_MS,
  bootId: 'boot',
  ...VERSIONS,
  sensorTier: 'bpf',
  planGeneration: 3,
  running: null,
  outcomes: [],
  events: 10,
  detections: 0,
  eventsDropped: 0,
  engineRestarts: 0,
}

const BEACONS: readonly object[] = [
  BEACON_OF_OLD,
  {
    ...BEACON_OF_OLD,
    running: { pack: 'linux-baseline', version: '1.0.0', imageDigest: DIGEST, slot: 'confirmed' },
    outcomes: [{ imageDigest: DIGEST, outcome: 'confirmed', code: '', message: '', atMs: 1, recoverMs: 0 }],
    beaconIntervalMs: 30_000,
    mode: 'safe',
    ending: 'stop',
    drops: { kernel: 1, sensor: 2, backlog: 3, quarantined: 4, unjudged: 5, spool: 6 },
    notices: [{ code: 'tamper', message: 'a file was changed', atMs: 5 }],
    pack: 'linux-baseline',
    platform: { os: 'linux 6.18', architecture: 'x64' },
    engineUse: { cpuPpm: 5_000, memoryKiB: 60_000 },
    enrolment: {
      imageDigest: DIGEST,
      wave: 2,
      sinceMs: 9,
      reboots: 0,
      engineRestarts: 0,
      detections: 1,
      engineCpuPpmPeak: 9,
      engineMemoryKiBPeak: 9,
    },
    customer: { name: 'acme', generation: 2, fault: '', ring: 'hq', takes: 'later', staleness: 'warn' },
  },
]

const RELEASE = { version: '2.0.0', imageDigest: OTHER_DIGEST }
const PLAN = {
  generation: 7,
  issuedAtMs: NOW_MS,
  packs: [
    {
      pack: 'linux-baseline',
      category: 'behavioural',
      baseline: { version: '1.0.0', imageDigest: DIGEST },
      candidate: RELEASE,
      exposure: [
        { ring: 'canary', ppm: 1_000_000, arms: null },
        {
          ring: 'broad',
          ppm: 50_000,
          arms: { wave: 2, exposed: { fromPpm: 10_000, toPpm: 50_000 }, control: { fromPpm: 50_000, toPpm: 90_000 } },
        },
      ],
      candidateSinceMs: NOW_MS,
      baselineSinceMs: NOW_MS,
      earlier: [{ version: '0.9.0', imageDigest: 'ef'.repeat(32) }],
      evidence: [{ imageDigest: OTHER_DIGEST, engineVersion: '1.2.0', os: 'linux 6.18', ranMs: 3_600_000, hosts: 12 }],
    },
  ],
  recalled: ['00'.repeat(32)],
}

const POLICIES: readonly Json[] = [
  {
    expiresAtMs: NOW_MS + 1_000_000,
    rings: [{ name: 'hq', labels: { site: ['hq', 'lab'] }, samplePpm: 500_000 }],
    rules: [{ rings: ['hq'], categories: '*', settings: { delayMs: 3_600_000, pin: '1.0.0', pause: false } }],
    default: {
      afterEvidence: { hosts: 100, ranMs: 3_600_000 },
      windows: [{ days: ['sat', 'sun'], from: '22:00', to: '05:00', zone: 'Europe/Berlin' }],
      blackouts: [{ from: '2026-12-20', to: '2027-01-06', zone: 'UTC' }],
      staleness: { warnAfterMs: 1, overAfterMs: 2, whenOver: 'catch-up' },
      emergency: { delayMsMax: 0, ignoreEvidence: true },
    },
  },
]

function policy(json: Json, tuningBytes: Uint8Array | null): Uint8Array {
  const source = parsePolicySource(json)
  const head = { customer: 'acme', generation: 3, issuedAtMs: NOW_MS, tuning: tuningBytes, stop: 'token' } as const
  return signCustomerPolicy({ ...head, ...source }, FUZZ_SIGNER)
}

/** A filter for one of the small pack's rules. */
function tuning(): Uint8Array {
  const filter = toSourceNode(FILTER, 'filter.yml')
  return compileTuning(parseTuning([{ file: 'filter.yml', nodes: [filter] }]), { name: 'acme', version: '1.0.0' }).image
}

const FILTER = {
  title: 'Ours',
  logsource: { category: 'process_creation', product: 'linux' },
  filter: {
    rules: ['00000000-0000-4000-8000-000000000000'],
    selection: { User: 'backup' },
    condition: 'not selection',
  },
}

function reports(): readonly Uint8Array[] {
  const rest = { coverage: null, diff: null, novelty: null, cost: null, fuzz: null, selfTest: null, risk: null }
  return [sampleFound(), sampleFound(rest)].map((one) => encodeGateReport(composeReport(one)))
}

const FRAMES = concatBytes([
  encodeFrame({ type: FRAME.READY, payload: utf8Encode('{}') }),
  encodeFrame({ type: FRAME.ACK, count: 2, sequence: 9, payload: utf8Encode('{"a":1}\n{"a":2}') }),
  encodeFrame({ type: FRAME.TRACE_WANTED }),
])
