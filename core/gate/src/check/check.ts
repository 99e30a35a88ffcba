import type { Position } from '@firebreak/content'

/** The closed list of checks, in the order in which they run. A release needs every one of them. */
export const CHECK_IDS = [
  'source',
  'compile',
  'verify',
  'tests',
  'contract',
  'execution',
  'replay',
  'cost',
  'fuzz',
  'self-test',
] as const
export type CheckId = (typeof CHECK_IDS)[number]

/**
 * `not-run`: one that it needs did not pass. `inconclusive`: the gate could not find out (a time-out, a missing engine build, a crash of the
 * gate). Neither is a pass: no answer is a no.
 */
export const CHECK_VERDICTS = ['pass', 'fail', 'not-run', 'inconclusive'] as const
export type CheckVerdict = (typeof CHECK_VERDICTS)[number]

export interface CheckResult {
  readonly id: CheckId
  readonly verdict: CheckVerdict
  /** One sentence for a person. */
  readonly reason: string
  readonly findings: readonly Finding[]
}

/** Only an `error` fails its check. A `warning` is for the approver to weigh, a `note` to know. */
export const SEVERITIES = ['error', 'warning', 'note'] as const
export type Severity = (typeof SEVERITIES)[number]

/** One thing that is wrong, and where the author finds it. */
export interface Finding {
  /** A code of this package (`gate/...`) or of the package that found it. */
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly at: Position | null
  /** What to do, in one sentence; null where that is not known. */
  readonly fix: string | null
  /** The smallest input that shows it, as text; null where there is none. */
  readonly input: string | null
}

/** Findings of one check that a report lists; the last one then says how many were left out. */
export const FINDINGS_MAX = 200
/** UTF-16 units of a reason, of a finding's message, of its fix and of its input. */
export const MESSAGE_CHARS_MAX = 1_000
export const CODE_CHARS_MAX = 64
export const FILE_CHARS_MAX = 512

/** An error, unless `more` says otherwise. */
export function finding(
  code: string,
  message: string,
  at: Position | null,
  more: Partial<Pick<Finding, 'severity' | 'fix' | 'input'>> = {},
): Finding {
  return { code, severity: 'error', message, at, fix: null, input: null, ...more }
}

/** @param findings - warnings and notes: nothing that fails a check */
export function passed(id: CheckId, reason: string, findings: readonly Finding[] = []): CheckResult {
  return result(id, 'pass', reason, findings)
}

export function failed(id: CheckId, reason: string, findings: readonly Finding[]): CheckResult {
  return result(id, 'fail', reason, findings)
}

export function notRun(id: CheckId, reason: string): CheckResult {
  return result(id, 'not-run', reason, [])
}

export function inconclusive(id: CheckId, reason: string, findings: readonly Finding[] = []): CheckResult {
  return result(id, 'inconclusive', reason, findings)
}

/**
 * The check as it would be if the gate did not look for `omitted` (codes, or ids of checks): how the self-test takes a check away, to see
 * that somebody notices.
 */
export function leaveOut(check: CheckResult, omitted: ReadonlySet<string>): CheckResult {
  if (omitted.has(check.id)) return passed(check.id, 'Left out.')
  const findings = check.findings.filter(({ code }) => !omitted.has(code))
  if (findings.length === check.findings.length) return check
  const stays = findings.some(({ severity }) => severity === 'error')
  return { ...check, findings, verdict: stays ? check.verdict : 'pass' }
}

/** The check with findings that others made for it, which fail nothing. */
export function withNotes(check: CheckResult, notes: readonly Finding[]): CheckResult {
  return { ...check, findings: limit([...check.findings, ...notes.map(printableFinding)]) }
}

/** Pass only when every check of the closed list is there exactly once and has passed. Anything else is a fail. */
export function decideVerdict(checks: readonly CheckResult[]): 'pass' | 'fail' {
  const complete = CHECK_IDS.length === checks.length && CHECK_IDS.every((id) => checks.some((one) => one.id === id))
  return complete && checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'fail'
}

function result(id: CheckId, verdict: CheckVerdict, reason: string, findings: readonly Finding[]): CheckResult {
  const listed = limit(findings).map(printableFinding)
  return { id, verdict, reason: printable(reason, MESSAGE_CHARS_MAX), findings: listed }
}

function limit(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= FINDINGS_MAX) return findings
  const left = findings.length - FINDINGS_MAX + 1
  const more = finding('gate/more-findings', `${left} more findings are not listed.`, null, { severity: 'note' })
  return [...findings.slice(0, FINDINGS_MAX - 1), more]
}

function printableFinding(one: Finding): Finding {
  return {
    code: printable(one.code, CODE_CHARS_MAX),
    severity: one.severity,
    message: printable(one.message, MESSAGE_CHARS_MAX),
    at: one.at && { ...one.at, file: printable(one.at.file, FILE_CHARS_MAX) },
    fix: one.fix === null ? null : printable(one.fix, MESSAGE_CHARS_MAX),
    input: one.input === null ? null : printable(one.input, MESSAGE_CHARS_MAX),
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
