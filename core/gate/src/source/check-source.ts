import { compareTexts, type PackSource, type ParsedPack, type Position } from '@firebreak/content'
import { type CheckResult, failed, type Finding, finding, passed, SEVERITIES } from '../check/check.ts'
import { sourceContext } from './document.ts'
import { SOURCE_RULES } from './rules.ts'
import type { Edit } from './source-rule.ts'

/** Codes listed in the reason of the check; all are in its findings. */
const CODES_LISTED_MAX = 6

/** A finding, and the replacement that mends it; null where that takes an author. */
export interface SourceFinding extends Finding {
  readonly at: Position
  readonly edit: Edit | null
}

/**
 * Everything that is wrong with what the author wrote, and what is legal and was likely not meant: what the reader
 * refused (`content/...`, errors), and what SOURCE_RULES find. Errors come first, then by place.
 *
 * @param pack - as `parsePack(source)` has read it
 * @param omit - codes that are left out: a gate that tests itself has to notice
 */
export function sourceFindings(
  source: PackSource,
  pack: ParsedPack,
  omit: ReadonlySet<string> = new Set(),
): readonly SourceFinding[] {
  const context = sourceContext(source, pack)
  const refused = pack.diagnostics.map(({ code, message, at }) => placed(finding(code, message, at), at))
  const found = SOURCE_RULES.flatMap(({ code, severity, mend, find }) => {
    return find(context).map(({ message, at, fix, edit }) =>
      placed(finding(code, message, at, { severity, fix: fix ?? mend }), at, edit),
    )
  })
  return [...refused, ...found].filter(({ code }) => !omit.has(code)).toSorted(byWeight)
}

/** Source: what the author wrote can be read, and says what it seems to say. */
export function checkSource(source: PackSource, pack: ParsedPack, omit: ReadonlySet<string> = new Set()): CheckResult {
  const found = sourceFindings(source, pack, omit)
  const findings: readonly Finding[] = found.map(({ code, severity, message, at, fix, input }) => {
    return { code, severity, message, at, fix, input }
  })
  const errors = found.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first !== undefined) {
    const reason = `${count(errors.length, 'error')} (${byCode(errors)}), the first: ${first.message}`
    return failed('source', reason, findings)
  }
  const others = found.length === 0 ? '' : ` To weigh: ${byCode(found)}.`
  return passed('source', `Everything can be read: ${contentOf(pack)}.${others}`, findings)
}

function contentOf({ rules, correlations, tests, indicatorCount, yara }: ParsedPack): string {
  return [
    count(rules.length, 'rule'),
    count(correlations.length, 'correlation'),
    count(tests.length, 'test'),
    count(indicatorCount, 'indicator'),
    count(yara.length, 'YARA file'),
  ].join(', ')
}

/** `3 gate/source-a, 1 content/b`: the most frequent first. */
function byCode(findings: readonly Finding[]): string {
  const counts = [...Map.groupBy(findings, ({ code }) => code)].map(([code, { length }]) => ({ code, length }))
  const sorted = counts.toSorted((a, b) => b.length - a.length || compareTexts(a.code, b.code))
  const listed = sorted.slice(0, CODES_LISTED_MAX).map(({ code, length }) => `${length} ${code}`)
  const left = sorted.slice(CODES_LISTED_MAX).reduce((sum, { length }) => sum + length, 0)
  return [...listed, ...(left === 0 ? [] : [`${left} others`])].join(', ')
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function placed(one: Finding, at: Position, edit: Edit | null = null): SourceFinding {
  return { ...one, at, edit }
}

function byWeight(a: SourceFinding, b: SourceFinding): number {
  const severity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
  return severity || compareTexts(a.at.file, b.at.file) || a.at.line - b.at.line || a.at.column - b.at.column
}
