import type { Sha256Hex, Version, WallMs } from '@firebreak/kernel'

/** What is known of a host before it reports for the first time. */
export interface HostFacts {
  /** As enrolled; its owner's policy may move it to another one. */
  readonly ring: string
  readonly enrolledAtMs: WallMs
}

/**
 * What evidence needs of a host's health record: the shape of the newest beacon, which has everything, so that loss and order do not
 * matter. `sequence` strictly increases per host, from 1.
 */
export interface HealthReport {
  readonly sequence: number
  /** '': an agent too old to say; it is in no cohort. */
  readonly pack: string
  readonly engineVersion: Version
  readonly platform: { readonly os: string; readonly architecture: string }
  readonly running: { readonly imageDigest: Sha256Hex } | null
  /** The newest outcome of each release that the host knows, newest last. */
  readonly outcomes: readonly ReportedOutcome[]
  /** Cumulative. */
  readonly engineRestarts: number
  /** How often it means to report; 0: an agent too old to say. At most a day. */
  readonly beaconIntervalMs: number
  /** Why the agent ends; null while it goes on. */
  readonly ending: string | null
  /** The wave in which it takes part, and what has happened to it since; null: in none. */
  readonly enrolment: EnrolmentReport | null
  readonly customer: {
    readonly name: string
    /** The ring of the plan that it follows. '': the one it enrolled with. */
    readonly ring: string
    readonly takes: 'at-once' | 'later' | 'never'
  }
}

export interface ReportedOutcome {
  readonly imageDigest: Sha256Hex
  readonly outcome: 'trial' | 'confirmed' | 'refused' | 'fell-back'
  /** By the host's clock. */
  readonly atMs: WallMs
}

export interface EnrolmentReport {
  readonly imageDigest: Sha256Hex
  readonly wave: number
  /** How long ago, by the host's monotonic clock, over restarts. */
  readonly sinceMs: number
  readonly reboots: number
  readonly engineRestarts: number
  readonly detections: number
  readonly engineCpuPpmPeak: number
  readonly engineMemoryKiBPeak: number
}

/** The newest outcome of one release; null: the host does not know it. */
export function newestOutcome(outcomes: readonly ReportedOutcome[], imageDigest: string): ReportedOutcome | null {
  for (let i = outcomes.length - 1; i >= 0; i--) {
    const one = outcomes[i]
    if (one !== undefined && one.imageDigest === imageDigest) return one
  }
  return null
}
