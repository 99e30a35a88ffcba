import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { durableError, openFolder, readDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage } from '@firebreak/kernel'
import { AGENT_CONFIG_SIZE_BYTES_MAX, type AgentConfig, agentPaths, parseAgentConfig } from './config.ts'
import { AgentError, takeLock } from './lock.ts'
import { Notifier } from './service/notifier.ts'
import { unpackStarter } from './supervisor/starter.ts'
import { Supervisor } from './supervisor/supervisor.ts'
import { takeSurroundings, Tamper } from './tamper/tamper.ts'

const RUN_OPTIONS = {
  data: { type: 'string' },
  'end-with-parent': { type: 'boolean', default: false },
  'notify-fd': { type: 'string' },
  'watchdog-ms': { type: 'string' },
} as const
/** Of an agent that was asked to stop; the unit does not start it again then (RestartPreventExitStatus=). A signal ends it with 0. */
export const STOPPED_EXIT_CODE = 10
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs the agent of one data folder until a signal ends it. Prints JSON lines on standard output: what it decides, as it
 * happens.
 *
 * `--end-with-parent`: ends when its standard input does, that is, with whoever started it.
 * `--notify-fd`, `--watchdog-ms`: from the launcher of the service, see service/main.ts.
 *
 * @param engineEntry - absolute path of the engine's entry
 */
export async function runAgent(args: readonly string[], engineEntry: string): Promise<void> {
  const surroundings = takeSurroundings()
  const { values } = parseArgs({ args: [...args], options: RUN_OPTIONS, strict: true })
  if (values.data === undefined) throw new AgentError('agent/usage', 'Cannot start: --data is missing')
  const data = resolve(values.data)
  const paths = agentPaths(data)
  const config = await readConfig(paths.config)
  if (values['end-with-parent'] && config.inputs?.some(({ source }) => source.kind === 'stdin')) {
    throw new AgentError('agent/usage', 'Cannot start: an input reads standard input, and --end-with-parent watches it')
  }
  await mkdir(data, { recursive: true, mode: 0o700 })
  await takeLock(paths.lock).catch((error: unknown) => {
    throw error instanceof AgentError ? error : durableError(`take ${paths.lock}`, error)
  })
  await openFolder(data)
  await openFolder(paths.fetcher)
  await unpackStarter(paths).catch(() => {}) // a full disk: what lies there is judged when it is read
  const onLine = (line: Readonly<Record<string, unknown>>) => void process.stdout.write(`${JSON.stringify(line)}\n`)
  process.stdout.on('error', () => {}) // nobody listens any more: go on protecting
  const notifier = new Notifier({
    fd: numberOf(values['notify-fd']),
    watchdogMs: numberOf(values['watchdog-ms']),
  })
  const started = Promise.withResolvers<Supervisor>()
  let ending = false
  const end = (reason: string, exitCode: number): void => {
    if (ending) return
    ending = true
    notifier.stopping()
    // It may be asked to end before it has started: then right afterwards.
    void started.promise.then((supervisor) => supervisor.stop(reason)).finally(() => process.exit(exitCode))
  }
  const tamper = await Tamper.open({
    paths,
    surroundings,
    onNotice: (notice) => onLine({ event: 'notice', ...notice }),
    onFault: (code, message) => onLine({ event: 'fault', code, message }),
    onStop: (reason, by) => end(reason, by === 'request' ? STOPPED_EXIT_CODE : 0),
  })
  const supervisor = await Supervisor.start({
    config,
    paths,
    engineEntry,
    onLine,
    tamper,
    onReady: () => notifier.ready(),
  })
  onLine({ event: 'started', pid: process.pid, host: config.hostName })
  started.resolve(supervisor)
  for (const signal of ENDING_SIGNALS) process.on(signal, () => void tamper.signalled(signal))
  // Whoever starts it so has its life in hand anyway, and must not leave it behind.
  if (values['end-with-parent']) process.stdin.on('end', () => end('the end of its parent', 0)).resume()
}

function numberOf(text: string | undefined): number | null {
  const number = Number(text)
  return text !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : null
}

async function readConfig(path: string): Promise<AgentConfig> {
  const bytes = await readDurable(path, AGENT_CONFIG_SIZE_BYTES_MAX)
  if (!bytes) throw new AgentError('agent/usage', `Cannot start: there is no ${path}; run \`firebreak agent install\``)
  return parseAgentConfig(bytes)
}

/** One sentence, and the exit code: 1. */
export function failWith(error: unknown): never {
  process.stderr.write(`${JSON.stringify({ event: 'failed', code: errorCode(error), message: errorMessage(error) })}\n`)
  process.exit(1)
}
