import type { EventColumns } from './event-columns.ts'
import type { FieldNames } from './field-names.ts'
import { VALUE } from './value-kind.ts'

/** The fields that may tell when an event happened, the most trustworthy first. An engine adds them to its names. */
export const TIME_FIELDS: readonly string[] = [
  'TimeCreated_SystemTime',
  '@timestamp',
  'TimeCreated',
  'UtcTime',
  'timestamp',
  'time',
]

const DASH = 0x2d
const COLON = 0x3a
const POINT = 0x2e
const COMMA = 0x2c
const SPACE = 0x20
const PLUS = 0x2b
const LETTER_T = 0x54
const LETTER_Z = 0x5a
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Plain numbers below it are seconds since 1970 (until the year 5138), others milliseconds (since March 1973). */
const EPOCH_MS_MIN = 100_000_000_000
/** Digits of a plain number, so that it stays exact. */
const EPOCH_DIGITS_MAX = 15

/** `names` and those of TIME_FIELDS that are not among them. */
export function withTimeFields(names: readonly string[]): readonly string[] {
  const known = new Set(names)
  return [...names, ...TIME_FIELDS.filter((name) => !known.has(name))]
}

/** Where `names` has TIME_FIELDS; those that it does not have are left out. */
export function timeFieldsOf(names: FieldNames): Int32Array {
  return Int32Array.from(TIME_FIELDS.map((name) => names.numberOf(name)).filter((field) => field >= 0))
}

/**
 * When the event happened, in milliseconds since 1970 UTC, from the first of TIME_FIELDS that has a value. NaN when
 * none has, or that value is no time: a later field is then not asked, since it may mean another moment.
 *
 * Times are `YYYY-MM-DD`, `T` or a blank, `hh:mm:ss`, any fraction (cut to milliseconds) and `Z` or `+hh:mm`, without
 * a zone UTC; a date alone is its first moment; or a number of seconds or milliseconds since 1970. Allocates nothing
 * once the text arena is large enough.
 */
export function eventTime(columns: EventColumns): number {
  const fields = columns.timeFields
  for (let i = 0; i < fields.length; i++) {
    const value = columns.firstValue(fields[i] ?? 0)
    if (value < 0 || columns.kind[value] === VALUE.NULL) continue
    columns.text(value)
    return timeAt(columns.textBytes, columns.textFrom[value] ?? 0, columns.textTo[value] ?? 0)
  }
  return Number.NaN
}

/** The time that the text says, or NaN. */
export function timeAt(bytes: Uint8Array, from: number, to: number): number {
  if (to - from === 10 && bytes[from + 4] === DASH && bytes[from + 7] === DASH) return DAY_MS * dateAt(bytes, from)
  if (to - from < 19 || bytes[from + 4] !== DASH) return readEpoch(bytes, from, to)
  const separator = bytes[from + 10]
  const punctuated =
    bytes[from + 7] === DASH &&
    (separator === LETTER_T || separator === SPACE) &&
    bytes[from + 13] === COLON &&
    bytes[from + 16] === COLON
  if (!punctuated) return Number.NaN
  const day = dateAt(bytes, from)
  const hour = digits(bytes, from + 11, 2)
  const minute = digits(bytes, from + 14, 2)
  const second = digits(bytes, from + 17, 2)
  // A leap second is the first moment of the next minute, as in POSIX.
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN
  const ms = day * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * 1000
  return ms + readFraction(bytes, from + 19, to)
}

/** Days since 1970 of `YYYY-MM-DD`. */
function dateAt(bytes: Uint8Array, from: number): number {
  return dayOf(digits(bytes, from, 4), digits(bytes, from + 5, 2), digits(bytes, from + 8, 2))
}

/** Milliseconds of the fraction, less the offset of the zone behind it. */
function readFraction(bytes: Uint8Array, at: number, to: number): number {
  let ms = 0
  if (at < to && (bytes[at] === POINT || bytes[at] === COMMA)) {
    const first = ++at
    for (let unit = 100; at < to && isDigit(bytes[at] ?? 0); at++) {
      ms += unit * ((bytes[at] ?? 0) - 0x30)
      unit = unit > 1 ? unit / 10 : 0
    }
    if (at === first) return Number.NaN
  }
  return ms - readZone(bytes, at, to)
}

function readZone(bytes: Uint8Array, at: number, to: number): number {
  if (at === to || (bytes[at] === LETTER_Z && at + 1 === to)) return 0
  const sign = bytes[at] === PLUS ? 1 : bytes[at] === DASH ? -1 : Number.NaN
  const minuteAt = bytes[at + 3] === COLON ? at + 4 : at + 3
  if (at + 3 !== to && minuteAt + 2 !== to) return Number.NaN
  const hour = digits(bytes, at + 1, 2)
  const minute = at + 3 === to ? 0 : digits(bytes, minuteAt, 2)
  return hour > 23 || minute > 59 ? Number.NaN : sign * (hour * HOUR_MS + minute * MINUTE_MS)
}

function readEpoch(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  let whole = 0
  for (; at < to && isDigit(bytes[at] ?? 0); at++) whole = whole * 10 + (bytes[at] ?? 0) - 0x30
  if (at === from || at - from > EPOCH_DIGITS_MAX) return Number.NaN
  if (whole >= EPOCH_MS_MIN) return at === to || bytes[at] === POINT ? whole : Number.NaN
  if (at === to) return whole * 1000
  return bytes[at] === POINT ? whole * 1000 + readSecondsFraction(bytes, at, to) : Number.NaN
}

function readSecondsFraction(bytes: Uint8Array, point: number, to: number): number {
  for (let i = point + 1; i < to; i++) if (!isDigit(bytes[i] ?? 0)) return Number.NaN
  return readFraction(bytes, point, to)
}

/** NaN if one is none. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let number = 0
  for (let i = at; i < at + count; i++) {
    const byte = bytes[i] ?? 0
    if (!isDigit(byte)) return Number.NaN
    number = number * 10 + byte - 0x30
  }
  return number
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** Days since 1970 of a date of the Gregorian calendar; NaN for 30 February. */
function dayOf(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= monthDays(year, month))) return Number.NaN
  // Years from March on, so that the leap day is the last one: 153 days are in five months.
  const shifted = month <= 2 ? year - 1 : year
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return shifted * 365 + leapDays + dayOfYear - 719_468
}

function monthDays(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
