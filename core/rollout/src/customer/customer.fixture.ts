import { PPM_ALL, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import type { PackPlan, Plan, ReleaseRef, RingExposure } from '../plan/plan.ts'
import type { CustomerPolicy } from './customer-policy.ts'
import type { HostView } from './host-view.ts'
import { type ContentSettings, DEFAULT_SETTINGS } from './settings.ts'

/** Documents for tests of this room. Releases are 1.1.0, 1.2.0, ... and their digests end with the same number. */
export function release(minor: number): ReleaseRef {
  return { version: `1.${minor}.0`, imageDigest: `${minor}`.padStart(64, '0') }
}

export function exposure(ring: string, ppm = PPM_ALL): RingExposure {
  return { ring, ppm, arms: null }
}

export function planOfPack(over: Partial<PackPlan> = {}, recalled: readonly ReleaseRef[] = []): Plan {
  const pack: PackPlan = {
    pack: 'p',
    category: 'c',
    baseline: null,
    candidate: null,
    exposure: [],
    candidateSinceMs: 0,
    baselineSinceMs: 0,
    earlier: [],
    evidence: [],
    ...over,
  }
  return { generation: 1, issuedAtMs: 0, packs: [pack], recalled: recalled.map(({ imageDigest }) => imageDigest) }
}

export function hostView(over: Partial<HostView> = {}): HostView {
  return {
    host: 'h',
    enrolledRing: 'canary',
    pack: 'p',
    confirmed: null,
    lastKnownGood: null,
    candidate: null,
    starter: null,
    isSafe: false,
    rejected: [],
    engineVersion: '1.0.0',
    os: 'linux 6.18',
    labels: {},
    policy: null,
    bucketOf: () => PPM_ALL / 2,
    firstSeenMs: () => null,
    confirmedAtMs: null,
    isEmergency: () => false,
    ...over,
  }
}

export function customerPolicy(over: Partial<CustomerPolicy> = {}): CustomerPolicy {
  return {
    customer: 'acme',
    generation: 1,
    issuedAtMs: 1_000,
    expiresAtMs: null,
    tuning: null,
    stop: 'free',
    rings: [],
    rules: [],
    default: DEFAULT_SETTINGS,
    ...over,
  }
}

/** A policy that wants the same of all hosts. */
export function wanting(settings: Partial<ContentSettings>): CustomerPolicy {
  return customerPolicy({ default: { ...DEFAULT_SETTINGS, ...settings } })
}

/** A memory of what was offered when. */
export function seen(
  ...moments: readonly (readonly [ReleaseRef, WallMs])[]
): (imageDigest: Sha256Hex) => WallMs | null {
  const known = new Map(moments.map(([{ imageDigest }, atMs]) => [imageDigest, atMs]))
  return (imageDigest) => known.get(imageDigest) ?? null
}
