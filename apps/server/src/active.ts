import { setTimeout } from 'node:timers/promises'
import { Controller } from './controller.ts'
import { type Fleet, openFleet, type ServerBasis, silentHosts } from './fleet.ts'
import { type HeldLease, RENEW_MS } from './lease.ts'
import type { StreamHub } from './stream.ts'

export interface ActivateOptions extends ServerBasis {
  readonly lease: HeldLease
  readonly stream: StreamHub
  /** How often rollouts are judged. */
  readonly tickMs: number
  /** Memory may be ahead of the disk, or the lease is lost: the process has to end. */
  readonly onFatal: (error: unknown) => void
}

/** A server that takes reports, decides and publishes, because it holds the lease. */
export interface Active {
  readonly fleet: Fleet
  readonly controller: Controller
  /** Finishes what was begun, and gives the lease back. */
  stop(): Promise<void>
}

/** Who falls silent shows within a second, however seldom rollouts are judged. */
const SILENCE_CHECK_MS_MAX = 1_000

/** Reads what the database has, brings the files in line with it, and begins to decide. */
export async function activate(options: ActivateOptions): Promise<Active> {
  const { lease, stream, tickMs, onFatal, now } = options
  const onChange = () => stream.statusChanged()
  const store = lease.fenced()
  const fleet = openFleet(options, store, {
    onKept: (detections) => {
      stream.detected(detections)
      onChange()
    },
    onFatal,
  })
  const controller = new Controller({ ...fleet, store, now, onChange, onFatal })
  await controller.start()
  let silent = ''
  const watch = async () => {
    const silentNow = silentHosts(fleet, now())
    if (silentNow !== silent) onChange()
    silent = silentNow
  }
  const loops = [
    every(tickMs, () => controller.tick(), onFatal),
    every(Math.min(tickMs, SILENCE_CHECK_MS_MAX), watch, onFatal),
    every(RENEW_MS, async () => lease.renew(now()), onFatal),
  ]
  return {
    fleet,
    controller,
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
      fleet.ingest.flush()
      lease.release()
    },
  }
}

/** Runs `action` again and again, each time `intervalMs` after the last one ended. */
export function every(
  intervalMs: number,
  action: () => Promise<void>,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const stop = new AbortController()
  const loop = async () => {
    try {
      for (;;) {
        await setTimeout(intervalMs, undefined, { signal: stop.signal })
        await action()
      }
    } catch (error) {
      if (!stop.signal.aborted) onError(error)
    }
  }
  const running = loop()
  return {
    stop: () => {
      stop.abort()
      return running
    },
  }
}
