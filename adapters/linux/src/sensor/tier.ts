/** How a sensor learns of events, best first. */
export type SensorTier = 'ebpf' | 'tracefs' | 'proc-connector' | 'proc-poll'

export const SENSOR_TIERS: readonly SensorTier[] = ['ebpf', 'tracefs', 'proc-connector', 'proc-poll']

/** A running tier. */
export interface Tier {
  readonly categories: readonly string[]
  /** Events that this tier knows it has lost since it was opened. */
  dropped(): number
  /** Starts a round and reports what is there now, without waiting for the tier's own time. */
  catchUp?(): void
  /** Stops, reports what is still to be read, and gives every descriptor and mapping back. */
  close(): Promise<void>
}
