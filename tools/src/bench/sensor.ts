import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { probeSensorTiers, type SensorTier } from '@firebreak/linux/sensor'
import { type BenchOptions, type Figures, median, progress, rounded } from './measure.ts'
import { BenchSensor, type SeenEvent } from './sensor-process.ts'
import { sensorFiles } from './sensor-files.ts'
import { tinyProgram } from './tiny-program.ts'

/** What one process life (fork, exec, exit) may cost the best tier, from the kernel's ring to the supervisor's pipe. */
const LIMIT = { tier: 'ebpf', lost: 0, cpuMicrosPerLife: 6 }

const PROCESSES = 10_000
const PROCESSES_QUICK_LOWER_TIERS = 2_000
/** Code is compiled by use: the first bursts are figures of their own. */
const WARM_UP_BURSTS = 4
/** Two shells fill a machine of two cores; more of them only wait for each other. */
const SHELLS = 2
const BUSY_PROCESSES = 2
/** A sensor that reports no more of a marker by then never will. */
const MARKER_TIMEOUT_MS = 15_000
/** The marker's process lives this long, so that a tier that only looks now and then meets it. */
const MARKER_SECONDS = 0.3
/** After the last event: the sensor's next status. */
const STATUS_MS = 1_500

/**
 * The agent's real sensor process, confined, with each tier that works here: so many processes as fast as this machine can start them.
 * How many it reports, with every argument as it was, what it says it lost, and its CPU time (all its threads) for each life that
 * it reported, other people's processes included, up to the pipe that takes the record batches. With nothing beside it, and (`loaded`)
 * beside two processes that compute.
 */
export async function sensor(options: BenchOptions): Promise<Figures> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'firebreak-bench-')))
  try {
    const program = shortProgram(folder)
    const tiers: Figures[] = []
    for (const { tier, available, reason } of await probeSensorTiers()) {
      if (!available) tiers.push({ tier, unavailable: reason })
      else tiers.push(await measureTier(tier, program, options, tiers.length === 0))
      progress(JSON.stringify(tiers.at(-1)))
    }
    const best = tiers.find((figures) => !('unavailable' in figures))
    return { limit: LIMIT, program: program.name, ...best, tiers, fileEvents: await sensorFiles(options) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Program {
  readonly name: string
  readonly path: string
}

function shortProgram(folder: string): Program {
  const bytes = tinyProgram(process.arch)
  if (bytes === null) {
    return { name: 'true', path: realpathSync(existsSync('/bin/true') ? '/bin/true' : '/usr/bin/true') }
  }
  const path = join(folder, 'tiny')
  writeFileSync(path, bytes, { mode: 0o755 })
  return { name: 'an ELF file of 129 bytes that ends at once', path }
}

async function measureTier(
  tier: SensorTier,
  program: Program,
  { quick }: BenchOptions,
  best: boolean,
): Promise<Figures> {
  // Without files: what other programs write here meanwhile is no part of a process's life.
  const watching = new BenchSensor({ tier, files: null, heldArguments: false })
  try {
    await watching.ready
    const count = best || !quick ? PROCESSES : PROCESSES_QUICK_LOWER_TIERS
    const times = best ? (quick ? 2 : 5) : 1
    const warmUp: Burst[] = []
    for (let k = 0; k < (best ? WARM_UP_BURSTS : 0); k++) warmUp.push(await burst(watching, program, count))
    const quiet = await runs(times, () => burst(watching, program, count))
    // The lower tiers only in the long run: they are there for comparison.
    const loaded =
      best || !quick
        ? await besideBusyProcesses(() => runs(quick ? 1 : times, () => burst(watching, program, count)))
        : null
    await setTimeout(STATUS_MS)
    const cold = warmUp.map(({ lost, cpuMicrosPerLife }) => ({ lost, cpuMicrosPerLife }))
    return { tier, ...quiet, loaded, saidLost: watching.saidLost, ...(best && { warmUp: cold }) }
  } finally {
    await watching.stop()
  }
}

interface Burst {
  readonly spawned: number
  /** Reported starts. */
  readonly captured: number
  readonly withArgv: number
  /** Starts that were not reported. */
  readonly lost: number
  readonly cpuMicrosPerLife: number
  readonly spawnsPerSecond: number
}

async function runs(count: number, run: () => Promise<Burst>): Promise<Figures> {
  const all: Burst[] = []
  for (let k = 0; k < count; k++) all.push(await run())
  return figuresOf(all)
}

/** The worst of the counts and the median of the times. */
function figuresOf(all: readonly Burst[]): Figures {
  const worst = all.toSorted((one, other) => other.lost - one.lost || one.withArgv - other.withArgv)[0]
  return {
    ...worst,
    cpuMicrosPerLife: rounded(median(all.map((one) => one.cpuMicrosPerLife))),
    spawnsPerSecond: rounded(median(all.map((one) => one.spawnsPerSecond))),
  }
}

async function burst(watching: BenchSensor, program: Program, count: number): Promise<Burst> {
  const tag = `life-${process.pid}-${performance.now()}`
  const each = count / SHELLS
  await marked(watching, `${tag}-begin`)
  watching.take()
  const cpuBefore = watching.cpuMs
  const startedMs = performance.now()
  const shells = Array.from({ length: SHELLS }, (_, shell) => loop(program, `${tag}-${shell}`, each))
  await Promise.all(shells.map((shell) => once(shell, 'exit')))
  const seconds = (performance.now() - startedMs) / 1000
  await marked(watching, `${tag}-end`)
  const cpuMs = watching.cpuMs - cpuBefore
  const starts = watching.take().filter((event) => event.category === 'process_creation')
  const { captured, withArgv } = compare(starts, program, shells, tag, each)
  return {
    spawned: count,
    captured,
    withArgv,
    lost: count - captured,
    cpuMicrosPerLife: rounded((cpuMs * 1000) / starts.length),
    spawnsPerSecond: count / seconds,
  }
}

function loop({ path }: Program, tag: string, count: number): ChildProcess {
  const script = `i=0; while [ $i -lt ${count} ]; do ${path} ${tag} $i; i=$((i+1)); done`
  return spawn('/bin/sh', ['-c', script], { stdio: 'ignore' })
}

/** Starts a process that is reported, if only by its image, by every tier; returns when it has been. */
async function marked(watching: BenchSensor, marker: string): Promise<void> {
  const timeout = setTimeout(MARKER_TIMEOUT_MS, 'late')
  const seen = watching.hasSent(marker)
  for (let outcome: unknown = 'again'; outcome === 'again';) {
    const child = spawn('/bin/sh', ['-c', `sleep ${MARKER_SECONDS}; : ${marker}`], { stdio: 'ignore' })
    outcome = await Promise.race([seen, timeout, once(child, 'exit').then(() => 'again')])
    if (outcome === 'late') throw new Error('the sensor did not report a process that lived for 300 ms')
  }
}

/** By parent, as a tier without arguments knows its processes only by that. */
function compare(
  starts: readonly SeenEvent[],
  { path }: Program,
  shells: readonly ChildProcess[],
  tag: string,
  each: number,
): { readonly captured: number; readonly withArgv: number } {
  const parents = new Set(shells.map(({ pid }) => String(pid)))
  const expected = new Set(
    shells.flatMap((_, shell) => Array.from({ length: each }, (_, i) => `${path} ${tag}-${shell} ${i}`)),
  )
  const ours = starts.filter(({ fields }) => parents.has(fields.get('ParentProcessId') ?? ''))
  const withArgv = ours.filter(({ fields }) => expected.delete(fields.get('CommandLine') ?? '')).length
  return { captured: ours.length, withArgv }
}

async function besideBusyProcesses(run: () => Promise<Figures>): Promise<Figures> {
  const busy = Array.from({ length: BUSY_PROCESSES }, () =>
    spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  )
  try {
    return await run()
  } finally {
    for (const one of busy) one.kill('SIGKILL')
  }
}
