import { putBounded } from '../bounded-map.ts'
import type { ByteText } from './byte-text.ts'
import { joinArguments } from './proc-files.ts'

/** Command lines that wait for their exec at most, of all processes; the oldest go first. */
export const ARGUMENTS_COUNT_MAX = 8192

/** Of one process. A script is announced twice, once for its interpreter. */
export const ARGUMENTS_PER_PROCESS_MAX = 4

/** What was not asked for by then belongs to an exec that failed. */
export const ARGUMENTS_KEEP_MS = 5_000

interface Entry {
  readonly commandLine: ByteText
  readonly bootMs: number
}

/**
 * Command lines that were read while the caller of execve was held, for tiers that learn of execs without their
 * arguments. Pure: times arrive as arguments.
 *
 * Invariants: at most ARGUMENTS_COUNT_MAX processes; none older than ARGUMENTS_KEEP_MS is given out; each is given out once, and
 * only to an exec that came after it.
 */
export class ArgumentsFeed {
  readonly #waiting = new Map<number, Entry[]>()
  #isFed = false

  /** Whether anybody has ever brought arguments: only then is it worth to wait for them. */
  get isFed(): boolean {
    return this.#isFed
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * @param argv - as in /proc/PID/cmdline: each argument with its NUL
   * @param bootMs - when it was read, since boot
   */
  put(pid: number, argv: ByteText, bootMs: number): void {
    const commandLine = joinArguments(argv)
    if (commandLine === null) return
    this.#isFed = true
    const before = this.#waiting.get(pid) ?? []
    this.#waiting.delete(pid) // so that insertion order is the order of the newest
    const entries = [...before.slice(1 - ARGUMENTS_PER_PROCESS_MAX), { commandLine, bootMs }]
    putBounded(this.#waiting, pid, entries, ARGUMENTS_COUNT_MAX)
  }

  /** Whether `take` would give something out. */
  has(pid: number, bootMs: number): boolean {
    return this.#waiting.get(pid)?.some((entry) => isOf(entry, bootMs)) ?? false
  }

  /** @param bootMs - when the exec succeeded: the newest command line read before that is its own */
  take(pid: number, bootMs: number): ByteText | null {
    const entries = this.#waiting.get(pid)
    if (entries === undefined) return null
    const later = entries.filter((entry) => entry.bootMs > bootMs)
    if (later.length === 0) this.#waiting.delete(pid)
    else this.#waiting.set(pid, later)
    return entries.findLast((entry) => isOf(entry, bootMs))?.commandLine ?? null
  }
}

function isOf(entry: Entry, bootMs: number): boolean {
  return entry.bootMs <= bootMs && bootMs - entry.bootMs <= ARGUMENTS_KEEP_MS
}
