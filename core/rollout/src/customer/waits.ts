import { PPM_ALL, type WallMs } from '@firebreak/kernel'
import type { PackPlan, ReleaseRef } from '../plan/plan.ts'
import type { Held, HostView, PolicyReason } from './host-view.ts'
import type { ContentSettings, EvidenceDelay } from './settings.ts'
import { overAtMs } from './staleness.ts'
import { isBlackedOut, isOpen, nextOpening } from './windows.ts'

/** What a release has to be for a host to wait for it: part of a plan, and free of every other obstacle. */
export interface Offer {
  readonly pack: PackPlan
  readonly release: ReleaseRef
  readonly host: HostView
  readonly settings: ContentSettings
  readonly held: Held
}

export interface Wait {
  readonly reason: PolicyReason
  /** When it ends by time alone; null: time alone never ends it. */
  readonly untilMs: WallMs | null
}

/**
 * Why its owner's policy makes a host wait with a release that it could install now; null: it does not. A wait for a proof comes before a
 * wait for a good moment.
 */
export function waitFor(offer: Offer, nowMs: WallMs): Wait | null {
  if (offer.settings.pause) return { reason: 'paused', untilMs: null }
  return waitForProof(offer, nowMs) ?? waitForTurn(offer, nowMs) ?? waitForOpening(offer, nowMs)
}

/** Delays by time and by evidence. Over the staleness budget neither applies to the baseline, if the owner chose so. */
function waitForProof(offer: Offer, nowMs: WallMs): Wait | null {
  const delayedMs = endOfDelay(offer, nowMs)
  const isDelayed = nowMs < delayedMs
  if (!isDelayed && hasEvidence(offer)) return null
  const caughtUpMs = catchUpAtMs(offer)
  if (caughtUpMs !== null && nowMs >= caughtUpMs) return null
  if (isDelayed) return { reason: 'delayed', untilMs: Math.min(delayedMs, caughtUpMs ?? delayedMs) }
  return { reason: 'awaiting-evidence', untilMs: caughtUpMs }
}

function endOfDelay({ release, host, settings }: Offer, nowMs: WallMs): WallMs {
  const { delayMs, emergency } = settings
  if (delayMs === 0) return nowMs
  const isShortened = emergency !== null && emergency.delayMsMax < delayMs && host.isEmergency(release.imageDigest)
  return seenAtMs(host, release, nowMs) + (isShortened ? emergency.delayMsMax : delayMs)
}

function hasEvidence({ pack, release, host, settings }: Offer): boolean {
  const { afterEvidence, emergency } = settings
  if (afterEvidence === null) return true
  if (emergency !== null && emergency.ignoreEvidence && host.isEmergency(release.imageDigest)) return true
  return hostsElsewhere(pack, release, host, afterEvidence) >= afterEvidence.hosts
}

/** How many hosts like this one, outside its owner's fleet, are known to have run the release for so long. */
export function hostsElsewhere(
  { evidence }: PackPlan,
  { imageDigest }: ReleaseRef,
  { engineVersion, os }: Pick<HostView, 'engineVersion' | 'os'>,
  { ranMs, sameEngine, sameOs }: EvidenceDelay,
): number {
  let hosts = 0
  for (const row of evidence) {
    if (row.imageDigest !== imageDigest || row.ranMs !== ranMs) continue
    if ((!sameEngine || row.engineVersion === engineVersion) && (!sameOs || row.os === os)) hosts += row.hosts
  }
  return hosts
}

/** When delays end for the baseline, because the host has been without it for too long; null: they don't. */
function catchUpAtMs(offer: Offer): WallMs | null {
  const { pack, release, host, settings, held } = offer
  if (settings.staleness?.whenOver !== 'catch-up' || pack.baseline !== release) return null
  const overMs = overAtMs(pack, host, held.confirmed, settings.staleness)
  // Hosts that waited together must not catch up together.
  return overMs === null ? null : overMs + turnMs(offer)
}

/**
 * A host that comes back late is not alone: it takes a turn, within `spreadMs` from when it was first offered what finished its rollout before
 * that. Who has followed the rollout is spread already, by waves and by polling. Without anything confirmed, or out of a recall: at once.
 */
function waitForTurn(offer: Offer, nowMs: WallMs): Wait | null {
  const { pack, release, host, settings, held } = offer
  const { baselineSinceMs } = pack
  if (settings.spreadMs === 0 || held.hasRevoked || held.confirmed === null) return null
  if (release === pack.candidate || baselineSinceMs === 0) return null
  const seenMs = seenAtMs(host, release, nowMs)
  if (seenMs - baselineSinceMs <= settings.spreadMs) return null
  const untilMs = seenMs + turnMs(offer)
  return nowMs < untilMs ? { reason: 'spreading', untilMs } : null
}

/** Stable, uniform, and another one for each release: from 0 to, and without, `spreadMs`. */
function turnMs({ pack, release, host, settings }: Offer): number {
  return Math.floor((settings.spreadMs * host.bucketOf(pack.pack, release.imageDigest)) / PPM_ALL)
}

function waitForOpening({ release, host, settings }: Offer, nowMs: WallMs): Wait | null {
  const { windows, blackouts, emergency } = settings
  if (windows.length === 0 && blackouts.length === 0) return null
  const isUrgent = emergency !== null && emergency.ignoreWindows && host.isEmergency(release.imageDigest)
  const opening = isUrgent ? { windows: [], blackouts } : settings
  if (isOpen(opening, nowMs)) return null
  const reason = isBlackedOut(blackouts, nowMs) ? 'blackout' : 'outside-window'
  return { reason, untilMs: nextOpening(opening, nowMs) }
}

function seenAtMs(host: HostView, { imageDigest }: ReleaseRef, nowMs: WallMs): WallMs {
  return host.firstSeenMs(imageDigest) ?? nowMs
}
