import type { Sha256Hex, Version, WallMs } from '@firebreak/kernel'
import type { ReleaseRef } from '../plan/plan.ts'
import type { CustomerPolicy } from './customer-policy.ts'
import type { DecidedBy } from './rings.ts'

/** What a host knows of itself when it reads a plan. */
export interface HostView {
  readonly host: string
  /** The ring of the vendor's plan that it was enrolled with; it follows another one where its owner's policy says so. */
  readonly enrolledRing: string
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
  readonly engineVersion: Version
  /** As beacons say it: `linux 6.18`. */
  readonly os: string
  readonly labels: Readonly<Record<string, string>>
  /** What its owner wants; null: nobody said. */
  readonly policy: CustomerPolicy | null
  /** Where it stands in the order of exposure: `exposureBucketPpm` of this host. */
  readonly bucketOf: (pack: string, imageDigest: Sha256Hex) => number
  /**
   * When one of `offersTo` named this release to this host for the first time, by its own clock and memory: nobody who
   * signs plans can make it earlier. Null: not before now.
   */
  readonly firstSeenMs: (imageDigest: Sha256Hex) => WallMs | null
  /** When the trial of what it has confirmed ended; null: not known, or nothing is. */
  readonly confirmedAtMs: WallMs | null
  /** Whether approvers described the release as one of the emergency lane. */
  readonly isEmergency: (imageDigest: Sha256Hex) => boolean
}

/** What a host counts as its own when it looks for something newer: what it has left for a recall, or does not trust in safe mode, is out. */
export interface Held {
  readonly confirmed: ReleaseRef | null
  /** In its trial right now. */
  readonly candidate: ReleaseRef | null
  /** It has just left a recalled image. */
  readonly hasRevoked: boolean
}

export interface InstallDecision {
  readonly kind: 'install'
  readonly release: ReleaseRef
  /** earlier: one before the baseline, pinned, or the newest whose delay is over. */
  readonly reason: 'exposed' | 'baseline' | 'earlier'
}

export interface KeepDecision {
  readonly kind: 'keep'
  readonly reason: KeepReason
  /** The release that would be installed but for the reason; null: there is none. */
  readonly release: ReleaseRef | null
  /** Before then, time alone changes nothing; then it ends this reason (another one may follow). Null: time alone never will. */
  readonly untilMs: WallMs | null
  /** Which part of the owner's policy the settings are from. */
  readonly by: DecidedBy
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
  | PolicyReason

/** Why its owner's policy makes a host wait with a release that it could install. */
export type PolicyReason =
  | 'paused' // the category is paused
  | 'pinned' // it stays with the release that is pinned, or waits for it
  | 'delayed' // the release was not offered long enough ago
  | 'awaiting-evidence' // too few hosts elsewhere have run it
  | 'spreading' // hosts that come back late take turns
  | 'blackout' // not on these days
  | 'outside-window' // not at this time

/**
 * `revoke`: the host holds recalled images. It leaves them at once, without asking anybody, whatever its owner's policy says: what is
 * left of confirmed and last known good runs; then `next`.
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
