import type { EnginePair } from './engine-pair.ts'

/** CPU time for one batch of events. CPU and not wall time: an engine that is starved by a busy host is healthy. */
export const BATCH_CPU_MS_MAX = 250
/** A batch that gets no CPU at all for this long is stuck in the kernel or stopped. */
export const BATCH_WALL_MS_MAX = 3_000
const CHECK_INTERVAL_MS = 50

/** Kills an active engine that does not come back from a batch. */
export function startWatchdog(pair: EnginePair, nowMs: () => number): { stop(): void } {
  let watched: { sequence: number; pid: number; cpuAtStartMs: number; sinceMs: number } | null = null
  let busy = false

  const check = async (): Promise<void> => {
    const inHand = pair.inHand()
    if (!inHand) {
      watched = null
      return
    }
    const { seat, batch } = inHand
    const cpuMs = (await seat.cpuMs()) ?? 0
    if (watched?.sequence !== batch.sequence || watched.pid !== seat.pid) {
      watched = { sequence: batch.sequence, pid: seat.pid, cpuAtStartMs: cpuMs, sinceMs: nowMs() }
      return
    }
    const spentMs = cpuMs - watched.cpuAtStartMs
    const waitedMs = nowMs() - watched.sinceMs
    if (spentMs > BATCH_CPU_MS_MAX) {
      seat.kill('watchdog/cpu', `a batch used ${Math.round(spentMs)} ms of CPU, at most ${BATCH_CPU_MS_MAX}`)
    } else if (waitedMs > BATCH_WALL_MS_MAX) {
      seat.kill('watchdog/wall', `a batch was not answered for ${Math.round(waitedMs)} ms`)
    }
  }
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    void check().finally(() => {
      busy = false
    })
  }, CHECK_INTERVAL_MS)
  return { stop: () => clearInterval(timer) }
}
