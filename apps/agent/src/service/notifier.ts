import { fstatSync, writeSync } from 'node:fs'
import { utf8Encode } from '@firebreak/kernel'

/** A ping in each half of the time that the manager waits: one may be lost. */
const PINGS_PER_WATCHDOG = 2
/** Ready at the latest, whatever a part of the agent waits for: what comes after it in the boot must not wait for us. */
const READY_MS_MAX = 5_000

export interface NotifierOptions {
  /** A connected datagram socket, as the launcher of the service hands it on; null: nobody listens. */
  readonly fd: number | null
  /** What the service manager waits for a ping; null: for ever. */
  readonly watchdogMs: number | null
}

/**
 * Tells the service manager how the agent is, as sd_notify(3): one write is one datagram. The pings come from the loop of events that
 * does the supervisor's work, so they end when that hangs. A manager that does not listen changes nothing.
 */
export class Notifier {
  readonly #fd: number | null
  readonly #timers: NodeJS.Timeout[] = []
  #isReady = false

  constructor({ fd, watchdogMs }: NotifierOptions) {
    this.#fd = fd !== null && isSocket(fd) ? fd : null
    if (this.#fd === null) return
    this.#timers.push(setTimeout(() => this.ready(), READY_MS_MAX))
    if (watchdogMs === null) return
    const intervalMs = Math.max(1, Math.floor(watchdogMs / PINGS_PER_WATCHDOG))
    this.#timers.push(setInterval(() => this.#say('WATCHDOG=1'), intervalMs))
  }

  /** The sensor is at work. Said once. */
  ready(): void {
    if (this.#isReady) return
    this.#isReady = true
    this.#say('READY=1')
  }

  /** The end was asked for. The pings go on until it is there. */
  stopping(): void {
    this.#say('STOPPING=1')
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #say(text: string): void {
    if (this.#fd === null) return
    try {
      writeSync(this.#fd, utf8Encode(text))
    } catch {
      // Full, or gone: the manager finds out by itself.
    }
  }
}

/** A number on a command line is no proof: any other file would be written into. */
function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket()
  } catch {
    return false
  }
}
