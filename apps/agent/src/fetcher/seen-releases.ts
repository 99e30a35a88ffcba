import { digest, integer, list, object, type Reader, type Sha256Hex, WALL_MS_MAX, type WallMs } from '@firebreak/kernel'

/**
 * When this host was offered releases for the first time, and the latest time that it has seen: durable, so that neither who signs plans nor
 * a restart can make a customer's delay shorter.
 */
export interface SeenReleases {
  /** The host's clock when metadata was found to be current last: so it was not far ahead. Never goes back. */
  readonly latestMs: WallMs
  /** Oldest first; each digest once. */
  readonly releases: readonly SeenRelease[]
}

interface SeenRelease {
  readonly imageDigest: Sha256Hex
  readonly atMs: WallMs
}

export const SEEN_FILE = 'seen.json'
export const SEEN_FILE_BYTES_MAX = 16_384
/** The oldest are forgotten: should one be offered again, its delay begins anew. */
export const SEEN_RELEASES_MAX = 64
/** An older time is good enough for hosts whose clock is lost: each write costs them a turn of the disk. */
const LATEST_STEP_MS = 3_600_000
export const NOTHING_SEEN: SeenReleases = { latestMs: 0, releases: [] }

const wallMs = integer(0, WALL_MS_MAX)
export const seenReleases: Reader<SeenReleases> = object<SeenReleases>({
  latestMs: wallMs,
  releases: list(object<SeenRelease>({ imageDigest: digest, atMs: wallMs }), SEEN_RELEASES_MAX),
})

/** The time by which delays and windows are judged: a clock that was set back, or lost at a boot, counts as standing still. */
export function timeSeen({ latestMs }: SeenReleases, clockMs: WallMs): WallMs {
  return Math.max(latestMs, clockMs)
}

export function firstSeenMs({ releases }: SeenReleases, imageDigest: Sha256Hex): WallMs | null {
  return releases.find((one) => one.imageDigest === imageDigest)?.atMs ?? null
}

/**
 * After these releases were offered to the host, by a plan of which the metadata is current.
 *
 * @param issuedAtMs - of the plan. A clock that is behind it, or behind what was seen before, is wrong: a delay that began by it would be over
 *   as soon as somebody sets it right, so none begins. Who signs plans with a date that lies ahead only withholds them
 * @returns `seen` itself when there is nothing to keep
 */
export function sawReleases(
  seen: SeenReleases,
  digests: readonly Sha256Hex[],
  clockMs: WallMs,
  issuedAtMs: WallMs,
): SeenReleases {
  if (clockMs < seen.latestMs || clockMs < issuedAtMs) return seen
  const fresh = [...new Set(digests)].filter((one) => firstSeenMs(seen, one) === null)
  if (fresh.length === 0 && clockMs - seen.latestMs < LATEST_STEP_MS) return seen
  const releases = [...seen.releases, ...fresh.map((imageDigest) => ({ imageDigest, atMs: clockMs }))]
  return { latestMs: clockMs, releases: releases.slice(-SEEN_RELEASES_MAX) }
}
