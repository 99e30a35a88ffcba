import {
  absentAs,
  digest,
  integer,
  list,
  literal,
  nullable,
  object,
  parseJson,
  type Reader,
  type Sha256Hex,
  text,
  type Version,
  version,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { type CustomerStance, name, OS_CHARS_MAX, PLAN_WAVES_MAX } from '@firebreak/rollout'
import { OUTCOMES_MAX, type ReleaseOutcome, releaseOutcome } from '@firebreak/updater'

export interface RunningImage {
  readonly pack: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
  /** starter: the image built into the agent, when nothing else is left or trusted. */
  readonly slot: 'candidate' | 'confirmed' | 'last-known-good' | 'starter'
}

/** Events that got no verdict, by where they were lost; cumulative. */
export interface Drops {
  /** By the kernel: the sensor came too late to read them. */
  readonly kernel: number
  /** By the sensor, whose queue was full. */
  readonly sensor: number
  /** By the supervisor: more waited than it may hold, or no engine lived long enough. */
  readonly backlog: number
  /** Events that killed engines by themselves; kept aside on the host. */
  readonly quarantined: number
  /** Refused by the engine: malformed, or with more detections than an answer holds. */
  readonly unjudged: number
  /** Detections that the disk did not take. */
  readonly spool: number
}

/** Something about the agent itself that its owner should know: tampering, a refused stop. */
export interface Notice {
  readonly code: string
  readonly message: string
  readonly atMs: WallMs
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
  /** How often it means to report, before jitter: two of them without a beacon are silence. 0: an agent too old to say. */
  readonly beaconIntervalMs: number
  /** safe: releases fell back so often that only the starter image runs. */
  readonly mode: 'normal' | 'safe'
  /** Why the agent ends, in order: its last beacon. Null while it goes on. */
  readonly ending: string | null
  readonly drops: Drops
  /** Newest last. */
  readonly notices: readonly Notice[]
  /** The pack that it follows; '': an agent too old to say. */
  readonly pack: string
  readonly platform: Platform
  /** What it has used since the last beacon: CPU as parts per million of one core, memory as resident KiB. */
  readonly engineUse: { readonly cpuPpm: number; readonly memoryKiB: number }
  /** The wave in which it takes part, and what has happened to it since; null: in none. */
  readonly enrolment: WaveEnrolment | null
  readonly customer: CustomerStance
}

export interface Platform {
  /** Name and release that content may depend on: `linux 6.18`. */
  readonly os: string
  /** `x64`, `arm64`. */
  readonly architecture: string
}

/**
 * Taking part in a wave, in either arm: said before the release is installed, and in every beacon until the next wave. What has happened
 * since is counted by the host, so the newest beacon has all of it, whatever was lost or came out of order.
 */
export interface WaveEnrolment {
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

/** The largest beacon that a host can make fits: OUTCOMES_MAX outcomes and NOTICES_MAX notices, with every character escaped in JSON. */
export const BEACON_SIZE_BYTES_MAX = 196_608
const DAY_MS = 86_400_000
const count = integer(0, Number.MAX_SAFE_INTEGER)

export const NOTICES_MAX = 16
export const NOTICE_MESSAGE_CHARS_MAX = 512
const OLD_PLATFORM: Platform = { os: '', architecture: '' }
const NO_USE = { cpuPpm: 0, memoryKiB: 0 }
/** Of a host whose owner has said nothing. */
export const NO_STANCE: CustomerStance = {
  name: '',
  generation: 0,
  fault: '',
  ring: '',
  takes: 'at-once',
  staleness: 'fresh',
}
const NO_DROPS: Drops = { kernel: 0, sensor: 0, backlog: 0, quarantined: 0, unjudged: 0, spool: 0 }

const drops = object<Drops>({
  kernel: count,
  sensor: count,
  backlog: count,
  quarantined: count,
  unjudged: count,
  spool: count,
})

export const notice = object<Notice>({
  code: text(64),
  message: text(NOTICE_MESSAGE_CHARS_MAX),
  atMs: integer(0, WALL_MS_MAX),
})

const enrolment = object<WaveEnrolment>({
  imageDigest: digest,
  wave: integer(1, PLAN_WAVES_MAX),
  sinceMs: count,
  reboots: count,
  engineRestarts: count,
  detections: count,
  engineCpuPpmPeak: count,
  engineMemoryKiBPeak: count,
})

export const customerStance: Reader<CustomerStance> = object<CustomerStance>({
  name: text(64),
  generation: count,
  fault: text(64),
  ring: text(64),
  takes: literal('at-once', 'later', 'never'),
  staleness: literal('fresh', 'warn', 'over'),
})

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
      slot: literal('candidate', 'confirmed', 'last-known-good', 'starter'),
    }),
  ),
  outcomes: list(releaseOutcome, OUTCOMES_MAX),
  events: count,
  detections: count,
  eventsDropped: count,
  engineRestarts: count,
  // From here on: what agents of version 0.1 do not say.
  beaconIntervalMs: absentAs(0, integer(0, DAY_MS)),
  mode: absentAs('normal', literal('normal', 'safe')),
  ending: absentAs(null, nullable(text(512))),
  drops: absentAs(NO_DROPS, drops),
  notices: absentAs([], list(notice, NOTICES_MAX)),
  pack: absentAs('', text(64)),
  platform: absentAs(OLD_PLATFORM, object<Platform>({ os: text(OS_CHARS_MAX), architecture: text(16) })),
  engineUse: absentAs(NO_USE, object<Beacon['engineUse']>({ cpuPpm: count, memoryKiB: count })),
  enrolment: absentAs(null, nullable(enrolment)),
  customer: absentAs(NO_STANCE, customerStance),
})

/** @throws KernelError kernel/malformed */
export function parseBeacon(bytes: Uint8Array): Beacon {
  return beacon(parseJson(bytes, BEACON_SIZE_BYTES_MAX, 'beacon'), 'beacon')
}
