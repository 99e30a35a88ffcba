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
import { readPackFolder } from '@firebreak/pack-folder'
import { coverageLines, coverageObject, linuxCoverage, silentLines } from '../coverage.ts'
import { CliError } from '../errors.ts'
import { LINE_CHARS_MAX, placed } from '../placed.ts'
import { count, plural } from '../plural.ts'
import { printable, type Screen } from '../screen.ts'

/** Lines of advice, and of rules that can't fire, for people; --json has all. */
const LISTED_MAX = 20

/** Reads and compiles a pack; says everything that is wrong with it, not only the first thing. */
export async function check(pack: string, screen: Screen): Promise<void> {
  screen.step(`Reading ${pack}`)
  const parsed = parsePack(await readPackFolder(pack))
  refuseFaulty(pack, parsed)
  const compiled = compilePack(parsed)
  screen.done('compiled, and its image verified')
  const coverage = linuxCoverage(parsed.rules)
  const { advice } = parsed
  warnListed('advice', advice.map(adviceLine), screen)
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
    advice,
    untested: untested.map(({ id, title, at }) => ({ id, title, at })),
    coverage: coverageObject(coverage),
  }
  screen.result(result, summaryLines(compiled, parsed, coverage))
}

function refuseFaulty(pack: string, { diagnostics }: ParsedPack): void {
  if (diagnostics.length === 0) return
  for (const diagnostic of diagnostics) process.stderr.write(`${placed(diagnostic)}\n`)
  const message = `Cannot accept ${pack}: ${plural(diagnostics.length, 'problem')}, listed above.`
  throw new CliError('cli/refused', message, { diagnostics })
}

function adviceLine({ at, message }: ParsedPack['advice'][number]): string {
  return printable(`${at.file}:${at.line}:${at.column}: ${message}`, LINE_CHARS_MAX)
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
