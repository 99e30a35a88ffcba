import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckResult } from '@firebreak/gate'
import { EXIT, type ExitCode } from '../errors.ts'
import { paintOut, printable } from '../screen.ts'
import { type GateOptions, requestOf } from './run.ts'
import { askGate } from './process.ts'

interface Rejudged {
  readonly files: readonly string[]
  readonly rules: number
  readonly checks: readonly CheckResult[]
  readonly milliseconds: number
}

const FINDINGS_SHOWN_MAX = 20
const LINE_CHARS_MAX = 400
const NO_FILES = { image: null, report: null, statement: null, page: null, sarif: null }

/** `firebreak gate PACK --watch`: what each change did, until Ctrl-C. Replay, cost, fuzzing and self-test are the whole gate's. */
export async function watchGate(
  pack: string,
  options: GateOptions,
  isJson: boolean,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const request = { ...requestOf(pack, options, NO_FILES), mode: 'watch' as const }
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-gate-'))
  try {
    await askGate(
      request,
      (event) => {
        if (event.event !== 'judged') return
        const judged = event.judged as unknown as Rejudged
        process.stdout.write(isJson ? `${JSON.stringify(judged)}\n` : `${linesOf(judged).join('\n')}\n`)
      },
      interrupted,
      folder,
    )
  } catch (error) {
    if (!interrupted.aborted) throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return EXIT.ok
}

function linesOf({ files, rules, checks, milliseconds }: Rejudged): readonly string[] {
  const what = files.length === 0 ? 'the whole pack' : files.join(', ')
  const failed = checks.filter(({ verdict }) => verdict !== 'pass')
  const said = failed.length === 0 ? paintOut('green', 'passes') : paintOut('red', 'does not pass')
  const findings = failed.flatMap((check) => check.findings.map((finding) => ({ check, finding })))
  return [
    `${said} ${printable(what, LINE_CHARS_MAX)} (${rules} rules, ${milliseconds} ms)`,
    ...failed.map(({ id, reason }) => `  ${id}: ${printable(reason, LINE_CHARS_MAX)}`),
    ...findings
      .filter(({ finding }) => finding.severity === 'error')
      .slice(0, FINDINGS_SHOWN_MAX)
      .map(({ finding: { at, code, message } }) => {
        const where = at === null ? '' : `${at.file}:${at.line}:${at.column}: `
        return `    ${printable(`${where}${message} (${code})`, LINE_CHARS_MAX)}`
      }),
  ]
}
