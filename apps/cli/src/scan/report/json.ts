import { eventTimeMs } from '@firebreak/detect'
import { formatUtc } from '@firebreak/kernel'
import type { ScanResult } from '../result.ts'
import type { Finding } from '../tally.ts'

type Plain = Readonly<Record<string, unknown>>

/** One detection with its origin: a line of `jsonl`, an element of `json`. */
export function findingObject({ detection, origin }: Finding): Plain {
  const timeMs = eventTimeMs(detection)
  return { time: timeMs === 0 ? null : formatUtc(timeMs), ...detection, file: origin.file, place: origin.place }
}

/** Everything that was counted. */
export function summaryObject(result: ScanResult): Plain {
  const { rules, tally, counters, logSources, files, bytes, durationMs, madeAtMs } = result
  const time = (ms: number | null) => (ms === null ? null : formatUtc(ms))
  return {
    rules: { name: rules.name, version: rules.version, count: rules.ruleCount, refused: rules.refused.length },
    madeAt: formatUtc(madeAtMs),
    durationMs: Math.round(durationMs),
    bytes,
    events: counters.events,
    unrouted: counters.unrouted,
    malformed: tally.malformed,
    fieldsTruncated: counters.fieldsTruncated,
    malformedPlaces: tally.malformedPlaces,
    detections: tally.detections,
    belowLevel: tally.belowLevel,
    first: time(tally.firstMs),
    last: time(tally.lastMs),
    byLevel: tally.byLevel,
    byRule: tally
      .rules()
      .map(({ firstMs, lastMs, ...rule }) => ({ ...rule, first: time(firstMs), last: time(lastMs) })),
    logSources: Object.fromEntries(logSources),
    files,
    interrupted: result.isInterrupted,
  }
}
