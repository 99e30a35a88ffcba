import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  type Blackout,
  blackout,
  DAYS,
  isOpen,
  type MaintenanceWindow,
  maintenanceWindow,
  NEXT_OPENING_MS_MAX,
  nextOpening,
  type Opening,
} from './windows.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const at = (utc: string): number => Date.parse(utc)
const utc = (ms: number | null): string => (ms === null ? 'never' : new Date(ms).toISOString().slice(0, 16))

const night: MaintenanceWindow = { days: ['sat'], from: '22:00', to: '06:00', zone: 'Europe/Berlin' }
const early = (zone: string, from: string, to: string): Opening => ({
  windows: [{ days: [...DAYS], from, to, zone }],
  blackouts: [],
})
const always: Opening = { windows: [], blackouts: [] }
const holidays: Blackout = { from: '2026-12-24', to: '2027-01-01', zone: 'Europe/Berlin' }

const rows: readonly (readonly [what: string, opening: Opening, now: string, opens: string])[] = [
  ['no window is any time', always, '2026-06-01T12:00Z', '2026-06-01T12:00'],
  ['within', { ...always, windows: [night] }, '2026-06-06T21:00Z', '2026-06-06T21:00'],
  [
    'after midnight it is still the window of the day before',
    { ...always, windows: [night] },
    '2026-06-07T03:59Z',
    '2026-06-07T03:59',
  ],
  ['its end is outside', { ...always, windows: [night] }, '2026-06-07T04:00Z', '2026-06-13T20:00'],
  ['its own day, but before it begins', { ...always, windows: [night] }, '2026-06-06T03:00Z', '2026-06-06T20:00'],
  ['a whole day', early('UTC', '00:00', '00:00'), '2026-06-06T23:59Z', '2026-06-06T23:59'],
  ['to midnight', early('UTC', '23:00', '00:00'), '2026-06-07T00:00Z', '2026-06-07T23:00'],
  [
    'the first of two',
    { ...always, windows: [night, { ...night, days: ['thu'] }] },
    '2026-06-03T00:00Z',
    '2026-06-04T20:00',
  ],
  [
    'what clocks skip is missing: begins when they are put forward',
    early('Europe/Berlin', '02:30', '04:00'),
    '2026-03-29T00:00Z',
    '2026-03-29T01:00',
  ],
  [
    'wholly in what clocks skip: not that day',
    early('Europe/Berlin', '02:10', '02:50'),
    '2026-03-29T00:00Z',
    '2026-03-30T00:10',
  ],
  [
    'what clocks show twice is there twice',
    early('Europe/Berlin', '02:00', '02:30'),
    '2026-10-25T00:30Z',
    '2026-10-25T01:00',
  ],
  ['clocks are put back into it', early('Europe/Berlin', '01:00', '02:30'), '2026-10-25T00:45Z', '2026-10-25T01:00'],
  ['begins for the second time', early('Europe/Berlin', '02:15', '02:30'), '2026-10-25T00:45Z', '2026-10-25T01:15'],
  [
    'once a week, and just over',
    { ...always, windows: [{ ...night, from: '10:00', to: '11:00' }] },
    '2026-06-06T10:00Z',
    '2026-06-13T08:00',
  ],
  ['half an hour forward', early('Australia/Lord_Howe', '02:10', '02:40'), '2026-10-03T15:00Z', '2026-10-03T15:30'],
  [
    'a day that an island skipped',
    { ...always, windows: [{ days: ['fri'], from: '10:00', to: '11:00', zone: 'Pacific/Apia' }] },
    '2011-12-29T12:00Z',
    '2012-01-05T20:00',
  ],
  ['in a blackout', { ...always, blackouts: [holidays] }, '2026-12-25T00:00Z', '2027-01-01T23:00'],
  ['the first minute of a blackout', { ...always, blackouts: [holidays] }, '2026-12-23T23:00Z', '2027-01-01T23:00'],
  ['the last minute before it', { ...always, blackouts: [holidays] }, '2026-12-23T22:59Z', '2026-12-23T22:59'],
  [
    'blackouts in a row',
    { ...always, blackouts: [{ ...holidays, from: '2027-01-02', to: '2027-01-05' }, holidays] },
    '2026-12-25T00:00Z',
    '2027-01-05T23:00',
  ],
  [
    'a window in a blackout does not open',
    { windows: [night], blackouts: [holidays] },
    '2026-12-25T00:00Z',
    '2027-01-02T21:00',
  ],
  [
    'a blackout ends within a window',
    { windows: [night], blackouts: [{ ...holidays, to: '2027-01-02' }] },
    '2026-12-25T00:00Z',
    '2027-01-02T23:00',
  ],
  [
    'a blackout that ends where midnight is skipped',
    { ...always, blackouts: [{ from: '2018-11-01', to: '2018-11-03', zone: 'America/Sao_Paulo' }] },
    '2018-11-02T00:00Z',
    '2018-11-04T03:00',
  ],
  ['a blackout for ever', { ...always, blackouts: [{ ...holidays, to: '9999-12-31' }] }, '2026-12-25T00:00Z', 'never'],
  ['over a year away', { ...always, blackouts: [{ ...holidays, to: '2028-06-01' }] }, '2026-12-25T00:00Z', 'never'],
]
for (const [what, opening, now, opens] of rows) {
  test(`${what}: ${opens}`, () => {
    assert.equal(utc(nextOpening(opening, at(now))), opens)
    assert.equal(isOpen(opening, at(now)), opens === now.slice(0, 16))
  })
}

test('a blackout that ends with the calendar', () => {
  const last = { from: '9999-12-31', to: '9999-12-31', zone: 'UTC' }
  assert.equal(
    nextOpening({ windows: [], blackouts: [last] }, at('9999-12-31T12:00Z')),
    at('9999-12-31T12:00Z') + DAY_MS / 2,
  )
})

/** What the clock on the wall shows, by another library than the one that is tested, and remembered for each minute. */
interface WallClock {
  readonly weekday: string
  readonly date: string
  readonly time: string
}
const formats = new Map<string, Intl.DateTimeFormat>()
const shown = new Map<string, WallClock>()
function wallClock(zone: string, ms: number): WallClock {
  const key = `${zone} ${ms}`
  const known = shown.get(key)
  if (known) return known
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
  formats.set(zone, format)
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
  const clock = {
    weekday: `${part['weekday']}`.toLowerCase(),
    date: `${part['year']}-${part['month']}-${part['day']}`,
    time: `${part['hour']}:${part['minute']}`,
  }
  shown.set(key, clock)
  return clock
}
const before = (day: string): string =>
  ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][
    ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].indexOf(day)
  ] ?? ''

function shows({ days, from, to, zone }: MaintenanceWindow, ms: number): boolean {
  const { weekday, time } = wallClock(zone, ms)
  const has = (day: string): boolean => (days as readonly string[]).includes(day)
  if (from < to) return has(weekday) && from <= time && time < to
  return (has(weekday) && from <= time) || (has(before(weekday)) && time < to)
}

function opensByMinutes({ windows, blackouts }: Opening, ms: number): boolean {
  const isIn = windows.length === 0 || windows.some((one) => shows(one, ms))
  return (
    isIn && !blackouts.some(({ from, to, zone }) => from <= wallClock(zone, ms).date && wallClock(zone, ms).date <= to)
  )
}

/** Around each change of clocks in 2026; Kathmandu has none, and is not a whole number of hours off. */
const CHANGES: readonly (readonly [zone: string, change: string])[] = [
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Asia/Kathmandu', '2026-05-03T00:00Z'],
]
const SPAN_MINUTES = 3 * 24 * 60

const two = (n: number): string => `${n}`.padStart(2, '0')
const times = fc
  .oneof(
    fc.record({ hour: fc.integer({ min: 0, max: 4 }), minute: fc.constantFrom(0, 1, 15, 29, 30, 31, 59) }),
    fc.record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) }),
  )
  .map(({ hour, minute }) => `${two(hour)}:${two(minute)}`)
const windowsOf = (zone: string) =>
  fc.array(
    fc.record({ days: fc.subarray([...DAYS], { minLength: 1 }), from: times, to: times, zone: fc.constant(zone) }),
    { maxLength: 3 },
  )
const blackoutsOf = (zone: string, startMs: number) =>
  fc.array(
    fc.tuple(fc.integer({ min: -2, max: 4 }), fc.integer({ min: 0, max: 2 })).map(([from, days]) => ({
      from: new Date(startMs + from * DAY_MS).toISOString().slice(0, 10),
      to: new Date(startMs + (from + days) * DAY_MS).toISOString().slice(0, 10),
      zone,
    })),
    { maxLength: 2 },
  )
const cases = fc.constantFrom(...CHANGES).chain(([zone, change]) => {
  const startMs = at(change) - DAY_MS
  return fc.record({
    opening: fc.record({ windows: windowsOf(zone), blackouts: blackoutsOf(zone, startMs) }),
    startMs: fc.constant(startMs),
    minute: fc.oneof(fc.integer({ min: 0, max: SPAN_MINUTES - 1 }), fc.integer({ min: 22 * 60, max: 26 * 60 })),
    beyondMs: fc.integer({ min: 0, max: MINUTE_MS - 1 }),
  })
})

test('around changes of clocks it opens and closes as the clock on the wall says, minute by minute', () => {
  fc.assert(
    fc.property(cases, ({ opening, startMs, minute, beyondMs }) => {
      const nowMs = startMs + minute * MINUTE_MS
      assert.equal(isOpen(opening, nowMs + beyondMs), opensByMinutes(opening, nowMs), utc(nowMs))
    }),
    { numRuns: 3_000 },
  )
})

test('the next opening is the first open minute', () => {
  fc.assert(
    fc.property(cases, ({ opening, startMs, minute, beyondMs }) => {
      const nowMs = startMs + minute * MINUTE_MS + beyondMs
      let expectedMs = opensByMinutes(opening, nowMs - beyondMs) ? nowMs : nowMs - beyondMs + MINUTE_MS
      const endMs = startMs + SPAN_MINUTES * MINUTE_MS
      while (expectedMs < endMs && expectedMs !== nowMs && !opensByMinutes(opening, expectedMs)) expectedMs += MINUTE_MS
      const openMs = nextOpening(opening, nowMs)
      if (expectedMs < endMs) assert.equal(utc(openMs), utc(expectedMs))
      else assert.ok(openMs === null || openMs >= endMs, utc(openMs))
      if (openMs !== null) assert.ok(isOpen(opening, openMs) && openMs - nowMs <= NEXT_OPENING_MS_MAX)
    }),
    { numRuns: 2_000 },
  )
})

const refused: readonly (readonly [what: string, read: () => unknown, where: string])[] = [
  [
    'a zone that is nowhere',
    () => maintenanceWindow({ ...night, zone: 'Europe/Atlantis' }, 'w'),
    'w.zone: expected a time zone that this host knows',
  ],
  ['an offset', () => maintenanceWindow({ ...night, zone: '+01:00' }, 'w'), 'w.zone: expected a time zone'],
  [
    'a moment with a zone in it',
    () => maintenanceWindow({ ...night, zone: '2026-01-01T00:00[Europe/Berlin]' }, 'w'),
    'w.zone: ',
  ],
  ['no zone', () => blackout({ ...holidays, zone: '' }, 'b'), 'b.zone: '],
  [
    'an hour that no clock shows',
    () => maintenanceWindow({ ...night, from: '24:00' }, 'w'),
    'w.from: expected a time of day',
  ],
  [
    'a minute that no clock shows',
    () => maintenanceWindow({ ...night, to: '10:60' }, 'w'),
    'w.to: expected a time of day',
  ],
  ['a short time', () => maintenanceWindow({ ...night, to: '9:00' }, 'w'), 'w.to: '],
  ['30 February', () => blackout({ ...holidays, from: '2026-02-30' }, 'b'), 'b.from: expected a date'],
  ['29 February of another year', () => blackout({ ...holidays, to: '2027-02-29' }, 'b'), 'b.to: expected a date'],
  ['a date with a time', () => blackout({ ...holidays, to: '2026-12-24T00:00' }, 'b'), 'b.to: '],
  ['a blackout that ends before it begins', () => blackout({ ...holidays, to: '2026-12-23' }, 'b'), 'b: expected days'],
  ['no day', () => maintenanceWindow({ ...night, days: [] }, 'w'), 'w.days: '],
  ['a day twice', () => maintenanceWindow({ ...night, days: ['mon', 'mon'] }, 'w'), 'w.days: '],
  ['a day of no week', () => maintenanceWindow({ ...night, days: ['funday'] }, 'w'), 'w.days[0]: '],
  [
    'a wish that nobody knows',
    () => maintenanceWindow({ ...night, weeks: 'even' }, 'w'),
    'w: expected the keys days, from, to, zone',
  ],
]
for (const [what, read, where] of refused) {
  test(`refuses ${what}, and says where`, () => {
    assert.throws(
      read,
      (error: Error & { code?: string }) => error.code === 'kernel/malformed' && error.message.includes(where),
    )
  })
}

test('29 February of a leap year is a day', () => {
  assert.equal(blackout({ ...holidays, from: '2028-02-29', to: '2028-02-29' }, 'b').to, '2028-02-29')
})
