import type { CostBound, PackManifest, Position } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import {
  canonicalJsonBytes,
  digest,
  integer,
  type Json,
  KernelError,
  list,
  literal,
  malformed,
  nullable,
  object,
  parseJson,
  type Sha256Hex,
  text,
  type Version,
  version,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import {
  CHECK_IDS,
  CHECK_VERDICTS,
  type CheckResult,
  CODE_CHARS_MAX,
  decideVerdict,
  FILE_CHARS_MAX,
  type Finding,
  FINDINGS_MAX,
  MESSAGE_CHARS_MAX,
  PRINTABLE,
  SEVERITIES,
} from '../check/check.ts'
import { GateError } from '../errors.ts'

/** What the gate checked and found. Its digest is signed together with the image's. */
export interface GateReport {
  readonly format: 1
  /** Name, version and category are empty when the manifest can't be read. */
  readonly pack: PackManifest['name']
  readonly version: Version
  readonly category: PackManifest['category']
  /** Null when there is no image that the verifier accepts. */
  readonly imageDigest: Sha256Hex | null
  /** The engine that the release is for and that ran the rules. */
  readonly engineVersion: Version
  readonly atMs: WallMs
  /** Pass only when every check of the closed list is there and passed. */
  readonly verdict: 'pass' | 'fail'
  readonly checks: readonly CheckResult[]
  readonly rules: number
  /** Events that the engine had to be asked about. */
  readonly cases: number
  readonly costBound: CostBound | null
}

export const GATE_REPORT_SIZE_BYTES_MAX = 8 * 1024 * 1024
const COUNT_MAX = Number.MAX_SAFE_INTEGER
const NAME_OR_NOTHING = /^(?:[a-z0-9][a-z0-9-]{0,63})?$/

const position = object<Position>({
  file: text(FILE_CHARS_MAX, PRINTABLE),
  line: integer(1, COUNT_MAX),
  column: integer(1, COUNT_MAX),
})

const finding = object<Finding>({
  code: text(CODE_CHARS_MAX, PRINTABLE),
  severity: literal(...SEVERITIES),
  message: text(MESSAGE_CHARS_MAX, PRINTABLE),
  at: nullable(position),
  fix: nullable(text(MESSAGE_CHARS_MAX, PRINTABLE)),
  input: nullable(text(MESSAGE_CHARS_MAX, PRINTABLE)),
})

const check = object<CheckResult>({
  id: literal(...CHECK_IDS),
  verdict: literal(...CHECK_VERDICTS),
  reason: text(MESSAGE_CHARS_MAX, PRINTABLE),
  findings: list(finding, FINDINGS_MAX),
})

const report = object<GateReport>({
  format: literal(1),
  pack: text(64, NAME_OR_NOTHING),
  version: (value, at) => (value === '' ? '' : version(value, at)),
  category: text(64, NAME_OR_NOTHING),
  imageDigest: nullable(digest),
  engineVersion: version,
  atMs: integer(0, WALL_MS_MAX),
  verdict: literal('pass', 'fail'),
  checks: list(check, CHECK_IDS.length),
  rules: integer(0, COUNT_MAX),
  cases: integer(0, COUNT_MAX),
  costBound: nullable(object<CostBound>({ stepsPerByte: integer(0, COUNT_MAX), memoryBytes: integer(0, COUNT_MAX) })),
})

/** Canonical JSON: one report, one sequence of bytes. */
export function encodeGateReport(value: GateReport): Uint8Array {
  return canonicalJsonBytes(reportJson(value))
}

/**
 * Reads a report from hostile bytes. A report that says pass without every check having passed is no report, nor is one
 * that is not in canonical form.
 *
 * @param bytes - at most GATE_REPORT_SIZE_BYTES_MAX
 * @throws GateError gate/report-malformed
 */
export function parseGateReport(bytes: Uint8Array): GateReport {
  try {
    const value = report(parseJson(bytes, GATE_REPORT_SIZE_BYTES_MAX, 'gate report'), 'gate report')
    requireConsistent(value)
    if (!equalBytes(encodeGateReport(value), bytes)) throw malformed('gate report', 'canonical JSON', 'another form')
    return value
  } catch (error) {
    if (!(error instanceof KernelError) || error.code !== 'kernel/malformed') throw error
    throw new GateError('gate/report-malformed', error.message, error.details, error)
  }
}

export function gateReportDigest(bytes: Uint8Array): Sha256Hex {
  return sha256Hex(bytes)
}

function requireConsistent(value: GateReport): void {
  const verdict = decideVerdict(value.checks)
  if (value.verdict !== verdict) throw malformed('gate report.verdict', `${verdict}, as the checks say`, value.verdict)
  const hasAll = value.pack !== '' && value.version !== '' && value.category !== '' && value.costBound !== null
  if (verdict === 'pass' && !(hasAll && value.imageDigest !== null)) {
    throw malformed('gate report', 'a release with an image to have passed', 'none')
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function reportJson(value: GateReport): Json {
  return {
    format: value.format,
    pack: value.pack,
    version: value.version,
    category: value.category,
    imageDigest: value.imageDigest,
    engineVersion: value.engineVersion,
    atMs: value.atMs,
    verdict: value.verdict,
    checks: value.checks.map(({ id, verdict, reason, findings }) => ({
      id,
      verdict,
      reason,
      findings: findings.map((one) => ({ ...one, at: one.at && { ...one.at } })),
    })),
    rules: value.rules,
    cases: value.cases,
    costBound: value.costBound && { ...value.costBound },
  }
}
