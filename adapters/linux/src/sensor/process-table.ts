import type { ByteText } from './byte-text.ts'

/** Processes that have ended are kept this long, so that their late children still find them. */
export const ENDED_KEEP_MS = 60_000

/** Ended processes kept at most; under a fork storm the oldest go first. */
export const ENDED_COUNT_MAX = 8192

/** All processes kept at most, about 1 KB each and never more than 5. */
export const PROCESS_COUNT_MAX = 32_768

/** The kernel's own limit of pids, and what is then left of the 53 bits of a number. */
const PID_MODULUS = 2 ** 22
const TICKS_MODULUS = 2 ** 31

/** What a process runs: everything that an exec replaces at once. Shared by forks until they exec. */
export interface Program {
  readonly image: ByteText | null
  readonly commandLine: ByteText | null
  readonly name: ByteText | null
  readonly currentDirectory: ByteText | null
  readonly inode: number | null
  readonly device: number | null
}

/** Of a process that was gone before anything could be asked. */
export const UNKNOWN_PROGRAM: Program = {
  image: null,
  commandLine: null,
  name: null,
  currentDirectory: null,
  inode: null,
  device: null,
}

/** A process. Its identity is (pid, startTicks): pids come round again within seconds on a busy host. */
export interface Process {
  readonly pid: number
  /** Clock ticks (10 ms) from boot to start, as in /proc/PID/stat; null when it was gone before we could ask. */
  readonly startTicks: number | null
  readonly parentPid: number | null
  readonly parentStartTicks: number | null
  readonly uid: number | null
  readonly gid: number | null
  readonly cgroup: number | null
  readonly program: Program
}

/**
 * The processes of this host, living and recently ended. Pure: time arrives as an argument and must not go back.
 *
 * Invariants: at most PROCESS_COUNT_MAX entries; at most ENDED_COUNT_MAX of them ended; nothing ended for longer than
 * ENDED_KEEP_MS is found after the next `end`.
 */
export class ProcessTable {
  readonly #processes = new Map<number, Process>()
  /** Who has the pid now, or had it last. */
  readonly #latest = new Map<number, Process>()
  /** When each ended process ended; insertion order is time order. */
  readonly #ended = new Map<number, number>()

  get size(): number {
    return this.#processes.size
  }

  /** Adds a process, or replaces what is known of it. A namesake that had the pid before counts as ended. */
  put(process: Process, nowMs: number): void {
    const before = this.#latest.get(process.pid)
    if (before !== undefined && before.startTicks !== process.startTicks) {
      if (before.startTicks === null) this.#forget(keyOf(before.pid, before.startTicks))
      else this.#markEnded(keyOf(before.pid, before.startTicks), nowMs)
    }
    const key = keyOf(process.pid, process.startTicks)
    this.#ended.delete(key)
    this.#processes.set(key, process)
    this.#latest.set(process.pid, process)
    if (this.#processes.size > PROCESS_COUNT_MAX) this.#evictOne(key)
  }

  /** Marks a process as ended; it can still be found for a while. */
  end(pid: number, startTicks: number | null, nowMs: number): void {
    const process = this.find(pid, startTicks)
    if (process !== null) this.#markEnded(keyOf(process.pid, process.startTicks), nowMs)
  }

  /** @param startTicks - null: whoever had the pid last */
  find(pid: number, startTicks: number | null): Process | null {
    if (startTicks === null) return this.#latest.get(pid) ?? null
    return this.#processes.get(keyOf(pid, startTicks)) ?? null
  }

  /** The pids that have not ended, as far as this table knows. */
  living(): readonly Process[] {
    return [...this.#latest.values()].filter((process) => !this.#ended.has(keyOf(process.pid, process.startTicks)))
  }

  #markEnded(key: number, nowMs: number): void {
    if (!this.#ended.has(key)) this.#ended.set(key, nowMs)
    for (const [oldest, endedMs] of this.#ended) {
      if (this.#ended.size <= ENDED_COUNT_MAX && nowMs - endedMs <= ENDED_KEEP_MS) break
      this.#forget(oldest)
    }
  }

  /** The longest ended, else the one longest in the table; never the newcomer. */
  #evictOne(newcomer: number): void {
    const [ended] = this.#ended.keys()
    if (ended !== undefined) return this.#forget(ended)
    for (const key of this.#processes.keys()) if (key !== newcomer) return this.#forget(key)
  }

  #forget(key: number): void {
    const process = this.#processes.get(key)
    this.#processes.delete(key)
    this.#ended.delete(key)
    if (process !== undefined && this.#latest.get(process.pid) === process) this.#latest.delete(process.pid)
  }
}

/** Numbers make this table twice as fast as text would. After 248 days the ticks wrap, when such a namesake is long gone. */
function keyOf(pid: number, startTicks: number | null): number {
  return startTicks === null ? -pid : (startTicks % TICKS_MODULUS) * PID_MODULUS + pid
}
