import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'

/**
 * What the scheduler says of a process. `running`: it has a CPU or waits for one; `waiting`: for a disk; `stopped`: by a
 * signal; `sleeping`: for anything else.
 */
export type ProcessState = 'running' | 'sleeping' | 'waiting' | 'stopped'

export interface ProcessUsage {
  /** Of its first thread, which is the one that runs JavaScript. */
  readonly state: ProcessState
  /** Of all its threads, also those that have ended; in steps of 10 ms. */
  readonly cpuMs: number
}

export interface ProcessStat extends ProcessUsage {
  /** Resident, with what it shares with others: its code and the runtime's. */
  readonly memoryKiB: number
}

/** More than the longest line that the kernel writes: 52 numbers and a name. */
const STAT_BYTES_MAX = 2_048
/** USER_HZ, the same on every architecture that Node has. */
const TICK_MS = 10
const STATES: Readonly<Record<string, ProcessState>> = { R: 'running', S: 'sleeping', D: 'waiting', T: 'stopped' }
// Fields behind the name (proc_pid_stat(5), from field 3 on).
const STATE = 0
const USER_TICKS = 11
const SYSTEM_TICKS = 12
const RESIDENT_PAGES = 21
/** Where it can't be found out: that of every kernel for x64, and of most for arm64. */
const PAGE_BYTES_DEFAULT = 4_096
const PAGE_BYTES = pageBytes()

const line = Buffer.alloc(STAT_BYTES_MAX)

/**
 * One process's /proc/PID/stat, kept open: a look costs one read, and the descriptor belongs to this very process, never to a later
 * one with its pid.
 */
export class ProcessUsageFile {
  readonly #pid: number
  #fd: number | null

  constructor(pid: number) {
    this.#pid = pid
    this.#fd = open(`/proc/${pid}/stat`)
  }

  /** @returns null when the process is gone, or where there is no /proc */
  read(): ProcessStat | null {
    if (this.#fd === null) return null
    try {
      return parseStat(line.toString('latin1', 0, readSync(this.#fd, line, 0, STAT_BYTES_MAX, 0)))
    } catch {
      return null // ESRCH
    }
  }

  /** Whether every thread sleeps. A first thread that sleeps may wait for one that wants a CPU, as in a garbage collection. */
  sleepsEverywhere(): boolean {
    const folder = `/proc/${this.#pid}/task`
    try {
      return readdirSync(folder).every((thread) => {
        return parseStat(readFileSync(`${folder}/${thread}/stat`, 'latin1'))?.state === 'sleeping'
      })
    } catch {
      return false // a thread ended meanwhile: something goes on
    }
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }
}

function open(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch {
    return null
  }
}

/** The name is the process's own choice, brackets and all: only what stands behind the last one is the kernel's. */
export function parseStat(text: string): ProcessStat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = STATES[fields[STATE] ?? '']
  const ticks = Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])
  const pages = Number(fields[RESIDENT_PAGES])
  if (state === undefined || !Number.isSafeInteger(ticks) || !Number.isSafeInteger(pages)) return null
  return { state, cpuMs: ticks * TICK_MS, memoryKiB: Math.floor((pages * PAGE_BYTES) / 1024) }
}

/** From the auxiliary vector: pairs of 64-bit words, of which AT_PAGESZ has the key 6 (getauxval(3)). */
function pageBytes(): number {
  try {
    const vector = readFileSync('/proc/self/auxv')
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readBigUInt64LE(at) === 6n) return Number(vector.readBigUInt64LE(at + 8))
    }
  } catch {
    // no /proc
  }
  return PAGE_BYTES_DEFAULT
}
