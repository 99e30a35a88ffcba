import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openFolder } from '@firebreak/durable-fs'
import { errorCode, errorMessage } from '@firebreak/kernel'
import { AGENT_CONFIG_SIZE_BYTES_MAX, agentPaths, parseAgentConfig } from './config.ts'
import { takeLock } from './lock.ts'
import { Supervisor } from './supervisor/supervisor.ts'

const RUN_OPTIONS = { data: { type: 'string' }, 'end-with-parent': { type: 'boolean', default: false } } as const

/**
 * Runs the agent of one data folder until a signal ends it. Prints JSON lines on standard output: what it decides, as it
 * happens.
 *
 * `--end-with-parent`: ends when its standard input does, that is, with whoever started it.
 *
 * @param engineEntry - absolute path of the engine's entry
 */
export async function runAgent(args: readonly string[], engineEntry: string): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: RUN_OPTIONS, strict: true })
  const data = values.data
  if (data === undefined) throw new Error('Cannot start: --data is missing')
  const paths = agentPaths(data)
  await openFolder(data)
  await takeLock(paths.lock)
  const bytes = await readFile(paths.config)
  const config = parseAgentConfig(bytes.subarray(0, AGENT_CONFIG_SIZE_BYTES_MAX))
  await openFolder(paths.fetcher)
  const onLine = (line: Readonly<Record<string, unknown>>) => void process.stdout.write(`${JSON.stringify(line)}\n`)
  process.stdout.on('error', () => {}) // nobody listens any more: go on protecting
  const supervisor = await Supervisor.start({ config, paths, engineEntry, onLine })
  onLine({ event: 'started', pid: process.pid, host: config.hostName })
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    void supervisor.stop().then(() => process.exit(0))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  if (values['end-with-parent']) process.stdin.on('end', end).resume()
}

/** One sentence, and the exit code: 1. */
export function failWith(error: unknown): never {
  process.stderr.write(`${JSON.stringify({ event: 'failed', code: errorCode(error), message: errorMessage(error) })}\n`)
  process.exit(1)
}
