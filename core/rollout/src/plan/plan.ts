import {
  absentAs,
  canonicalJsonBytes,
  digest,
  integer,
  type Json,
  list,
  malformed,
  nullable,
  object,
  parseJson,
  type Ppm,
  PPM_ALL,
  type Reader,
  type Sha256Hex,
  text,
  type Version,
  version,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import type { BucketRange, WaveArms } from './exposure.ts'

/** A released image, as plans name it. The bytes are the TUF target `releaseTargetPath`. */
export interface ReleaseRef {
  readonly version: Version
  readonly imageDigest: Sha256Hex
}

/** What hosts may install of one pack. */
export interface PackPlan {
  readonly pack: string
  readonly category: string
  /** The newest release that finished its rollout: for every host, whatever its ring. */
  readonly baseline: ReleaseRef | null
  /** The release that is being rolled out, to the share of each ring that `exposure` says; null when there is none. */
  readonly candidate: ReleaseRef | null
  /** The share of each ring that may install the candidate. A ring that is not named: nobody. */
  readonly exposure: readonly RingExposure[]
  /** When the candidate's rollout began, and when the baseline finished its own; 0: there is none, or it is not known. */
  readonly candidateSinceMs: WallMs
  readonly baselineSinceMs: WallMs
  /** Releases that finished before the baseline and are not recalled, newest first: what a customer may pin. */
  readonly earlier: readonly ReleaseRef[]
  /** What is known of candidate and baseline on hosts, for customers who delay by evidence. */
  readonly evidence: readonly ReleaseEvidence[]
}

export interface RingExposure {
  readonly ring: string
  readonly ppm: Ppm
  /** The wave that is being judged in this ring; null: none is. */
  readonly arms: WaveArms | null
}

/** How many hosts of one kind confirmed a release and ran it at least so long. */
export interface ReleaseEvidence {
  readonly imageDigest: Sha256Hex
  readonly engineVersion: Version
  /** As beacons say it: `linux 6.18`. */
  readonly os: string
  /** One of EVIDENCE_RAN_MS. */
  readonly ranMs: number
  /**
   * All of them but those of the customer who has most. So whoever reads it: at least this many are outside their own fleet, and
   * nobody learns how large another customer's fleet is.
   */
  readonly hosts: number
}

/** 1 h, 24 h, 72 h, 7 d: a delay by evidence asks for one of these. */
export const EVIDENCE_RAN_MS = [3_600_000, 86_400_000, 259_200_000, 604_800_000] as const

/**
 * The signed rollout document. Immutable; generations strictly increase; hosts refuse an older one. It chooses among
 * approved releases and recalls them; it can't introduce content.
 */
export interface Plan {
  readonly generation: number
  readonly issuedAtMs: WallMs
  readonly packs: readonly PackPlan[]
  /** Images that no host may run. Recall only ever grows. */
  readonly recalled: readonly Sha256Hex[]
}

export const PLAN_SIZE_BYTES_MAX = 262_144
export const PLAN_PACKS_MAX = 256
export const PLAN_RINGS_MAX = 64
/** Of one rollout, over all its rings. */
export const PLAN_WAVES_MAX = 250
export const OS_CHARS_MAX = 64
export const PLAN_EARLIER_MAX = 16
/** Of one pack. */
export const PLAN_EVIDENCE_MAX = 256
export const PLAN_RECALLED_MAX = 2_048
/** Of a plan as a host keeps it: with what earlier ones recalled, and with each key that its server left out. */
export const HELD_PLAN_SIZE_BYTES_MAX = 1_048_576
export const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/** The TUF target path of the plan document. */
export const PLAN_TARGET_PATH = 'plans/plan.json'

/** The TUF target path of a release's image. */
export function releaseTargetPath(pack: string, release: Version): string {
  return `releases/${pack}/${release}/image.fbi`
}

export const name: Reader<string> = text(64, NAME)
const releaseRef = object<ReleaseRef>({ version, imageDigest: digest })
const wallMs = integer(0, WALL_MS_MAX)

const ppm = integer(0, PPM_ALL)

const bucketRange: Reader<BucketRange> = (value, at) => {
  const range = object<BucketRange>({ fromPpm: ppm, toPpm: ppm })(value, at)
  if (range.fromPpm > range.toPpm) throw malformed(at, 'a range that does not end before it begins', range)
  return range
}

const waveArms: Reader<WaveArms> = (value, at) => {
  const shape = { wave: integer(1, PLAN_WAVES_MAX), exposed: bucketRange, control: bucketRange }
  const arms = object<WaveArms>(shape)(value, at)
  const { exposed, control } = arms
  if (exposed.fromPpm < control.toPpm && control.fromPpm < exposed.toPpm) {
    throw malformed(at, 'arms that share no host', arms)
  }
  return arms
}

const releaseEvidence = object<ReleaseEvidence>({
  imageDigest: digest,
  engineVersion: version,
  os: text(OS_CHARS_MAX),
  ranMs: integer(0, Number.MAX_SAFE_INTEGER),
  hosts: integer(0, Number.MAX_SAFE_INTEGER),
})

const packPlan = object<PackPlan>({
  pack: name,
  category: name,
  baseline: nullable(releaseRef),
  candidate: nullable(releaseRef),
  exposure: list(object<RingExposure>({ ring: name, ppm, arms: absentAs(null, nullable(waveArms)) }), PLAN_RINGS_MAX),
  // From here on: what servers of version 0.1 do not write.
  candidateSinceMs: absentAs(0, wallMs),
  baselineSinceMs: absentAs(0, wallMs),
  earlier: absentAs([], list(releaseRef, PLAN_EARLIER_MAX)),
  evidence: absentAs([], list(releaseEvidence, PLAN_EVIDENCE_MAX)),
})

const planReader = (recalledMax: number): Reader<Plan> =>
  object<Plan>({
    generation: integer(1, Number.MAX_SAFE_INTEGER),
    issuedAtMs: wallMs,
    packs: list(packPlan, PLAN_PACKS_MAX),
    recalled: list(digest, recalledMax),
  })
const plan = planReader(PLAN_RECALLED_MAX)
const heldPlan = planReader(2 * PLAN_RECALLED_MAX)

/** @throws KernelError kernel/malformed */
export function parsePlan(bytes: Uint8Array): Plan {
  return plan(parseJson(bytes, PLAN_SIZE_BYTES_MAX, 'plan'), 'plan')
}

/** A plan that `acceptPlan` made and a host has kept. @throws KernelError kernel/malformed */
export function parseHeldPlan(bytes: Uint8Array): Plan {
  return heldPlan(parseJson(bytes, HELD_PLAN_SIZE_BYTES_MAX, 'plan'), 'plan')
}

export function encodePlan(value: Plan): Uint8Array {
  return canonicalJsonBytes(planJson(value))
}

export function planJson(value: Plan): Json {
  return {
    generation: value.generation,
    issuedAtMs: value.issuedAtMs,
    packs: value.packs.map((one) => ({
      pack: one.pack,
      category: one.category,
      baseline: one.baseline && { ...one.baseline },
      candidate: one.candidate && { ...one.candidate },
      exposure: one.exposure.map(({ ring, ppm: share, arms }) => ({ ring, ppm: share, arms: arms && armsJson(arms) })),
      candidateSinceMs: one.candidateSinceMs,
      baselineSinceMs: one.baselineSinceMs,
      earlier: one.earlier.map((release) => ({ ...release })),
      evidence: one.evidence.map((row) => ({ ...row })),
    })),
    recalled: [...value.recalled],
  }
}

function armsJson({ wave, exposed, control }: WaveArms): Json {
  return { wave, exposed: { ...exposed }, control: { ...control } }
}
