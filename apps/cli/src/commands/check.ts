import {
  type CompiledPack,
  compilePack,
  type CoverageReport,
  INDICATOR_TABLES,
  type ParsedPack,
  parsePack,
  type SigmaRule,
  tableCount,
} from '@firebreak/content'
import { type SourceFinding, sourceFindings } from '@firebreak/gate'
import { readPackFolder } from '@firebreak/pack-folder'
import { coverageLines, coverageObject, linuxCoverage, silentLines } from '../coverage.ts'
import { CliError } from '../errors.ts'
import { placed } from '../placed.ts'
import { count, plural } from '../plural.ts'
import { writeSarif } from '../sarif-file.ts'
import type { Screen } from '../screen.ts'

/** Lines of warnings, and of rules that can't fire, for people; --json has all. */
const LISTED_MAX = 20

export interface CheckOptions {
  /** A file to write what was found to as SARIF; null for none. */
  readonly sarif: string | null
  /** Of Firebreak, for that file. */
  readonly version: string
}

/** Reads and compiles a pack; says everything that is wrong with it, not only the first thing. */
export async function check(pack: string, options: CheckOptions, screen: Screen): Promise<void> {
  screen.step(`Reading ${pack}`)
  const source = await readPackFolder(pack)
  const parsed = parsePack(source)
  const findings = sourceFindings(source, parsed)
  if (options.sarif !== null) {
    await writeSarif(options.sarif, pack, findings, options.version)
    screen.note(`${plural(findings.length, 'finding')} as SARIF in ${options.sarif}`)
  }
  refuseFaulty(pack, findings)
  const compiled = compilePack(parsed)
  screen.done('compiled, and its image verified')
  warnOf(findings, screen)
  const coverage = linuxCoverage(parsed.rules)
  warnListed("can't fire although the sensor delivers their events", silentLines(coverage), screen)
  const untested = untestedRules(parsed)
  if (untested.length > 0) screen.warn(`${plural(untested.length, 'rule')} without a test: the gate asks for one each`)
  const { manifest, image, digest, costBound, features } = compiled
  const result = {
    ok: true,
    pack: manifest.name,
    version: manifest.version,
    imageDigest: digest,
    bytes: image.length,
    ...countsOf(parsed),
    features,
    costBound,
    findings: findings.map(published),
    untested: untested.map(({ id, title, at }) => ({ id, title, at })),
    coverage: coverageObject(coverage),
  }
  screen.result(result, summaryLines(compiled, parsed, coverage))
}

function refuseFaulty(pack: string, findings: readonly SourceFinding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  for (const one of errors) process.stderr.write(`${placed(one)}\n`)
  const message = `Cannot accept ${pack}: ${plural(errors.length, 'problem')}, listed above.`
  throw new CliError('cli/refused', message, { diagnostics: findings.map(published) })
}

/** Warnings are worth a line each; of notes their number is enough, for whoever wants to see them all. */
function warnOf(findings: readonly SourceFinding[], screen: Screen): void {
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  warnListed('to weigh', warnings.map(placed), screen)
  const notes = findings.length - warnings.length
  if (notes > 0) screen.note(`${plural(notes, 'note')} on style, in --json and in --sarif`)
}

function published({ code, severity, message, at, fix }: SourceFinding): Omit<SourceFinding, 'edit' | 'input'> {
  return { code, severity, message, at, fix }
}

function warnListed(what: string, lines: readonly string[], screen: Screen): void {
  if (lines.length === 0) return
  screen.warn(`${what}:`)
  for (const line of lines.slice(0, LISTED_MAX)) screen.note(line)
  if (lines.length > LISTED_MAX) screen.note(`and ${count(lines.length - LISTED_MAX)} more, in --json`)
}

function untestedRules({ rules, tests }: ParsedPack): readonly SigmaRule[] {
  const tested = new Set(tests.map(({ rule }) => rule))
  return rules.filter(({ id }) => !tested.has(id))
}

function countsOf({ rules, correlations, indicators, indicatorCount, yara, tests }: ParsedPack) {
  return {
    rules: rules.length,
    correlations: correlations.length,
    indicators: indicatorCount,
    indicatorsByType: Object.fromEntries(INDICATOR_TABLES.map((name) => [name, tableCount(indicators, name)])),
    yaraFiles: yara.length,
    tests: tests.length,
  }
}

function summaryLines(
  { manifest, image, digest, costBound }: CompiledPack,
  parsed: ParsedPack,
  coverage: CoverageReport<SigmaRule>,
): readonly string[] {
  const { rules, correlations, indicators, indicatorsByType, yaraFiles, tests } = countsOf(parsed)
  const types = Object.entries(indicatorsByType).flatMap(([type, n]) => (n === 0 ? [] : [`${count(n)} ${type}`]))
  const parts = [
    plural(rules, 'rule'),
    ...(correlations > 0 ? [plural(correlations, 'correlation')] : []),
    plural(indicators, 'indicator') + (types.length > 0 ? ` (${types.join(', ')})` : ''),
    ...(yaraFiles > 0 ? [plural(yaraFiles, 'YARA file')] : []),
    plural(tests, 'test'),
  ]
  const cost = `at most ${count(costBound.stepsPerByte)} steps a byte of an event's longest field`
  return [
    `ok: ${manifest.name} ${manifest.version}: ${parts.join(', ')}`,
    `image ${digest}, ${count(image.length)} bytes, ${count(costBound.memoryBytes)} bytes of memory, ${cost}`,
    ...(rules > 0 ? coverageLines(coverage) : []),
  ]
}
