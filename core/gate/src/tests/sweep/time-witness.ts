import { unreachable } from '@firebreak/kernel'
import type { TimePart } from '@firebreak/content'
import type { TextWitness } from './text-witness.ts'

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
/** The first year behind 2000 with 53 ISO weeks is 2004; 2020 is another. Its last day is a Thursday. */
const WEEK_53 = '2020-12-31T00:00:00Z'
/** 4 January 2021 is a Monday, and the first week of 2021 is always the one with 4 January. */
const FIRST_MONDAY = 4
const RANGES: Readonly<Record<TimePart, readonly [min: number, max: number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
}

/** A moment whose part is one of the numbers, and one whose part is none of them. */
export function timeWitness(part: TimePart, numbers: readonly number[]): TextWitness | null {
  const [number] = numbers
  if (number === undefined) return null
  const [min, max] = RANGES[part]
  const wanted = new Set(numbers)
  const others = Array.from({ length: max - min + 1 }, (_, i) => min + i).filter((one) => !wanted.has(one))
  const [other] = others
  return { match: moment(part, number), miss: other === undefined ? null : moment(part, other) }
}

function moment(part: TimePart, number: number): string {
  const two = String(number).padStart(2, '0')
  switch (part) {
    case 'minute':
      return `2021-01-04T00:${two}:00Z`
    case 'hour':
      return `2021-01-04T${two}:00:00Z`
    case 'day':
      return `2021-01-${two}T00:00:00Z`
    case 'week':
      return number === 53 ? WEEK_53 : `${dateOf(FIRST_MONDAY + 7 * (number - 1))}T00:00:00Z`
    case 'month':
      return `2021-${two}-01T00:00:00Z`
    case 'year':
      return `${String(number).padStart(4, '0')}-01-01T00:00:00Z`
    default:
      return unreachable(part)
  }
}

/** @param dayOfYear - of 2021, from 1 */
function dateOf(dayOfYear: number): string {
  let day = dayOfYear
  let month = 0
  while (day > (MONTH_DAYS[month] ?? day)) day -= MONTH_DAYS[month++] ?? 0
  return `2021-${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
