import { formatUtc } from '@firebreak/kernel'
import type { CheckResult, CheckVerdict, Finding } from '../check/check.ts'
import type { GateReport } from './report.ts'

const MARKS: Readonly<Record<CheckVerdict, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  'not-run': 'NOT RUN',
  inconclusive: 'UNKNOWN',
}

/** The report for a person: plain text, one line for each check and each finding. */
export function renderGateReport(report: GateReport): string {
  const { pack, version, category, costBound } = report
  const name = pack === '' ? 'a pack whose manifest cannot be read' : `${pack} ${version} (${category})`
  const cost = costBound
    ? `at most ${costBound.stepsPerByte} steps per byte of an event's longest field, ${costBound.memoryBytes} bytes of memory`
    : 'unknown'
  return [
    `Gate report: ${name}`,
    `Verdict:     ${report.verdict.toUpperCase()}`,
    `Image:       ${report.imageDigest === null ? 'none' : `sha256 ${report.imageDigest}`}`,
    `Engine:      ${report.engineVersion}`,
    `Time:        ${formatUtc(report.atMs)}`,
    `Content:     ${report.rules} rules, ${report.cases} test events`,
    `Cost:        ${cost}`,
    '',
    ...report.checks.flatMap(checkLines),
    '',
  ].join('\n')
}

function checkLines({ id, verdict, reason, findings }: CheckResult): readonly string[] {
  return [`${MARKS[verdict].padEnd(8)} ${id.padEnd(10)} ${reason}`, ...findings.map(findingLine)]
}

function findingLine({ code, message, at }: Finding): string {
  const where = at === null ? '' : `${at.file}:${at.line}:${at.column} `
  return `         - ${where}${code} ${message}`
}
