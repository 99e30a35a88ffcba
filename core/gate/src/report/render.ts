import { formatUtc } from '@firebreak/kernel'
import type { CheckVerdict, Finding } from '../check/check.ts'
import type { GateReport } from './gate-report.ts'
import type { CheckRecord } from './parts.ts'
import {
  costWords,
  countOf,
  diffWords,
  fuzzWords,
  nameOf,
  percentOf,
  plural,
  riskWords,
  selfTestWords,
  timesOf,
  VERDICT_WORDS,
} from './words.ts'

const MARKS: Readonly<Record<CheckVerdict, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  'not-run': 'NOT RUN',
  inconclusive: 'UNKNOWN',
}
const INDENT = ' '.repeat(9)
/** Findings of one code of one check that are shown. */
const ALIKE_MAX = 5

/** The report for a person: plain text, one line for each thing, `-` where the gate has nothing to say. */
export function renderGateReport(report: GateReport): string {
  return [
    `Gate report: ${nameOf(report)}`,
    `Verdict:     ${report.verdict.toUpperCase()}: ${VERDICT_WORDS[report.verdict]}`,
    ...aboutLines(report).map(([name, value]) => `${(name === '' ? '' : `${name}:`).padEnd(12)} ${value ?? '-'}`),
    '',
    ...report.checks.flatMap(checkLines),
    '',
  ].join('\n')
}

function aboutLines(report: GateReport): readonly (readonly [name: string, value: string | null])[] {
  const { imageDigest, engines, coverage, diff, cost, risk, fuzz, selfTest, tool, policy, seed } = report
  const decided = coverage && `, which decide ${countOf(coverage.decided)} of ${countOf(coverage.total)} things asked`
  return [
    ['Image', imageDigest && `sha256 ${imageDigest}`],
    ['Engines', enginesWords(engines)],
    ['Time', formatUtc(report.atMs)],
    ['Content', `${plural(report.rules, 'rule')}, ${plural(report.cases, 'test event')}${decided ?? ''}`],
    ['Changes', diff && (diff.against === null ? '' : `since ${diff.against.version}: `) + diffWords(diff)],
    ['Cost', cost && costWords(cost)],
    ['Proved', boundWords(report)],
    ['Fuzzing', fuzz && fuzzWords(fuzz)],
    ['Self-test', selfTest && selfTestWords(selfTest)],
    ['Risk', risk && riskWords(risk)],
    ...(risk?.reasons ?? []).map(({ points, reason }) => ['', `${String(points).padStart(4)}  ${reason}`] as const),
    ['Held to', policyWords(policy)],
    ['Made by', `${tool.name} ${tool.version}, seed ${seed}`],
  ]
}

/** Engines in the same sandbox together: on one machine they all are. */
function enginesWords(engines: GateReport['engines']): string | null {
  const byTier = Map.groupBy(engines, ({ sandboxTier }) => sandboxTier)
  const groups = [...byTier].map(
    ([tier, alike]) => `${alike.map(({ version }) => version).join(', ')} (sandbox: ${tier})`,
  )
  return groups.length === 0 ? null : groups.join('; ')
}

function boundWords({ costBound }: GateReport): string | null {
  if (costBound === null) return null
  const { stepsPerByte, memoryBytes } = costBound
  return `at most ${countOf(stepsPerByte)} steps per byte of an event's longest field, ${countOf(memoryBytes)} bytes of memory`
}

function policyWords(policy: GateReport['policy']): string {
  const engines = policy.engines === 'all' ? 'every engine that is kept' : `engines ${policy.engines.join(', ')}`
  return [
    engines,
    `false positives ${percentOf(policy.falsePositivesPpmMax)}`,
    `cost ${timesOf(policy.costRatioPpmMax)} times`,
    `${countOf(policy.fuelPerEventMax)} steps an event`,
    `${countOf(policy.fuzzExecutions)} executions a parser`,
  ].join(', ')
}

function checkLines({ id, verdict, reason, figures, findings }: CheckRecord): readonly string[] {
  return [
    `${MARKS[verdict].padEnd(8)} ${id.padEnd(10)} ${reason}`,
    ...figures.map(({ name, value, unit }) => `${INDENT}${name}: ${countOf(value)}${unit === '' ? '' : ` ${unit}`}`),
    ...[...Map.groupBy(findings, ({ code }) => code)].flatMap(([code, alike]) => findingsLines(code, alike)),
  ]
}

/** Of one code: a hundred alike tell a person no more than the first few; the report itself has all. */
function findingsLines(code: string, alike: readonly Finding[]): readonly string[] {
  const left = alike.length - ALIKE_MAX
  const more = left > 0 ? [`${INDENT}- ${code}: ${countOf(left)} more, in the report itself`] : []
  return [...alike.slice(0, ALIKE_MAX).flatMap(findingLines), ...more]
}

function findingLines({ code, severity, message, at, fix, input }: Finding): readonly string[] {
  const where = at === null ? '' : `${at.file}:${at.line}:${at.column} `
  const kind = severity === 'error' ? '' : `${severity}: `
  return [
    `${INDENT}- ${where}${kind}${code} ${message}`,
    ...(fix === null ? [] : [`${INDENT}  fix: ${fix}`]),
    ...(input === null ? [] : [`${INDENT}  input: ${input}`]),
  ]
}
