import type { FleetStatus, ReleaseStatus } from '@firebreak/api'
import type { PackPlan, ReleaseRef, RingExposure } from '@firebreak/rollout'

/** Where the release that matters now stands. `none`: nothing to install. */
export type FocusPhase = 'rolling' | 'halted' | 'complete' | 'none'

/** The release of a pack that an operator asks about now, and how much of each ring may have it. */
export interface ReleaseFocus {
  readonly pack: string
  readonly phase: FocusPhase
  readonly release: ReleaseRef | null
  readonly baseline: ReleaseRef | null
  /** Of the release; empty when the plan's candidate is another one or none. */
  readonly exposure: readonly RingExposure[]
}

/**
 * One focus per pack: the candidate; else the newest halted release, unless the baseline is newer; else the baseline.
 * Packs come in the plan's order, then packs that only have releases.
 */
export function releaseFocuses(status: FleetStatus): readonly ReleaseFocus[] {
  const planned = status.plan?.packs ?? []
  const names = new Set([...planned.map((one) => one.pack), ...status.releases.map((one) => one.pack)])
  return [...names].map((pack) =>
    focusOf(
      pack,
      planned.find((one) => one.pack === pack),
      status.releases
        .filter((one) => one.pack === pack)
        .map((one) => (isHalted(status, one) ? { ...one, state: 'halted' } : one)),
    ),
  )
}

/** What a verdict halted is recalled with it, and stays what an operator asks about; what a person recalled is settled. */
function isHalted({ verdicts }: FleetStatus, { state, imageDigest }: ReleaseStatus): boolean {
  if (state !== 'recalled') return state === 'halted'
  return verdicts.find((one) => one.imageDigest === imageDigest)?.kind === 'halt'
}

/** Newest first. */
export function byPublication(releases: readonly ReleaseStatus[]): readonly ReleaseStatus[] {
  return releases.toSorted((a, b) => b.publishedAtMs - a.publishedAtMs)
}

function focusOf(pack: string, plan: PackPlan | undefined, releases: readonly ReleaseStatus[]): ReleaseFocus {
  const baseline = plan?.baseline ?? null
  const release = plan?.candidate ?? newestHalted(releases, baseline) ?? baseline
  const state = releases.find((one) => one.imageDigest === release?.imageDigest)?.state
  const offered = release !== null && release.imageDigest === plan?.candidate?.imageDigest
  return {
    pack,
    release: release && { version: release.version, imageDigest: release.imageDigest },
    baseline,
    phase: phaseOf(state, release, offered),
    exposure: offered ? (plan?.exposure ?? []) : [],
  }
}

function newestHalted(releases: readonly ReleaseStatus[], baseline: ReleaseRef | null): ReleaseStatus | null {
  const newest = byPublication(releases).find(
    (one) => one.state === 'halted' || one.imageDigest === baseline?.imageDigest,
  )
  return newest?.state === 'halted' ? newest : null
}

function phaseOf(state: ReleaseStatus['state'] | undefined, release: ReleaseRef | null, offered: boolean): FocusPhase {
  if (release === null) return 'none'
  if (state === 'halted') return 'halted'
  return offered ? 'rolling' : 'complete'
}
