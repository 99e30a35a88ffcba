const DECIMAL = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i
const INTEGER = /^-?\d+$/

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'equals'

/** Compares a text of an event with a number of a rule. A text that is no decimal number compares with nothing. */
export function compares(text: string, comparison: Comparison, limit: number): boolean {
  if (!DECIMAL.test(text)) return false
  // JavaScript compares a bigint with a number exactly.
  const value = INTEGER.test(text) ? BigInt(text) : Number(text)
  if (comparison === 'lt') return value < limit
  if (comparison === 'lte') return value <= limit
  if (comparison === 'gt') return value > limit
  if (comparison === 'gte') return value >= limit
  return value >= limit && value <= limit
}

export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const
export type TimePart = (typeof TIME_PARTS)[number]

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?)?$/
const EPOCH = /^(\d{1,15})(?:\.(\d*))?$/
/** From here on, a number is of milliseconds. */
const EPOCH_MS_MIN = 100_000_000_000
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/**
 * A part, in UTC, of a date or time in ISO 8601 or RFC 3339 (without a zone it is UTC), or of a number of seconds or
 * milliseconds since 1970. Null for any other text.
 */
export function timePart(text: string, part: TimePart): number | null {
  const time = parseEpoch(text) ?? parseTime(text)
  if (time === null) return null
  if (part === 'minute') return time.getUTCMinutes()
  if (part === 'hour') return time.getUTCHours()
  if (part === 'day') return time.getUTCDate()
  if (part === 'month') return time.getUTCMonth() + 1
  return part === 'year' ? time.getUTCFullYear() : isoWeek(time)
}

function parseEpoch(text: string): Date | null {
  const [, whole, fraction] = EPOCH.exec(text) ?? []
  if (whole === undefined) return null
  if (Number(whole) >= EPOCH_MS_MIN) return new Date(Number(whole))
  return fraction === '' ? null : new Date(Number(whole) * 1000)
}

function parseTime(text: string): Date | null {
  const match = TIME.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((word) => Number(word ?? 0))
  const ms = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const [sign, zoneHours, zoneMinutes] = [match[8] === '-' ? -1 : 1, Number(match[9] ?? 0), Number(match[10] ?? 0)]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  // 60 is a leap second, the first of the next minute.
  if (!isDay || hour > 23 || minute > 59 || second > 60 || zoneHours > 23 || zoneMinutes > 59) return null
  const minutes = hour * 60 + minute - sign * (zoneHours * 60 + zoneMinutes)
  return new Date(date.getTime() + minutes * MINUTE_MS + second * 1000 + ms)
}

/** The week that holds the Thursday of this week, counted from the first of the Thursday's year. */
function isoWeek(time: Date): number {
  const weekday = (time.getUTCDay() + 6) % 7
  const thursday = new Date(time.getTime() + (3 - weekday) * DAY_MS)
  const newYear = new Date(0)
  newYear.setUTCFullYear(thursday.getUTCFullYear(), 0, 1)
  return 1 + Math.floor((thursday.getTime() - newYear.getTime()) / DAY_MS / 7)
}
