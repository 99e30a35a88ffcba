/** A beacon that did not get through is sent again after a quarter of the interval: one that is lost must not look like silence. */
const RETRIES_PER_INTERVAL = 4
/** So many are sent again so soon. The third in a row was not lost by chance. */
const QUICK_RETRIES_MAX = 2
const JITTER = 0.2
/** With less between two beacons, a moment of a busy network would look like silence. */
const PROBATION_GAP_MS_MIN = 5_000

/** A kind of request that a host makes again and again, and how its last attempts went. */
export interface Pace {
  /** How often it is meant to be made, before jitter. */
  readonly intervalMs: number
  /** Attempts in a row, up to the last one, that did not get through. */
  readonly failures: number
}

/**
 * Between 80 % and 120 %: hosts that start together don't stay together.
 *
 * @param random - from 0 to 1
 */
export function jitteredMs(ms: number, random: number): number {
  return ms * (1 - JITTER + 2 * JITTER * random)
}

/**
 * How long until the next beacon. One or two that are lost are sent again soon, so that the host is not taken for silent. When the
 * server is away, which a host knows from its polls, or from a third failure, beacons keep to their interval with full jitter: the
 * server that comes back sees no more requests than it is used to, and hears of everybody within two intervals.
 *
 * @param isServerAway - the last request of the other kind did not get through either
 * @param random - from 0 to 1
 */
export function beaconDelayMs({ intervalMs, failures }: Pace, isServerAway: boolean, random: number): number {
  if (failures === 0) return jitteredMs(intervalMs, random)
  const isSoon = failures <= QUICK_RETRIES_MAX && !isServerAway
  return isSoon ? jitteredMs(intervalMs / RETRIES_PER_INTERVAL, random) : fullyJitteredMs(intervalMs, random)
}

/** How long until the next request that nobody misses when it comes late: a poll, an upload of what waits. */
export function retryDelayMs({ intervalMs, failures }: Pace, random: number): number {
  return failures === 0 ? jitteredMs(intervalMs, random) : fullyJitteredMs(intervalMs, random)
}

/**
 * The interval that a host states in a beacon on probation, and keeps: until its next beacon of the probation, or its usual interval if
 * that is shorter. Between beacons that changes brought it does not get so short that a late one would look like silence.
 *
 * @param untilNextMs - as `probationIntervalMs` says
 */
export function statedIntervalMs(untilNextMs: number, beaconIntervalMs: number): number {
  return Math.min(Math.max(untilNextMs, PROBATION_GAP_MS_MIN), beaconIntervalMs)
}

/**
 * How long until a beacon of the probation: never before it is due, which would make one more of it, and late by at most a fifth.
 *
 * @param random - from 0 to 1
 */
export function probationDelayMs(statedMs: number, random: number): number {
  return statedMs * (1 + JITTER * random)
}

/** One interval on average, so that many hosts together ask as often as ever; never two, so that none of them is missed. */
function fullyJitteredMs(intervalMs: number, random: number): number {
  return intervalMs * (0.5 + random)
}
