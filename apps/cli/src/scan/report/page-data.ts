import { LEVELS, levelOf } from '../levels.ts'
import type { ScanResult } from '../result.ts'
import type { Finding } from '../tally.ts'
import { hostOf, inTimeOrder, timeText } from './timeline.ts'

/** Detections that a page lists: more make a page that no browser likes. The most severe ones stay. */
export const HTML_FINDINGS_MAX = 20_000
/** Of one value: a script block may be a megabyte. */
const VALUE_CHARS_MAX = 4_000

/** What the script of the page shows: see `Row` there. */
export function pageData({ tally }: ScanResult): unknown {
  const rules = tally.rules()
  const indexOf = new Map(rules.map(({ ruleId }, index) => [ruleId, index]))
  return {
    rules: rules.map(({ title }) => title),
    rows: listed(tally.findings).map((finding) => row(finding, indexOf)),
  }
}

function listed(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= HTML_FINDINGS_MAX) return inTimeOrder(findings)
  const severe = LEVELS.toReversed().flatMap((level) =>
    findings.filter(({ detection }) => levelOf(detection.level) === level),
  )
  return inTimeOrder(severe.slice(0, HTML_FINDINGS_MAX))
}

function row({ detection, origin }: Finding, indexOf: ReadonlyMap<string, number>): unknown {
  const { selections, fields, level, ruleId } = detection
  return [
    timeText(detection),
    LEVELS.indexOf(levelOf(level)),
    indexOf.get(ruleId) ?? -1,
    hostOf(detection) ?? '',
    origin.file,
    origin.place,
    selections.flatMap(({ name, matched }) => matched.map(({ field, value }) => [name, field, cut(value)])),
    fields.map(({ field, value }) => [field, cut(value)]),
  ]
}

function cut(value: string): string {
  return value.length <= VALUE_CHARS_MAX ? value : `${value.slice(0, VALUE_CHARS_MAX)}… (${value.length} characters)`
}
