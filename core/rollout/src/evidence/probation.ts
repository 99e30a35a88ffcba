/** When a host that takes part in a wave reports, after it enrolled: a host that dies of a release is missed within minutes. */
export const PROBATION_BEACONS_MS = [15_000, 60_000, 300_000] as const

/**
 * How long until the next beacon of a host that enrolled `sinceMs` ago, before jitter: the interval that its beacon states. Both arms of a
 * wave keep to it, so that silence is noticed equally fast in both.
 */
export function probationIntervalMs(sinceMs: number, beaconIntervalMs: number): number {
  const next = PROBATION_BEACONS_MS.find((at) => at > sinceMs)
  return next === undefined ? beaconIntervalMs : Math.min(next - sinceMs, beaconIntervalMs)
}
