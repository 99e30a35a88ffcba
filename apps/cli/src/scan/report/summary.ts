import { FIELD_BYTES_MAX } from '@firebreak/detect'
import { formatUtc } from '@firebreak/kernel'
import { paintOut, printable } from '../../screen.ts'
import { type Level, LEVELS } from '../levels.ts'
import { count } from '../../plural.ts'
import { mebibytes } from '../progress.ts'
import type { ScanResult } from '../result.ts'

type Style = Parameters<typeof paintOut>[0]

export const LEVEL_STYLE: Readonly<Record<Level, Style>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'blue',
  informational: 'dim',
}
const RULES_SHOWN_MAX = 50
const LOG_SOURCES_SHOWN_MAX = 20
const PLACES_SHOWN_MAX = 5
const LEVEL_WIDTH = 13

/** What a hunter wants first: how much was read, what was found, and what was not looked at. */
export function summaryLines(result: ScanResult): readonly string[] {
  return [
    ...headLines(result),
    ...levelLines(result),
    ...ruleLines(result),
    ...sourceLines(result),
    ...silenceLines(result),
  ]
}

function headLines({ rules, tally, counters, files, bytes, durationMs, isInterrupted }: ScanResult): readonly string[] {
  const seconds = durationMs / 1000
  const rate = seconds > 0 ? Math.round(counters.events / seconds) : 0
  const lines = [
    `${`${printable(rules.name)} ${rules.version}`.trim()}, ${count(rules.ruleCount)} rules`,
    `${count(counters.events)} events in ${count(files.length)} ${files.length === 1 ? 'file' : 'files'}, ` +
      `${mebibytes(bytes)} in ${seconds.toFixed(1)} s, ${count(rate)} events/s`,
  ]
  if (isInterrupted) lines.push('interrupted: this is what was found until then')
  const { firstMs, lastMs } = tally
  if (firstMs !== null && lastMs !== null) lines.push(`detections from ${formatUtc(firstMs)} to ${formatUtc(lastMs)}`)
  return lines
}

function levelLines({ tally }: ScanResult): readonly string[] {
  const lines = ['', `${count(tally.detections)} ${tally.detections === 1 ? 'detection' : 'detections'}`]
  for (const level of LEVELS.toReversed()) {
    if (tally.byLevel[level] > 0) lines.push(`  ${painted(level)} ${count(tally.byLevel[level]).padStart(9)}`)
  }
  return lines
}

function ruleLines({ tally }: ScanResult): readonly string[] {
  const rules = tally.rules()
  if (rules.length === 0) return []
  const lines = rules
    .slice(0, RULES_SHOWN_MAX)
    .map(({ level, title, count: times }) => `  ${painted(level)} ${count(times).padStart(9)}  ${printable(title)}`)
  const more = rules.length - RULES_SHOWN_MAX
  return [
    '',
    `rules that matched: ${count(rules.length)}`,
    ...lines,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ]
}

function sourceLines({ logSources }: ScanResult): readonly string[] {
  const sources = [...logSources].toSorted((a, b) => b[1] - a[1])
  if (sources.length === 0) return []
  const more = sources.length - LOG_SOURCES_SHOWN_MAX
  return [
    '',
    'events by log source (one may be of several)',
    ...sources
      .slice(0, LOG_SOURCES_SHOWN_MAX)
      .map(([name, events]) => `  ${count(events).padStart(11)}  ${printable(name)}`),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ]
}

/** No rule looked at it, or nobody could: silence about these events means nothing. */
function silenceLines({ rules, tally, counters, files }: ScanResult): readonly string[] {
  const lines: string[] = []
  if (counters.unrouted > 0) {
    lines.push(
      `${count(counters.unrouted)} events met no rule: none is for their log source (say what they are with --product, --category, --service)`,
    )
  }
  if (tally.malformed > 0) {
    lines.push(`${count(tally.malformed)} malformed parts were skipped:`)
    for (const { file, place, what } of tally.malformedPlaces.slice(0, PLACES_SHOWN_MAX)) {
      lines.push(`  ${printable(file)}:${place}: ${what}`)
    }
  }
  if (counters.fieldsTruncated > 0) {
    lines.push(`${count(counters.fieldsTruncated)} field values were read only up to ${count(FIELD_BYTES_MAX)} bytes`)
  }
  if (tally.belowLevel > 0) lines.push(`${count(tally.belowLevel)} detections below the level are not shown`)
  if (rules.refused.length > 0) lines.push(`${count(rules.refused.length)} problems in rules that are not run`)
  for (const { problem } of files) if (problem !== null) lines.push(printable(problem))
  return lines.length === 0 ? [] : ['', ...lines]
}

function painted(level: Level): string {
  return paintOut(LEVEL_STYLE[level], level.padEnd(LEVEL_WIDTH))
}
