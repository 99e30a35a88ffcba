import type { Json } from '@firebreak/kernel'
import type { CheckResult, Finding } from '../check/check.ts'
import { SOURCE_RULES } from './rules.ts'
import type { Edit } from './source-rule.ts'

export interface SarifTool {
  readonly name: string
  readonly version: string
}

/**
 * What checks found as a SARIF 2.1.0 log of one run, for code hosts and editors. Every code that was found is one of
 * its rules; a check that could not be run is a notification of the tool, and the run then was no success. A finding
 * without a place is a result without a location.
 *
 * @param edits - replacements that mend a finding, of those whose text the caller saw at the finding's place
 * @see OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020-03-27
 */
export function toSarif(
  checks: readonly CheckResult[],
  { name, version }: SarifTool,
  edits: ReadonlyMap<Finding, Edit> = new Map(),
): Json {
  const findings = checks.flatMap((check) => check.findings)
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted()
  const results = findings.map((one) => resultOf(one, codes.indexOf(one.code), edits.get(one) ?? null))
  const unanswered = checks.filter(({ verdict }) => verdict === 'inconclusive')
  const notifications = unanswered.map(({ id, reason }) => ({
    level: 'error',
    message: { text: `The check ${id} could not be run to its end: ${reason}` },
  }))
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name, version, rules: codes.map(descriptorOf) } },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: notifications.length === 0, toolExecutionNotifications: notifications }],
        results,
      },
    ],
  }
}

/** Codes that no rule of the source check has are those of readers and of other checks: each finding says more. */
function descriptorOf(code: string): Json {
  const rule = SOURCE_RULES.find((one) => one.code === code)
  if (rule === undefined) {
    return { id: code, shortDescription: { text: code }, defaultConfiguration: { level: 'error' } }
  }
  return {
    id: code,
    shortDescription: { text: rule.reason },
    help: { text: `${rule.reason} ${rule.mend}` },
    defaultConfiguration: { level: rule.severity },
  }
}

function resultOf(one: Finding, ruleIndex: number, edit: Edit | null): Json {
  const { code, severity, message, at, fix } = one
  const text = fix === null ? message : `${message} ${fix}`
  const result = { ruleId: code, ruleIndex, level: severity, message: { text } }
  if (at === null) return result
  const artifactLocation = { uri: uriOf(at.file) }
  const start = { startLine: at.line, startColumn: at.column }
  const located = { ...result, locations: [{ physicalLocation: { artifactLocation, region: start } }] }
  if (edit === null) return located
  const deletedRegion = { ...start, endLine: at.line, endColumn: at.column + edit.from.length }
  const replacements = [{ deletedRegion, insertedContent: { text: edit.to } }]
  const description = { text: fix ?? `Write ${edit.to}.` }
  return { ...located, fixes: [{ description, artifactChanges: [{ artifactLocation, replacements }] }] }
}

/** A relative reference: a name with a colon or a space in it is none as it stands. */
function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/')
}
