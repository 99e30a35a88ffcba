import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { Rig, type RigImage, rigImage, type Run } from './containment-rig.ts'
import { type BenchOptions, type Figures, median, progress, rounded } from './measure.ts'

/** Until the next verdict, at the median: for an engine that is gone at once, and for one that has to be found out first. */
const CRASH_MS_MAX = 25
const HANG_MS_MAX = 200
const FAULTS: readonly (readonly [name: string, limitMs: number])[] = [
  ['SIGSEGV', CRASH_MS_MAX],
  ['abort', CRASH_MS_MAX],
  ['throw', CRASH_MS_MAX],
  ['stack-overflow', CRASH_MS_MAX],
  ['loop', HANG_MS_MAX],
  ['heap-exhaustion', HANG_MS_MAX],
  ['native-exhaustion', HANG_MS_MAX],
  ['fd-exhaustion', CRASH_MS_MAX],
  ['reply-flood', CRASH_MS_MAX],
  ['partial-reply', HANG_MS_MAX],
  ['clock-jump', CRASH_MS_MAX],
  ['SIGSTOP', HANG_MS_MAX],
]
const BUSY_PROCESSES = 2

interface Repetitions {
  readonly quiet: number
  readonly loaded: number
  readonly peer: number
}
const FULL: Repetitions = { quiet: 20, loaded: 20, peer: 20 }
const QUICK: Repetitions = { quiet: 3, loaded: 1, peer: 2 }

/**
 * From a fault in the engine that judges to the next verdict: the agent's own engine pair and real confined engines over the
 * starter pack, while events keep coming. First as the machine is, then beside two processes that never rest. The peer is the same
 * pair without a standby.
 */
export async function containment({ quick }: BenchOptions): Promise<Figures> {
  const image = await rigImage()
  const repetitions = quick ? QUICK : FULL
  const load = loadavg()[0] ?? 0
  const quiet = await everyFault(image, repetitions.quiet, 'quiet')
  const peer = await withoutStandby(image, repetitions.peer)
  const loaded = await besideBusyProcesses(() => everyFault(image, repetitions.loaded, 'loaded'))
  const faults = FAULTS.map(([name, limitMs]): Figures => {
    return { name, limitMs, ...figuresOf(quiet.get(name) ?? []), loaded: figuresOf(loaded.get(name) ?? []) }
  })
  return {
    unit: 'ms of wall time from the fault to the next verdict, warm standby',
    limits: { crashMs: CRASH_MS_MAX, hangMs: HANG_MS_MAX },
    loadBefore: rounded(load),
    busyProcesses: BUSY_PROCESSES,
    withinLimits: { quiet: areWithinLimits(quiet), loaded: areWithinLimits(loaded) },
    faults,
    peer: { name: 'abort, without a standby', ...figuresOf(peer) },
  }
}

type Runs = ReadonlyMap<string, readonly Run[]>

async function everyFault(image: RigImage, count: number, machine: string): Promise<Runs> {
  const rig = new Rig(image, true)
  try {
    const all = new Map<string, readonly Run[]>()
    for (const [name] of FAULTS) all.set(name, await repeat(rig, name, count, machine))
    return all
  } finally {
    await rig.stop()
  }
}

async function withoutStandby(image: RigImage, count: number): Promise<readonly Run[]> {
  const rig = new Rig(image, false)
  try {
    return await repeat(rig, 'abort', count, 'without a standby')
  } finally {
    await rig.stop()
  }
}

async function repeat(rig: Rig, fault: string, count: number, about: string): Promise<readonly Run[]> {
  const runs: Run[] = []
  for (let i = 0; i < count; i++) runs.push(await rig.run(fault))
  progress(`${fault}, ${about}: ${runs.map(({ verdictMs }) => Math.round(verdictMs)).join(' ')} ms`)
  return runs
}

/** Never rests, and ends with its parent, also when that is interrupted. */
const BUSY = `while (process.ppid === ${process.pid});`

/** Each in a session of its own, as other services are. */
async function besideBusyProcesses<T>(work: () => Promise<T>): Promise<T> {
  const busy = Array.from({ length: BUSY_PROCESSES }, () => {
    return spawn(process.execPath, ['-e', BUSY], { stdio: 'ignore', detached: true })
  })
  try {
    return await work()
  } finally {
    for (const one of busy) one.kill('SIGKILL')
  }
}

function figuresOf(runs: readonly Run[]): Figures {
  const times = runs.map(({ verdictMs }) => verdictMs)
  const states = new Set(runs.map(({ state }) => state))
  return {
    runs: runs.length,
    medianMs: rounded(median(times)),
    maxMs: rounded(Math.max(...times)),
    acknowledgedLost: runs.reduce((sum, { acknowledgedLost }) => sum + acknowledgedLost, 0),
    state: [...states].join('; '),
  }
}

function areWithinLimits(all: Runs): boolean {
  return FAULTS.every(([name, limitMs]) => {
    const runs = all.get(name) ?? []
    const isWhole = runs.every(({ acknowledgedLost, state }) => acknowledgedLost === 0 && state.startsWith('whole'))
    return isWhole && median(runs.map(({ verdictMs }) => verdictMs)) <= limitMs
  })
}
