import type { Position } from '@firebreak/content'

/** The closed list of checks, in the order in which they run. A release needs every one of them. */
export const CHECK_IDS = ['source', 'compile', 'verify', 'tests', 'contract', 'execution'] as const
export type CheckId = (typeof CHECK_IDS)[number]

/** `not-run` is not a pass: no answer is a no. */
export const CHECK_VERDICTS = ['pass', 'fail', 'not-run'] as const
export type CheckVerdict = (typeof CHECK_VERDICTS)[number]

export interface CheckResult {
  readonly id: CheckId
  readonly verdict: CheckVerdict
  /** One sentence for a person. */
  readonly reason: string
  readonly findings: readonly Finding[]
}

/** One thing that is wrong, and where the author finds it. */
export interface Finding {
  /** A code of this package (`gate/...`) or of the package that found it. */
  readonly code: string
  readonly message: string
  readonly at: Position | null
}

/** Findings of one check that a report lists; the last one then says how many were left out. */
export const FINDINGS_MAX = 200
/** UTF-16 units of a reason or of a finding's message. */
export const MESSAGE_CHARS_MAX = 1_000
export const CODE_CHARS_MAX = 64
export const FILE_CHARS_MAX = 512

export function passed(id: CheckId, reason: string): CheckResult {
  return { id, verdict: 'pass', reason: printable(reason, MESSAGE_CHARS_MAX), findings: [] }
}

export function failed(id: CheckId, reason: string, findings: readonly Finding[]): CheckResult {
  const listed = limit(findings).map(printableFinding)
  return { id, verdict: 'fail', reason: printable(reason, MESSAGE_CHARS_MAX), findings: listed }
}

export function notRun(id: CheckId, reason: string): CheckResult {
  return { id, verdict: 'not-run', reason: printable(reason, MESSAGE_CHARS_MAX), findings: [] }
}

/** Pass only when every check of the closed list is there exactly once and has passed. Anything else is a fail. */
export function decideVerdict(checks: readonly CheckResult[]): 'pass' | 'fail' {
  const complete = CHECK_IDS.length === checks.length && CHECK_IDS.every((id) => checks.some((one) => one.id === id))
  return complete && checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'fail'
}

function limit(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= FINDINGS_MAX) return findings
  const left = findings.length - FINDINGS_MAX + 1
  const message = `${left} more findings are not listed.`
  return [...findings.slice(0, FINDINGS_MAX - 1), { code: 'gate/more-findings', message, at: null }]
}

function printableFinding({ code, message, at }: Finding): Finding {
  return {
    code: printable(code, CODE_CHARS_MAX),
    message: printable(message, MESSAGE_CHARS_MAX),
    at: at && { ...at, file: printable(at.file, FILE_CHARS_MAX) },
  }
}

/**
 * Content and engine put their words into a report, and a report is read in a terminal: what would move the cursor,
 * turn the direction of text or not survive canonical JSON becomes U+FFFD.
 */
export function printable(text: string, charsMax: number): string {
  const cut = text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/** What `printable` leaves as it is. */
export const PRINTABLE: RegExp = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u
