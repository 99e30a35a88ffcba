import {
  type CoverageReport,
  type CoverageRow,
  describeSource,
  type Reason,
  reportCoverage,
  type SensorContract,
  sensorOfCategories,
  type SigmaRule,
} from '@firebreak/content'
import { ENGINE_CONTRACT } from '@firebreak/detect'
import { LINE_CHARS_MAX, ruleAt } from './placed.ts'
import { count, plural } from './plural.ts'
import { printable } from './screen.ts'

/** Lines of what the sensor does not deliver, by product; the rest is one line. */
const UNDELIVERED_SHOWN_MAX = 12

export const LINUX_SENSOR: SensorContract = sensorOfCategories('the Linux sensor', 'linux', ENGINE_CONTRACT.fields)

/** Which rules can fire on the sensor of this version, and why the others can't. */
export function linuxCoverage(rules: readonly SigmaRule[]): CoverageReport<SigmaRule> {
  return reportCoverage(rules, LINUX_SENSOR)
}

/** All of it for programs: every rule that can't fire is named, with its reasons. */
export function coverageObject({ rows, ...totals }: CoverageReport<SigmaRule>) {
  return {
    ...totals,
    rows: rows.map((row) => ({
      ...row,
      source: describeSource(row.logsource),
      cannot: row.cannot.map(({ rule, verdict }) => ({
        id: rule.id,
        title: rule.title,
        at: rule.at,
        reasons: verdict.reasons,
      })),
    })),
  }
}

/** Why rules can't fire where their log source is delivered: a line each. Other log sources are in the table. */
export function silentLines(coverage: CoverageReport<SigmaRule>): readonly string[] {
  return coverage.rows.flatMap(({ cannot }) =>
    cannot.flatMap(({ rule, verdict }) =>
      verdict.reasons
        .filter(isAboutRule)
        .map(({ code, message }) => `${ruleAt(rule)}: ${printable(message, LINE_CHARS_MAX)} [${code}]`),
    ),
  )
}

/** A table of what can fire, by log source; those that the sensor doesn't deliver are in one line for each product. */
export function coverageLines({ sensor, rules, canFire, rows }: CoverageReport<SigmaRule>): readonly string[] {
  const delivered = rows.filter((row) => !undelivered(row))
  const rest = Map.groupBy(
    rows.filter(undelivered),
    ({ logsource }) => logsource.product ?? logsource.category ?? 'other',
  )
  const undeliveredRows = [...rest]
    .map(([name, some]): Row => [name, sum(some), 0, `not delivered: ${plural(some.length, 'log source')}`])
    .toSorted((a, b) => b[1] - a[1])
  const tail = undeliveredRows.slice(UNDELIVERED_SHOWN_MAX)
  const tailRules = tail.reduce((total, [, some]) => total + some, 0)
  const table: readonly Row[] = [
    ...delivered.map((row): Row => [describeSource(row.logsource), row.rules, row.canFire, ...reasonsOf(row)]),
    ...undeliveredRows.slice(0, UNDELIVERED_SHOWN_MAX),
    ...(tail.length > 0
      ? [[`${count(tail.length)} others`, tailRules, 0, 'not delivered: --json names them'] as const]
      : []),
  ]
  return [`${count(canFire)} of ${plural(rules, 'rule')} can fire on ${sensor}:`, ...aligned(table)]
}

type Row = readonly [source: string, rules: number, canFire: number, ...why: readonly string[]]

function aligned(table: readonly Row[]): readonly string[] {
  const width = Math.max(10, ...table.map(([source]) => printable(source).length))
  const line = (source: string, rules: string, fire: string, why: string) =>
    `  ${source.padEnd(width)}  ${rules.padStart(7)}  ${fire.padStart(8)}  ${why}`.trimEnd()
  return [
    line('log source', 'rules', 'can fire', ''),
    ...table.map(([source, rules, fire, ...why]) => line(printable(source), count(rules), count(fire), why.join('; '))),
  ]
}

function undelivered({ rules, cannot }: CoverageRow): boolean {
  return cannot.length === rules && cannot.every(({ verdict }) => !verdict.reasons.some(isAboutRule))
}

const isAboutRule = ({ code }: Reason): boolean => code !== 'no-route'

function reasonsOf({ cannot }: CoverageRow): readonly string[] {
  const codes = Map.groupBy(cannot, ({ verdict }) => verdict.reasons[0]?.code ?? 'no-route')
  return [...codes].map(([code, some]) => `${count(some.length)} ${code}`)
}

function sum(rows: readonly CoverageRow[]): number {
  return rows.reduce((total, { rules }) => total + rules, 0)
}
