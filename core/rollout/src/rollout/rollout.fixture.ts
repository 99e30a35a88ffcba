import { PPM_ALL } from '@firebreak/kernel'
import type { HostEvidence, OutcomeEvidence } from '../evidence/evidence.ts'
import { DEFAULT_ROLLOUT_POLICY, type RolloutPolicy } from './policy.ts'

export const DIGEST = 'd'.repeat(64)
export const START = {
  pack: 'p',
  category: 'c',
  release: { version: '1.0.0', imageDigest: DIGEST },
} as const

export const POLICY: RolloutPolicy = {
  ...DEFAULT_ROLLOUT_POLICY,
  rings: ['canary', 'broad'].map((ring) => ({ ring, wavesPpm: [PPM_ALL] })),
  bakeMs: 100,
  silenceAfterMs: 50,
}

export type Outcome = OutcomeEvidence['outcome']

export function hostOf(
  host: string,
  lastSeenMs: number | null,
  outcome: Outcome | null = null,
  ring = 'canary',
  imageDigest: string = DIGEST,
): HostEvidence {
  return { host, ring, lastSeenMs, outcomes: outcome ? [{ imageDigest, outcome }] : [] }
}
