import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { durableError, openFolder, readDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage } from '@firebreak/kernel'
import { AGENT_CONFIG_SIZE_BYTES_MAX, type AgentConfig, agentPaths, parseAgentConfig } from './config.ts'
import { AgentError, takeLock } from './lock.ts'
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
  if (values.data === undefined) throw new AgentError('agent/usage', 'Cannot start: --data is missing')
  const data = resolve(values.data)
  const paths = agentPaths(data)
  const config = await readConfig(paths.config)
  await mkdir(data, { recursive: true, mode: 0o700 })
  await takeLock(paths.lock).catch((error: unknown) => {
    throw error instanceof AgentError ? error : durableError(`take ${paths.lock}`, error)
  })
  await openFolder(data)
  await openFolder(paths.fetcher)
  const onLine = (line: Readonly<Record<string, unknown>>) => void process.stdout.write(`${JSON.stringify(line)}\n`)
  process.stdout.on('error', () => {}) // nobody listens any more: go on protecting
  const supervisor = await Supervisor.start({ config, paths, engineEntry, onLine })
  onLine({ event: 'started', pid: process.pid, host: config.hostName })
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    void supervisor.stop().finally(() => process.exit(0))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  if (values['end-with-parent']) process.stdin.on('end', end).resume()
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
