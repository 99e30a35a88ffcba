import {
  integer,
  list,
  nullable,
  object,
  parseJson,
  type Reader,
  type Sha256Hex,
  text,
  type Version,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import {
  type ArmCounts,
  type Lane,
  name,
  type Plan,
  type Presence,
  type ReleaseRisk,
  type RolloutPolicy,
  type RolloutState,
  type VerdictRecord,
  type WaveRecord,
} from '@firebreak/rollout'
import type { Beacon } from './beacon.ts'

/**
 * The REST API of the server. Bodies are JSON; errors are `{error: {code, message}}`. Tokens travel as
 * `Authorization: Bearer TOKEN`. A server that stands by answers GET, and 503 server/stand-by to everything else.
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

/** One detection as an engine reports it: of the rule, and of the event that it fired on. */
export interface DetectionReport {
  /** Of the event. */
  readonly atMs: WallMs
  /** The rule's UUID, or `indicator/TYPE`; of a correlation also its name or title. */
  readonly ruleId: string
  readonly title: string
  readonly level: string
  readonly tags: readonly string[]
  readonly pack: string
  readonly version: Version
  readonly category: string
  /** The event's fields, as text. Hostile. */
  readonly fields: readonly FieldText[]
  /** What of the rule held, and by which of the event's values: cut, where `fields` has them whole. */
  readonly selections: readonly MatchedSelection[]
  /** The rule's own attributes, as JSON text; null when it has none. */
  readonly custom: string | null
}

/** A detection with its place in the spool of the host. */
export interface DetectionRecord extends DetectionReport {
  /** Strictly increasing per host: the server keeps each once, however often it is sent. */
  readonly sequence: number
}

export interface MatchedSelection {
  readonly name: string
  readonly matched: readonly FieldText[]
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
  /** As of `serverTimeMs`, by the server's clock. */
  readonly presence: Presence
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

/** The newest rollout of a pack, wave by wave. */
export interface RolloutStatus {
  readonly pack: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
  readonly lane: Lane
  /** As approvers signed it; absent where they signed none. */
  readonly risk?: ReleaseRisk
  readonly status: RolloutState['status']
  /** In order of risk, as they were when it started. */
  readonly rings: readonly string[]
  readonly startedAtMs: WallMs
  readonly waves: readonly WaveStatus[]
  /** As it was judged last, also when nothing changed since the verdict that is on record; null: not yet. */
  readonly verdict: VerdictRecord | null
}

export interface WaveStatus extends WaveRecord {
  readonly exposed: ArmCounts
  readonly control: ArmCounts
}

/** Of several servers on one data folder one decides and takes reports: this one, or the one that it stands by for. */
export interface ControllerStatus {
  readonly role: 'active' | 'stand-by'
  /** The fencing token of the lease: rises each time that another server takes over. */
  readonly token: number
}

export interface FleetStatus {
  readonly serverTimeMs: WallMs
  readonly controller: ControllerStatus
  /** In order of risk. Hosts of a ring that the policy does not name come last, under that name. */
  readonly rings: readonly { readonly ring: string; readonly hosts: readonly HostStatus[] }[]
  readonly releases: readonly ReleaseStatus[]
  readonly rollouts: readonly RolloutStatus[]
  /** By which rollouts are judged. */
  readonly policy: RolloutPolicy
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
/** Of one detection. Characters are UTF-16 units throughout. */
export const DETECTION_FIELDS_MAX = 64
export const FIELD_NAME_CHARS_MAX = 128
export const FIELD_CHARS_MAX = 32_768
export const DETECTION_SELECTIONS_MAX = 64
export const SELECTION_NAME_CHARS_MAX = 256
/** Of one selection. */
export const MATCHED_MAX = 64
export const MATCHED_CHARS_MAX = 1_024
export const RULE_ID_CHARS_MAX = 256
export const TITLE_CHARS_MAX = 256
export const LEVEL_CHARS_MAX = 32
export const TAGS_MAX = 64
export const TAG_CHARS_MAX = 128
export const CUSTOM_CHARS_MAX = 20_000

function fieldText(valueCharsMax: number): Reader<FieldText> {
  return object<FieldText>({ field: text(FIELD_NAME_CHARS_MAX), value: text(valueCharsMax) })
}

const selection = object<MatchedSelection>({
  name: text(SELECTION_NAME_CHARS_MAX),
  matched: list(fieldText(MATCHED_CHARS_MAX), MATCHED_MAX),
})

export const detectionRecord = object<DetectionRecord>({
  sequence: integer(1, Number.MAX_SAFE_INTEGER),
  atMs: integer(0, WALL_MS_MAX),
  ruleId: text(RULE_ID_CHARS_MAX),
  title: text(TITLE_CHARS_MAX),
  level: text(LEVEL_CHARS_MAX),
  tags: list(text(TAG_CHARS_MAX), TAGS_MAX),
  pack: text(64),
  version: text(32),
  category: text(64),
  fields: list(fieldText(FIELD_CHARS_MAX), DETECTION_FIELDS_MAX),
  selections: list(selection, DETECTION_SELECTIONS_MAX),
  custom: nullable(text(CUSTOM_CHARS_MAX)),
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
