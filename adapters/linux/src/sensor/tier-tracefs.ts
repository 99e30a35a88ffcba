import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { putBounded } from '../bounded-map.ts'
import { LinuxError } from '../errors.ts'
import type { ArgumentsFeed } from './arguments-feed.ts'
import { type ByteText, pathBytes } from './byte-text.ts'
import { TICK_MS, unknownProcess } from './enrich.ts'
import type { Observer } from './observer.ts'
import { readProcess } from './proc-files.ts'
import { type Process, type Program, UNKNOWN_PROGRAM } from './process-table.ts'
import { rescan } from './rescan.ts'
import type { Drops, Tier } from './tier.ts'
import { TraceBuffer } from './trace-buffer.ts'
import { createTraceInstance, removeTraceInstance } from '../tracing/trace-instance.ts'
import type { TraceRecord } from './trace-records.ts'

/** Between two reads: the longest that an event waits. */
const TRACE_INTERVAL_MS = 20

/**
 * Each CPU has a queue of its own, and they are read one after the other: what is younger than this waits for the next
 * round, so that no fork is met after the exec that followed it.
 */
const SETTLE_MS = 5

/** An exec waits this long for arguments that were read while it was held; they come by way of two other processes. */
export const ARGUMENTS_WAIT_MS = 250

/** With more records than this waiting, nothing waits any longer. */
const WAITING_COUNT_MAX = 32_768

/** Every so many rounds (1 s) the kernel is asked what it lost. */
const COUNT_EVERY_ROUNDS = 50

/** Threads whose process we know; the oldest goes first. */
const THREAD_COUNT_MAX = 65_536

const NS_PER_MS = 1_000_000
/** The kernel cuts a process's name to this. */
const NAME_BYTES_MAX = 15

/** A trace instance that somebody else made, and will remove; or why there is none. */
export interface TraceGrant {
  readonly folder: string | null
  readonly reason: string | null
}

export interface TracefsOptions {
  /** For a process that may not make a trace instance itself. */
  readonly traceInstance?: () => Promise<TraceGrant>
  /** Arguments read while the caller was held. Without it, they come from /proc, if the process still lives. */
  readonly heldArguments?: ArgumentsFeed
}

/**
 * Tier 2: tracepoints through tracefs, for kernels without BPF. Sees every start and end of a process and outbound TCP
 * connections; arguments and image only by `heldArguments` or while the process lives.
 *
 * @throws LinuxError linux/sensor-unavailable
 */
export async function openTracefsTier(observer: Observer, options: TracefsOptions): Promise<Tier> {
  const folder = options.traceInstance ? granted(await options.traceInstance()) : await createTraceInstance()
  const dispose = async (): Promise<void> => {
    if (options.traceInstance === undefined) await removeTraceInstance(folder)
  }
  try {
    const buffer = new TraceBuffer(folder)
    try {
      observer.learnRunning() // after the events were switched on, so that nobody can start unseen in between
      return new TracefsTier(observer, buffer, options.heldArguments ?? null, dispose)
    } catch (error) {
      buffer.close()
      throw error
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

function granted({ folder, reason }: TraceGrant): string {
  if (folder !== null) return folder
  throw new LinuxError('linux/sensor-unavailable', reason ?? 'Cannot trace: no instance was granted')
}

interface Waiting {
  readonly record: TraceRecord
  /** Of an exec: what /proc said when we first met it; undefined before. */
  found?: Process | null
}

class TracefsTier implements Tier {
  readonly categories: readonly string[] = ['process_creation', 'network_connection']
  readonly #observer: Observer
  readonly #buffer: TraceBuffer
  readonly #heldArguments: ArgumentsFeed | null
  readonly #dispose: () => Promise<void>
  readonly #timer: NodeJS.Timeout
  /** The process of each thread that is not its first. */
  readonly #threads = new Map<number, number>()
  #waiting: Waiting[] = []
  #rounds = 0
  #lost = 0
  #closed = false

  constructor(
    observer: Observer,
    buffer: TraceBuffer,
    heldArguments: ArgumentsFeed | null,
    dispose: () => Promise<void>,
  ) {
    this.#observer = observer
    this.#buffer = buffer
    this.#heldArguments = heldArguments
    this.#dispose = dispose
    this.#timer = setInterval(() => this.#round(), TRACE_INTERVAL_MS)
  }

  dropped(): Drops {
    return [this.#lost, 0, 0]
  }

  catchUp(): void {
    this.#drain(0)
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    clearInterval(this.#timer)
    this.#drain(Infinity)
    this.#countLost()
    this.#buffer.close()
    return this.#dispose()
  }

  #round(): void {
    this.#drain(-SETTLE_MS)
    if (++this.#rounds % COUNT_EVERY_ROUNDS === 0 && this.#countLost()) rescan(this.#observer)
  }

  /** @returns whether there were losses since the last count */
  #countLost(): boolean {
    const before = this.#lost
    this.#lost = this.#buffer.lost()
    return this.#lost > before
  }

  /** @param untilMs - relative to now: what is younger waits */
  #drain(untilMs: number): void {
    this.#observer.startRound()
    const untilNs = (this.#observer.bootMs + untilMs) * NS_PER_MS
    this.#buffer.read((record) => this.#waiting.push({ record }))
    this.#waiting.sort((one, other) => one.record.timeNs - other.record.timeNs)
    this.#readWhileTheyLive()
    let done = 0
    for (const waiting of this.#waiting) {
      if (waiting.record.timeNs > untilNs || (untilMs !== Infinity && this.#mustWait(waiting))) break
      this.#handle(waiting)
      done++
    }
    this.#waiting = this.#waiting.slice(done)
    this.#observer.flush()
  }

  /** The newest first: they are the ones that may still be there. */
  #readWhileTheyLive(): void {
    const seen = new Set<number>()
    for (const waiting of this.#waiting.toReversed()) {
      const { record } = waiting
      if (record.kind !== 'exec' && record.kind !== 'exit') continue
      // What /proc says of a process belongs to its last exec, and to nobody once it has ended.
      if (record.kind === 'exec') waiting.found ??= seen.has(record.pid) ? null : readExecuted(record.pid, record.path)
      seen.add(record.pid)
    }
  }

  /** Whether its arguments may still come. */
  #mustWait({ record, found }: Waiting): boolean {
    if (this.#heldArguments?.isFed !== true || record.kind !== 'exec' || found?.program.commandLine != null)
      return false
    const ageMs = this.#observer.bootMs - record.timeNs / NS_PER_MS
    const mayCome = ageMs < ARGUMENTS_WAIT_MS && this.#waiting.length < WAITING_COUNT_MAX
    return mayCome && !this.#heldArguments.has(record.pid, record.timeNs / NS_PER_MS)
  }

  #handle({ record, found }: Waiting): void {
    const bootMs = record.timeNs / NS_PER_MS
    switch (record.kind) {
      case 'fork':
        return this.#forked(record, bootMs)
      case 'exec':
        return this.#executed(record, found ?? null, bootMs)
      case 'exit':
        return this.#exited(record, bootMs)
      case 'connect': {
        const process = this.#processOf(record.thread)
        return this.#observer.connected(process, record.connection, bootMs)
      }
    }
  }

  #forked(record: Extract<TraceRecord, { kind: 'fork' }>, bootMs: number): void {
    const creator = this.#processOf(record.creatorThread)
    if (record.isThread) return putBounded(this.#threads, record.pid, creator.pid, THREAD_COUNT_MAX)
    this.#threads.delete(record.pid)
    const parentPid = record.isSibling ? creator.parentPid : creator.pid
    const parentStartTicks = record.isSibling ? creator.parentStartTicks : creator.startTicks
    const startTicks = Math.floor(bootMs / TICK_MS)
    this.#observer.table.put({ ...creator, pid: record.pid, startTicks, parentPid, parentStartTicks }, bootMs)
  }

  #executed({ pid, path }: Extract<TraceRecord, { kind: 'exec' }>, found: Process | null, bootMs: number): void {
    const { table } = this.#observer
    this.#threads.delete(pid) // an exec in a thread makes it the first
    const before = table.find(pid, null)
    const known = found !== null && isSameLife(before, found) ? found : null
    const held = this.#heldArguments?.take(pid, bootMs) ?? null
    const { image, name, ...rest } = known?.program ?? UNKNOWN_PROGRAM
    const program = { ...rest, image: image ?? path, name: name ?? nameOf(path) }
    const process: Process = {
      ...(known ?? unknownProcess(pid)),
      // The first estimate stands, or one process would have two identities.
      startTicks: before?.startTicks ?? known?.startTicks ?? null,
      parentPid: before?.parentPid ?? known?.parentPid ?? null,
      parentStartTicks: before?.parentStartTicks ?? null,
      program: held === null ? program : { ...program, commandLine: held },
    }
    table.put(process, bootMs)
    this.#observer.created(process, bootMs)
  }

  #exited({ pid, groupDead }: Extract<TraceRecord, { kind: 'exit' }>, bootMs: number): void {
    const process = this.#threads.get(pid)
    this.#threads.delete(pid)
    const ended = groupDead ?? process === undefined
    if (ended) this.#observer.table.end(process ?? pid, null, bootMs)
  }

  /** @param thread - as the kernel knows it; of most processes there is only one */
  #processOf(thread: number): Process {
    const { table } = this.#observer
    const pid = this.#threads.get(thread) ?? thread
    const known = table.find(pid, null)
    if (known !== null) return known
    const leader = readLeader(thread) ?? thread // a thread that is older than we are
    return table.find(leader, null) ?? this.#observer.learn(leader) ?? unknownProcess(leader)
  }
}

/** Start times of the trace are taken a moment later than those in /proc. */
function isSameLife(before: Process | null, found: Process): boolean {
  if (before === null || before.startTicks === null || found.startTicks === null) return true
  return Math.abs(before.startTicks - found.startTicks) <= 1
}

/** What /proc says of a process that executed `path` a moment ago; null if it is gone, or runs something else now. */
function readExecuted(pid: number, path: ByteText): Process | null {
  const process = readProcess(pid)
  if (process === null) return null
  return isProgram(process.program, path) ? process : null
}

/** A script shows as its interpreter, but under its own name; a program may take another name, but not another file. */
function isProgram(program: Program, path: ByteText): boolean {
  if (program.name === nameOf(path)) return true
  if (program.inode === null) return false
  try {
    const file = statSync(pathBytes(path))
    return file.ino === program.inode && file.dev === program.device
  } catch {
    return false
  }
}

function nameOf(path: ByteText): ByteText {
  return basename(path).slice(0, NAME_BYTES_MAX) as ByteText
}

function readLeader(thread: number): number | null {
  try {
    const leader = /^Tgid:\t(\d+)$/m.exec(readFileSync(`/proc/${thread}/status`, 'latin1'))
    return leader === null ? null : Number(leader[1])
  } catch {
    return null // it has ended
  }
}
