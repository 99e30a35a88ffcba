import type { EventFile } from '@firebreak/event-files'
import { count } from '../plural.ts'

/** How far a scan is, for the person who waits. Only on a terminal. */
export interface Progress {
  begin(files: readonly EventFile[]): void
  tick(bytes: number, events: number, detections: number): void
  end(): void
}

const REDRAWN_EVERY_MS = 100
const COLUMNS = 80
const CLEAR_LINE = '\r\u001B[K'

export function openProgress(out: NodeJS.WriteStream): Progress {
  if (!out.isTTY) return { begin: () => {}, tick: () => {}, end: () => {} }
  let sizeBytes: number | null = 0
  const startedAt = performance.now()
  let drawnAt = startedAt
  return {
    begin(files) {
      // One file of unknown size (a pipe) and nobody knows how much is left.
      sizeBytes = files.reduce<number | null>(
        (sum, one) => (sum === null || one.sizeBytes === null ? null : sum + one.sizeBytes),
        0,
      )
    },
    tick(bytes, events, detections) {
      const now = performance.now()
      if (now - drawnAt < REDRAWN_EVERY_MS) return
      drawnAt = now
      const of = sizeBytes === null || sizeBytes === 0 ? '' : ` of ${mebibytes(sizeBytes)}`
      const share =
        sizeBytes === null || sizeBytes === 0 ? '' : ` ${Math.min(100, Math.floor((100 * bytes) / sizeBytes))} %`
      const rate = Math.round((1000 * events) / (now - startedAt))
      const line = `  scanning${share} · ${mebibytes(bytes)}${of} · ${count(events)} events, ${count(rate)}/s · ${count(detections)} found`
      // Some terminals say that they have no columns.
      out.write(`${CLEAR_LINE}${line.slice(0, (out.columns || COLUMNS) - 1)}`)
    },
    end: () => void out.write(CLEAR_LINE),
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
