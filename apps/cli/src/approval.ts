import { sha256Hex } from '@firebreak/crypto'
import {
  diffWords,
  GateError,
  type GateReport,
  gateReportDigest,
  openGateReport,
  plural,
  riskWords,
} from '@firebreak/gate'
import type { ReleaseDescription } from '@firebreak/rollout'
import { CliError } from './errors.ts'
import type { Keystore } from './keystore.ts'

/** What a gate made of a pack, ready to be approved. */
export interface ReleaseDraft {
  /** As the gate's process told it; what counts is `statement`. */
  readonly report: GateReport
  readonly image: Uint8Array
  /** The same report, signed with the gate's key: what is published. */
  readonly statement: Uint8Array
  /** Of the emergency lane. */
  readonly emergency: boolean
}

/** What approvers sign, and what they have to be shown before they do. */
export interface Approval {
  readonly description: ReleaseDescription
  readonly imageDigest: string
  /** For a person, a line each. */
  readonly lines: readonly string[]
}

/**
 * Judges a draft on the approvers' side, who believe nothing but the gate's signature: it passed, and it is about this very image.
 *
 * @throws CliError cli/refused
 */
export function approvalOf({ image, statement, emergency }: ReleaseDraft, { gateKeys }: Keystore): Approval {
  const report = open(statement, gateKeys)
  const { pack, version, category, minimumEngine, verdict, imageDigest, risk } = report
  if (verdict !== 'pass') throw refused(`the verdict of the gate is ${verdict}`)
  if (imageDigest === null || sha256Hex(image) !== imageDigest) throw refused('the report is about another image')
  const description = {
    pack,
    category,
    version,
    minimumEngine,
    gateReportDigest: gateReportDigest(statement),
    emergency,
  }
  const care = risk && { score: risk.score, firstWavePpmMax: risk.firstWavePpmMax, bakeMsMin: risk.bakeMsMin }
  return {
    description: care === null ? description : { ...description, risk: care },
    imageDigest,
    lines: [
      `image    sha256 ${imageDigest}, for engine ${minimumEngine} or newer`,
      `gate     ${plural(report.checks.length, 'check')} passed, on engines ${report.engines.map((one) => one.version).join(', ')}`,
      ...(report.diff === null ? [] : [`changes  ${sinceWords(report.diff.against)}${diffWords(report.diff)}`]),
      ...(risk === null
        ? []
        : [`risk     ${riskWords(risk)}`, ...risk.reasons.map(({ reason }) => `         ${reason}`)]),
      ...(emergency ? ['lane     emergency: delays are skipped as far as each customer consented to before'] : []),
    ],
  }
}

function sinceWords(against: { readonly version: string } | null): string {
  return against === null ? '' : `since ${against.version}: `
}

function open(statement: Uint8Array, gateKeys: readonly string[]): GateReport {
  try {
    return openGateReport(statement, gateKeys)
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    throw refused(error.message, error)
  }
}

function refused(why: string, cause?: unknown): CliError {
  return new CliError('cli/refused', `Cannot approve: ${why}`, {}, cause)
}
