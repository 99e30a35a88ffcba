import { type PackSource, type ParsedPack, parsePack, type Position } from '@firebreak/content'
import {
  coverageOf,
  type FieldTestCoverage,
  isDecided,
  type RuleCoverage,
  type TestCoverage,
  totalsOf,
} from '@firebreak/gate'
import { readPackFolder } from '@firebreak/pack-folder'
import { CliError, EXIT, type ExitCode } from '../errors.ts'
import { LINE_CHARS_MAX, placed } from '../placed.ts'
import { count, plural } from '../plural.ts'
import { printable, type Screen } from '../screen.ts'

/** What is missing from the tests of one rule. */
interface Gap {
  readonly at: Position
  readonly message: string
}

/**
 * Shows which field tests of a pack's rules no rule test decides.
 *
 * @param failUnderPercent - of the field tests that have to be decided; null: none
 */
export async function testCoverage(pack: string, failUnderPercent: number | null, screen: Screen): Promise<ExitCode> {
  screen.step(`Reading ${pack}`)
  const source = await readPackFolder(pack)
  const parsed = parsePack(source)
  refuseFaulty(pack, parsed)
  screen.done()
  const coverage = coverageFor(parsed, source)
  const { tests, decided } = totalsOf(coverage)
  const ok = failUnderPercent === null || 100 * decided >= failUnderPercent * tests
  screen.result({ ok, pack, ...coverageObject(coverage) }, coverageLines(pack, coverage))
  if (ok) return EXIT.ok
  screen.warn(`the tests decide less than ${failUnderPercent} % of the field tests`)
  return EXIT.refused
}

function refuseFaulty(pack: string, { diagnostics }: ParsedPack): void {
  if (diagnostics.length === 0) return
  for (const diagnostic of diagnostics) process.stderr.write(`${placed(diagnostic)}\n`)
  const message = `Cannot judge the tests of ${pack}: ${plural(diagnostics.length, 'problem')}, listed above.`
  throw new CliError('cli/refused', message, { diagnostics })
}

/** In the order of the files. */
export function coverageFor(pack: ParsedPack, source: PackSource): TestCoverage {
  const { rules } = coverageOf(pack, source)
  return { rules: rules.toSorted((a, b) => byPlace(a.rule.at, b.rule.at)) }
}

/** Percent with one digit, rounded down: 100.0 means all of them. */
function percentOf(decided: number, tests: number): string {
  return tests === 0 ? '100.0' : (Math.floor((1_000 * decided) / tests) / 10).toFixed(1)
}

/** For programs: every field test that is not decided, every rule without tests, every event that comes out wrong. */
export function coverageObject(coverage: TestCoverage) {
  const { rules } = coverage
  const { tests, decided } = totalsOf(coverage)
  return {
    rules: rules.length,
    fieldTests: tests,
    decided,
    percent: Number(percentOf(decided, tests)),
    undecided: rules.flatMap(({ rule, tests: all }) =>
      all.filter((one) => !isDecided(one)).map((one) => ({ id: rule.id, title: rule.title, ...one })),
    ),
    untested: rules.filter(isUntested).map(({ rule: { id, title, at } }) => ({ id, title, at })),
    contradicted: rules.flatMap(({ contradicted }) =>
      contradicted.map(({ name, ruleId, expect, at }) => ({ id: ruleId, name, expect, at })),
    ),
  }
}

/** For people: what is missing, rule by rule, and the totals. */
export function coverageLines(pack: string, coverage: TestCoverage): readonly string[] {
  const lines = coverage.rules.flatMap((one) => {
    const gaps = gapsOf(one)
    if (gaps.length === 0) return []
    const decided = one.tests.filter(isDecided).length
    const { title } = one.rule
    return [
      printable(`${title}: ${decided} of ${plural(one.tests.length, 'field test')} decided`),
      ...gaps.map(({ at, message }) => printable(`  ${at.file}:${at.line}:${at.column}: ${message}`, LINE_CHARS_MAX)),
      '',
    ]
  })
  return [...lines, ...totalLines(pack, coverage)]
}

function gapsOf(one: RuleCoverage): readonly Gap[] {
  const { rule, contradicted, tests } = one
  if (isUntested(one)) return [{ at: rule.at, message: 'no test' }]
  const wrong = contradicted.map(({ at, name, expect }) => {
    return { at, message: expect === 'match' ? `${name} does not match` : `${name} matches` }
  })
  const bySelection = Map.groupBy(tests, ({ selection }) => selection)
  const gaps = [...bySelection].flatMap(([selection, all]) => selectionGaps(selection, all))
  return [...wrong, ...gaps.toSorted((a, b) => byPlace(a.at, b.at))]
}

/** A selection of which no field test is decided is said to be one. */
function selectionGaps(selection: string, all: readonly FieldTestCoverage[]): readonly Gap[] {
  const undecided = all.filter((one) => !isDecided(one))
  const whole = undecided.length === all.length && all.length > 1
  const where = whole ? `nothing of ${selection} is decided` : selection
  return undecided.map(({ at, field, kinds, noticesAlways, noticesNever }) => {
    const could = [...(noticesAlways ? [] : ['always']), ...(noticesNever ? [] : ['never'])].join(' or ')
    return { at, message: `${where}: ${field ?? 'keywords'} ${kinds.join(', ')} could ${could} hold` }
  })
}

function isUntested({ matchEvents, ignoreEvents }: RuleCoverage): boolean {
  return matchEvents + ignoreEvents === 0
}

function totalLines(pack: string, coverage: TestCoverage): readonly string[] {
  const { rules } = coverage
  const { tests, decided } = totalsOf(coverage)
  const events = rules.reduce((sum, one) => sum + one.matchEvents + one.ignoreEvents, 0)
  const whole = rules.filter((one) => one.tests.every(isDecided)).length
  const untested = rules.filter(isUntested).length
  const none = untested === 0 ? '' : `; ${plural(untested, 'rule')} without a test`
  return [
    `${printable(pack)}: ${count(decided)} of ${plural(tests, 'field test')} decided (${percentOf(decided, tests)} %) by ${plural(events, 'event')}`,
    `${count(whole)} of ${plural(rules.length, 'rule')} with every field test decided${none}`,
  ]
}

function byPlace(a: Position, b: Position): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}
