import type { Sha256Hex, WallMs } from '@firebreak/kernel'
import { type Arm, armOf } from '../plan/exposure.ts'
import type { Plan, ReleaseRef } from '../plan/plan.ts'
import { isExpired } from './customer-policy.ts'
import { decideHost, isExposed, obstacleTo, packOf, pinnedOf, recalledOf } from './host-decision.ts'
import type { Held, HostView } from './host-view.ts'
import { settingsFor } from './rings.ts'
import type { ContentSettings } from './settings.ts'
import { type Staleness, stalenessOf } from './staleness.ts'
import { isOpen, nextOpening } from './windows.ts'

/** What the policy of the host's owner makes of plans, as beacons say it. */
export interface CustomerStance {
  /** '': no policy holds. */
  readonly name: string
  readonly generation: number
  /** The code of why a newer policy was not taken, or that the one that holds has expired; '': neither. */
  readonly fault: string
  /** The ring of the plan that the host follows. '': the one it enrolled with. */
  readonly ring: string
  readonly takes: Takes
  readonly staleness: Staleness
}

/** When a host takes a release that is offered to it for the first time now: only hosts that do so at once are in cohorts. */
export type Takes = 'at-once' | 'later' | 'never'

/** What a host waits at most and still takes a release at once: its next poll is not sooner either. */
export const AT_ONCE_MS = 60_000

/**
 * What beacons say of the policy.
 *
 * @param plan - null: none is held yet, so the category of the host's pack is not known
 * @param refused - the code with which a newer policy was refused; '': none was
 */
export function stanceOf(plan: Plan | null, host: HostView, nowMs: WallMs, refused = ''): CustomerStance {
  const { policy } = host
  const pack = plan && packOf(plan, host)
  const { settings } = settingsFor(policy, host, pack?.category ?? null)
  const confirmed = host.isSafe ? null : host.confirmed
  return {
    name: policy?.customer ?? '',
    generation: policy?.generation ?? 0,
    fault: refused === '' && policy !== null && isExpired(policy, nowMs) ? 'rollout/policy-expired' : refused,
    ring: settings.planRing ?? '',
    takes: takesOf(settings, nowMs),
    staleness: pack ? stalenessOf(pack, host, confirmed, settings.staleness, nowMs) : 'fresh',
  }
}

export function takesOf(settings: ContentSettings, nowMs: WallMs): Takes {
  if (settings.pause || settings.pin !== null) return 'never'
  if (settings.delayMs > AT_ONCE_MS || settings.afterEvidence !== null) return 'later'
  if (isOpen(settings, nowMs)) return 'at-once'
  const openMs = nextOpening(settings, nowMs)
  return openMs !== null && openMs - nowMs <= AT_ONCE_MS ? 'at-once' : 'later'
}

export interface Enrolment {
  readonly imageDigest: Sha256Hex
  readonly wave: number
  readonly arm: Arm
}

/**
 * The wave in which this host takes part if it enrols now; null: in none. What keeps a host out is the same in both arms, but for the release
 * itself: one that is exposed installs it now, one of the control could, or an earlier wave brought it.
 */
export function enrolmentOf(plan: Plan, host: HostView, nowMs: WallMs): Enrolment | null {
  const pack = packOf(plan, host)
  if (!pack?.candidate || host.candidate) return null
  const { settings } = settingsFor(host.policy, host, pack.category)
  const ring = settings.planRing ?? host.enrolledRing
  const arms = pack.exposure.find((one) => one.ring === ring)?.arms
  if (!arms || takesOf(settings, nowMs) !== 'at-once') return null
  const { imageDigest } = pack.candidate
  const arm = armOf(arms, host.bucketOf(pack.pack, imageDigest))
  if (arm === null || recalledOf(plan, host).length > 0) return null
  const takesPart =
    arm === 'exposed' ? installs(plan, host, imageDigest, nowMs) : isComparable(plan, host, pack.candidate)
  return takesPart ? { imageDigest, wave: arms.wave, arm } : null
}

function installs(plan: Plan, host: HostView, imageDigest: Sha256Hex, nowMs: WallMs): boolean {
  const decision = decideHost(plan, host, nowMs)
  return decision.kind === 'install' && decision.release.imageDigest === imageDigest
}

function isComparable(plan: Plan, host: HostView, candidate: ReleaseRef): boolean {
  const held: Held = { confirmed: host.isSafe ? null : host.confirmed, candidate: null, hasRevoked: false }
  const obstacle = obstacleTo(plan, host, held, candidate)
  return obstacle === null || obstacle === 'up-to-date'
}

/**
 * The releases that `plan` offers to this host now, whatever delays its owner wants: delays count from when a release was first
 * among them, so the caller remembers that. A pause or a pin does not stop the count.
 */
export function offersTo(plan: Plan, host: HostView): readonly Sha256Hex[] {
  const pack = packOf(plan, host)
  if (pack === null) return []
  const { settings } = settingsFor(host.policy, host, pack.category)
  const candidate = isExposed(pack, host, settings) ? pack.candidate : null
  const pinned = settings.pin === null ? null : pinnedOf(pack, settings.pin)
  const offers = [candidate, pack.baseline, pinned === pack.candidate ? null : pinned]
  return [...new Set(offers.flatMap((one) => (one ? [one.imageDigest] : [])))]
}
