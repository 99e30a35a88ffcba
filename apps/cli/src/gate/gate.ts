import { writeFile } from 'node:fs/promises'
import { type GateVerdict, renderGateReport } from '@firebreak/gate'
import { EXIT, type ExitCode } from '../errors.ts'
import type { Screen } from '../screen.ts'
import { type GateOptions, runGate } from './run.ts'

/** The shell hears which no it was: content that is refused is mended by its author, a gate that is broken by nobody else than us. */
const EXIT_OF: Readonly<Record<GateVerdict, ExitCode>> = {
  pass: EXIT.ok,
  fail: EXIT.refused,
  broken: EXIT.gateBroken,
  inconclusive: EXIT.inconclusive,
}

const SAID: Readonly<Record<GateVerdict, string>> = {
  pass: 'the gate passed it',
  fail: 'the gate refused it',
  broken: 'the gate is broken: it missed a fault that it set itself, so nothing is released',
  inconclusive: 'the gate could not find out, and that is no pass',
}

export interface GateCommandOptions extends GateOptions {
  /** Where to write the report: the signed statement when there is a key, else the report alone. */
  readonly report?: string | undefined
}

/** `firebreak gate PACK`: the report on standard output, also when the answer is no. */
export async function gate(
  pack: string,
  options: GateCommandOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  screen.step(`Proving ${pack}`)
  const { report, bytes, statement } = await runGate(pack, options, screen, interrupted)
  if (options.report !== undefined) await writeFile(options.report, statement ?? bytes)
  const { verdict } = report
  if (verdict === 'pass') screen.done(SAID.pass)
  else screen.warn(SAID[verdict])
  if (options.key === undefined) screen.note('not signed (no --key): good for reading, not for a release')
  else if (statement === null) screen.warn('no image, so there is nothing to sign')
  screen.result({ ok: verdict === 'pass', ...report }, renderGateReport(report).trimEnd().split('\n'))
  return EXIT_OF[verdict]
}
