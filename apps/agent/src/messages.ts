import { type Beacon, type CustomerStance, customerStance, encodeFrame, FRAME } from '@firebreak/api'
import {
  boolean,
  digest,
  integer,
  jsonBytes,
  list,
  literal,
  malformed,
  nullable,
  object,
  parseJson,
  record,
  type Sha256Hex,
  text,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { type Arm, PLAN_WAVES_MAX } from '@firebreak/rollout'
import { type SlotImage, slotImage, type SlotState } from '@firebreak/updater'

/** Fetcher to supervisor. The fetcher talks to the network, so what it says is read as hostile. */
export type FetcherMessage =
  /** Verified bytes of `image` lie in the fetcher's folder, and the plan offers them to this host. */
  | { readonly kind: 'offer'; readonly image: SlotImage }
  | { readonly kind: 'recall'; readonly digests: readonly Sha256Hex[] }
  | { readonly kind: 'enrolled'; readonly host: string }
  | { readonly kind: 'plan'; readonly generation: number }
  /** The server holds all detections up to this one. */
  | { readonly kind: 'uploaded'; readonly sequence: number }
  /** The server holds the beacon that says why the agent ends. */
  | { readonly kind: 'ending-told' }
  /** So many beacons were numbered in this run of the agent: a later fetcher goes on from here. */
  | { readonly kind: 'beacons'; readonly count: number }
  | { readonly kind: 'standing'; readonly standing: HostStanding }

/** Where a host stands between plan and policy: for people. */
export interface HostStanding {
  readonly customer: CustomerStance
  /** Of the customer's own rings; null: of none. */
  readonly customerRing: string | null
  /** Why it goes on with what it has; null: it does not. */
  readonly keeps: Keeping | null
  readonly enrolment: EnrolmentStanding | null
}

export interface Keeping {
  readonly reason: string
  /** When this will be another: null when time alone does not change it. */
  readonly untilMs: WallMs | null
  /** Which part of the customer's policy decided; '': none. */
  readonly rule: string
}

/** Of the wave in which the host takes part, or took part last. */
export interface EnrolmentStanding {
  readonly imageDigest: Sha256Hex
  readonly wave: number
  readonly arm: Arm
  /** Whether the server knows. Before, nothing is installed for this wave. */
  readonly isAcknowledged: boolean
  readonly atMs: WallMs
}

/** Supervisor to fetcher: our own words, over our own pipe. */
export interface HostReport {
  readonly slots: Pick<SlotState, 'candidate' | 'confirmed' | 'lastKnownGood' | 'rejected' | 'starter' | 'safe'>
  /** The beacon but for what the fetcher adds when it sends it. */
  readonly beacon: Omit<Beacon, FetchersOwn>
  readonly starts: number
  /** What was numbered so far in this run of the agent, by fetchers that may be gone. */
  readonly beacons: number
  /** What the engine that judges events has used since its process was started, read now; null: there is none. */
  readonly engine: EngineUse | null
}

export interface EngineUse {
  readonly pid: number
  /** Since the process was started. */
  readonly cpuMs: number
  readonly memoryKiB: number
}

type FetchersOwn =
  | 'sequence'
  | 'sentAtMs'
  | 'planGeneration'
  | 'pack'
  | 'platform'
  | 'engineUse'
  | 'enrolment'
  | 'customer'

/** The files of the customer's policy, as they lie in the agent's folder; null: not there, or not to be read. */
export interface PolicyFiles {
  /** Hex. */
  readonly key: string | null
  /** Base64, opaque to the supervisor. */
  readonly policy: string | null
  /** The code by which the last one was refused; '': it was not. */
  readonly refused: string
}

export const MESSAGE_SIZE_BYTES_MAX = 1_048_576
const NAME_CHARS_MAX = 64
const RULE_CHARS_MAX = 256
const count = integer(0, Number.MAX_SAFE_INTEGER)
const wallMs = integer(0, WALL_MS_MAX)

const standing = object<HostStanding>({
  customer: customerStance,
  customerRing: nullable(text(NAME_CHARS_MAX)),
  keeps: nullable(
    object<Keeping>({ reason: text(NAME_CHARS_MAX), untilMs: nullable(wallMs), rule: text(RULE_CHARS_MAX) }),
  ),
  enrolment: nullable(
    object<EnrolmentStanding>({
      imageDigest: digest,
      wave: integer(1, PLAN_WAVES_MAX),
      arm: literal('exposed', 'control'),
      isAcknowledged: boolean,
      atMs: wallMs,
    }),
  ),
})

/** @throws KernelError kernel/malformed */
export function parseFetcherMessage(bytes: Uint8Array): FetcherMessage {
  const value = parseJson(bytes, MESSAGE_SIZE_BYTES_MAX, 'message')
  const { kind } = record(value, 'message')
  switch (kind) {
    case 'offer':
      return { kind, ...object<{ image: SlotImage }>({ image: slotImage })(value, 'offer') }
    case 'recall':
      return { kind, ...object<{ digests: readonly Sha256Hex[] }>({ digests: list(digest, 2_048) })(value, 'recall') }
    case 'enrolled':
      return { kind, ...object<{ host: string }>({ host: text(64) })(value, 'enrolled') }
    case 'plan':
      return { kind, ...object<{ generation: number }>({ generation: count })(value, 'plan') }
    case 'uploaded':
      return { kind, ...object<{ sequence: number }>({ sequence: count })(value, 'uploaded') }
    case 'beacons':
      return { kind, ...object<{ count: number }>({ count })(value, 'beacons') }
    case 'standing':
      return { kind, ...object<{ standing: HostStanding }>({ standing })(value, 'standing') }
    case 'ending-told':
      return { kind }
    default:
      throw malformed('message', 'a known kind', kind)
  }
}

export function encodeMessage(message: FetcherMessage | HostReport): Uint8Array {
  return encodeFrame({ type: FRAME.MESSAGE, payload: jsonBytes(message) })
}

export function encodePolicyFiles(files: PolicyFiles): Uint8Array {
  return encodeFrame({ type: FRAME.POLICY, payload: jsonBytes(files) })
}

/** The supervisor is trusted by the fetcher: it is its parent. What its files hold is not. */
export function parsePolicyFiles(bytes: Uint8Array): PolicyFiles {
  return parseJson(bytes, MESSAGE_SIZE_BYTES_MAX, 'policy files') as unknown as PolicyFiles
}

/** The supervisor is trusted by the fetcher: it is its parent. */
export function parseHostReport(bytes: Uint8Array): HostReport {
  return parseJson(bytes, MESSAGE_SIZE_BYTES_MAX, 'host report') as unknown as HostReport
}
