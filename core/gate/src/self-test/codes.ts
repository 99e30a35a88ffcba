import type { ContentErrorCode } from '@firebreak/content'
import type { Severity } from '../check/check.ts'
import { CONTRACT_CODES } from '../contract/check-contracts.ts'
import { COST_CODES } from '../cost/codes.ts'
import type { GateErrorCode } from '../errors.ts'
import { EXECUTION_CODES } from '../execution/codes.ts'
import { FUZZ_CODES } from '../fuzz/check-fuzz.ts'
import { REPLAY_CODES } from '../replay/codes.ts'
import { SOURCE_RULES } from '../source/rules.ts'
import { TEST_CODES } from '../tests/codes.ts'
import { SELF_TEST_CODES } from './check-self-test.ts'
import type { ControlPlace } from './control.ts'

/** A code that can fail a check, and so needs an operator that shows it. */
export interface ReportableCode {
  readonly check: ControlPlace
  readonly code: string
}

/** Which check reports an error of `core/content`; a new code does not compile until it has its place here. */
const CONTENT_CODES: Readonly<Record<ContentErrorCode, readonly ControlPlace[]>> = {
  'content/yaml': ['source'],
  'content/file': ['source'],
  'content/schema': ['source', 'compile'],
  'content/condition': ['source'],
  'content/modifier': ['source'],
  'content/correlation': ['source'],
  // `compile` can say it too, of an image of over 64 MiB, which no self-test makes.
  'content/limit': ['source'],
  'content/regex-syntax': ['source'],
  'content/regex-unsupported': ['source'],
  'content/regex-too-large': ['source'],
  'content/image-truncated': ['verify'],
  'content/image-header': ['verify'],
  'content/image-strings': ['verify'],
  'content/image-rules': ['verify'],
  'content/image-predicates': ['verify'],
  'content/image-program': ['verify'],
  'content/image-regex': ['verify'],
  'content/image-indicators': ['verify'],
  'content/image-routes': ['verify'],
  'content/image-witnesses': ['verify'],
  'content/image-yara': ['verify'],
  'content/image-correlations': ['verify'],
  'content/image-cost': ['verify'],
  // Of customers' tunings and of deltas, which no pack has.
  'content/tuning': [],
  'content/delta-malformed': [],
  'content/delta-base': [],
  'content/delta-compiler': [],
  'content/delta-result': [],
}

/** Codes of this package that are no check's, and who says them. */
const GATE_CODES: Readonly<Record<GateErrorCode, readonly ControlPlace[]>> = {
  'gate/report-malformed': ['report'],
  'gate/report-verdict': ['report'],
  'gate/report-error-passed': ['report'],
  'gate/report-no-release': ['report'],
  'gate/report-not-shown': ['report'],
  'gate/report-not-signed': ['report'],
  'gate/report-subject': ['report'],
}

function placed(codes: Readonly<Record<string, readonly ControlPlace[]>>): readonly ReportableCode[] {
  return Object.entries(codes).flatMap(([code, checks]) => checks.map((check) => ({ check, code })))
}

type Row = { readonly severity: Severity }

/** Of a registry: what only warns fails nothing. */
function errorsOf(check: ControlPlace, rows: readonly (Row & { readonly code: string })[]): readonly ReportableCode[] {
  return rows.filter(({ severity }) => severity === 'error').map(({ code }) => ({ check, code }))
}

function listed(rows: Readonly<Record<string, Row>>): readonly (Row & { readonly code: string })[] {
  return Object.entries(rows).map(([code, { severity }]) => ({ code, severity }))
}

/** Every code that can fail a check of the gate, or make a report unbelievable. */
export const REPORTABLE_CODES: readonly ReportableCode[] = [
  ...placed(CONTENT_CODES),
  { check: 'verify', code: 'gate/image-mismatch' },
  ...errorsOf('source', SOURCE_RULES),
  ...errorsOf('tests', TEST_CODES),
  ...errorsOf('contract', listed(CONTRACT_CODES)),
  ...errorsOf('execution', listed(EXECUTION_CODES)),
  ...errorsOf('replay', listed(REPLAY_CODES)),
  ...errorsOf('cost', listed(COST_CODES)),
  ...errorsOf('fuzz', FUZZ_CODES),
  ...SELF_TEST_CODES.map((code) => ({ check: 'self-test' as const, code })),
  ...placed(GATE_CODES),
]
