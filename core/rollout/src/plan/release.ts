import { digest, type Json, object, type Reader, type Sha256Hex, type Version, version } from '@firebreak/kernel'
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
}

const description: Reader<ReleaseDescription> = object<ReleaseDescription>({
  pack: name,
  category: name,
  version,
  minimumEngine: version,
  gateReportDigest: digest,
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
  const { pack, category, minimumEngine, gateReportDigest } = value
  return { firebreak: { pack, category, version: value.version, minimumEngine, gateReportDigest } }
}

/** The TUF target path of the report that proves a release. */
export function gateReportTargetPath(pack: string, release: Version): string {
  return `releases/${pack}/${release}/gate-report.json`
}
