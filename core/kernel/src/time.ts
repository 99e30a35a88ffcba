import { KernelError } from './errors.ts'
import type { WallMs } from './units.ts'

/** 9999-12-31T23:59:59.999Z: the last moment with a four-digit year. */
export const WALL_MS_MAX: WallMs = 253_402_300_799_999

const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/**
 * `YYYY-MM-DDTHH:MM:SSZ`, the part below a second cut off.
 *
 * This is the only file of the core that may touch the Date global: it converts, it never reads the clock.
 *
 * @throws KernelError kernel/malformed unless `ms` is a whole number from 0 to WALL_MS_MAX
 */
export function formatUtc(ms: WallMs): string {
  if (!Number.isSafeInteger(ms) || ms < 0 || ms > WALL_MS_MAX) {
    throw new KernelError('kernel/malformed', `Cannot write a time: ${ms} is not in the years 1970 to 9999`, { ms })
  }
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/**
 * Reads exactly the form that `formatUtc` writes, so a moment has one spelling: no fractions, no other zones, no leap
 * second, no 24:00:00, no 30 February.
 *
 * @throws KernelError kernel/malformed
 */
export function parseUtc(text: string): WallMs {
  const ms = FORM.test(text) ? Date.parse(text) : Number.NaN
  // Date.parse rolls 30 February over to March; writing the moment again shows it.
  if (!(ms >= 0) || formatUtc(ms) !== text) {
    throw new KernelError('kernel/malformed', 'Cannot read a time: expected YYYY-MM-DDTHH:MM:SSZ from 1970 on', {
      found: text.slice(0, 40),
    })
  }
  return ms
}
