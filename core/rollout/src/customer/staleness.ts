import { compareVersions, type WallMs } from '@firebreak/kernel'
import type { PackPlan, ReleaseRef } from '../plan/plan.ts'
import type { HostView } from './host-view.ts'
import type { StalenessBudget } from './settings.ts'

export type Staleness = 'fresh' | 'warn' | 'over'

export function stalenessOf(
  pack: PackPlan,
  host: HostView,
  confirmed: ReleaseRef | null,
  budget: StalenessBudget | null,
  nowMs: WallMs,
): Staleness {
  const sinceMs = budget && staleSinceMs(pack, host, confirmed)
  if (budget === null || sinceMs === null || nowMs < sinceMs + budget.warnAfterMs) return 'fresh'
  return nowMs < sinceMs + budget.overAfterMs ? 'warn' : 'over'
}

/** When the budget is used up, or was; null: the host is not stale. */
export function overAtMs(
  pack: PackPlan,
  host: HostView,
  confirmed: ReleaseRef | null,
  { overAfterMs }: StalenessBudget,
): WallMs | null {
  const sinceMs = staleSinceMs(pack, host, confirmed)
  return sinceMs === null ? null : sinceMs + overAfterMs
}

/**
 * Since when the host runs something older than a baseline. Since it confirmed that, at the earliest: nobody who signs plans can make a host
 * stale that was brought up to date within its budget. A baseline that replaces another does not start it anew, as far as the host was
 * offered the other one.
 *
 * @returns null: it is not stale, or the plan does not say since when the baseline is one
 */
function staleSinceMs(
  { baseline, baselineSinceMs, earlier }: PackPlan,
  host: HostView,
  confirmed: ReleaseRef | null,
): WallMs | null {
  if (baseline === null || baselineSinceMs === 0) return null
  const isNewer = (version: string): boolean => confirmed === null || compareVersions(version, confirmed.version) > 0
  if (!isNewer(baseline.version)) return null
  let sinceMs = baselineSinceMs
  for (const { version, imageDigest } of earlier) {
    const seenMs = isNewer(version) ? host.firstSeenMs(imageDigest) : null
    if (seenMs !== null && seenMs < sinceMs) sinceMs = seenMs
  }
  return Math.max(sinceMs, host.confirmedAtMs ?? 0)
}
