import { type PublicKeyHex, sha256Hex } from '@firebreak/crypto'
import type { ReleaseSubmission } from '@firebreak/api'
import { GateError, type GateErrorCode, type GateReport, openGateReport } from '@firebreak/gate'
import { FirebreakError } from '@firebreak/kernel'
import {
  gateReportTargetPath,
  parseReleaseDescription,
  type ReleaseDescription,
  type ReleaseRisk,
  releaseTargetPath,
} from '@firebreak/rollout'
import { type TargetFile, verifyTarget } from '@firebreak/tuf'
import { ServerError, type ServerErrorCode } from './errors.ts'

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
 * one that approvers signed with it, is signed by a gate of this deployment, is about this very image, and passed. No report, no
 * publication. What the report says of itself is not enough: `openGateReport` asks whether it shows it.
 *
 * @param added - the targets that the accepted metadata newly names
 * @param gateKeys - pinned when the server was initialised
 * @throws ServerError | TufError tuf/hash, tuf/too-large
 */
export function checkRelease(
  added: readonly TargetFile[],
  uploaded: ReadonlyMap<string, Uint8Array>,
  gateKeys: readonly PublicKeyHex[],
): CheckedRelease {
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
  requirePass(openReport(report.bytes, description, gateKeys), description, image)
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

function openReport(
  bytes: Uint8Array,
  { gateReportDigest }: ReleaseDescription,
  gateKeys: readonly PublicKeyHex[],
): GateReport {
  if (sha256Hex(bytes) !== gateReportDigest) throw mismatch('is not the one that was signed with the image')
  try {
    return openGateReport(bytes, gateKeys)
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    throw new ServerError(CODES[error.code] ?? 'server/gate-malformed', `Cannot publish: ${error.message}`, {}, error)
  }
}

/** Where another code says more than that the report is none. */
const CODES: Readonly<Partial<Record<GateErrorCode, ServerErrorCode>>> = {
  'gate/report-not-signed': 'server/gate-not-signed',
  'gate/report-subject': 'server/gate-mismatch',
}

function requirePass(report: GateReport, description: ReleaseDescription, image: TargetFile): void {
  if (report.verdict !== 'pass') {
    const message = `Cannot publish: the verdict of the gate is ${report.verdict}`
    throw new ServerError('server/gate-not-passed', message)
  }
  if (report.imageDigest !== image.sha256) throw mismatch('is about another image')
  const { pack, version, category, minimumEngine, risk } = description
  if (report.pack !== pack || report.version !== version || report.category !== category) {
    throw mismatch(`is about ${report.pack} ${report.version} of category ${report.category}`)
  }
  if (report.minimumEngine !== minimumEngine) throw mismatch(`is about an image for engine ${report.minimumEngine}`)
  if (!isSameRisk(report.risk, risk)) throw mismatch('found another risk than the one that approvers signed')
}

function isSameRisk(found: GateReport['risk'], signed: ReleaseRisk | undefined): boolean {
  if (found === null || signed === undefined) return found === null && signed === undefined
  const { score, firstWavePpmMax, bakeMsMin } = found
  return score === signed.score && firstWavePpmMax === signed.firstWavePpmMax && bakeMsMin === signed.bakeMsMin
}

function mismatch(what: string): ServerError {
  return new ServerError('server/gate-mismatch', `Cannot publish: the gate report ${what}`)
}
