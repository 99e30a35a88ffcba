import {
  canonicalJsonBytes,
  digest,
  integer,
  type Json,
  list,
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
  type WallMs,
} from '@firebreak/kernel'

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
}

export interface RingExposure {
  readonly ring: string
  readonly ppm: Ppm
}

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
export const PLAN_RECALLED_MAX = 2_048
export const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/** The TUF target path of the plan document. */
export const PLAN_TARGET_PATH = 'plans/plan.json'

/** The TUF target path of a release's image. */
export function releaseTargetPath(pack: string, release: Version): string {
  return `releases/${pack}/${release}/image.fbi`
}

export const name: Reader<string> = text(64, NAME)
const releaseRef = object<ReleaseRef>({ version, imageDigest: digest })
const wallMs = integer(0, Number.MAX_SAFE_INTEGER)

const packPlan = object<PackPlan>({
  pack: name,
  category: name,
  baseline: nullable(releaseRef),
  candidate: nullable(releaseRef),
  exposure: list(object<RingExposure>({ ring: name, ppm: integer(0, PPM_ALL) }), PLAN_RINGS_MAX),
})

const plan = object<Plan>({
  generation: integer(1, Number.MAX_SAFE_INTEGER),
  issuedAtMs: wallMs,
  packs: list(packPlan, PLAN_PACKS_MAX),
  recalled: list(digest, PLAN_RECALLED_MAX),
})

/** @throws KernelError kernel/malformed */
export function parsePlan(bytes: Uint8Array): Plan {
  return plan(parseJson(bytes, PLAN_SIZE_BYTES_MAX, 'plan'), 'plan')
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
      exposure: one.exposure.map((ring) => ({ ...ring })),
    })),
    recalled: [...value.recalled],
  }
}
