import { errorCode, errorMessage, FirebreakError } from '@firebreak/kernel'
import { CliError, EXIT, type ExitCode, exitCodeOf } from './errors.ts'
import { openScreen, type Screen } from './screen.ts'

/** What every command does around its work: a screen, Ctrl-C, one sentence on failure, an exit code. */
export async function act(
  json: boolean,
  work: (screen: Screen, interrupted: AbortSignal) => ExitCode | void | Promise<ExitCode | void>,
): Promise<void> {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort())
  try {
    const code = await work(openScreen(json), abort.signal)
    process.exitCode = abort.signal.aborted ? EXIT.interrupted : (code ?? EXIT.ok)
  } catch (error) {
    process.exitCode = abort.signal.aborted ? EXIT.interrupted : exitCodeOf(error)
    explain(error)
    if (json) process.stdout.write(`${JSON.stringify(failure(error))}\n`)
  }
}

/** Rejects when the person presses Ctrl-C: to be raced against work that is cleaned up afterwards. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new CliError('cli/interrupted', 'Interrupted: everything that was started is ended'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** One sentence for a person; a stack only for a bug of ours. */
function explain(error: unknown): void {
  const known = error instanceof FirebreakError && error.code !== 'kernel/bug'
  const text = known || !(error instanceof Error) ? errorMessage(error) : (error.stack ?? error.message)
  process.stderr.write(`${text}\n`)
}

function failure(error: unknown): Readonly<Record<string, unknown>> {
  const details = error instanceof FirebreakError ? error.details : {}
  return { ok: false, code: errorCode(error), message: errorMessage(error), ...details }
}
