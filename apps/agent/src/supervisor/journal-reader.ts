import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import type { Writable } from 'node:stream'

/** Nothing of this command comes from content or from events. */
const JOURNALCTL_PATHS = ['/usr/bin/journalctl', '/bin/journalctl']
const JOURNALCTL_ARGS = ['-o', 'json', '-f', '-n', '0', '-q', '--no-pager']

/** Where this system has its reader of the journal; null: nowhere that we would take one from. */
export function findJournalctl(): string | null {
  return JOURNALCTL_PATHS.find(isExecutable) ?? null
}

/**
 * Starts the reader with `output` as its standard output, unread by us; our end of it is closed. It ends with whoever
 * reads the other end.
 */
export function startJournalReader(command: string, output: Writable): ChildProcess {
  const child = spawn(command, JOURNALCTL_ARGS, { cwd: '/', env: { LANG: 'C.UTF-8' }, stdio: ['ignore', output, 'ignore'] }) // prettier-ignore
  child.on('error', () => {}) // the other end of the pipe ends with it
  output.destroy()
  return child
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
