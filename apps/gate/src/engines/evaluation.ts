import type { CaseVerdict, EventWork, ExecutionResult } from '@firebreak/gate'
import {
  integer,
  list,
  malformed,
  object,
  optional,
  parseJson,
  type Reader,
  record,
  text,
  version,
} from '@firebreak/kernel'

/** Answers about 5,000 events are about a megabyte. */
export const EVALUATION_BYTES_MAX: number = 256 * 1024 * 1024
const EVENTS_MAX = 1_000_000
const FIRED_MAX = 65_535
const COUNT_MAX = Number.MAX_SAFE_INTEGER

const index = integer(0, EVENTS_MAX)
const work = object<EventWork>({ nodeVisits: integer(0, COUNT_MAX), predicateEvaluations: integer(0, COUNT_MAX) })
const verdict = object<CaseVerdict>({
  caseIndex: index,
  firedRuleIds: list(text(256), FIRED_MAX),
  work: optional(work),
})
type Ran = Extract<ExecutionResult, { kind: 'ran' }>
type Failed = Extract<ExecutionResult, { kind: 'failed' }>
const ran = object<Omit<Ran, 'kind'>>({ engineVersion: version, verdicts: list(verdict, EVENTS_MAX) })
const failed = object<Omit<Failed, 'kind'>>({ code: text(64), message: text(4_096), answered: optional(index) })

const evaluation: Reader<ExecutionResult> = (value, at) => {
  const { kind } = record(value, at)
  if (kind === 'ran') return { kind, ...ran(value, at) }
  if (kind === 'failed') return { kind, ...failed(value, at) }
  throw malformed(`${at}.kind`, 'ran | failed', kind)
}

/**
 * What `agent evaluate` of any kept version printed: hostile, since an engine had a hand in it.
 *
 * @throws KernelError kernel/malformed
 */
export function parseEvaluation(bytes: Uint8Array): ExecutionResult {
  return evaluation(parseJson(bytes, EVALUATION_BYTES_MAX, 'evaluation'), 'evaluation')
}
