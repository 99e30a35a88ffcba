import { compareVersions, type Sha256Hex } from '@firebreak/kernel'
import { exposureBucketPpm } from '../plan/exposure.ts'
import type { PackPlan, Plan, ReleaseRef } from '../plan/plan.ts'

/** What a host knows of itself when it reads a plan. */
export interface HostView {
  readonly host: string
  readonly ring: string
  readonly pack: string
  readonly confirmed: ReleaseRef | null
  readonly lastKnownGood: ReleaseRef | null
  /** In its trial right now. A candidate whose trial was interrupted and that waits to be offered again: null. */
  readonly candidate: ReleaseRef | null
  /** Built into its agent; runs when nothing else does. */
  readonly starter: ReleaseRef | null
  /** In safe mode: the host trusts no release that it has, and wants a candidate, whatever its version. */
  readonly isSafe: boolean
  /** Refused or fell back on this host: never tried again here. */
  readonly rejected: readonly Sha256Hex[]
}

export interface InstallDecision {
  readonly kind: 'install'
  readonly release: ReleaseRef
  readonly reason: 'exposed' | 'baseline'
}

export interface KeepDecision {
  readonly kind: 'keep'
  readonly reason: KeepReason
}

/** Closed set: why a host goes on with what it has. */
export type KeepReason =
  | 'unknown-pack' // the plan says nothing about this pack
  | 'in-trial' // first the trial that runs ends
  | 'up-to-date' // it has confirmed the newest release that is meant for it
  | 'not-exposed' // a newer release is rolling out, not to this host yet
  | 'rejected-here' // the release that is meant for it failed here before
  | 'recalled' // the release that is meant for it is recalled
  | 'not-newer' // the release that is meant for it is older than what it has confirmed
  | 'nothing-released' // the plan names no release of this pack

/**
 * `revoke`: the host holds recalled images. It leaves them at once, without asking anybody: what is left of confirmed and
 * last known good runs; then `next`.
 */
export type HostDecision =
  | InstallDecision
  | KeepDecision
  | {
      readonly kind: 'revoke'
      readonly reason: 'recalled'
      readonly digests: readonly Sha256Hex[]
      readonly next: InstallDecision | KeepDecision
    }

/**
 * What this host does about `plan`. The caller has verified the plan and its generation. Never installs an image that is
 * recalled, that failed here, or that is not newer than the confirmed one; never looks at anything but its arguments.
 */
export function decideHost(plan: Plan, host: HostView): HostDecision {
  const recalled = new Set(plan.recalled)
  const digests = [host.candidate, host.confirmed, host.lastKnownGood, host.starter].flatMap((held) =>
    held && recalled.has(held.imageDigest) ? [held.imageDigest] : [],
  )
  const left = withoutRecalled(host, recalled)
  const next = decideInstall(plan, host.isSafe ? { ...left, confirmed: null } : left, recalled)
  return digests.length === 0 ? next : { kind: 'revoke', reason: 'recalled', digests: [...new Set(digests)], next }
}

/** The host as it is after it has left what is recalled: last known good steps in for a recalled confirmed image. */
function withoutRecalled(host: HostView, recalled: ReadonlySet<Sha256Hex>): HostView {
  const kept = (held: ReleaseRef | null) => (held && recalled.has(held.imageDigest) ? null : held)
  const lastKnownGood = kept(host.lastKnownGood)
  const confirmed = kept(host.confirmed) ?? (host.confirmed ? lastKnownGood : null)
  return { ...host, candidate: kept(host.candidate), confirmed, lastKnownGood }
}

function decideInstall(plan: Plan, host: HostView, recalled: ReadonlySet<Sha256Hex>): InstallDecision | KeepDecision {
  const pack = plan.packs.find((one) => one.pack === host.pack)
  if (!pack) return keep('unknown-pack')
  if (host.candidate) return keep('in-trial')
  const exposed = pack.candidate && isExposedTo(pack, pack.candidate, host)
  if (pack.candidate && exposed) {
    const obstacle = obstacleTo(pack.candidate, host, recalled)
    if (obstacle === null) return { kind: 'install', release: pack.candidate, reason: 'exposed' }
    return pack.baseline && obstacleTo(pack.baseline, host, recalled) === null
      ? { kind: 'install', release: pack.baseline, reason: 'baseline' }
      : keep(obstacle)
  }
  if (!pack.baseline) return keep(pack.candidate ? 'not-exposed' : 'nothing-released')
  const obstacle = obstacleTo(pack.baseline, host, recalled)
  if (obstacle === null) return { kind: 'install', release: pack.baseline, reason: 'baseline' }
  return keep(pack.candidate && obstacle === 'up-to-date' ? 'not-exposed' : obstacle)
}

function isExposedTo(pack: PackPlan, candidate: ReleaseRef, host: HostView): boolean {
  const ring = pack.exposure.find((one) => one.ring === host.ring)
  return ring !== undefined && exposureBucketPpm(host.host, host.pack, candidate.imageDigest) < ring.ppm
}

/** Why this host must not install `release`, or null when it may. */
function obstacleTo(release: ReleaseRef, host: HostView, recalled: ReadonlySet<Sha256Hex>): KeepReason | null {
  if (recalled.has(release.imageDigest)) return 'recalled'
  if (host.confirmed?.imageDigest === release.imageDigest) return 'up-to-date'
  if (host.rejected.includes(release.imageDigest)) return 'rejected-here'
  if (host.confirmed && compareVersions(release.version, host.confirmed.version) <= 0) return 'not-newer'
  return null
}

function keep(reason: KeepReason): KeepDecision {
  return { kind: 'keep', reason }
}
