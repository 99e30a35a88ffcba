import {
  digest,
  integer,
  list,
  literal,
  nullable,
  object,
  parseJson,
  type Sha256Hex,
  text,
  type Version,
  version,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { name } from '@firebreak/rollout'
import { OUTCOMES_MAX, type ReleaseOutcome, releaseOutcome } from '@firebreak/updater'

export interface RunningImage {
  readonly pack: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
  readonly slot: 'candidate' | 'confirmed' | 'last-known-good'
}

/** A host's health record. `sequence` strictly increases per host, also over restarts; counters are cumulative. */
export interface Beacon {
  readonly sequence: number
  readonly sentAtMs: WallMs
  readonly bootId: string
  readonly agentVersion: Version
  readonly engineVersion: Version
  readonly sensorTier: string
  readonly planGeneration: number
  readonly running: RunningImage | null
  /** The newest outcome of each release that this host knows, newest last. */
  readonly outcomes: readonly ReleaseOutcome[]
  readonly events: number
  readonly detections: number
  readonly eventsDropped: number
  readonly engineRestarts: number
}

/** The largest beacon that a host can make fits: OUTCOMES_MAX outcomes, with every character escaped in JSON. */
export const BEACON_SIZE_BYTES_MAX = 131_072
const count = integer(0, Number.MAX_SAFE_INTEGER)

const beacon = object<Beacon>({
  sequence: integer(1, Number.MAX_SAFE_INTEGER),
  sentAtMs: integer(0, WALL_MS_MAX),
  bootId: text(64),
  agentVersion: version,
  engineVersion: version,
  sensorTier: text(32),
  planGeneration: count,
  running: nullable(
    object<RunningImage>({
      pack: name,
      version,
      imageDigest: digest,
      slot: literal('candidate', 'confirmed', 'last-known-good'),
    }),
  ),
  outcomes: list(releaseOutcome, OUTCOMES_MAX),
  events: count,
  detections: count,
  eventsDropped: count,
  engineRestarts: count,
})

/** @throws KernelError kernel/malformed */
export function parseBeacon(bytes: Uint8Array): Beacon {
  return beacon(parseJson(bytes, BEACON_SIZE_BYTES_MAX, 'beacon'), 'beacon')
}
