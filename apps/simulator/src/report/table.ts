import type { Expense, PolicyFigures, Report } from './figures.ts'

const VERDICTS_SHOWN = 12

/** For a terminal. */
export function tableOf(report: Report, { wallSeconds, peakMiB }: Expense): readonly string[] {
  const policies = [report.ours, ...report.peers]
  const columns = [
    ['policy', ...policies.map(({ title }) => title)],
    ['exposed', ...policies.map(({ exposed }) => grouped(exposed))],
    ['harmed', ...policies.map(({ harmed }) => grouped(harmed))],
    ['halted after', ...policies.map(haltText)],
  ]
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)))
  const rows = policies.map((_, row) => row + 1)
  const line = (row: number): string =>
    columns
      .map((cells, i) =>
        i === 0 ? (cells[row] ?? '').padEnd(widths[i] ?? 0) : (cells[row] ?? '').padStart(widths[i] ?? 0),
      )
      .join('  ')
  return [
    report.title,
    `${grouped(report.hosts)} hosts, seed ${report.seed}: ${report.outcome} after ${duration(report.simulatedSeconds)} of simulated time`,
    `(${wallSeconds} s, ${peakMiB} MiB)`,
    '',
    ...[0, ...rows].map(line),
    '',
    ...verdictLines(report),
    '',
    ...report.checks.map(({ name, ok, found }) => `${ok ? 'ok  ' : 'NOT '} ${name} (${found})`),
  ]
}

function verdictLines({ verdicts }: Report): readonly string[] {
  const shown =
    verdicts.length > VERDICTS_SHOWN ? [...verdicts.slice(0, 4), ...verdicts.slice(4 - VERDICTS_SHOWN)] : verdicts
  return shown.map(({ tS, kind, explanation }) => `${duration(tS).padStart(9)}  ${kind.padEnd(7)}  ${explanation}`)
}

export function haltText({ stopped, haltSeconds }: PolicyFigures): string {
  if (!stopped) return 'never'
  return haltSeconds === null ? 'unharmed' : duration(haltSeconds)
}

export function grouped(n: number): string {
  return n.toString().replace(/\B(?=(?:\d{3})+$)/g, ',')
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`
  return `${(seconds / 3_600).toFixed(1)} h`
}
