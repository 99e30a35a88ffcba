import { closeSync, openSync, writeSync } from 'node:fs'
import { errorMessage } from '@firebreak/kernel'
import { CliError } from '../errors.ts'

const GATHERED_CHARS = 64 * 1024

/** Where a report goes: a file, or standard output. Writes at once, so that a long report never piles up in memory. */
export interface Output {
  readonly write: (text: string) => void
  readonly close: () => void
}

/** @throws CliError cli/usage: the file can't be made */
export function openOutput(file: string | undefined): Output {
  return file === undefined
    ? gathered(
        (text) => void process.stdout.write(text),
        () => {},
      )
    : toFile(file)
}

function toFile(file: string): Output {
  try {
    const descriptor = openSync(file, 'w')
    return gathered(
      (text) => writeAll(descriptor, file, text),
      () => closeSync(descriptor),
    )
  } catch (error) {
    throw new CliError('cli/usage', `Cannot write ${file}: ${errorMessage(error)}`)
  }
}

function writeAll(descriptor: number, file: string, text: string): void {
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
  } catch (error) {
    throw new CliError('cli/output', `Cannot write ${file}: ${errorMessage(error)}`)
  }
}

function gathered(put: (text: string) => void, close: () => void): Output {
  let waiting = ''
  const flush = () => {
    if (waiting !== '') put(waiting)
    waiting = ''
  }
  return {
    write(text) {
      waiting += text
      if (waiting.length >= GATHERED_CHARS) flush()
    },
    close() {
      flush()
      close()
    },
  }
}
