import type { ByteText } from './byte-text.ts'

/** Processes that have ended are kept this long, so that their late children still find them. */
export const ENDED_KEEP_MS = 60_000

/**
 * Ended processes kept at most; under a fork storm the oldest go first. More would outlive the garbage collector's nursery,
 * and to move them from it costs as much as all other work on them.
 */
export const ENDED_COUNT_MAX = 2048

/** All processes kept at most, about 0.5 KB each and never more than 5. */
export const PROCESS_COUNT_MAX = 32_768

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
  /** The kernel's number of its cgroup. */
  readonly cgroup: number | null
  /** Id or name of its container; null on the host, and where nobody could say. */
  readonly container: ByteText | null
  readonly program: Program
}

interface Entry {
  process: Process
  /** Milliseconds since boot, whole; -1 while it lives. */
  endedMs: number
  /** Who had the pid before, and is not forgotten. */
  older: Entry | null
  /** Who ended before and after it. */
  previous: Entry | null
  next: Entry | null
}

/**
 * The processes of this host, living and recently ended. Pure: time arrives as an argument and must not go back.
 *
 * Invariants: at most PROCESS_COUNT_MAX entries; at most ENDED_COUNT_MAX of them ended; nothing ended for longer than
 * ENDED_KEEP_MS is found after the next `end`.
 */
export class ProcessTable {
  /** Who has the pid now, or had it last; the one longest in the table first. Behind each, its namesakes. */
  readonly #latest = new Map<number, Entry>()
  /** The ends of the list of those that ended, in that order. (A Set walks over all that was ever deleted before its first.) */
  #firstEnded: Entry | null = null
  #lastEnded: Entry | null = null
  #endedCount = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a process, or replaces what is known of it. A namesake that had the pid before counts as ended. */
  put(process: Process, nowMs: number): void {
    const latest = this.#latest.get(process.pid)
    if (latest !== undefined && latest.process.startTicks === process.startTicks) {
      latest.process = process
      if (latest.endedMs >= 0) this.#unlist(latest)
      return
    }
    if (latest !== undefined) this.#retire(latest, nowMs)
    this.#add(process)
  }

  /** Marks a process as ended; it can still be found for a while. */
  end(pid: number, startTicks: number | null, nowMs: number): void {
    const entry = this.#find(pid, startTicks)
    if (entry !== null) this.#markEnded(entry, nowMs)
  }

  /** @param startTicks - null: whoever had the pid last */
  find(pid: number, startTicks: number | null): Process | null {
    return this.#find(pid, startTicks)?.process ?? null
  }

  /** The processes that have not ended, as far as this table knows. */
  living(): readonly Process[] {
    return [...this.#latest.values()].filter((entry) => entry.endedMs < 0).map((entry) => entry.process)
  }

  #find(pid: number, startTicks: number | null): Entry | null {
    let entry = this.#latest.get(pid) ?? null
    if (startTicks === null) return entry
    while (entry !== null && entry.process.startTicks !== startTicks) entry = entry.older
    return entry
  }

  /** Another process has its pid: it has ended, or was never known to have started. */
  #retire(entry: Entry, nowMs: number): void {
    if (entry.process.startTicks === null) this.#forget(entry)
    else this.#markEnded(entry, nowMs)
  }

  #add(process: Process): void {
    const again = process.startTicks === null ? null : this.#find(process.pid, process.startTicks)
    if (again !== null) this.#forget(again)
    const older = this.#latest.get(process.pid) ?? null
    if (older !== null) this.#latest.delete(process.pid) // so that the newcomer comes last
    const entry: Entry = { process, endedMs: -1, older, previous: null, next: null }
    this.#latest.set(process.pid, entry)
    this.#size++
    if (this.#size > PROCESS_COUNT_MAX) this.#evictOne(entry)
  }

  #markEnded(entry: Entry, nowMs: number): void {
    if (entry.endedMs < 0) {
      entry.endedMs = Math.floor(nowMs)
      entry.previous = this.#lastEnded
      if (this.#lastEnded === null) this.#firstEnded = entry
      else this.#lastEnded.next = entry
      this.#lastEnded = entry
      this.#endedCount++
    }
    for (let oldest = this.#firstEnded; oldest !== null; oldest = this.#firstEnded) {
      if (this.#endedCount <= ENDED_COUNT_MAX && nowMs - oldest.endedMs <= ENDED_KEEP_MS) break
      this.#forget(oldest)
    }
  }

  /** It is none of the ended any more. */
  #unlist(entry: Entry): void {
    const { previous, next } = entry
    if (previous === null) this.#firstEnded = next
    else previous.next = next
    if (next === null) this.#lastEnded = previous
    else next.previous = previous
    entry.previous = null
    entry.next = null
    entry.endedMs = -1
    this.#endedCount--
  }

  /** The longest ended, else the one longest in the table; never the newcomer. */
  #evictOne(newcomer: Entry): void {
    if (this.#firstEnded !== null) return this.#forget(this.#firstEnded)
    for (const entry of this.#latest.values()) if (entry !== newcomer) return this.#forget(entry)
  }

  #forget(entry: Entry): void {
    const { pid } = entry.process
    if (entry.endedMs >= 0) this.#unlist(entry)
    this.#size--
    let newer = this.#latest.get(pid)
    if (newer !== entry) {
      while (newer !== undefined && newer.older !== entry) newer = newer.older ?? undefined
      if (newer !== undefined) newer.older = entry.older
    } else if (entry.older === null) this.#latest.delete(pid)
    else this.#latest.set(pid, entry.older)
  }
}
