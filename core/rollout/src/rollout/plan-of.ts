import { assert, compareVersions, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import {
  type PackPlan,
  type Plan,
  PLAN_EARLIER_MAX,
  PLAN_EVIDENCE_MAX,
  type ReleaseEvidence,
  type ReleaseRef,
} from '../plan/plan.ts'
import { exposureOf, type RolloutState } from './state.ts'

/** A release that finished its rollout, some time. */
export interface CompletedRelease {
  readonly pack: string
  readonly category: string
  readonly release: ReleaseRef
  readonly completedAtMs: WallMs
}

/** What is known on hosts of the releases of one pack. */
export interface PackEvidence {
  readonly pack: string
  readonly rows: readonly ReleaseEvidence[]
}

export interface FleetIntent {
  /** The newest rollout of each pack, whatever its status. */
  readonly rollouts: readonly RolloutState[]
  /** All releases that ever finished, so that the baseline before a recalled one is known. */
  readonly completed: readonly CompletedRelease[]
  readonly recalled: readonly Sha256Hex[]
  readonly evidence: readonly PackEvidence[]
}

/**
 * The plan that says what `intent` means. A halted rollout stays named as the candidate, exposed to nobody; a recalled one is
 * named in `recalled` only. The baseline is the newest completed release that is not recalled; those before it are `earlier`.
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
  const [baseline, ...earlier] = completed.filter(({ release }) => !recalled.has(release.imageDigest))
  const candidate = rollout && rollout.status !== 'complete' && !recalled.has(rollout.release.imageDigest) && rollout
  const named = [candidate, baseline].flatMap((one) => (one ? [one.release.imageDigest] : []))
  return {
    pack,
    category: newest.category,
    baseline: baseline?.release ?? null,
    candidate: candidate ? candidate.release : null,
    exposure: candidate ? exposureOf(candidate) : [],
    candidateSinceMs: candidate ? candidate.startedAtMs : 0,
    baselineSinceMs: baseline?.completedAtMs ?? 0,
    earlier: earlier.slice(0, PLAN_EARLIER_MAX).map(({ release }) => release),
    evidence: intent.evidence
      .filter((one) => one.pack === pack)
      .flatMap(({ rows }) => rows.filter(({ imageDigest }) => named.includes(imageDigest)))
      .slice(0, PLAN_EVIDENCE_MAX),
  }
}

/** Whether two plans tell hosts the same; generation, time and what has become known of the releases meanwhile aside. */
export function isSameIntent(a: Plan, b: Plan): boolean {
  const intent = ({ packs, recalled }: Plan) =>
    JSON.stringify([packs.map((one) => ({ ...one, evidence: [] })), recalled])
  return intent(a) === intent(b)
}

/** Whether two plans also say the same of what is known: where they don't, a newer plan is worth its signature, if not at once. */
export function isSameEvidence(a: Plan, b: Plan): boolean {
  const known = ({ packs }: Plan) => JSON.stringify(packs.map(({ evidence }) => evidence))
  return known(a) === known(b)
}
