import type { Ppm, WallMs } from '@firebreak/kernel'
import type { PackPlan, Plan, ReleaseEvidence, ReleaseRef } from '../plan/plan.ts'

/** From `fromMs` on hosts read this plan. */
export interface PlanStep {
  readonly fromMs: WallMs
  readonly plan: Plan
}

/** A rollout that has not happened, by the moments at which it would open rings. */
export interface RolloutSchedule {
  readonly pack: string
  readonly category: string
  readonly release: ReleaseRef
  readonly baseline: ReleaseRef | null
  readonly baselineSinceMs: WallMs
  readonly openings: readonly { readonly ring: string; readonly atMs: WallMs; readonly ppm: Ppm }[]
  /** When the release becomes the baseline; null: not in this schedule. */
  readonly completesAtMs: WallMs | null
  /** What is known of the release from when on. */
  readonly evidence: readonly (Omit<ReleaseEvidence, 'imageDigest'> & { readonly atMs: WallMs })[]
}

/** The plans of a schedule, one for each moment at which something changes. */
export function stepsOf(schedule: RolloutSchedule): readonly PlanStep[] {
  const { openings, evidence, completesAtMs } = schedule
  const moments = [...openings, ...evidence].map(({ atMs }) => atMs)
  const all = new Set(completesAtMs === null ? moments : [...moments, completesAtMs])
  return [...all]
    .toSorted((a, b) => a - b)
    .map((fromMs, i) => {
      const plan = { generation: i + 1, issuedAtMs: fromMs, packs: [packAt(schedule, fromMs)], recalled: [] }
      return { fromMs, plan }
    })
}

function packAt(schedule: RolloutSchedule, nowMs: WallMs): PackPlan {
  const { pack, category, release, baseline, baselineSinceMs, openings, completesAtMs } = schedule
  const isComplete = completesAtMs !== null && completesAtMs <= nowMs
  const opened = new Map<string, Ppm>()
  for (const { ring, atMs, ppm } of openings) {
    if (atMs <= nowMs) opened.set(ring, Math.max(opened.get(ring) ?? 0, ppm))
  }
  return {
    pack,
    category,
    baseline: isComplete ? release : baseline,
    candidate: isComplete ? null : release,
    exposure: isComplete ? [] : [...opened].map(([ring, ppm]) => ({ ring, ppm, arms: null })),
    candidateSinceMs: Math.min(...openings.map(({ atMs }) => atMs)),
    baselineSinceMs: isComplete ? completesAtMs : baselineSinceMs,
    earlier: isComplete && baseline ? [baseline] : [],
    evidence: evidenceAt(schedule, nowMs),
  }
}

/** The newest row of each kind of host. */
function evidenceAt({ release, evidence }: RolloutSchedule, nowMs: WallMs): readonly ReleaseEvidence[] {
  const rows = new Map<string, ReleaseEvidence>()
  for (const { atMs, engineVersion, os, ranMs, hosts } of evidence.toSorted((a, b) => a.atMs - b.atMs)) {
    if (atMs > nowMs) continue
    const row = { imageDigest: release.imageDigest, engineVersion, os, ranMs, hosts }
    rows.set(`${engineVersion} ${ranMs} ${os}`, row)
  }
  return [...rows.values()]
}
