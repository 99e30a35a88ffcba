import type { CostBound, PackManifest } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import {
  canonicalJsonBytes,
  digest,
  integer,
  type Json,
  KernelError,
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
import { MESSAGE_CHARS_MAX, printable } from '../check/check.ts'
import type { GatePolicy } from '../check/policy.ts'
import { GateError } from '../errors.ts'
import type { SelfTestEvidence } from '../self-test/evidence.ts'
import type {
  CheckRecord,
  CostSummary,
  CoverageSummary,
  DiffSummary,
  EngineUse,
  FuzzSummary,
  GateTool,
  NoveltySummary,
  RiskSummary,
} from './parts.ts'
import * as part from './read-parts.ts'
import { decideGateVerdict, GATE_VERDICTS, type GateVerdict, REPORT_RULES } from './rules.ts'

/**
 * What the gate checked, ran and found. It is signed, and the digest of what is signed is approved together with the image's. A part is null
 * where the gate had nothing for it; a report that passed has all that REPORT_RULES ask for.
 */
export interface GateReport {
  readonly format: 2
  readonly tool: GateTool
  /** Name, version, category and minimum engine are empty when the manifest can't be read. */
  readonly pack: PackManifest['name']
  readonly version: Version
  readonly category: PackManifest['category']
  readonly minimumEngine: Version
  /** Of the folder that the image was compiled from; null when there was none. */
  readonly sourceDigest: Sha256Hex | null
  /** Null when there is no image that the verifier accepts. */
  readonly imageDigest: Sha256Hex | null
  /** Builds that loaded and ran the image. */
  readonly engines: readonly EngineUse[]
  readonly atMs: WallMs
  readonly verdict: GateVerdict
  readonly policy: GatePolicy
  /** What everything that was drawn by lot follows from. */
  readonly seed: number
  readonly checks: readonly CheckRecord[]
  readonly rules: number
  /** Events of the pack's own tests. */
  readonly cases: number
  readonly costBound: CostBound | null
  readonly coverage: CoverageSummary | null
  readonly diff: DiffSummary | null
  readonly novelty: NoveltySummary | null
  readonly cost: CostSummary | null
  readonly fuzz: FuzzSummary | null
  readonly selfTest: SelfTestEvidence | null
  readonly risk: RiskSummary | null
}

export const GATE_REPORT_SIZE_BYTES_MAX = 8 * 1024 * 1024
const NAME_OR_NOTHING = /^(?:[a-z0-9][a-z0-9-]{0,63})?$/
const COUNT_MAX = Number.MAX_SAFE_INTEGER
const versionOrNothing = (value: unknown, at: string): Version => (value === '' ? '' : version(value, at))

/** Of the form; what the numbers have to show is in REPORT_RULES. */
export const gateReport = object<GateReport>({
  format: literal(2),
  tool: part.tool,
  pack: text(64, NAME_OR_NOTHING),
  version: versionOrNothing,
  category: text(64, NAME_OR_NOTHING),
  minimumEngine: versionOrNothing,
  sourceDigest: nullable(digest),
  imageDigest: nullable(digest),
  engines: part.engines,
  atMs: integer(0, WALL_MS_MAX),
  verdict: literal(...GATE_VERDICTS),
  policy: part.gatePolicy,
  seed: integer(0, COUNT_MAX),
  checks: part.checkRecords,
  rules: integer(0, COUNT_MAX),
  cases: integer(0, COUNT_MAX),
  costBound: nullable(part.costBound),
  coverage: nullable(part.coverage),
  diff: nullable(part.diff),
  novelty: nullable(part.novelty),
  cost: nullable(part.cost),
  fuzz: nullable(part.fuzz),
  selfTest: nullable(part.selfTest),
  risk: nullable(part.risk),
})

/** A report of what was found. Words of content and engines in it become printable; the verdict follows from the checks. */
export function composeReport(found: Omit<GateReport, 'format' | 'verdict'>): GateReport {
  const shown = printableTree(found) as typeof found
  return { ...shown, format: 2, verdict: decideGateVerdict(shown.checks) }
}

function printableTree(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, MESSAGE_CHARS_MAX)
  if (Array.isArray(value)) return value.map(printableTree)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, printableTree(one)]))
}

/**
 * Canonical JSON: one report, one sequence of bytes.
 *
 * @throws KernelError kernel/malformed for what `parseGateReport` would not read: a bug of whoever made it
 */
export function encodeGateReport(value: GateReport): Uint8Array {
  return canonicalJsonBytes(reportJson(value))
}

/** What a reader has read is made of plain values, with the keys of the format and no others. */
export function reportJson(value: GateReport): Json {
  return gateReport(value, 'gate report') as object as Json
}

/**
 * Reads a report from hostile bytes. Bytes that say pass and do not show it are no report, nor are those that are not in canonical form.
 *
 * @param bytes - at most GATE_REPORT_SIZE_BYTES_MAX
 * @throws GateError gate/report-malformed, or the code of the first of REPORT_RULES that it breaks
 */
export function parseGateReport(bytes: Uint8Array): GateReport {
  return inGateErrors(() => {
    const value = gateReport(parseJson(bytes, GATE_REPORT_SIZE_BYTES_MAX, 'gate report'), 'gate report')
    requireCanonical(reportJson(value), bytes)
    requireShown(value)
    return value
  })
}

/**
 * @param omit - codes of rules that are not asked, for the self-test of the gate: empty otherwise
 * @throws GateError the code of the first rule that is broken
 */
export function requireShown(value: GateReport, omit: ReadonlySet<string> = new Set()): void {
  for (const { code, broken } of REPORT_RULES) {
    const found = omit.has(code) ? null : broken(value)
    if (found !== null) throw new GateError(code, `Cannot accept gate report: ${found}`)
  }
}

export function requireCanonical(json: Json, bytes: Uint8Array): void {
  const canonical = canonicalJsonBytes(json)
  const isSame = canonical.length === bytes.length && canonical.every((byte, i) => byte === bytes[i])
  if (!isSame) throw malformed('gate report', 'canonical JSON', 'another form')
}

/** What a reader refuses is no report. */
export function inGateErrors<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof KernelError) || error.code !== 'kernel/malformed') throw error
    throw new GateError('gate/report-malformed', error.message, error.details, error)
  }
}

/** Of the bytes as they are published: approvers sign it. */
export function gateReportDigest(bytes: Uint8Array): Sha256Hex {
  return sha256Hex(bytes)
}
