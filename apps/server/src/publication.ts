import { sha256Hex } from '@firebreak/crypto'
import type { ReleaseSubmission } from '@firebreak/api'
import { GateError, type GateReport, parseGateReport } from '@firebreak/gate'
import { FirebreakError } from '@firebreak/kernel'
import {
  gateReportTargetPath,
  parseReleaseDescription,
  type ReleaseDescription,
  releaseTargetPath,
} from '@firebreak/rollout'
import { type TargetFile, verifyTarget } from '@firebreak/tuf'
import { ServerError } from './errors.ts'

/** The files of a submission by path. */
export function decodeFiles(submission: ReleaseSubmission): ReadonlyMap<string, Uint8Array> {
  return new Map(submission.files.map(({ path, base64 }) => [path, Buffer.from(base64, 'base64')]))
}

export interface CheckedRelease {
  readonly description: ReleaseDescription
  readonly image: TargetFile
  /** Every newly named target with its verified bytes. */
  readonly files: readonly { readonly target: TargetFile; readonly bytes: Uint8Array }[]
}

const IMAGE_PATH = /\/image\.fbi$/

/**
 * Judges what approvers have signed and uploaded: all files are there, they are one release, and its gate report is there, is the
 * one that was signed with it, is about this very image, and says pass. No report, no publication.
 *
 * @param added - the targets that the accepted metadata newly names
 * @throws ServerError | TufError tuf/hash, tuf/too-large
 */
export function checkRelease(added: readonly TargetFile[], uploaded: ReadonlyMap<string, Uint8Array>): CheckedRelease {
  const files = added.map((target) => {
    const bytes = uploaded.get(target.path)
    if (!bytes) throw new ServerError('server/missing-file', `Cannot publish: ${target.path} was not uploaded`)
    verifyTarget(target, bytes)
    return { target, bytes }
  })
  const images = added.filter(({ path }) => IMAGE_PATH.test(path))
  const [image] = images
  if (!image || images.length > 1) {
    throw new ServerError('server/one-release', `Cannot publish: expected one new image, found ${images.length}`)
  }
  const description = describe(image)
  if (image.path !== releaseTargetPath(description.pack, description.version)) {
    const { pack, version } = description
    throw new ServerError('server/not-described', `Cannot publish: ${image.path} says that it is ${pack} ${version}`)
  }
  const reportPath = gateReportTargetPath(description.pack, description.version)
  const report = files.find(({ target }) => target.path === reportPath)
  if (!report)
    throw new ServerError('server/no-gate-report', `Cannot publish: ${reportPath} is not among the new targets`)
  requirePass(report.bytes, description, image)
  return { description, image, files }
}

function describe(image: TargetFile): ReleaseDescription {
  try {
    return parseReleaseDescription(image.custom)
  } catch (error) {
    if (!(error instanceof FirebreakError)) throw error
    throw new ServerError('server/not-described', `Cannot publish ${image.path}: ${error.message}`, {}, error)
  }
}

function requirePass(bytes: Uint8Array, description: ReleaseDescription, image: TargetFile): void {
  if (sha256Hex(bytes) !== description.gateReportDigest) {
    throw mismatch('is not the one that was signed with the image')
  }
  const report = readReport(bytes)
  if (report.verdict !== 'pass') {
    throw new ServerError('server/gate-not-passed', 'Cannot publish: the gate report says that the image did not pass')
  }
  if (report.imageDigest !== image.sha256) throw mismatch('is about another image')
  const { pack, version, category } = description
  if (report.pack !== pack || report.version !== version || report.category !== category) {
    throw mismatch(`is about ${report.pack} ${report.version} of category ${report.category}`)
  }
}

function readReport(bytes: Uint8Array): GateReport {
  try {
    return parseGateReport(bytes)
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    throw new ServerError('server/gate-mismatch', `Cannot publish: ${error.message}`, {}, error)
  }
}

function mismatch(what: string): ServerError {
  return new ServerError('server/gate-mismatch', `Cannot publish: the gate report ${what}`)
}
