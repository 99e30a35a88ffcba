import { decideHost, encodePlan, exposureBucketPpm, type HostView, parsePlan, type Plan } from '@firebreak/rollout'
import { define, describeJson, jsonLength, oneOf } from './define.ts'

const NOW_MS = 1_800_000_000_000
const HOST: HostView = {
  host: '00000000-0000-4000-8000-000000000001',
  enrolledRing: 'broad',
  pack: 'linux-baseline',
  confirmed: { version: '1.0.0', imageDigest: 'a'.repeat(64) },
  lastKnownGood: null,
  candidate: null,
  starter: null,
  isSafe: false,
  rejected: [],
  engineVersion: '1.2.0',
  os: 'linux 6.18',
  labels: {},
  policy: null,
  bucketOf: (pack, imageDigest) => exposureBucketPpm('host', pack, imageDigest),
  firstSeenMs: () => null,
  confirmedAtMs: null,
  isEmergency: () => false,
}

/** The rollout document, behind its signature, and what a host makes of it. */
export const createTarget = define<Plan>({
  parse: parsePlan,
  refuses: oneOf(['kernel/malformed']),
  fuel: { base: 1_000, each: 24 },
  bytes: { base: 4_096, each: 16 },
  describe: describeJson,
  whole: jsonLength,
  encode: encodePlan,
  use: (plan) => decideHost(plan, HOST, NOW_MS),
})
