import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync, rmdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SYS } from '../../../adapters/linux/src/sandbox/syscall-numbers.ts'
import { trySyscall } from '../../../adapters/linux/src/syscalls.ts'
import type { GateSettings } from '../../../apps/agent/src/gate-settings.ts'
import { ExecGateProcess } from '../../../apps/agent/src/supervisor/exec-gate-process.ts'
import { type BenchOptions, type Figures, median, progress, rounded } from './measure.ts'

/** What the gate may add to execve at the median, and how often it may be wrong. */
const LIMIT = { addedMicrosMedian: 60, wrongAnswers: 0 }

const CALLS = 2_000
const CALLS_QUICK = 500
/** Between two pauses, in which the gate's signs of life are heard. */
const CALLS_PER_TURN = 100
/** Gated and ungated take turns, so that a machine that slows down slows down both. */
const ROUNDS = 3
const FILE_BYTES = 64 * 1024
const EPERM = 1
const ENOEXEC = 8

/** A file that may be executed, of a format that no kernel knows: execve is held like any other, and comes back. */
const UNKNOWN_FORMAT = Buffer.alloc(FILE_BYTES, 'not a program\n')

interface Host {
  readonly folder: string
  readonly table: string
  readonly allowed: string
  readonly denied: string
}

/**
 * execve on a file system of its own, without a gate and with one in each mode: microseconds until it comes back. The
 * file is no program, so the kernel turns to the gate and then gives up; what the gate adds is the same for one that is.
 */
export async function execGate({ quick }: BenchOptions): Promise<Figures> {
  const host = makeHost()
  const calls = quick ? CALLS_QUICK : CALLS
  try {
    const table = { kind: 'denied', path: host.table } as const
    const modes: Figures[] = []
    modes.push(await compare('digests, verdict known', host, { table }, calls))
    modes.push(
      await compare('digests, file just changed', host, { table }, calls, () =>
        utimesSync(host.allowed, 1, Math.random()),
      ),
    )
    modes.push(await compare('arguments', host, { table: null }, calls))
    const denials = await deny(host, { table }, calls)
    const wrongAnswers = modes.reduce((sum, mode) => sum + Number(mode['wrongAnswers']), calls - denials)
    const addedMicrosMedian = modes[0]?.['addedMicros'] ?? null
    return { limit: LIMIT, addedMicrosMedian, wrongAnswers, calls, denied: denials, modes }
  } finally {
    execFileSync('umount', [host.folder])
    rmdirSync(host.folder)
    rmSync(host.table)
  }
}

function makeHost(): Host {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'firebreak-bench-')))
  execFileSync('mount', ['-t', 'tmpfs', 'none', folder])
  const host = { folder, table: `${folder}.denied`, allowed: `${folder}/allowed`, denied: `${folder}/denied` }
  const bad = Buffer.concat([UNKNOWN_FORMAT, Buffer.from('bad')])
  writeFileSync(host.allowed, UNKNOWN_FORMAT, { mode: 0o755 })
  writeFileSync(host.denied, bad, { mode: 0o755 })
  writeFileSync(host.table, createHash('sha256').update(bad).digest('hex'))
  return host
}

async function compare(
  name: string,
  host: Host,
  settings: Pick<GateSettings, 'table'>,
  calls: number,
  before: () => void = () => {},
): Promise<Figures> {
  const [ungated, gated]: [number[], number[]] = [[], []]
  let wrongAnswers = 0
  for (let round = 0; round < ROUNDS; round++) {
    ungated.push(...(await time(host.allowed, calls / ROUNDS, before)).micros)
    const gate = await startGate(host, settings)
    const { micros, results } = await time(host.allowed, calls / ROUNDS, before)
    gated.push(...micros)
    wrongAnswers += results.filter((result) => result !== -ENOEXEC).length
    await gate.stop()
  }
  const [ungatedMicros, gatedMicros] = [median(ungated), median(gated)]
  const figures = {
    mode: name,
    ungatedMicros: rounded(ungatedMicros),
    gatedMicros: rounded(gatedMicros),
    addedMicros: rounded(gatedMicros - ungatedMicros),
    gatedMicros99: rounded(gated.toSorted((a, b) => a - b)[Math.floor(gated.length * 0.99)] ?? Number.NaN),
    wrongAnswers,
  }
  progress(JSON.stringify(figures))
  return figures
}

/** @returns how many of the calls were refused */
async function deny(host: Host, settings: Pick<GateSettings, 'table'>, calls: number): Promise<number> {
  const gate = await startGate(host, settings)
  const { results } = await time(host.denied, calls, () => {})
  await gate.stop()
  return results.filter((result) => result === -EPERM).length
}

async function startGate(host: Host, { table }: Pick<GateSettings, 'table'>): Promise<ExecGateProcess> {
  const faults: string[] = []
  const gate = new ExecGateProcess(
    { mounts: [host.folder], table },
    { onDenied: () => {}, onArguments: () => {}, onFault: (_, message) => faults.push(message) },
  )
  while (gate.report.state === 'starting') await setTimeout(5)
  if (faults[0] !== undefined) throw new Error(faults[0])
  await time(host.allowed, CALLS_PER_TURN, () => {}) // its code is compiled by use
  return gate
}

async function time(
  path: string,
  calls: number,
  before: () => void,
): Promise<{ readonly micros: readonly number[]; readonly results: readonly number[] }> {
  const file = Buffer.from(`${path}\0`)
  const nothing = Buffer.alloc(8) // no arguments, no environment
  const [micros, results]: [number[], number[]] = [[], []]
  for (let call = 0; call < calls; call++) {
    before()
    const startedNs = process.hrtime.bigint()
    results.push(trySyscall(SYS.execve, file, nothing, nothing))
    micros.push(Number(process.hrtime.bigint() - startedNs) / 1000)
    if (call % CALLS_PER_TURN === 0) await setTimeout(1)
  }
  return { micros, results }
}
