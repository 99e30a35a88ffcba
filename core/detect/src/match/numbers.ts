import { type TimePart } from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'
import { timeAt } from '../event/index.ts'

const NUMBER_BYTES_MAX = 64
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const DAY_MS = 86_400_000

/** The decimal number that a run spells, or NaN. */
export function decimalAt(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > NUMBER_BYTES_MAX) return Number.NaN
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] as number)
  return DECIMAL.test(text) ? Number(text) : Number.NaN
}

/** A part of the time that a run spells, in UTC, or NaN when it spells none. */
export function timePartAt(part: TimePart, bytes: Uint8Array, from: number, to: number): number {
  const timeMs = timeAt(bytes, from, to)
  if (Number.isNaN(timeMs)) return Number.NaN
  const { year, month, day } = dateOf(Math.floor(timeMs / DAY_MS))
  switch (part) {
    case 'minute':
      return modulo(Math.floor(timeMs / 60_000), 60)
    case 'hour':
      return modulo(Math.floor(timeMs / 3_600_000), 24)
    case 'day':
      return day
    case 'week':
      return isoWeek(Math.floor(timeMs / DAY_MS))
    case 'month':
      return month
    case 'year':
      return year
    default:
      return unreachable(part)
  }
}

/** Never negative, so that times before the epoch have parts too. */
function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}

/** ISO 8601: the week of a day is that of its Thursday, counted from the Thursdays of that year. */
function isoWeek(days: number): number {
  // The epoch was a Thursday: day 0 of Monday-based weeks that begin three days before.
  const thursday = Math.floor((days + 3) / 7) * 7
  const { year } = dateOf(thursday)
  return Math.floor((thursday - daysBefore(year)) / 7) + 1
}

/** Days from the epoch to the first of January of `year`. */
function daysBefore(year: number): number {
  const past = year - 1
  return 365 * (year - 1970) + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - 477
}

/** The proleptic Gregorian date of a day since the epoch. */
function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  let year = 1970 + Math.floor(days / 365.2425)
  while (daysBefore(year) > days) year--
  while (daysBefore(year + 1) <= days) year++
  const isLeap = daysBefore(year + 1) - daysBefore(year) === 366
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  let rest = days - daysBefore(year)
  let month = 0
  while (rest >= (lengths[month] ?? 31)) rest -= lengths[month++] ?? 31
  return { year, month: month + 1, day: rest + 1 }
}
