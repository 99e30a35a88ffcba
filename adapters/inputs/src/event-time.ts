import { TIME_FIELDS, timeAt } from '@firebreak/detect/json'
import type { RecordValue } from '@firebreak/detect/records'
import { AHEAD_MS_MAX } from './limits.ts'

const MICROSECONDS_PATTERN = /^\d{1,17}$/
const encoder = new TextEncoder()

/** Milliseconds since 1970, NaN when the text is none of the times that the engine knows. */
export function parseTime(text: string): number {
  const bytes = encoder.encode(text)
  return timeAt(bytes, 0, bytes.length)
}

/** Of a whole number of microseconds since 1970; NaN for anything else. */
export function parseMicroseconds(text: unknown): number {
  return typeof text === 'string' && MICROSECONDS_PATTERN.test(text) ? Number(text) / 1000 : Number.NaN
}

/** By the first of the engine's time fields that has a value. */
export function timeOfFields(fields: ReadonlyMap<string, RecordValue>): number {
  for (const name of TIME_FIELDS) {
    const value = fields.get(name)
    if (value !== undefined && value !== null && value !== '') return parseTime(String(value))
  }
  return Number.NaN
}

/**
 * When an event happened. What it says is believed but for the future: one event of the year 9999 would make every
 * other late for the correlations.
 */
export function believedTime(saidMs: number, receivedMs: number): number {
  return saidMs >= 0 && saidMs <= receivedMs + AHEAD_MS_MAX ? saidMs : receivedMs
}
