import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { EXTRA_FD, openPipes } from '@firebreak/linux/confined'
import type { InputConfig } from './config.ts'
import { InputRun } from './input-run.ts'

/** An input process: another program's lines in, frames out. It never sees content. */
const config = JSON.parse(process.argv[2] ?? '') as InputConfig // our own supervisor's words
const { input, output } = openPipes()
input.on('end', () => process.exit(0))

/** A pipe or socket that somebody writes to, or a file that standard input was taken from. */
function openExtra(): Readable {
  const about = fstatSync(EXTRA_FD)
  if (about.isFIFO() || about.isSocket()) return new Socket({ fd: EXTRA_FD, readable: true, writable: false })
  return createReadStream('', { fd: EXTRA_FD })
}

await new InputRun(config, output).run(input, openExtra)
// The journal ends when its reader does, and comes back with a new input, as a file may. Standard input ends once.
if (config.source.kind !== 'stdin') output.end(() => process.exit(0))
