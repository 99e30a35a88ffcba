import type { ContentErrorCode } from '@firebreak/content'
import type { DetectErrorCode } from '@firebreak/detect'
import type { Severity } from '../check/check.ts'
import { SOURCE_RULES } from '../source/rules.ts'
import { TEST_CODES } from '../tests/codes.ts'
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

/** Which check reports an error of `core/detect`. */
const DETECT_CODES: Readonly<Record<DetectErrorCode, readonly ControlPlace[]>> = {
  'detect/engine-too-old': ['contract'],
  'detect/unsupplied-source': ['contract'],
  'detect/unsupplied-field': ['contract'],
  'detect/unsupplied-feature': ['contract'],
  'detect/trap': ['execution'],
  // Of the pipe between a sensor and an engine, which a gate does not have.
  'detect/record-malformed': [],
  'detect/record-too-large': [],
}

function placed(codes: Readonly<Record<string, readonly ControlPlace[]>>): readonly ReportableCode[] {
  return Object.entries(codes).flatMap(([code, checks]) => checks.map((check) => ({ check, code })))
}

/** Of a registry: what only warns fails nothing. */
function errorsOf(
  check: ControlPlace,
  rows: readonly { readonly code: string; readonly severity: Severity }[],
): readonly ReportableCode[] {
  return rows.filter(({ severity }) => severity === 'error').map(({ code }) => ({ check, code }))
}

/** Every code that can fail a check of the gate. */
export const REPORTABLE_CODES: readonly ReportableCode[] = [
  ...placed(CONTENT_CODES),
  ...placed(DETECT_CODES),
  { check: 'verify', code: 'gate/image-mismatch' },
  ...errorsOf('source', SOURCE_RULES),
  ...errorsOf('tests', TEST_CODES),
]
