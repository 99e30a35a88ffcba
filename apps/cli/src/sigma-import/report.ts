import { type CoverageReport, type CoverageRow, describeSource, type Diagnostic, type Reason } from '@firebreak/content'
import { printable } from '../screen.ts'
import type { SigmaRule } from './parse.ts'
import type { ImportPlan } from './plan.ts'

/** Names of files are as hostile as what is in them. */
export function placed({ at, code, message }: Diagnostic): string {
  return printable(`${at.file}:${at.line}:${at.column}: ${message} [${code}]`, LINE_CHARS_MAX)
}

const LINE_CHARS_MAX = 1_000

/** Everything that was not taken: a line each. */
export function refusalLines(plan: ImportPlan): readonly string[] {
  return [
    ...plan.refused.map(placed),
    ...plan.lostWithFile.map((rule) => `${at(rule)}: left out, because its file holds what is refused`),
    ...plan.keptWithFile.map((rule) => `${at(rule)}: can't fire, stays because its file holds a rule that can`),
  ]
}

/** Why rules can't fire where their log source is delivered: a line each. Other log sources are in the table. */
export function silentLines(coverage: CoverageReport<SigmaRule>): readonly string[] {
  return coverage.rows.flatMap(({ cannot }) =>
    cannot.flatMap(({ rule, verdict }) =>
      verdict.reasons
        .filter(isAboutRule)
        .map(({ code, message }) => `${at(rule)}: ${printable(message, LINE_CHARS_MAX)} [${code}]`),
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
  const table: readonly Row[] = [
    ...delivered.map((row): Row => [describeSource(row.logsource), row.rules, row.canFire, ...reasonsOf(row)]),
    ...[...rest]
      .map(([name, some]): Row => [name, sum(some), 0, `not delivered: ${plural(some.length, 'log source')}`])
      .toSorted((a, b) => b[1] - a[1]),
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

function at(rule: SigmaRule): string {
  return printable(`${rule.at.file}:${rule.at.line}:${rule.at.column}`)
}

function sum(rows: readonly CoverageRow[]): number {
  return rows.reduce((total, { rules }) => total + rules, 0)
}

export function plural(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`
}

function count(number: number): string {
  return number.toLocaleString('en')
}
