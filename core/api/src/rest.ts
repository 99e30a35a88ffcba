import {
  integer,
  list,
  object,
  parseJson,
  type Sha256Hex,
  text,
  type Version,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { name, type Plan, type VerdictRecord } from '@firebreak/rollout'
import type { Beacon } from './beacon.ts'

/**
 * The REST API of the server. Bodies are JSON; errors are `{error: {code, message}}`. Tokens travel as
 * `Authorization: Bearer TOKEN`.
 *
 *   POST /v1/hosts                          enrol token     Enrolment -> Enrolled
 *   POST /v1/beacons                        host token      Beacon -> 204, after it is durable
 *   POST /v1/detections                     host token      DetectionBatch -> 204, after it is durable
 *   POST /v1/releases                       operator token  ReleaseSubmission -> 201 {pack, version, imageDigest}
 *   POST /v1/packs/:pack/halt               operator token  {reason} -> 204
 *   POST /v1/packs/:pack/recall             operator token  {version, reason} -> 204
 *   GET  /v1/status                         operator token  FleetStatus
 *   GET  /v1/plan                           operator token  Plan
 *   GET  /v1/stream                         operator token  NDJSON of StreamLine, for ever
 *   GET  /tuf/metadata/FILE, /tuf/targets/PATH  public      static files
 */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string }
}

export interface Enrolment {
  /** For people; need not be unique. */
  readonly name: string
  readonly ring: string
}
export interface Enrolled {
  /** Server-given, unique and stable: the identity that exposure hashes. */
  readonly host: string
  readonly token: string
}

/** One detection as the engine reports it, with the spool position of the host. */
export interface DetectionRecord {
  /** Strictly increasing per host: the server keeps each once, however often it is sent. */
  readonly sequence: number
  readonly atMs: WallMs
  readonly ruleId: string
  readonly title: string
  readonly level: string
  readonly tags: readonly string[]
  readonly pack: string
  readonly version: Version
  readonly category: string
  /** The event's fields, as text. */
  readonly fields: readonly FieldText[]
  /** The fields whose predicates matched. */
  readonly matched: readonly string[]
}

export interface FieldText {
  readonly field: string
  readonly value: string
}

export interface DetectionBatch {
  readonly detections: readonly DetectionRecord[]
}

/** What approvers upload: signed targets metadata and the target files that it newly names. All base64. */
export interface ReleaseSubmission {
  readonly targetsMetadata: string
  readonly files: readonly { readonly path: string; readonly base64: string }[]
}

export interface HostStatus {
  readonly host: string
  readonly name: string
  readonly ring: string
  readonly enrolledAtMs: WallMs
  readonly lastSeenMs: WallMs | null
  readonly silent: boolean
  readonly beacon: Beacon | null
}

export type ReleaseState = 'rolling' | 'halted' | 'complete' | 'superseded' | 'recalled'

export interface ReleaseStatus {
  readonly pack: string
  readonly category: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
  readonly gateReportDigest: Sha256Hex
  readonly publishedAtMs: WallMs
  readonly state: ReleaseState
}

export interface FleetStatus {
  readonly serverTimeMs: WallMs
  /** In order of risk. Hosts of a ring that the policy does not name come last, under that name. */
  readonly rings: readonly { readonly ring: string; readonly hosts: readonly HostStatus[] }[]
  readonly releases: readonly ReleaseStatus[]
  readonly plan: Plan | null
  /** Newest first, at most VERDICTS_SHOWN_MAX. */
  readonly verdicts: readonly VerdictRecord[]
}

export type StreamLine =
  | { readonly kind: 'status'; readonly status: FleetStatus }
  | { readonly kind: 'detection'; readonly host: string; readonly detection: DetectionRecord }

export const VERDICTS_SHOWN_MAX = 50
export const DETECTION_BATCH_SIZE_BYTES_MAX = 4 * 1024 * 1024
export const DETECTION_BATCH_MAX = 500
export const ENROLMENT_SIZE_BYTES_MAX = 4_096
export const SUBMISSION_SIZE_BYTES_MAX = 64 * 1024 * 1024
export const DETECTION_FIELDS_MAX = 64
export const FIELD_CHARS_MAX = 32_768

export const detectionRecord = object<DetectionRecord>({
  sequence: integer(1, Number.MAX_SAFE_INTEGER),
  atMs: integer(0, WALL_MS_MAX),
  ruleId: text(128),
  title: text(256),
  level: text(32),
  tags: list(text(128), 64),
  pack: text(64),
  version: text(32),
  category: text(64),
  fields: list(object<FieldText>({ field: text(128), value: text(FIELD_CHARS_MAX) }), DETECTION_FIELDS_MAX),
  matched: list(text(128), DETECTION_FIELDS_MAX),
})

const detectionBatch = object<DetectionBatch>({ detections: list(detectionRecord, DETECTION_BATCH_MAX) })
const enrolment = object<Enrolment>({ name: text(256), ring: name })
const submission = object<ReleaseSubmission>({
  targetsMetadata: text(SUBMISSION_SIZE_BYTES_MAX),
  files: list(object({ path: text(256), base64: text(SUBMISSION_SIZE_BYTES_MAX) }), 16),
})

/** @throws KernelError kernel/malformed */
export function parseDetectionBatch(bytes: Uint8Array): DetectionBatch {
  return detectionBatch(parseJson(bytes, DETECTION_BATCH_SIZE_BYTES_MAX, 'detections'), 'detections')
}

/** @throws KernelError kernel/malformed */
export function parseEnrolment(bytes: Uint8Array): Enrolment {
  return enrolment(parseJson(bytes, ENROLMENT_SIZE_BYTES_MAX, 'enrolment'), 'enrolment')
}

/** @throws KernelError kernel/malformed */
export function parseSubmission(bytes: Uint8Array): ReleaseSubmission {
  return submission(parseJson(bytes, SUBMISSION_SIZE_BYTES_MAX, 'submission'), 'submission')
}
