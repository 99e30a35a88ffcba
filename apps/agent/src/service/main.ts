/**
 * What the unit starts: `service --data DIR`. It becomes the supervisor, without an environment, with a socket to the service manager
 * if there is one.
 */
import process from 'node:process'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
import { errorMessage } from '@firebreak/kernel'
import { becomeService, connectNotifySocket } from '@firebreak/linux/service'
import { foreignVariables, SCRUBBED_VARIABLE } from '../tamper/surroundings.ts'

const US_PER_MS = 1_000
/** In the single-file executable they are built in. */
const NODE_FLAGS = ['--no-warnings', '--disable-sigusr1']

function notifyArguments(path: string | undefined, watchdogUs: string | undefined): readonly [number | null, string[]] {
  if (path === undefined || path === '') return [null, []]
  try {
    const fd = connectNotifySocket(path)
    const intervalMs = Math.floor(Number(watchdogUs ?? 0) / US_PER_MS)
    const watchdog = Number.isSafeInteger(intervalMs) && intervalMs > 0 ? ['--watchdog-ms', String(intervalMs)] : []
    return [fd, ['--notify-fd', String(fd), ...watchdog]]
  } catch (error) {
    process.stderr.write(`${errorMessage(error)}\n`) // protecting matters more than being seen to
    return [null, []]
  }
}

const [fd, notify] = notifyArguments(process.env['NOTIFY_SOCKET'], process.env['WATCHDOG_USEC'])
const command = ['run', ...process.argv.slice(2), ...notify]
const scrubbed = foreignVariables(process.env).join(' ')
becomeService(isSea() ? command : [...NODE_FLAGS, mainOfCheckout(), ...command], { [SCRUBBED_VARIABLE]: scrubbed }, fd)

function mainOfCheckout(): string {
  return fileURLToPath(new URL('../main.ts', import.meta.url))
}
