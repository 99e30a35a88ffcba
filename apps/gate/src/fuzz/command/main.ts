import process from 'node:process'
import { FUZZ_TARGETS } from '@firebreak/gate'
import { errorMessage, FirebreakError } from '@firebreak/kernel'
import { CATALOGUE } from '../catalogue.ts'
import { type FuzzCommand, readOptions, USAGE } from './options.ts'
import { show, type Shown } from './show.ts'

/** What the shell sees. As everywhere in `firebreak`: 4 is "it was found". */
const EXIT = { nothing: 0, fault: 1, usage: 2, found: 4, interrupted: 130 } as const

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())
process.stdout.on('error', () => process.exit(EXIT.fault)) // nobody reads what is said

try {
  const command = readOptions(process.argv.slice(2))
  if (command.kind === 'list') list(command.json)
  else {
    const shown = await run(command)
    await show(shown, command)
    const nothing = interrupted.signal.aborted ? EXIT.interrupted : EXIT.nothing
    process.exitCode = shown.findings.length > 0 ? EXIT.found : nothing
  }
} catch (error) {
  const isUsage = error instanceof FirebreakError && error.code === 'fuzz/usage'
  process.stderr.write(`${errorMessage(error)}\n${isUsage ? USAGE : ''}`)
  process.exitCode = isUsage ? EXIT.usage : EXIT.fault
}

function list(json: boolean): void {
  const targets = FUZZ_TARGETS.map((target) => ({ target, what: CATALOGUE[target].what }))
  if (json) process.stdout.write(`${JSON.stringify({ ok: true, targets })}\n`)
  else {
    process.stdout.write(targets.map(({ target, what }) => `${target.padEnd(12)}${what}\n`).join(''))
    process.stdout.write(`${'engine'.padEnd(12)}events, judged by the engine and by a plain evaluator\n\n${USAGE}`)
  }
}

/** Loaded when asked for: a program needs no workers, and a parser of ours no program. */
async function run(command: Exclude<FuzzCommand, { readonly kind: 'list' }>): Promise<Shown> {
  if (command.kind === 'command') {
    const { fuzzCommand } = await import('./fuzz-command.ts')
    return fuzzCommand(command, interrupted.signal)
  }
  const { fuzzModule } = await import('./fuzz-module.ts')
  return fuzzModule(command, interrupted.signal)
}
