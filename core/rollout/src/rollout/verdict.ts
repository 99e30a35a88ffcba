import type { Sha256Hex, Version, WallMs } from '@firebreak/kernel'

/** Closed set of reasons: why a wave advances, holds or halts. */
export type VerdictReason =
  | 'evidence-sufficient' // advance
  | 'rollout-complete' // advance past the last ring
  | 'baking' // hold: not yet long enough
  | 'empty-cohort' // hold: zero hosts prove nothing
  | 'insufficient-evidence' // hold: hosts have not answered yet
  | 'attributable-failure' // halt: refused, or fell back
  | 'silence' // halt: hosts of the cohort stopped reporting
  | 'operator' // halt or recall by a person

/** The numbers behind a verdict. The denominator, `cohort`, is fixed when the wave starts. */
export interface CohortCounts {
  readonly cohort: number
  readonly confirmed: number
  readonly inTrial: number
  readonly refused: number
  readonly fellBack: number
  readonly silent: number
  /** Has not reported anything about this release yet, and is not silent. */
  readonly pending: number
}

/** A verdict as it is kept and shown: what was decided, on what numbers, and why, in one sentence. */
export interface VerdictRecord {
  readonly atMs: WallMs
  readonly pack: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
  readonly ring: string
  readonly kind: 'advance' | 'hold' | 'halt' | 'recall'
  readonly reason: VerdictReason
  readonly counts: CohortCounts
  /** For a person: what was seen and what follows. */
  readonly explanation: string
}
