import { parseArgs } from 'node:util'
import { readFile } from 'node:fs/promises'
import { errorCode, errorMessage, FirebreakError, parseJson } from '@firebreak/kernel'
import { DEFAULT_ROLLOUT_POLICY, parseRolloutPolicy, type RolloutPolicy } from '@firebreak/rollout'
import { ServerError } from './errors.ts'
import { init } from './init.ts'
import { log } from './log.ts'
import { serve } from './server.ts'

const USAGE = `firebreak server: API, rollout controller and static TUF repository

  main.ts init --data DIR --root FILE --targets FILE --online FILE --gate FILE
      makes the data folder; prints {"operatorToken","enrolToken"} once
  main.ts --data DIR [--host 127.0.0.1] [--port 0] [--policy FILE] [--console DIR] [--tick-ms 250]
          [--tls-certificate FILE --tls-key FILE] [--end-with-parent]
      serves, with --end-with-parent until standard input ends; prints {"event":"listening","url","pid","role"}; logs JSON
      lines to standard error. Role stand-by: another server of this data folder decides; this one answers
      questions, and takes over when the other one ends

Exit codes: 0 ended as asked, 1 failed with one sentence, 2 wrong usage.
`
const POLICY_SIZE_BYTES_MAX = 65_536
const TICK_MS_MAX = 60_000

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === 'init') return runInit(args.slice(1))
  const { values } = parse(args, {
    data: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    policy: { type: 'string' },
    console: { type: 'string' },
    'tick-ms': { type: 'string', default: '250' },
    'tls-certificate': { type: 'string' },
    'tls-key': { type: 'string' },
    'end-with-parent': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (values['help'] === true) {
    process.stdout.write(USAGE)
    return
  }
  const running = await serve({
    data: required(values, 'data'),
    host: required(values, 'host'),
    port: wholeNumber(values, 'port', 0, 65_535),
    policy: await readPolicy(values['policy']),
    console: optional(values['console']),
    tls: await readTls(values),
    tickMs: wholeNumber(values, 'tick-ms', 1, TICK_MS_MAX),
    onFatal: fail,
  })
  const end = endOnSignal(() => running.close())
  if (values['end-with-parent'] === true) process.stdin.on('end', end).resume()
  process.stdout.write(
    `${JSON.stringify({ event: 'listening', url: running.url, pid: process.pid, role: running.role })}\n`,
  )
}

async function runInit(args: readonly string[]): Promise<void> {
  const { values } = parse(args, {
    data: { type: 'string' },
    root: { type: 'string' },
    targets: { type: 'string' },
    online: { type: 'string' },
    gate: { type: 'string' },
  })
  const result = await init(
    {
      data: required(values, 'data'),
      root: required(values, 'root'),
      targets: required(values, 'targets'),
      online: required(values, 'online'),
      gate: required(values, 'gate'),
    },
    Date.now(),
  )
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

type Values = Readonly<Record<string, string | boolean | undefined>>

function parse(
  args: readonly string[],
  options: NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>,
): { readonly values: Values } {
  try {
    return { values: parseArgs({ args: [...args], options, strict: true }).values as Values }
  } catch (error) {
    throw new ServerError('server/usage', `Cannot start: ${errorMessage(error)}`, {}, error)
  }
}

function required(values: Values, flag: string): string {
  const value = values[flag]
  if (typeof value !== 'string' || value === '')
    throw new ServerError('server/usage', `Cannot start: --${flag} is missing`)
  return value
}

function optional(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function wholeNumber(values: Values, flag: string, min: number, max: number): number {
  const value = Number(required(values, flag))
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ServerError('server/usage', `Cannot start: --${flag} takes a whole number from ${min} to ${max}`)
  }
  return value
}

async function readPolicy(path: Values[string]): Promise<RolloutPolicy> {
  if (typeof path !== 'string') return DEFAULT_ROLLOUT_POLICY
  return parseRolloutPolicy(parseJson(await readInput(path), POLICY_SIZE_BYTES_MAX, 'policy'))
}

async function readTls(values: Values): Promise<{ certificate: string; privateKey: string } | null> {
  const [certificate, key] = [optional(values['tls-certificate']), optional(values['tls-key'])]
  if (certificate === null && key === null) return null
  if (certificate === null || key === null) {
    throw new ServerError('server/usage', 'Cannot start: --tls-certificate and --tls-key go together')
  }
  const [certificatePem, keyPem] = await Promise.all([readInput(certificate), readInput(key)])
  return { certificate: certificatePem.toString('utf8'), privateKey: keyPem.toString('utf8') }
}

async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new ServerError('server/usage', `Cannot start: ${path} can't be read`, {}, error)
  }
}

/** @returns what a signal does, for other reasons to end */
function endOnSignal(close: () => Promise<void>): () => void {
  let isEnding = false
  const end = () => {
    if (isEnding) return
    isEnding = true
    close().then(() => process.exit(0), fail)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end)
  return end
}

/** One line that says what went wrong. A stack trace only for bugs. */
function fail(error: unknown): never {
  const code = errorCode(error)
  const stack = error instanceof FirebreakError ? {} : { stack: error instanceof Error ? error.stack : undefined }
  log('failed', { code, message: errorMessage(error), ...stack })
  process.exit(code === 'server/usage' ? 2 : 1)
}

process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)
await main(process.argv.slice(2)).catch(fail)
