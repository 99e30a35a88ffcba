import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildAgent } from '../../../apps/cli/src/agent-build.ts'
import { openScreen } from '../../../apps/cli/src/screen.ts'
import { EMPTY_SLOTS, encodeSlots } from '@firebreak/updater'
import { type AgentConfig, agentPaths, type AgentPaths, imagePath } from '../../../apps/agent/src/config.ts'
import type { AgentStatus } from '../../../apps/agent/src/supervisor/host-report.ts'
import { type BenchOptions, cpuMsOfProcess, type Figures, median, progress, rounded } from './measure.ts'
import { linuxBaseline } from './packs.ts'

/** What the four processes may take together. */
const PSS_MIB_MAX = 110
const CPU_PERCENT_MAX = 1
const EVENTS_PER_SECOND = 500
/** A program start is one event; a file that is written and removed is two. */
const PROGRAMS_PER_SECOND = 200
const FILES_PER_SECOND = 170
const WINDOW_MS = 5_000
const POLL_MS = 200
const READY_TIMEOUT_MS = 60_000
/** After the start: code is compiled and garbage collected before anything is measured. */
const SETTLE_MS = 5_000
const AGENT = fileURLToPath(new URL('../../../apps/agent/src/service/main.ts', import.meta.url))
const ACTIVITY = fileURLToPath(new URL('./activity.ts', import.meta.url))

/** Of the host's processes those that the limit is about; the fetcher is told beside them. */
const COUNTED = ['supervisor', 'sensor', 'engine', 'standby'] as const

const ROLES = ['sensor', 'engine', 'fetcher'] as const

/**
 * The real agent with the starter pack, as it ships (one executable), while the host is as busy as EVENTS_PER_SECOND: memory as the
 * share of pages that is its own (PSS), CPU from the scheduler's accounts. No server is there: the fetcher tries, waits and tries.
 * Beside it the same agent from a checkout, which has to hold the TypeScript that it strips.
 */
export async function footprint({ quick }: BenchOptions): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-footprint-'))
  try {
    const file = join(folder, 'firebreak-agent')
    await buildAgent(file, openScreen(true))
    await forgetPages(file)
    const windows = quick ? 2 : 6
    const shipped = await measured(join(folder, 'shipped'), { program: file, args: ['service'] }, windows)
    const checkout = await measured(
      join(folder, 'checkout'),
      { program: process.execPath, args: [AGENT] },
      quick ? 1 : windows,
    )
    return { ...shipped, checkout }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** As after a reboot: a file that was just written lies in memory in pieces so large that whoever touches a byte maps megabytes. */
async function forgetPages(file: string): Promise<void> {
  const written = await open(file, 'r+')
  await written.sync() // only pages that are on the disk can be dropped
  await written.close()
  const dd = spawn('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  const code = await new Promise((end) => dd.once('exit', end))
  if (code !== 0) throw new Error('dd could not drop the file from memory')
}

/** A host that confirmed the starter pack some time ago. */
async function prepare(paths: AgentPaths): Promise<void> {
  const { compiled } = await linuxBaseline()
  const config: AgentConfig = {
    serverUrl: 'http://127.0.0.1:9', // the discard port: nobody answers
    hostName: 'footprint',
    ring: 'broad',
    pack: compiled.manifest.name,
    beaconIntervalMs: 30_000,
    pollIntervalMs: 30_000,
    trialMs: 600_000,
  }
  const { name: pack, version } = compiled.manifest
  const confirmed = { pack, version, imageDigest: compiled.digest }
  for (const path of [paths.slots, paths.fetcher]) await mkdir(path, { recursive: true, mode: 0o700 })
  await writeFile(paths.config, JSON.stringify(config))
  await writeFile(imagePath(paths.slots, compiled.digest), compiled.image)
  await writeFile(paths.slotState, encodeSlots({ ...EMPTY_SLOTS, confirmed }))
}

async function measured(
  folder: string,
  command: { readonly program: string; readonly args: readonly string[] },
  windows: number,
): Promise<Figures> {
  const paths = agentPaths(folder)
  await prepare(paths)
  const files = await mkdtemp(join(tmpdir(), 'firebreak-activity-'))
  const args = [...command.args, '--data', folder, '--end-with-parent']
  const agent = spawn(command.program, args, { stdio: ['pipe', 'ignore', 'ignore'] })
  const activity = spawn(process.execPath, [ACTIVITY, files, `${PROGRAMS_PER_SECOND}`, `${FILES_PER_SECOND}`], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  try {
    const pids = await processesOf(agent.pid ?? 0)
    await setTimeout(SETTLE_MS)
    const rows: Window[] = []
    for (let i = 0; i < windows; i++) {
      rows.push(await window(paths, pids))
      progress(`window ${i + 1} of ${windows}: ${JSON.stringify(rows.at(-1))}`)
    }
    return await figures(paths, pids, rows)
  } finally {
    activity.stdin.end()
    agent.stdin.end()
    await Promise.all([agent, activity].map(ended))
    await rm(files, { recursive: true, force: true })
  }
}

function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode === null ? once(child, 'exit') : Promise.resolve()
}

type Pids = ReadonlyMap<string, number>

interface Window {
  readonly eventsPerSecond: number
  readonly cpuPercent: number
  readonly cpuPercentOfEach: Readonly<Record<string, number>>
  readonly pssMiB: number
}

async function window(paths: AgentPaths, pids: Pids): Promise<Window> {
  const before = await sample(paths, pids)
  await setTimeout(WINDOW_MS)
  const after = await sample(paths, pids)
  const seconds = (after.atMs - before.atMs) / 1000
  const percents = COUNTED.map((_, i) => ((after.cpuMs[i] ?? 0) - (before.cpuMs[i] ?? 0)) / seconds / 10)
  return {
    eventsPerSecond: rounded((after.events - before.events) / seconds),
    cpuPercent: rounded(percents.reduce((sum, one) => sum + one, 0)),
    cpuPercentOfEach: Object.fromEntries(COUNTED.map((name, i) => [name, rounded(percents[i] ?? 0)])),
    pssMiB: rounded(await pssOf(COUNTED.map((name) => pids.get(name) ?? 0))),
  }
}

async function sample(paths: AgentPaths, pids: Pids) {
  const { report } = JSON.parse(await readFile(paths.status, 'utf8')) as AgentStatus
  const cpuMs = COUNTED.map((name) => cpuMsOfProcess(pids.get(name) ?? 0))
  return { atMs: performance.now(), events: report.beacon.events, cpuMs }
}

async function figures(paths: AgentPaths, pids: Pids, rows: readonly Window[]): Promise<Figures> {
  const { sensor, report } = JSON.parse(await readFile(paths.status, 'utf8')) as AgentStatus
  const each: Record<string, number> = {}
  for (const [name, pid] of pids) each[name] = rounded(await pssOf([pid]))
  const [pssMiB, cpuPercent] = [median(rows.map((row) => row.pssMiB)), median(rows.map((row) => row.cpuPercent))]
  return {
    pssMiB,
    cpuPercent,
    eventsPerSecond: median(rows.map(({ eventsPerSecond }) => eventsPerSecond)),
    limit: { pssMiB: PSS_MIB_MAX, cpuPercent: CPU_PERCENT_MAX, eventsPerSecond: EVENTS_PER_SECOND },
    withinLimit: pssMiB <= PSS_MIB_MAX && cpuPercent <= CPU_PERCENT_MAX,
    tier: sensor?.tier ?? 'none',
    eventsDropped: report.beacon.eventsDropped,
    pssMiBOfEach: each,
    windows: rows.map((row) => ({ ...row })),
  }
}

/** Waits until all are there and an engine has judged something. The older engine judges, the younger stands by. */
async function processesOf(supervisor: number): Promise<Pids> {
  const giveUpMs = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    const found = new Map([['supervisor', supervisor]])
    for (const pid of await childrenOf(supervisor)) {
      const role = await roleOf(pid)
      if (role === 'engine') found.set(found.has('engine') ? 'standby' : 'engine', pid)
      else if (role !== null) found.set(role, pid)
    }
    if (COUNTED.every((name) => found.has(name))) return found
    if (performance.now() > giveUpMs) throw new Error(`only ${[...found.keys()].join(', ')} started`)
    await setTimeout(POLL_MS)
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const texts = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1')))
  return texts
    .flatMap((text) => text.trim().split(' '))
    .filter((text) => text !== '')
    .map(Number)
    .toSorted((a, b) => a - b)
}

/** By what it runs; null for a launcher, which is about to become one of them. */
async function roleOf(pid: number): Promise<string | null> {
  const [, ...args] = (await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')).split('\0')
  const entry = args.find((arg) => !arg.startsWith('--')) ?? ''
  return ROLES.find((role) => entry === role || entry.endsWith(`/${role}/main.ts`)) ?? null
}

async function pssOf(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'latin1')))
  const kib = texts.map((text) => Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]))
  return kib.reduce((sum, one) => sum + one, 0) / 1024
}
