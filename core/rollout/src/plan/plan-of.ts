import { assert, compareVersions, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import type { PackPlan, Plan, ReleaseRef } from './plan.ts'
import { exposureOf, type RolloutState } from '../rollout/rollout.ts'

/** A release that finished its rollout, some time. */
export interface CompletedRelease {
  readonly pack: string
  readonly category: string
  readonly release: ReleaseRef
}

export interface FleetIntent {
  /** The newest rollout of each pack, whatever its status. */
  readonly rollouts: readonly RolloutState[]
  /** All releases that ever finished, so that the baseline before a recalled one is known. */
  readonly completed: readonly CompletedRelease[]
  readonly recalled: readonly Sha256Hex[]
}

/**
 * The plan that says what `intent` means. A halted rollout stays named as the candidate, exposed to nobody; a recalled one is
 * named in `recalled` only. The baseline is the newest completed release that is not recalled.
 */
export function planOf(intent: FleetIntent, generation: number, nowMs: WallMs): Plan {
  const names = [...new Set([...intent.rollouts, ...intent.completed].map(({ pack }) => pack))]
  return {
    generation,
    issuedAtMs: nowMs,
    packs: names.toSorted().map((pack) => packPlanOf(intent, pack)),
    recalled: intent.recalled.toSorted(),
  }
}

function packPlanOf(intent: FleetIntent, pack: string): PackPlan {
  const recalled = new Set(intent.recalled)
  const rollout = intent.rollouts.find((one) => one.pack === pack)
  const completed = intent.completed
    .filter((one) => one.pack === pack)
    .toSorted((a, b) => compareVersions(b.release.version, a.release.version))
  const newest = rollout ?? completed[0]
  assert(newest !== undefined, 'a planned pack has a release')
  const baseline = completed.find(({ release }) => !recalled.has(release.imageDigest))
  const isCandidate =
    rollout !== undefined && rollout.status !== 'complete' && !recalled.has(rollout.release.imageDigest)
  return {
    pack,
    category: newest.category,
    baseline: baseline?.release ?? null,
    candidate: isCandidate ? rollout.release : null,
    exposure: isCandidate ? exposureOf(rollout) : [],
    candidateSinceMs: 0,
    baselineSinceMs: 0,
    earlier: [],
    evidence: [],
  }
}

/** Whether two plans tell hosts the same; generation and time aside. */
export function isSameIntent(a: Plan, b: Plan): boolean {
  const intent = ({ packs, recalled }: Plan) => JSON.stringify([packs, recalled])
  return intent(a) === intent(b)
}
