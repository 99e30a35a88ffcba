import { assert, list, literal, malformed, type Reader, text, type WallMs } from '@firebreak/kernel'
import { strict } from './strict.ts'

/** In the order of the ISO week: the first is day 1. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

/**
 * A time of the week in which releases may be installed: whenever the clock on the wall of `zone` shows it. So where clocks are
 * put forward, what they skip is missing that day, and where they are put back, what they show twice is there twice.
 */
export interface MaintenanceWindow {
  /** On which days it begins; at least one. */
  readonly days: readonly Day[]
  /** `HH:MM`, included. */
  readonly from: string
  /** `HH:MM`, not included. Not later than `from`: of the next day, so that `00:00` to `00:00` is a whole day. */
  readonly to: string
  /** IANA name: `Europe/Berlin`, `UTC`. */
  readonly zone: string
}

/** Days on which nothing is installed, by the calendar of `zone`. */
export interface Blackout {
  /** `YYYY-MM-DD`; both days are included. */
  readonly from: string
  readonly to: string
  /** IANA name. */
  readonly zone: string
}

/** When something may be installed: in any of the windows (always, if there are none), and in no blackout. */
export interface Opening {
  readonly windows: readonly MaintenanceWindow[]
  readonly blackouts: readonly Blackout[]
}

export const WINDOWS_MAX = 32
export const BLACKOUTS_MAX = 64
/** 400 days: what opens later than that counts as never opening. */
export const NEXT_OPENING_MS_MAX = 34_560_000_000

const ZONE_CHARS_MAX = 64
const WEEK_DAYS = 7

const zone: Reader<string> = (value, at) => {
  const id = text(ZONE_CHARS_MAX)(value, at)
  // No offsets: `+01:00` is no zone, for it knows nothing of summer.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(id) || !isTaken(() => zoned(0, id))) {
    throw malformed(at, 'a time zone that this host knows, like Europe/Berlin', id)
  }
  return id
}

/** Whether Temporal can make something of a text: it throws a RangeError where it can't. */
function isTaken(read: () => unknown): boolean {
  let isGood = true
  try {
    read()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    isGood = false
  }
  return isGood
}

const timeOfDay: Reader<string> = (value, at) => {
  const time = text(5)(value, at)
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) throw malformed(at, 'a time of day from 00:00 to 23:59', time)
  return time
}

const date: Reader<string> = (value, at) => {
  const day = text(10)(value, at)
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || !isTaken(() => Temporal.PlainDate.from(day))) {
    throw malformed(at, 'a date like 2026-12-24 that exists', day)
  }
  return day
}

const days: Reader<readonly Day[]> = (value, at) => {
  const read = list(literal(...DAYS), WEEK_DAYS)(value, at)
  if (read.length === 0 || new Set(read).size !== read.length) {
    throw malformed(at, `at least one of ${DAYS.join(', ')}, each once`, read.join(', '))
  }
  return read
}

export const maintenanceWindow: Reader<MaintenanceWindow> = strict<MaintenanceWindow>({
  days,
  from: timeOfDay,
  to: timeOfDay,
  zone,
})

export const blackout: Reader<Blackout> = (value, at) => {
  const read = strict<Blackout>({ from: date, to: date, zone })(value, at)
  if (read.from > read.to) throw malformed(at, 'days that do not end before they begin', `${read.from} to ${read.to}`)
  return read
}

export function isOpen({ windows, blackouts }: Opening, nowMs: WallMs): boolean {
  return isInWindow(windows, nowMs) && !isBlackedOut(blackouts, nowMs)
}

export function isBlackedOut(blackouts: readonly Blackout[], nowMs: WallMs): boolean {
  return blackouts.some((one) => covers(one, nowMs))
}

/**
 * The first moment, from `nowMs` on, at which `isOpen` holds.
 *
 * @returns null: not within NEXT_OPENING_MS_MAX
 */
export function nextOpening(opening: Opening, nowMs: WallMs): WallMs | null {
  const endMs = nowMs + NEXT_OPENING_MS_MAX
  let atMs = nowMs
  while (atMs <= endMs) {
    const blackedOut = opening.blackouts.filter((one) => covers(one, atMs))
    if (blackedOut.length === 0 && isInWindow(opening.windows, atMs)) return atMs
    const nextMs = blackedOut.length > 0 ? Math.max(...blackedOut.map(endOf)) : nextStart(opening.windows, atMs)
    assert(nextMs > atMs, 'the search for an opening goes forward')
    atMs = nextMs
  }
  return null
}

function zoned(atMs: WallMs, zoneId: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zoneId)
}

function isInWindow(windows: readonly MaintenanceWindow[], atMs: WallMs): boolean {
  return windows.length === 0 || windows.some((one) => isWithin(one, zoned(atMs, one.zone)))
}

function isWithin({ days: begins, from, to }: MaintenanceWindow, local: Temporal.ZonedDateTime): boolean {
  const minute = local.hour * 60 + local.minute
  const today = DAYS[local.dayOfWeek - 1]
  const yesterday = DAYS[(local.dayOfWeek + 5) % WEEK_DAYS]
  assert(today !== undefined && yesterday !== undefined, 'a week has seven days')
  const [first, last] = [minuteOf(from), minuteOf(to)]
  if (first < last) return minute >= first && minute < last && begins.includes(today)
  return (minute >= first && begins.includes(today)) || (minute < last && begins.includes(yesterday))
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

function covers({ from, to, zone: zoneId }: Blackout, atMs: WallMs): boolean {
  const day = zoned(atMs, zoneId).toPlainDate().toString()
  return day >= from && day <= to
}

/** When the day after the last one begins. */
function endOf({ to, zone: zoneId }: Blackout): WallMs {
  return Temporal.PlainDate.from(to).add({ days: 1 }).toZonedDateTime(zoneId).epochMilliseconds
}

/**
 * The next moment after `atMs` at which a window may open: it begins, or clocks are put forward or back into it. `atMs` is outside all of them, so
 * no other moment can.
 */
function nextStart(windows: readonly MaintenanceWindow[], atMs: WallMs): WallMs {
  return Math.min(...windows.map((one) => nextStartOf(one, atMs)))
}

function nextStartOf({ days: begins, from, zone: zoneId }: MaintenanceWindow, atMs: WallMs): WallMs {
  const local = zoned(atMs, zoneId)
  const today = local.toPlainDate()
  const time = Temporal.PlainTime.from(from)
  let nextMs = local.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY
  // A week from today, and a day more: today's start may be over. A time that is shown twice begins twice.
  for (let ahead = 0; ahead <= WEEK_DAYS; ahead++) {
    const day = today.add({ days: ahead })
    const weekDay = DAYS[day.dayOfWeek - 1]
    if (weekDay === undefined || !begins.includes(weekDay)) continue
    const begin = day.toPlainDateTime(time)
    for (const disambiguation of ['earlier', 'later'] as const) {
      const startMs = begin.toZonedDateTime(zoneId, { disambiguation }).epochMilliseconds
      if (startMs > atMs) nextMs = Math.min(nextMs, startMs)
    }
  }
  return nextMs
}
