/** A beacon that did not get through is sent again after a quarter of the interval: one that is lost must not look like silence. */
const RETRIES_PER_INTERVAL = 4
const JITTER = 0.2

/**
 * Between 80 % and 120 %: hosts that start together don't stay together.
 *
 * @param random - from 0 to 1
 */
export function jittered(ms: number, random: number): number {
  return ms * (1 - JITTER + 2 * JITTER * random)
}

/** How long until the next beacon, in milliseconds, after one that got through, or did not. */
export function beaconDelayMs(intervalMs: number, gotThrough: boolean, random: number): number {
  return jittered(gotThrough ? intervalMs : intervalMs / RETRIES_PER_INTERVAL, random)
}
