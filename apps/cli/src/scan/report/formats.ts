import { ecsOf, ocsfOf } from '@firebreak/detect'
import type { ScanResult } from '../result.ts'
import type { Finding } from '../tally.ts'
import { writeHtml } from './html.ts'
import { findingObject, summaryObject } from './json.ts'
import { sarifLog } from './sarif.ts'
import { summaryLines } from './summary.ts'
import { inTimeOrder, timelineLine } from './timeline.ts'

type Write = (text: string) => void

/** A format is written as findings come, one line each, or whole when the scan has ended. */
export type Report =
  | { readonly kind: 'line'; readonly line: (finding: Finding) => string }
  | { readonly kind: 'whole'; readonly write: (result: ScanResult, write: Write) => void }

const line = (object: (finding: Finding) => unknown): Report => ({
  kind: 'line',
  line: (finding) => `${JSON.stringify(object(finding))}\n`,
})

export const REPORTS = {
  summary: whole((result, write) => write(`${summaryLines(result).join('\n')}\n`)),
  timeline: whole(({ tally }, write) => {
    for (const finding of inTimeOrder(tally.findings)) write(`${timelineLine(finding)}\n`)
  }),
  json: whole(writeJson),
  jsonl: line(findingObject),
  html: whole(writeHtml),
  sarif: whole((result, write) => write(`${JSON.stringify(sarifLog(result))}\n`)),
  ecs: line(({ detection }) => ecsOf(detection)),
  ocsf: line(({ detection }) => ocsfOf(detection)),
} as const satisfies Readonly<Record<string, Report>>

export type ReportFormat = keyof typeof REPORTS
export const REPORT_FORMATS = Object.keys(REPORTS) as readonly ReportFormat[]

function whole(write: (result: ScanResult, write: Write) => void): Report {
  return { kind: 'whole', write }
}

/** One object on one line, written piece by piece: all findings as one text may be more than a string holds. */
function writeJson(result: ScanResult, write: Write): void {
  write(`${JSON.stringify({ ok: true, ...summaryObject(result) }).slice(0, -1)},"findings":[`)
  let separator = ''
  for (const finding of inTimeOrder(result.tally.findings)) {
    write(`${separator}${JSON.stringify(findingObject(finding))}`)
    separator = ','
  }
  write(']}\n')
}
