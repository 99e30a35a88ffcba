import type { EnginePair } from './engine-pair.ts'
import type { EngineSeat } from './engine-seat.ts'

/** CPU time for one batch of events. CPU and not wall time: an engine that is starved by a busy host is healthy. */
export const BATCH_CPU_MS_MAX = 250
const CHECK_INTERVAL_MS = 50
/**
 * A batch that gets no CPU at all in so many looks (3 s) is stuck in the kernel, or its process is stopped. Counted in looks: when the
 * whole host sleeps, so does the watchdog.
 */
export const IDLE_CHECKS_MAX = 60

interface Watched {
  readonly order: number
  readonly cpuAtStartMs: number
  cpuMs: number
  idleChecks: number
}

/** Kills engines that do not come back from a batch. */
export function startWatchdog(pair: EnginePair): { stop(): void } {
  let watched = new Map<EngineSeat, Watched>()
  let busy = false

  const check = async (): Promise<void> => {
    const next = new Map<EngineSeat, Watched>()
    for (const { seat, order } of pair.busy()) {
      const cpuMs = await seat.cpuMs()
      if (cpuMs === null) continue // gone
      const before = watched.get(seat)
      const now = before?.order === order ? before : { order, cpuAtStartMs: cpuMs, cpuMs, idleChecks: -1 }
      now.idleChecks = cpuMs > now.cpuMs ? 0 : now.idleChecks + 1
      now.cpuMs = cpuMs
      next.set(seat, now)
      judge(seat, now)
    }
    watched = next
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

function judge(seat: EngineSeat, { cpuMs, cpuAtStartMs, idleChecks }: Watched): void {
  const spentMs = Math.round(cpuMs - cpuAtStartMs)
  if (spentMs > BATCH_CPU_MS_MAX) {
    seat.kill('watchdog/cpu', `a batch used ${spentMs} ms of CPU, at most ${BATCH_CPU_MS_MAX}`)
  } else if (idleChecks >= IDLE_CHECKS_MAX) {
    seat.kill('watchdog/stuck', `a batch got no CPU for ${(idleChecks * CHECK_INTERVAL_MS) / 1000} s`)
  }
}
