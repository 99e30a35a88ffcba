import { pathToFileURL } from 'node:url'
import { attackLink } from './attack-link.ts'
import { type Level, levelOf } from '../levels.ts'
import type { ScanResult } from '../result.ts'
import type { Finding, Origin } from '../tally.ts'

type Plain = Readonly<Record<string, unknown>>

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
const LEVEL: Readonly<Record<Level, string>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  informational: 'note',
}
/** What viewers of SARIF sort security findings by: 0 to 10. */
const SECURITY_SEVERITY: Readonly<Record<Level, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.0',
  low: '3.0',
  informational: '0.0',
}

/** SARIF 2.1.0: each rule that matched a reporting descriptor, each detection a result with the place of its event. */
export function sarifLog({ rules, tally, files, isInterrupted }: ScanResult): Plain {
  const descriptors = tally.rules()
  const logs = new Set(files.filter(({ format }) => format === 'evtx').map(({ path }) => path))
  const indexOf = new Map(descriptors.map(({ ruleId }, index) => [ruleId, index]))
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Firebreak',
            ...(rules.version === '' ? {} : { semanticVersion: rules.version }),
            fullName: `Firebreak with ${rules.name}`,
            rules: descriptors.map(({ ruleId, title, level, tags }) => ({
              id: ruleId,
              shortDescription: { text: title },
              defaultConfiguration: { level: LEVEL[level] },
              ...attackLink(tags),
              properties: { tags, 'security-severity': SECURITY_SEVERITY[level], level },
            })),
          },
        },
        invocations: [{ executionSuccessful: !isInterrupted }],
        columnKind: 'utf16CodeUnits',
        results: tally.findings.map((finding) => ({
          ...sarifResult(finding, indexOf),
          locations: [locationOf(finding.origin, logs.has(finding.origin.file))],
        })),
      },
    ],
  }
}

function sarifResult({ detection }: Finding, indexOf: ReadonlyMap<string, number>): Plain {
  const matched = detection.selections.flatMap((one) => one.matched)
  const what = matched.map(({ field, value }) => `${field}: ${value}`).join('; ')
  return {
    ruleId: detection.ruleId,
    ruleIndex: indexOf.get(detection.ruleId) ?? -1,
    level: LEVEL[levelOf(detection.level)],
    message: { text: what === '' ? detection.title : `${detection.title} (${what})` },
    properties: { timeMs: detection.timeMs, fields: detection.fields, selections: detection.selections },
  }
}

/** A line of a text; an event log has records instead, and no lines. */
function locationOf({ file, place }: Origin, isEventLog: boolean): Plain {
  const artifactLocation = { uri: uriOf(file) }
  if (!isEventLog)
    return { physicalLocation: { artifactLocation, ...(place > 0 ? { region: { startLine: place } } : {}) } }
  return { physicalLocation: { artifactLocation }, logicalLocations: [{ name: `record ${place}`, kind: 'record' }] }
}

/** Relative to where the scan ran, as a viewer that is opened there expects. */
function uriOf(file: string): string {
  if (file === '-') return 'stdin:'
  return file.startsWith('/') ? pathToFileURL(file).href : file.split('/').map(encodeURIComponent).join('/')
}
