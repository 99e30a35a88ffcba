/** How a sensor learns of events, best first. */
export type SensorTier = 'ebpf' | 'tracefs' | 'audit' | 'proc-connector' | 'proc-poll'

export const SENSOR_TIERS: readonly SensorTier[] = ['ebpf', 'tracefs', 'audit', 'proc-connector', 'proc-poll']

/** Events lost, by rank: processes, network and access, files. A loss that could be either counts as the more valuable. */
export type Drops = readonly [process: number, activity: number, file: number]

/** A running tier. */
export interface Tier {
  readonly categories: readonly string[]
  /** What of it is not watched on this kernel, and why: one sentence each. */
  readonly limits?: readonly string[]
  /** Events that this tier knows it has lost since it was opened. */
  dropped(): Drops
  /** Starts a round and reports what is there now, without waiting for the tier's own time. */
  catchUp?(): void
  /** Stops, reports what is still to be read, and gives every descriptor and mapping back. */
  close(): Promise<void>
}
