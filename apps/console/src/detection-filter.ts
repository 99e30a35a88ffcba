import type { DetectionRow } from './fleet-state.ts'

/** The operator's words, all of which a row has to contain, in any of its texts, in any case. */
export function parseFilter(query: string): readonly string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}

export function matchesFilter(row: DetectionRow, hostName: string, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const { detection } = row
  const texts = [
    row.host,
    hostName,
    detection.level,
    detection.title,
    detection.ruleId,
    `${detection.pack} ${detection.version}`,
    detection.category,
    ...detection.tags,
    ...detection.fields.map((one) => `${one.field}=${one.value}`),
  ].map((text) => text.toLowerCase())
  return words.every((word) => texts.some((text) => text.includes(word)))
}

/** Names of the fields that made the rule match. */
export function matchedNames({ detection }: DetectionRow): ReadonlySet<string> {
  return new Set(detection.selections.flatMap(({ matched }) => matched.map(({ field }) => field)))
}

/** The fields that made the rule match, in the event's order. */
export function matchedFields(row: DetectionRow): readonly { readonly field: string; readonly value: string }[] {
  const matched = matchedNames(row)
  return row.detection.fields.filter((one) => matched.has(one.field))
}
