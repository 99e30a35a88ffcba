import type { EventFormat } from '@firebreak/event-files'
import { readEvtx } from '@firebreak/evtx'
import { CliError, EXIT, type ExitCode } from '../errors.ts'
import type { Screen } from '../screen.ts'
import { type DeclaredSource, openScanEngine } from './engine.ts'
import { type Level, rankOf } from './levels.ts'
import { openOutput } from './output.ts'
import { openProgress } from './progress.ts'
import { REPORTS, type Report, type ReportFormat } from './report/formats.ts'
import { summaryObject } from './report/json.ts'
import { summaryLines } from './report/summary.ts'
import type { ScanResult } from './result.ts'
import { readRules, type RulesOptions } from './rules.ts'
import { runScan } from './run.ts'

export interface ScanOptions extends DeclaredSource, RulesOptions {
  readonly input?: EventFormat
  readonly level: Level
  readonly format?: ReportFormat
  readonly out?: string
  readonly failOn?: Level
  readonly json: boolean
}

/**
 * Runs rules over event files, as a hunter does.
 *
 * @returns the exit code: EXIT.ok whatever was found, EXIT.found with --fail-on
 */
export async function scan(
  paths: readonly string[],
  options: ScanOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const { out, json } = options
  const format = options.format ?? (json && out === undefined ? 'json' : 'summary')
  if (json && out === undefined && format !== 'json') {
    throw new CliError('cli/usage', `Cannot print ${format} and --json into one another: name a file with --out`)
  }
  const rules = await readRules(options, screen, interrupted)
  const output = openOutput(out)
  const report: Report = REPORTS[format]
  const result = await runScan({
    paths,
    rules,
    engine: openScanEngine(rules.image, options),
    format: options.input,
    level: options.level,
    readEvtx,
    onFinding: report.kind === 'line' ? (finding) => output.write(report.line(finding)) : null,
    progress: openProgress(process.stderr),
    interrupted,
  })
  if (report.kind === 'whole') report.write(result, output.write)
  output.close()
  if (out !== undefined) screen.result({ ok: true, format, out, ...summaryObject(result) }, summaryLines(result))
  else if (format !== 'summary' && format !== 'json') warnSilence(result, screen)
  return exitOf(result, options.failOn)
}

/** A report that a program reads has no place for what was not looked at: a person is told all the same. */
function warnSilence({ counters, tally, files }: ScanResult, screen: Screen): void {
  if (counters.unrouted > 0) screen.warn(`${counters.unrouted} events met no rule: none is for their log source`)
  if (tally.malformed > 0) screen.warn(`${tally.malformed} malformed parts were skipped`)
  const lost = tally.findings.length < tally.detections && tally.findings.length > 0
  if (lost) screen.warn(`${tally.detections - tally.findings.length} detections are counted and not in the report`)
  for (const { problem } of files) if (problem !== null) screen.warn(problem)
}

function exitOf({ tally, files, isInterrupted }: ScanResult, failOn: Level | undefined): ExitCode {
  if (isInterrupted) return EXIT.interrupted
  if (files.some(({ problem }) => problem !== null)) return EXIT.failed
  const worst = tally.worst()
  return failOn !== undefined && worst !== null && rankOf(worst) >= rankOf(failOn) ? EXIT.found : EXIT.ok
}
