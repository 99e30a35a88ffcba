import { arch, platform, release } from 'node:os'
import type { Platform } from '@firebreak/api'
import type { Sha256Hex } from '@firebreak/kernel'
import {
  type CustomerPolicy,
  exposureBucketPpm,
  type HostView,
  type Plan,
  type ReleaseDescription,
  type ReleaseRef,
} from '@firebreak/rollout'
import type { SlotImage } from '@firebreak/updater'
import type { AgentConfig } from '../config.ts'
import type { HostReport } from '../messages.ts'
import { firstSeenMs, type SeenReleases } from './seen-releases.ts'
import type { TrustStore } from './trust.ts'

/** `linux 6.18`: what is behind the second number does not tell hosts apart for content. */
export const PLATFORM: Platform = {
  os: `${platform()} ${/^\d+\.\d+/.exec(release())?.[0] ?? 'unknown'}`,
  architecture: arch(),
}

export interface ViewParts {
  readonly host: string
  readonly config: AgentConfig
  readonly report: HostReport
  readonly seen: SeenReleases
  readonly policy: CustomerPolicy | null
  readonly trust: TrustStore
}

/** The host as decisions see it. */
export function hostView({ host, config, report, seen, policy, trust }: ViewParts): HostView {
  const { slots, beacon } = report
  const { pack } = config
  const confirmed = beacon.outcomes.find(
    ({ outcome, imageDigest }) => outcome === 'confirmed' && imageDigest === slots.confirmed?.imageDigest,
  )
  return {
    host,
    enrolledRing: config.ring,
    pack,
    confirmed: slots.confirmed && ref(slots.confirmed),
    lastKnownGood: slots.lastKnownGood && ref(slots.lastKnownGood),
    candidate: slots.candidate?.stage === 'running' ? ref(slots.candidate.image) : null,
    starter: slots.starter && ref(slots.starter),
    isSafe: slots.safe !== null,
    rejected: slots.rejected,
    engineVersion: beacon.engineVersion,
    os: PLATFORM.os,
    labels: config.labels ?? {},
    policy,
    bucketOf: (name, digest) => exposureBucketPpm(host, name, digest),
    firstSeenMs: (digest) => firstSeenMs(seen, digest),
    confirmedAtMs: confirmed?.atMs ?? null,
    isEmergency: (digest) => descriptionOf(trust, pack, digest)?.emergency ?? false,
  }
}

/** What approvers signed about a release that the plan names, whatever the plan says of it; null: nothing. */
export function descriptionOf(trust: TrustStore, pack: string, imageDigest: Sha256Hex): ReleaseDescription | null {
  const named = trust.plan && releasesOf(trust.plan, pack).find((one) => one.imageDigest === imageDigest)
  return named ? trust.describe(pack, named) : null
}

function releasesOf({ packs }: Plan, name: string): readonly ReleaseRef[] {
  const pack = packs.find((one) => one.pack === name)
  return pack ? [pack.candidate, pack.baseline, ...pack.earlier].filter((one) => one !== null) : []
}

function ref({ version, imageDigest }: SlotImage): ReleaseRef {
  return { version, imageDigest }
}
