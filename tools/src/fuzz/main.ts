import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { errorMessage } from '@firebreak/kernel'
import type { Chunk } from './worker.ts'

const TARGET = 'engine'
const EVENTS = 1_000_000
/** How many are handed to a process at once. */
const CHUNK = 500
const PROCESSES = 2
const PROGRESS_MS = 5_000
const FAILURES_MAX = 10
const EXIT_FAILED = 1
const EXIT_USAGE = 2
const USAGE = 'Usage: firebreak fuzz engine [--events N] [--seed N] [--from N] [--json]'

interface Found {
  readonly executions: number
  readonly failed: number
  readonly failures: readonly string[]
  readonly agreed: number
}

interface Run {
  readonly seed: number
  readonly from: number
  readonly executions: number
  readonly oneLine: boolean
}

const given = readArguments(process.argv.slice(2))
if (given === null) {
  process.stderr.write(`${USAGE}\n`)
  process.exitCode = EXIT_USAGE
} else {
  await fuzz(given).catch((error: unknown) => {
    process.stderr.write(`Cannot fuzz ${TARGET}: ${errorMessage(error)}\n`)
    process.exitCode = EXIT_FAILED
  })
}

function readArguments(args: readonly string[]): Run | null {
  const text = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { events: text, seed: text, from: text, json: { type: 'boolean' } },
    })
    if (positionals.length !== 1 || positionals[0] !== TARGET) return null
    const number = (given: string | undefined, otherwise: number): number => Number(given ?? otherwise)
    const executions = number(values.events, EVENTS)
    const [seed, from] = [number(values.seed, 1), number(values.from, 0)]
    if (![executions, seed, from].every((one) => Number.isSafeInteger(one) && one >= 0)) return null
    return { seed, from, executions, oneLine: values.json ?? false }
  } catch {
    return null
  }
}

/** Hands out chunks until all are done; a run goes on where another ended with `--from`. */
async function fuzz(run: Run): Promise<void> {
  const started = performance.now()
  const end = run.from + run.executions
  const total = { executions: 0, failed: 0, agreed: 0 }
  const failures: string[] = []
  let next = run.from
  let shown = started
  const take = (): Chunk | null => {
    if (next >= end) return null
    const chunk = { from: next, executions: Math.min(CHUNK, end - next) }
    next += chunk.executions
    return chunk
  }
  const add = (found: Found): void => {
    for (const name of ['executions', 'failed', 'agreed'] as const) total[name] += found[name]
    failures.push(...found.failures.slice(0, FAILURES_MAX - failures.length))
    if (performance.now() - shown < PROGRESS_MS) return
    shown = performance.now()
    process.stderr.write(`${total.executions} of ${run.executions}, ${total.failed} failed\n`)
  }
  await Promise.all(Array.from({ length: PROCESSES }, () => drive(run, take, add)))
  const seconds = (performance.now() - started) / 1000
  const perSecond = Math.round(total.executions / seconds)
  const { seed, from } = run
  const figures = {
    fuzz: TARGET,
    seed,
    from,
    ...total,
    seconds: Math.round(seconds),
    executionsPerSecond: perSecond,
    failures,
  }
  process.stdout.write(`${JSON.stringify(figures, null, run.oneLine ? 0 : 2)}\n`)
  if (total.failed > 0) process.exitCode = EXIT_FAILED
}

async function drive(run: Run, take: () => Chunk | null, add: (found: Found) => void): Promise<void> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [String(run.seed)])
  try {
    await message(child)
    for (let chunk = take(); chunk !== null; chunk = take()) {
      child.send(chunk)
      add((await message(child)) as Found)
    }
  } finally {
    child.kill()
  }
}

/** What the process says next. */
async function message(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  try {
    const exit = once(child, 'exit', { signal: ended.signal }).then(() => Promise.reject(new Error('a process ended')))
    const [said] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exit])) as unknown[]
    return said
  } finally {
    ended.abort()
  }
}
