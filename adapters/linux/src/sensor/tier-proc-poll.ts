import { listPids, readProcess, readStat } from './proc-files.ts'
import type { Observer } from './observer.ts'
import type { Process } from './process-table.ts'
import type { Tier } from './tier.ts'

/** Between two looks. What lives shorter may go unseen. */
const POLL_INTERVAL_MS = 50

/** For this many looks (1 s) a new process is looked at again: it may exec after it was first seen. */
const YOUNG_POLLS = 20

/** Every so many looks (1 s) all start times are compared, in case a pid came round again between two looks. */
const COMPARE_EVERY_POLLS = 20

/**
 * Tier 5: looks at /proc again and again. Needs no privilege and no kernel feature, and misses what lives shorter
 * than POLL_INTERVAL_MS. `dropped` stays 0: what was never seen can't be counted.
 */
export function openProcPollTier(observer: Observer): Tier {
  const poller = new Poller(observer)
  const timer = setInterval(() => poller.poll(), POLL_INTERVAL_MS)
  return {
    categories: ['process_creation'],
    dropped: () => [0, 0, 0],
    close() {
      clearInterval(timer)
      return Promise.resolve()
    },
  }
}

class Poller {
  readonly #observer: Observer
  #pids: ReadonlySet<number>
  /** Looks left, by pid. */
  readonly #young = new Map<number, number>()
  #polls = 0

  constructor(observer: Observer) {
    this.#observer = observer
    this.#pids = new Set(listPids())
    for (const pid of this.#pids) observer.learn(pid)
  }

  poll(): void {
    const { table } = this.#observer
    this.#observer.startRound()
    const now = new Set(listPids())
    for (const pid of this.#pids) if (!now.has(pid)) this.#ended(pid)
    const compare = ++this.#polls % COMPARE_EVERY_POLLS === 0
    for (const pid of now) {
      if (!this.#pids.has(pid)) this.#started(pid)
      else if (compare && readStat(pid)?.startTicks !== table.find(pid, null)?.startTicks) this.#started(pid)
    }
    this.#pids = now
    for (const [pid, left] of this.#young) this.#lookAgain(pid, left)
    this.#observer.flush()
  }

  #started(pid: number): void {
    const process = this.#observer.learn(pid)
    if (process === null) return
    this.#young.set(pid, YOUNG_POLLS)
    const parent = this.#observer.table.find(process.parentPid ?? 0, null)
    // Between fork and exec a child looks like its parent; its exec is reported when it shows.
    if (parent === null || !isSameProgram(process, parent)) this.#observer.created(process, this.#observer.bootMs)
  }

  #lookAgain(pid: number, left: number): void {
    if (left === 0) this.#young.delete(pid)
    else this.#young.set(pid, left - 1)
    const before = this.#observer.table.find(pid, null)
    const process = readProcess(pid)
    if (before === null || process === null || process.startTicks !== before.startTicks) return
    if (process.program.commandLine === null || isSameProgram(process, before)) return // null: it ended, unreaped
    this.#observer.table.put(process, this.#observer.bootMs)
    this.#observer.created(process, this.#observer.bootMs)
  }

  #ended(pid: number): void {
    this.#young.delete(pid)
    this.#observer.table.end(pid, null, this.#observer.bootMs)
  }
}

function isSameProgram(one: Process, other: Process): boolean {
  const [a, b] = [one.program, other.program]
  return a.commandLine === b.commandLine && a.image === b.image && a.name === b.name
}
