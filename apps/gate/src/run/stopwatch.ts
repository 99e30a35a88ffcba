import type { CheckRecord, CheckResult } from '@firebreak/gate'

/** What a piece of work took: wall time, and CPU time of the gate's own process. What it started is in the wall time. */
export interface Taken {
  readonly wallMs: number
  readonly cpuMs: number
}

const NOTHING: Taken = { wallMs: 0, cpuMs: 0 }
const US_PER_MS = 1_000

export async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly value: T; readonly taken: Taken }> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()]
  const value = await work()
  const { user, system } = process.cpuUsage(cpu)
  const taken = { wallMs: Math.round(performance.now() - wall), cpuMs: Math.round((user + system) / US_PER_MS) }
  return { value, taken }
}

export function record(check: CheckResult, { wallMs, cpuMs }: Taken = NOTHING): CheckRecord {
  return { ...check, wallMs, cpuMs, figures: [] }
}
