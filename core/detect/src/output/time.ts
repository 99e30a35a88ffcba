import { formatUtc, WALL_MS_MAX } from '@firebreak/kernel'
import type { Detection } from './detection.ts'

/** The time of the event, or 0: events are hostile, and an output needs a moment that can be written. */
export function eventTimeMs({ timeMs }: Detection): number {
  return Number.isSafeInteger(timeMs) && timeMs >= 0 && timeMs <= WALL_MS_MAX ? timeMs : 0
}

/** `YYYY-MM-DDTHH:MM:SS.sssZ`. */
export function eventTime(detection: Detection): string {
  const ms = eventTimeMs(detection)
  return `${formatUtc(ms).slice(0, -1)}.${String(ms % 1000).padStart(3, '0')}Z`
}
