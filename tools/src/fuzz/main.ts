import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { errorMessage } from '@firebreak/kernel'
import type { Chunk } from './worker.ts'

/** What is damaged or made, how many by default, and how many are handed to a process at once. */
const TARGETS: Readonly<Record<string, { readonly executions: number; readonly chunk: number }>> = {
  image: { executions: 10_000_000, chunk: 5_000 },
  engine: { executions: 1_000_000, chunk: 500 },
}
const PROCESSES = 2
const PROGRESS_MS = 5_000
const FAILURES_MAX = 10
const EXIT_FAILED = 1
const EXIT_USAGE = 2
const USAGE = `Usage: firebreak fuzz NAME [--executions N | --events N] [--seed N] [--from N] [--json]
  where NAME is one of: ${Object.keys(TARGETS).join(', ')}`

interface Found {
  readonly executions: number
  readonly failed: number
  readonly failures: readonly string[]
  readonly refused?: number
  readonly accepted?: number
  readonly agreed?: number
}

interface Run {
  readonly target: string
  readonly chunk: number
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
    process.stderr.write(`Cannot fuzz ${given.target}: ${errorMessage(error)}\n`)
    process.exitCode = EXIT_FAILED
  })
}

function readArguments(args: readonly string[]): Run | null {
  const text = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { executions: text, events: text, seed: text, from: text, json: { type: 'boolean' } },
    })
    const [target = '', ...more] = positionals
    const limits = Object.hasOwn(TARGETS, target) ? TARGETS[target] : undefined
    if (limits === undefined || more.length > 0) return null
    const number = (given: string | undefined, otherwise: number): number => Number(given ?? otherwise)
    const executions = number(values.executions ?? values.events, limits.executions)
    const [seed, from] = [number(values.seed, 1), number(values.from, 0)]
    if (![executions, seed, from].every((one) => Number.isSafeInteger(one) && one >= 0)) return null
    return { target, chunk: limits.chunk, seed, from, executions, oneLine: values.json ?? false }
  } catch {
    return null
  }
}

/** Hands out chunks until all are done; a run goes on where another ended with `--from`. */
async function fuzz(run: Run): Promise<void> {
  const started = performance.now()
  const end = run.from + run.executions
  const total = { executions: 0, failed: 0, refused: 0, accepted: 0, agreed: 0 }
  const failures: string[] = []
  let next = run.from
  let shown = started
  const take = (): Chunk | null => {
    if (next >= end) return null
    const chunk = { from: next, executions: Math.min(run.chunk, end - next) }
    next += chunk.executions
    return chunk
  }
  const add = (found: Found): void => {
    for (const name of ['executions', 'failed', 'refused', 'accepted', 'agreed'] as const)
      total[name] += found[name] ?? 0
    failures.push(...found.failures.slice(0, FAILURES_MAX - failures.length))
    if (performance.now() - shown < PROGRESS_MS) return
    shown = performance.now()
    process.stderr.write(`${total.executions} of ${run.executions}, ${total.failed} failed\n`)
  }
  await Promise.all(Array.from({ length: PROCESSES }, () => drive(run, take, add)))
  const seconds = (performance.now() - started) / 1000
  const perSecond = Math.round(total.executions / seconds)
  const { target, seed, from } = run
  const figures = {
    fuzz: target,
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
  const child = fork(join(import.meta.dirname, 'worker.ts'), [run.target, String(run.seed)])
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
