import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Json } from '@firebreak/kernel'
import type { ChildProcess } from 'node:child_process'

/** One JSON object: the last line that a benchmark prints. */
export type Figures = Readonly<Record<string, Json>>

export interface BenchOptions {
  /** Fewer runs, done within 40 s: the same figures, with more noise. */
  readonly quick: boolean
}

/** For people, while they wait. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

/** To three significant digits: more would be noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** CPU time of this process, all its threads, for one call of `work`, in milliseconds. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The median CPU time of `runs` calls after one that warms up, in milliseconds. */
export function medianCpuMs(runs: number, work: () => void): number {
  work()
  return median(Array.from({ length: runs }, () => cpuMsOf(work)))
}

/** CPU time that all threads of another process have used so far, in milliseconds. */
export function cpuMsOfProcess(pid: number): number {
  const folder = `/proc/${pid}/task`
  const nanoseconds = readdirSync(folder).map((thread) => {
    return Number(readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ', 1)[0])
  })
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6
}

/** The first line that a child prints, parsed: how our processes say that they are ready. */
export async function firstLine(child: ChildProcess): Promise<unknown> {
  if (child.stdout === null) throw new Error('Cannot read from a child without a pipe')
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error('Cannot measure: the process ended before it was ready')
}
