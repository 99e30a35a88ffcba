import {
  absentAs,
  boolean,
  digest,
  integer,
  type Json,
  object,
  optional,
  type Ppm,
  PPM_ALL,
  type Reader,
  type Sha256Hex,
  type Version,
  version,
  type WallMs,
} from '@firebreak/kernel'
import { name } from './plan.ts'

/** How careful a rollout has to be at least, as the gate found: see docs/gate-risk.md. It makes nothing faster or larger. */
export interface ReleaseRisk {
  /** 0 to 100. */
  readonly score: number
  /** Of each ring, in its first wave, at most; but always one host. */
  readonly firstWavePpmMax: Ppm
  /** Each wave is watched at least this long, also in the emergency lane. At most RISK_BAKE_MS_MAX. */
  readonly bakeMsMin: WallMs
}

export const RISK_SCORE_MAX = 100
/** A day: so long a wave is compared with its control, if the policy says nothing else. */
export const RISK_BAKE_MS_MAX = 86_400_000

/**
 * What approvers sign about an image, beside its path, length and digest: the TUF `custom` of the image's target, under the
 * key `firebreak`.
 */
export interface ReleaseDescription {
  readonly pack: string
  readonly category: string
  readonly version: Version
  /** The oldest engine that supplies what the image needs. */
  readonly minimumEngine: Version
  /** SHA-256 of the gate report's bytes: approvers sign the image together with the proof that it passed. */
  readonly gateReportDigest: Sha256Hex
  /**
   * Of the emergency lane: shortens delays as far as each customer consented to in advance, and bake times. Only the approvers' threshold can say
   * so; a plan can't. Absent: no.
   */
  readonly emergency: boolean
  /** Absent: nothing is asked beyond the policy of the rollout. */
  readonly risk?: ReleaseRisk
}

const risk: Reader<ReleaseRisk> = object<ReleaseRisk>({
  score: integer(0, RISK_SCORE_MAX),
  firstWavePpmMax: integer(1, PPM_ALL),
  bakeMsMin: integer(0, RISK_BAKE_MS_MAX),
})

const description: Reader<ReleaseDescription> = object<ReleaseDescription>({
  pack: name,
  category: name,
  version,
  minimumEngine: version,
  gateReportDigest: digest,
  emergency: absentAs(false, boolean),
  risk: optional(risk),
})
const custom = object<{ firebreak: ReleaseDescription }>({ firebreak: description })

/**
 * Reads the `custom` of an image target.
 *
 * @throws KernelError kernel/malformed, also for null: an image that nobody describes is no release
 */
export function parseReleaseDescription(json: Json): ReleaseDescription {
  return custom(json, 'custom').firebreak
}

export function releaseCustom(value: ReleaseDescription): Json {
  const { pack, category, minimumEngine, gateReportDigest, emergency, risk: asked } = value
  const lane = emergency ? { emergency } : {}
  const care = asked ? { risk: { ...asked } } : {}
  return { firebreak: { pack, category, version: value.version, minimumEngine, gateReportDigest, ...lane, ...care } }
}

/** The TUF target path of the report that proves a release. */
export function gateReportTargetPath(pack: string, release: Version): string {
  return `releases/${pack}/${release}/gate-report.json`
}
