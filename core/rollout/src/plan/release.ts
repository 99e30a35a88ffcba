import {
  absentAs,
  boolean,
  digest,
  type Json,
  object,
  type Reader,
  type Sha256Hex,
  type Version,
  version,
} from '@firebreak/kernel'
import { name } from './plan.ts'

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
}

const description: Reader<ReleaseDescription> = object<ReleaseDescription>({
  pack: name,
  category: name,
  version,
  minimumEngine: version,
  gateReportDigest: digest,
  emergency: absentAs(false, boolean),
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
  const { pack, category, minimumEngine, gateReportDigest, emergency } = value
  const lane = emergency ? { emergency } : {}
  return { firebreak: { pack, category, version: value.version, minimumEngine, gateReportDigest, ...lane } }
}

/** The TUF target path of the report that proves a release. */
export function gateReportTargetPath(pack: string, release: Version): string {
  return `releases/${pack}/${release}/gate-report.json`
}
