import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CANARIES } from '@firebreak/gate-app/fuzz'
import { progress } from '../measure.ts'
import type { Asked } from './suite-process.ts'
import type { Search, Wanted } from './suite-search.ts'

const PROCESS = fileURLToPath(new URL('./suite-process.ts', import.meta.url))
/** One for each CPU of the smallest machine that this is run on. */
const PROCESSES = 2
/** The heap of a process that fuzzes: small, so that memory is used again and not asked for. */
const NODE_OPTIONS = ['--max-semi-space-size=2', '--max-old-space-size=384', '--stack-size=512', '--no-warnings']

export interface SuiteOptions {
  readonly seeds: readonly number[]
  readonly cpuSecondsMax: number
  /** After so long no search is begun any more; null: all are. */
  readonly wallMsMax: number | null
}

/** Searches for every planted bug with every seed, the first seed of all before the second of any. */
export async function runSuite({ seeds, cpuSecondsMax, wallMsMax }: SuiteOptions): Promise<readonly Search[]> {
  const children = Array.from({ length: PROCESSES }, () => fork(PROCESS, [], { execArgv: NODE_OPTIONS }))
  try {
    const targets = new Map(CANARIES.map(({ target, id }) => [target, id]))
    await drain([...targets.values()], children, async (id, child) => ask(child, { prepare: id }))
    const wanted = seeds.flatMap((seed) => CANARIES.map(({ id }): Wanted => ({ canary: id, seed, cpuSecondsMax })))
    const found: Search[] = []
    const beganMs = performance.now()
    await drain(wanted, children, async (one, child) => {
      if (wallMsMax !== null && performance.now() - beganMs > wallMsMax) return
      const search = (await ask(child, { search: one })) as Search
      found.push(search)
      const { executions, cpuSeconds, code } = search
      const outcome = executions === null ? 'not found' : `${code} at ${executions}`
      progress(
        `${found.length}/${wanted.length} ${one.canary}, seed ${one.seed}: ${outcome}, ${cpuSeconds.toFixed(2)} s`,
      )
    })
    return found
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

/** Each child takes the next as soon as it is done. */
async function drain<T>(
  list: readonly T[],
  children: readonly ChildProcess[],
  work: (one: T, child: ChildProcess) => Promise<unknown>,
): Promise<void> {
  let next = 0
  await Promise.all(
    children.map(async (child) => {
      while (next < list.length) await work(list[next++] as T, child)
    }),
  )
}

async function ask(child: ChildProcess, asked: Asked): Promise<unknown> {
  child.send(asked)
  const gone = once(child, 'exit').then(() => [{ error: 'the process that fuzzes ended' }])
  const [answer] = (await Promise.race([once(child, 'message'), gone])) as [{ result?: unknown; error?: string }]
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer.result
}
