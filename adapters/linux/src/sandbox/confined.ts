import { Socket } from 'node:net'
import process from 'node:process'
import type { Readable, Writable } from 'node:stream'
import { EXTRA_FD, INPUT_FD, OUTPUT_FD, REPORT_VARIABLE, type SandboxReport } from './launch-spec.ts'

export interface ConfinedPipes {
  readonly input: Readable
  readonly output: Writable
}

/**
 * The two pipes to the process that called `spawnConfined`; once, before `confineEngine`. When nobody reads what is written, that process
 * is gone, and this one ends without a word.
 */
export function openPipes(): ConfinedPipes {
  const output = new Socket({ fd: OUTPUT_FD, readable: false, writable: true })
  output.on('error', () => process.exit(0))
  return { input: new Socket({ fd: INPUT_FD, readable: true, writable: false }), output }
}

/** What the process was handed besides its pipes; it exists if `spawnConfined` was told so. */
export { EXTRA_FD }

/** What the launcher achieved for this process; null when it was not started by the launcher. */
export function readSandboxReport(): SandboxReport | null {
  const text = process.env[REPORT_VARIABLE]
  return text === undefined ? null : (JSON.parse(text) as SandboxReport) // our own launcher's words
}
