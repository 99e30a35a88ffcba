import { type MonotonicMs, type Ppm, PPM_ALL } from '@firebreak/kernel'
import type { EngineUse } from '../messages.ts'

/** What an engine has used over one window of time. */
export interface MeasuredUse {
  /** Of one core. */
  readonly cpuPpm: Ppm
  readonly memoryKiB: number
}

/** In less, the kernel's ticks of 10 ms, and the start of an engine, would look like a load. */
const WINDOW_MS_MIN = 10_000

/** What the engine that judges events uses, window by window. What it took to load its image is before the first. */
export class EngineUseMeter {
  #from: { readonly use: EngineUse; readonly atMs: MonotonicMs } | null = null
  /** Of the last window. */
  measured: MeasuredUse = { cpuPpm: 0, memoryKiB: 0 }

  /** @returns whether a window has ended */
  take(use: EngineUse | null, atMs: MonotonicMs): boolean {
    const from = this.#from
    if (use === null || from === null || from.use.pid !== use.pid) {
      this.#from = use && { use, atMs }
      return false
    }
    const windowMs = atMs - from.atMs
    if (windowMs < WINDOW_MS_MIN) return false
    const cpuPpm = Math.max(0, Math.round(((use.cpuMs - from.use.cpuMs) / windowMs) * PPM_ALL))
    this.measured = { cpuPpm, memoryKiB: use.memoryKiB }
    this.#from = { use, atMs }
    return true
  }
}
