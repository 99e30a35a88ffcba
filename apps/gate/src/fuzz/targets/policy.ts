import { verifyTuning } from '@firebreak/content'
import { utf8Decode } from '@firebreak/kernel'
import {
  acceptCustomerPolicy,
  type CustomerPolicy,
  decideHost,
  encodePlan,
  exposureBucketPpm,
  parsePlan,
  type Plan,
  signCustomerPolicy,
} from '@firebreak/rollout'
import { FUZZ_SIGNER } from '../seeds/signer.ts'
import { define, jsonLength, oneOf } from './define.ts'

const NOW_MS = 1_800_000_000_000
const RELEASE = { version: '2.0.0', imageDigest: 'b'.repeat(64) }
const PLAN: Plan = parsePlan(
  encodePlan({
    generation: 1,
    issuedAtMs: NOW_MS,
    packs: [
      {
        pack: 'linux-baseline',
        category: 'behavioural',
        baseline: { version: '1.0.0', imageDigest: 'a'.repeat(64) },
        candidate: RELEASE,
        exposure: [{ ring: 'broad', ppm: 1_000_000, arms: null }],
        candidateSinceMs: NOW_MS,
        baselineSinceMs: NOW_MS,
        earlier: [],
        evidence: [],
      },
    ],
    recalled: [],
  }),
)

const trust = {
  key: FUZZ_SIGNER.publicKey,
  held: null,
  verifyTuning,
  nowMs: NOW_MS,
}

/** What a customer signs, with its envelope, and what a host decides by it. */
export const createTarget = define<CustomerPolicy>({
  parse: (input) => acceptCustomerPolicy(input, trust),
  refuses: oneOf([
    'kernel/malformed',
    'rollout/policy-signature',
    'rollout/policy-older',
    'rollout/policy-customer',
    'rollout/policy-expired',
    'rollout/policy-tuning',
  ]),
  fuel: { base: 10_000, each: 40 },
  bytes: { base: 16_384, each: 16 },
  describe: (policy) => utf8Decode(signCustomerPolicy(policy, FUZZ_SIGNER)),
  whole: jsonLength,
  encode: (policy) => signCustomerPolicy(policy, FUZZ_SIGNER),
  use: (policy) =>
    decideHost(
      PLAN,
      {
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
        labels: { site: 'hq' },
        policy,
        bucketOf: (pack, digest) => exposureBucketPpm('host', pack, digest),
        firstSeenMs: () => null,
        confirmedAtMs: null,
        isEmergency: () => false,
      },
      NOW_MS,
    ),
})
