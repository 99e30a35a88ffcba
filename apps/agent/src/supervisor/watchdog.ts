import type { ProcessUsage } from './process-usage.ts'

/** What an engine's process has in hand. */
export interface Work {
  readonly seat: WatchedSeat
  /** Another order is another piece of work. */
  readonly order: number
  /** Events of the batch. */
  readonly count: number
}

/** What the watchdog asks of a seat. */
export interface WatchedSeat {
  /** Null when the process is gone, or where this is not known. */
  usage(): ProcessUsage | null
  /** Whether bytes are on their way, in one direction or the other, since this was asked last. */
  isMoving(): boolean
  /** Whether no thread of it runs, wants to run or waits for a disk. */
  sleepsEverywhere(): boolean
  kill(code: string, message: string): void
}

/** CPU time for one batch, whatever is in it. CPU and not wall time: an engine that is starved by a busy host is healthy. */
const BATCH_CPU_MS_MAX = 80
/** And this much for each of its events; 64 at a time is what a sensor hands on. */
const EVENT_CPU_MS_MAX = 1
const ALLOWED_EVENTS_MAX = 256
const LOOK_INTERVAL_MS = 25
/**
 * So many looks (100 ms) at a process that sleeps while a batch lies before it: all bytes are there, so nothing is left that could wake it.
 * Counted in looks, with a turn of the event loop between two: when the whole host sleeps, or this process is starved, so is the
 * watchdog, and an answer that lies in the pipe is read before the next look.
 */
const ASLEEP_LOOKS_MAX = 4
/** So many looks (3 s) at one that does not run for a reason of which it may be innocent: a disk, bytes that are on their way. */
export const WAITING_LOOKS_MAX = 120

interface Watched {
  readonly order: number
  readonly cpuAtStartMs: number
  asleepLooks: number
  waitingLooks: number
}

/** Kills engines that do not come back from a batch. Costs nothing while none has one. */
export class Watchdog {
  readonly #work: () => readonly Work[]
  #watched = new Map<WatchedSeat, Watched>()
  #timer: NodeJS.Timeout | null = null

  constructor(work: () => readonly Work[]) {
    this.#work = work
  }

  /** To be called whenever an engine is given a batch. */
  wake(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => this.#look(), LOOK_INTERVAL_MS)
    this.#follow()
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #look(): void {
    this.#timer = null
    for (const [work, watched, usage] of this.#follow()) {
      this.#timer ??= setTimeout(() => this.#look(), LOOK_INTERVAL_MS)
      judge(work, watched, usage)
    }
  }

  /** All work that is in hand now: what is new begins here. */
  #follow(): readonly (readonly [Work, Watched, ProcessUsage | null])[] {
    const before = this.#watched
    this.#watched = new Map()
    return this.#work().map((work) => {
      const known = before.get(work.seat)
      const usage = work.seat.usage()
      const watched = known?.order === work.order ? known : startOf(work, usage)
      this.#watched.set(work.seat, watched)
      return [work, watched, usage] as const
    })
  }
}

function startOf({ seat, order }: Work, usage: ProcessUsage | null): Watched {
  seat.isMoving() // what moved so far
  return { order, cpuAtStartMs: usage?.cpuMs ?? 0, asleepLooks: 0, waitingLooks: 0 }
}

function judge({ seat, count }: Work, watched: Watched, usage: ProcessUsage | null): void {
  const cpuMsMax = BATCH_CPU_MS_MAX + EVENT_CPU_MS_MAX * Math.min(count, ALLOWED_EVENTS_MAX)
  const spentMs = (usage?.cpuMs ?? 0) - watched.cpuAtStartMs
  if (spentMs > cpuMsMax) return seat.kill('watchdog/cpu', `a batch used ${spentMs} ms of CPU, at most ${cpuMsMax}`)
  if (usage?.state === 'running') return
  if (usage?.state === 'stopped') return seat.kill('watchdog/stopped', 'somebody stopped the process')
  const isAsleep = !seat.isMoving() && usage?.state === 'sleeping' && seat.sleepsEverywhere()
  if (isAsleep) watched.asleepLooks++
  else watched.waitingLooks++
  if (watched.asleepLooks >= ASLEEP_LOOKS_MAX) seat.kill('watchdog/silent', 'it sleeps over a batch')
  else if (watched.waitingLooks >= WAITING_LOOKS_MAX) seat.kill('watchdog/stuck', `a batch is stuck for ${seconds()} s`)
}

function seconds(): number {
  return (WAITING_LOOKS_MAX * LOOK_INTERVAL_MS) / 1000
}
