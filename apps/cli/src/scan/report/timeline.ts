import { type Detection, eventTime, eventTimeMs } from '@firebreak/detect'
import { paintOut, printable } from '../../screen.ts'
import { levelOf } from '../levels.ts'
import type { Finding } from '../tally.ts'
import { LEVEL_STYLE } from './summary.ts'

/** The best first: events that were collected name the collector as well. */
const HOST_FIELDS = ['Computer', 'Hostname', 'ComputerName', 'host'] as const
const NO_TIME = '(no time)'
const TIME_WIDTH = '1970-01-01T00:00:00.000Z'.length
const LEVEL_WIDTH = 13

/** In the order of the events' times; those of one moment, and those without a time at the end, as they were met. */
export function inTimeOrder(findings: readonly Finding[]): readonly Finding[] {
  const key = ({ detection }: Finding) => eventTimeMs(detection) || Number.MAX_SAFE_INTEGER
  return findings.toSorted((a, b) => key(a) - key(b))
}

/** One line for one detection: time, level, host, rule, what matched, where the event is. */
export function timelineLine({ detection, origin }: Finding): string {
  const level = levelOf(detection.level)
  const parts = [
    timeText(detection).padEnd(TIME_WIDTH),
    paintOut(LEVEL_STYLE[level], level.padEnd(LEVEL_WIDTH)),
    hostOf(detection) ?? '-',
    paintOut('bold', printable(detection.title)),
    matchedTexts(detection).join(' '),
    paintOut('dim', `${printable(origin.file)}:${origin.place}`),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

export function timeText(detection: Detection): string {
  return eventTimeMs(detection) === 0 ? NO_TIME : eventTime(detection)
}

export function hostOf({ fields }: Detection): string | null {
  for (const name of HOST_FIELDS) {
    const host = fields.find(({ field }) => field === name)
    if (host !== undefined) return printable(host.value)
  }
  return null
}

function matchedTexts({ selections }: Detection): readonly string[] {
  const seen = new Map<string, string>()
  for (const { matched } of selections) for (const { field, value } of matched) seen.set(field, value)
  return [...seen].map(([field, value]) => `${printable(field)}=${JSON.stringify(printable(value))}`)
}
