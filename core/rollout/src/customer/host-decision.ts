import { compareVersions, PPM_ALL, type Sha256Hex, WALL_MS_MAX, type WallMs } from '@firebreak/kernel'
import type { PackPlan, Plan, ReleaseRef } from '../plan/plan.ts'
import type {
  Held,
  HostDecision,
  HostView,
  InstallDecision,
  KeepDecision,
  KeepReason,
  PolicyReason,
} from './host-view.ts'
import { type DecidedBy, type DecidedSettings, settingsFor } from './rings.ts'
import type { ContentSettings } from './settings.ts'
import { waitFor } from './waits.ts'

/**
 * What this host does about `plan`, under its owner's policy. The caller has verified the plan and its generation. Never installs an image
 * that is recalled, that failed here, that is not newer than the confirmed one, or that the plan does not offer to it; never looks at
 * anything but its arguments. A recall comes first, and no policy has a say in it.
 *
 * @param nowMs - by the host's own clock
 */
export function decideHost(plan: Plan, host: HostView, nowMs: WallMs): HostDecision {
  const digests = recalledOf(plan, host)
  if (digests.length === 0) {
    const { confirmed, candidate, isSafe } = host
    return decideInstall(plan, host, { confirmed: isSafe ? null : confirmed, candidate, hasRevoked: false }, nowMs)
  }
  const next = decideInstall(plan, host, leave(host, digests), nowMs)
  return { kind: 'revoke', reason: 'recalled', digests, next }
}

const NONE: readonly Sha256Hex[] = []

/** What the host holds of what is recalled. */
export function recalledOf({ recalled }: Plan, host: HostView): readonly Sha256Hex[] {
  if (recalled.length === 0) return NONE
  const held = [host.candidate, host.confirmed, host.lastKnownGood, host.starter]
  const digests = held.flatMap((one) => (one && recalled.includes(one.imageDigest) ? [one.imageDigest] : []))
  return digests.length === 0 ? NONE : [...new Set(digests)]
}

/** The host after it has left what is recalled: last known good steps in for a recalled confirmed image. */
function leave(host: HostView, recalled: readonly Sha256Hex[]): Held {
  const kept = (held: ReleaseRef | null) => (held && recalled.includes(held.imageDigest) ? null : held)
  const confirmed = kept(host.confirmed) ?? (host.confirmed ? kept(host.lastKnownGood) : null)
  return { confirmed: host.isSafe ? null : confirmed, candidate: kept(host.candidate), hasRevoked: true }
}

/** All that one decision is about. */
interface Question {
  readonly plan: Plan
  readonly pack: PackPlan
  readonly host: HostView
  readonly held: Held
  readonly decided: DecidedSettings
  readonly nowMs: WallMs
}

function decideInstall(plan: Plan, host: HostView, held: Held, nowMs: WallMs): InstallDecision | KeepDecision {
  const pack = packOf(plan, host)
  const decided = settingsFor(host.policy, host, pack?.category ?? null)
  if (pack === null) return keep('unknown-pack', null, decided.by)
  if (held.candidate) return keep('in-trial', null, decided.by)
  const question = { plan, pack, host, held, decided, nowMs }
  return decided.settings.pin === null ? decideNewest(question) : decidePinned(question, decided.settings.pin)
}

export function packOf({ packs }: Plan, host: HostView): PackPlan | null {
  return packs.find((one) => one.pack === host.pack) ?? null
}

/** The newest release that nothing is in the way of: of the candidate, if the host is exposed to it, the baseline, and what came before. */
function decideNewest(question: Question): InstallDecision | KeepDecision {
  const { pack, host, decided } = question
  const candidate = isExposed(pack, host, decided.settings) ? pack.candidate : null
  const first = candidate && weigh(question, candidate)
  if (first?.kind === 'install') return first
  const second = pack.baseline && weigh(question, pack.baseline)
  if (second?.kind === 'install') return second
  const kept = first && second ? preferred(first, second) : (first ?? second)
  if (kept === null) return keep(pack.candidate ? 'not-exposed' : 'nothing-released', pack.candidate, decided.by)
  if (pack.candidate && !candidate && kept.reason === 'up-to-date') {
    return keep('not-exposed', pack.candidate, decided.by)
  }
  return second && OPEN_TO_OLDER.has(second.reason) ? decideEarlier(question, kept) : kept
}

/** Where these keep a host from the baseline, an earlier release may be newer than what it has, and free of them. */
const OPEN_TO_OLDER: ReadonlySet<KeepReason> = new Set(['delayed', 'awaiting-evidence', 'rejected-here', 'recalled'])

/**
 * Only what was offered to this host when it was new: its delay has run since then. So a host gets releases one delay late, also where they
 * follow each other faster than that.
 */
function decideEarlier(question: Question, newer: KeepDecision): InstallDecision | KeepDecision {
  let kept = newer
  for (const release of question.pack.earlier) {
    if (question.host.firstSeenMs(release.imageDigest) === null) continue
    const decision = weigh(question, release)
    if (decision.kind === 'install') return decision
    kept = preferred(kept, decision)
  }
  return kept
}

function decidePinned(question: Question, pin: string): InstallDecision | KeepDecision {
  const { pack, host, decided } = question
  const release = pinnedOf(pack, pin)
  if (release === null) return keep('pinned', null, decided.by)
  if (release === pack.candidate && !isExposed(pack, host, decided.settings)) {
    return keep('not-exposed', release, decided.by)
  }
  const decision = weigh(question, release)
  const hasIt = decision.kind === 'keep' && decision.reason === 'up-to-date'
  return hasIt ? keep('pinned', null, decided.by) : decision
}

export function pinnedOf({ candidate, baseline, earlier }: PackPlan, pin: string): ReleaseRef | null {
  if (baseline?.version === pin) return baseline
  if (candidate?.version === pin) return candidate
  return earlier.find((one) => one.version === pin) ?? null
}

/** By the ring of the plan that the host follows, and where it stands in it. */
export function isExposed(pack: PackPlan, host: HostView, { planRing }: ContentSettings): boolean {
  if (pack.candidate === null) return false
  const ring = planRing ?? host.enrolledRing
  const ppm = pack.exposure.find((one) => one.ring === ring)?.ppm ?? 0
  return ppm === PPM_ALL || (ppm > 0 && host.bucketOf(pack.pack, pack.candidate.imageDigest) < ppm)
}

function weigh(question: Question, release: ReleaseRef): InstallDecision | KeepDecision {
  const { plan, pack, host, held, decided, nowMs } = question
  const obstacle = obstacleTo(plan, host, held, release)
  if (obstacle !== null) return keep(obstacle, obstacle === 'up-to-date' ? null : release, decided.by)
  const wait = waitFor({ pack, release, host, settings: decided.settings, held }, nowMs)
  if (wait) return keep(wait.reason, release, decided.by, wait.untilMs)
  if (release === pack.candidate) return { kind: 'install', release, reason: 'exposed' }
  return { kind: 'install', release, reason: release === pack.baseline ? 'baseline' : 'earlier' }
}

export type Obstacle = 'recalled' | 'up-to-date' | 'rejected-here' | 'not-newer'

/** Why this host can't install `release`, whatever its owner wants; null: it can. */
export function obstacleTo(
  { recalled }: Plan,
  { rejected }: HostView,
  { confirmed }: Held,
  { imageDigest, version }: ReleaseRef,
): Obstacle | null {
  if (recalled.includes(imageDigest)) return 'recalled'
  if (confirmed?.imageDigest === imageDigest) return 'up-to-date'
  if (rejected.includes(imageDigest)) return 'rejected-here'
  if (confirmed && compareVersions(version, confirmed.version) <= 0) return 'not-newer'
  return null
}

/** What waits says more than what can't be; of two that wait, what waits shorter; else the newer release. */
function preferred(newer: KeepDecision, older: KeepDecision): KeepDecision {
  if (isWait(newer) !== isWait(older)) return isWait(newer) ? newer : older
  return isWait(older) && endOf(older) < endOf(newer) ? older : newer
}

function isWait({ reason }: KeepDecision): boolean {
  return WAITS.has(reason)
}

const WAITS: ReadonlySet<KeepReason> = new Set<PolicyReason>([
  'paused',
  'delayed',
  'awaiting-evidence',
  'spreading',
  'blackout',
  'outside-window',
])

function endOf({ untilMs }: KeepDecision): WallMs {
  return untilMs ?? Number.POSITIVE_INFINITY
}

function keep(
  reason: KeepReason,
  release: ReleaseRef | null,
  by: DecidedBy,
  untilMs: WallMs | null = null,
): KeepDecision {
  // What a plan dates so far ahead has no date that anybody could read.
  return { kind: 'keep', reason, release, untilMs: untilMs !== null && untilMs > WALL_MS_MAX ? null : untilMs, by }
}
