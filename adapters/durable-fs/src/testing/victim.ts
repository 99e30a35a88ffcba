/**
 * A process for tests to kill: does one thing to one file, and tells on stdout, at once, what was acknowledged.
 *
 *   write PATH STEP      replaces the file by NEW_BYTES, and kills itself at STEP
 *   drop PATH BYTES STEP drops BYTES bytes from the head of a log, and kills itself at STEP
 *   append PATH          appends `N\n` for N = 0, 1, ... for ever, four at a time; tells each N
 *   fill PATH            appends batches of lines until one fails, then one short line; tells the acknowledged batches and the code
 *   try PATH             replaces the file; tells 'written' or the code
 */
import { writeSync } from 'node:fs'
import { errorCode, utf8Encode } from '@firebreak/kernel'
import { openAppendLog } from '../append-log.ts'
import { writeDurable, type WriteStep } from '../durable-fs.ts'
import { FILL_BATCH, NEW_BYTES } from './victim-data.ts'

function killAt(fatal: string | undefined): (step: WriteStep) => void {
  return (step) => {
    if (step === fatal) process.kill(process.pid, 'SIGKILL')
  }
}

function tell(text: string): void {
  writeSync(1, `${text}\n`)
}

async function appendForEver(path: string): Promise<never> {
  const log = await openAppendLog(path)
  for (let n = 0; ; n += 4) {
    const appends = [n, n + 1, n + 2, n + 3].map((one) => log.append(utf8Encode(`${one}\n`)).then(() => tell(`${one}`)))
    await Promise.all(appends)
  }
}

async function fill(path: string): Promise<void> {
  const log = await openAppendLog(path)
  let acknowledged = 0
  try {
    while (await log.append(utf8Encode(FILL_BATCH))) acknowledged++
  } catch (error) {
    await log.append(utf8Encode('end\n'))
    tell(JSON.stringify({ acknowledged, code: errorCode(error) }))
  }
}

const [task = '', path = '', ...rest] = process.argv.slice(2)
switch (task) {
  case 'write':
    await writeDurable(path, NEW_BYTES, 0o600, killAt(rest[0]))
    break
  case 'drop':
    await (await openAppendLog(path)).dropHead(Number(rest[0]), killAt(rest[1]))
    break
  case 'append':
    await appendForEver(path)
    break
  case 'fill':
    await fill(path)
    break
  case 'try':
    await writeDurable(path, NEW_BYTES).then(
      () => tell('written'),
      (error: unknown) => tell(errorCode(error)),
    )
    break
  default:
    throw new Error(`Cannot do ${task}`)
}
