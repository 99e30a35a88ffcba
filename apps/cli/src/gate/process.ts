import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { GateEvent, GateRequest } from '@firebreak/gate'
import { CliError } from '../errors.ts'
import { ENTRY } from '../places.ts'

/** UTF-16 units of what the process said last on standard error. */
const LAST_WORDS_CHARS_MAX = 2_000

/**
 * Runs the gate in its own process and tells what it says.
 *
 * @param temporary - folder for its temporary files, which whoever made it removes
 * @returns the result that it ended with; null when it ended without one: the gate crashed, and that is no pass
 * @throws CliError cli/interrupted
 */
export async function askGate(
  request: GateRequest,
  tell: (event: GateEvent) => void,
  interrupted: AbortSignal,
  temporary: string,
): Promise<{ readonly result: unknown; readonly lastWords: string }> {
  const child = spawn(process.execPath, [ENTRY.gate], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
    detached: true, // a group of its own: what it starts ends with it
  })
  const stop = (): void => void child.kill('SIGTERM')
  interrupted.addEventListener('abort', stop, { once: true })
  let [result, lastWords]: [unknown, string] = [null, '']
  try {
    child.stdin.on('error', () => {}) // it ended before it had read everything; its exit says so
    // Not ended: when we die without a word, its standard input says so.
    child.stdin.write(`${JSON.stringify(request)}\n`)
    child.stderr.on('data', (chunk) => {
      lastWords = (lastWords + String(chunk)).slice(-LAST_WORDS_CHARS_MAX)
    })
    const closed = new Promise((resolve) => child.once('close', resolve))
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as GateEvent
      if (event.event === 'result') result = event.result
      else tell(event)
    }
    await closed
  } finally {
    interrupted.removeEventListener('abort', stop)
  }
  if (interrupted.aborted) throw new CliError('cli/interrupted', 'Interrupted: everything that was started is ended')
  return { result, lastWords: lastWords.trim() }
}
