import { assert, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import type { CohortCounts } from '../rollout/verdict.ts'

/** What the server knows of one host. */
export interface HostEvidence {
  readonly host: string
  readonly ring: string
  /** When the server received its last beacon, by the server's clock; null: never. */
  readonly lastSeenMs: WallMs | null
  /** The newest outcome of each release that the host knows, newest last. */
  readonly outcomes: readonly OutcomeEvidence[]
}

export interface OutcomeEvidence {
  readonly imageDigest: Sha256Hex
  readonly outcome: 'trial' | 'confirmed' | 'refused' | 'fell-back'
}

export interface FleetEvidence {
  /** Since when the server has been listening without a gap: before that, nobody's silence means anything. */
  readonly listeningSinceMs: WallMs
  /** Every enrolled host, each once. */
  readonly hosts: readonly HostEvidence[]
}

/** How one host counts in a cohort. Exactly one of these: a dead host is never also a success. */
export type Standing = 'refused' | 'fellBack' | 'silent' | 'confirmed' | 'inTrial' | 'pending'

export interface WaveWatch {
  readonly imageDigest: Sha256Hex
  readonly waveStartedAtMs: WallMs
  readonly silenceAfterMs: number
}

export interface CohortEvidence {
  readonly counts: CohortCounts
  /** Failed with this image, anywhere in the fleet, in the cohort or not. */
  readonly failed: readonly string[]
  /** Fell silent after the release could have reached them. */
  readonly lost: readonly string[]
}

/**
 * Sums up the evidence on one image. The denominator is `cohort`, as it was written down: a host of it that is no longer
 * in the fleet is silent or pending, never gone. Does not depend on the order of the hosts.
 *
 * @param reached - hosts that earlier waves exposed: their loss counts as well
 */
export function weighEvidence(
  fleet: FleetEvidence,
  watch: WaveWatch,
  cohort: readonly string[],
  reached: readonly string[],
  nowMs: WallMs,
): CohortEvidence {
  const byHost = new Map(fleet.hosts.map((host) => [host.host, host]))
  assert(byHost.size === fleet.hosts.length, 'the evidence names a host twice')
  const standing = (host: string) => standingOf(byHost.get(host), fleet.listeningSinceMs, watch, nowMs)
  const counts: { -readonly [K in keyof CohortCounts]: number } = { cohort: cohort.length, ...NOBODY }
  for (const host of cohort) counts[standing(host)]++
  return {
    counts,
    failed: fleet.hosts.filter((host) => hasFailed(host, watch.imageDigest)).map(({ host }) => host),
    lost: [...new Set([...reached, ...cohort])].filter(
      (host) => standing(host) === 'silent' && couldHaveInstalled(byHost.get(host), watch),
    ),
  }
}

const NOBODY: Readonly<Record<Standing, number>> = {
  confirmed: 0,
  inTrial: 0,
  refused: 0,
  fellBack: 0,
  silent: 0,
  pending: 0,
}

function standingOf(
  host: HostEvidence | undefined,
  listeningSinceMs: WallMs,
  watch: WaveWatch,
  nowMs: WallMs,
): Standing {
  const outcome = host && outcomeOf(host, watch.imageDigest)
  if (outcome === 'refused') return 'refused'
  if (outcome === 'fell-back') return 'fellBack'
  const countedFromMs = Math.max(host?.lastSeenMs ?? 0, watch.waveStartedAtMs, listeningSinceMs)
  if (nowMs - countedFromMs > watch.silenceAfterMs) return 'silent'
  if (outcome === 'confirmed') return 'confirmed'
  return outcome === 'trial' ? 'inTrial' : 'pending'
}

/**
 * The veto against blaming a release for an older fault: a host that was silent before the wave began, and that never
 * reported the release, cannot have been lost to it. It stays in the denominator, so it holds the wave instead.
 */
function couldHaveInstalled(host: HostEvidence | undefined, watch: WaveWatch): boolean {
  if (!host || host.lastSeenMs === null) return false
  if (outcomeOf(host, watch.imageDigest) !== null) return true
  return host.lastSeenMs >= watch.waveStartedAtMs - watch.silenceAfterMs
}

function hasFailed(host: HostEvidence, imageDigest: Sha256Hex): boolean {
  const outcome = outcomeOf(host, imageDigest)
  return outcome === 'refused' || outcome === 'fell-back'
}

function outcomeOf(host: HostEvidence, imageDigest: Sha256Hex): OutcomeEvidence['outcome'] | null {
  return host.outcomes.findLast((one) => one.imageDigest === imageDigest)?.outcome ?? null
}
