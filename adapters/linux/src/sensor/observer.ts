import { existsSync, readFileSync } from 'node:fs'
import { errorMessage, type WallMs } from '@firebreak/kernel'
import { bootTimeMs } from '../boot-time.ts'
import { LinuxError } from '../errors.ts'
import {
  type Binding,
  type Connection,
  type FileChange,
  type HostFacts,
  parseUsers,
  type Query,
  TICK_MS,
  unknownProcess,
} from './enrich.ts'
import { EventWriter, type HashLookup, type SensedBatch } from './event-writer.ts'
import { listPids, readProcess } from './proc-files.ts'
import { type Process, ProcessTable } from './process-table.ts'

const BOOT_ID_CHARS = 8
const USERS_PATH = '/etc/passwd'

export interface ObserverOptions {
  onBatch(batch: SensedBatch): void
  now(): WallMs
}

/**
 * What every tier reports to: keeps the process table, turns what was seen into events and hands them on in batches.
 * A tier brings the table up to date first, then reports, and calls `flush` at the end of each of its rounds.
 */
export class Observer {
  readonly table = new ProcessTable()
  readonly #options: ObserverOptions
  readonly #writer: EventWriter
  #bootMs = 0
  #bootAtMs = 0

  constructor(options: ObserverOptions) {
    this.#options = options
    this.#writer = new EventWriter(readHostFacts(), (batch) => options.onBatch(batch))
    this.startRound()
  }

  get events(): number {
    return this.#writer.events
  }

  /** From now on events say what `lookup` has of a program's file. */
  useHashes(lookup: HashLookup): void {
    this.#writer.hashes = lookup
  }

  /** Milliseconds from boot to the start of this round: the time of the process table. */
  get bootMs(): number {
    return this.#bootMs
  }

  /** Reads the clocks; times in a round are relative to each other, whatever the wall clock does. */
  startRound(): void {
    this.#bootMs = bootTimeMs()
    this.#bootAtMs = this.#options.now() - this.#bootMs
  }

  /** Puts the processes that run already into the table, without events. */
  learnRunning(): void {
    for (const pid of listPids()) this.learn(pid)
  }

  /** Reads one process from /proc into the table. @returns null when it has gone */
  learn(pid: number): Process | null {
    const process = readProcess(pid)
    if (process === null || process.startTicks === null) return null
    this.table.put(process, this.#bootMs)
    return process
  }

  /** @param bootMs - when, since boot */
  created(process: Process, bootMs: number): void {
    const startedMs = process.startTicks === null ? null : this.#wallMs(process.startTicks * TICK_MS)
    this.#writer.processCreation(process, this.#parentOf(process), this.#wallMs(bootMs), startedMs)
  }

  connected(process: Process, connection: Connection, bootMs: number): void {
    this.#writer.connection(process, connection, this.#wallMs(bootMs))
  }

  bound(process: Process, binding: Binding, bootMs: number): void {
    this.#writer.bind(process, binding, this.#wallMs(bootMs))
  }

  queried(process: Process, query: Query, bootMs: number): void {
    this.#writer.query(process, query, this.#wallMs(bootMs))
  }

  /** @param request - what `source` asked for: `PTRACE_ATTACH` */
  accessed(source: Process, targetPid: number, request: string, bootMs: number): void {
    const target = this.table.find(targetPid, null) ?? this.learn(targetPid) ?? unknownProcess(targetPid)
    this.#writer.access(source, target, request, this.#wallMs(bootMs))
  }

  /** @param process - null: nothing is known of who did it but the pid */
  fileChanged(process: Process | null, pid: number, change: FileChange, bootMs: number): void {
    this.#writer.file(process ?? unknownProcess(pid), change, this.#wallMs(bootMs))
  }

  flush(): void {
    this.#writer.flush()
  }

  /** From the table; a parent that it never met is asked for in /proc, if it is the same one still. */
  #parentOf(process: Process): Process | null {
    if (process.parentPid === null || process.parentPid === 0) return null
    const known = this.table.find(process.parentPid, process.parentStartTicks)
    if (known !== null && known.startTicks !== null) return known
    const found = this.learn(process.parentPid)
    if (found === null) return known
    return process.parentStartTicks === null || process.parentStartTicks === found.startTicks ? found : null
  }

  #wallMs(bootMs: number): number {
    return Math.floor(this.#bootAtMs + bootMs)
  }
}

/** @throws LinuxError linux/sensor-unavailable without a /proc; without a user list, users have numbers only */
function readHostFacts(): HostFacts {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, BOOT_ID_CHARS)
    return { bootId, users: existsSync(USERS_PATH) ? parseUsers(readFileSync(USERS_PATH, 'utf8')) : new Map() }
  } catch (cause) {
    const message = `Cannot identify this boot: ${errorMessage(cause)}`
    throw new LinuxError('linux/sensor-unavailable', message, {}, cause)
  }
}
