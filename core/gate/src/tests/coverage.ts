import type { FieldTest, PackSource, ParsedPack, Position, Selection, SigmaRule } from '@firebreak/content'
import type { ExecutionCase } from '../execution/execution.ts'
import { type JudgedEvent, type JudgedRule, judgeEvents, testsIn } from './judged-events.ts'
import { decidingLeaves, decidingSelections, valueOf } from './logic.ts'
import { placesOf } from './places.ts'
import { kindsOf } from './sweep/alternatives.ts'

/** What the tests of a pack say about its rules, field test by field test. */
export interface TestCoverage {
  /** In the order of the pack. */
  readonly rules: readonly RuleCoverage[]
}

export interface RuleCoverage {
  readonly rule: SigmaRule
  /** Events of its tests that it must match, and must ignore; none when it has no test. */
  readonly matchEvents: number
  readonly ignoreEvents: number
  /** Those that match and must not, or that must match and don't. */
  readonly contradicted: readonly ExecutionCase[]
  readonly tests: readonly FieldTestCoverage[]
}

/**
 * One field test of a rule. It is decided when some event of the rule's tests would change its verdict if the test always
 * held, and some event if it never held. Other tests keep their values (masking MC/DC, as in DO-178C).
 */
export interface FieldTestCoverage {
  readonly selection: string
  /** Null: keywords. */
  readonly field: string | null
  /** What it does with the field: operators of the engine, sorted. */
  readonly kinds: readonly string[]
  readonly at: Position
  /** An event would notice if it always held. */
  readonly noticesAlways: boolean
  /** An event would notice if it never held. */
  readonly noticesNever: boolean
}

export function isDecided({ noticesAlways, noticesNever }: FieldTestCoverage): boolean {
  return noticesAlways && noticesNever
}

/** `selection: CommandLine contains`, and which of its two mistakes nobody would notice. */
export function describeTest({ selection, field, kinds, noticesAlways, noticesNever }: FieldTestCoverage): string {
  const unnoticed = [...(noticesAlways ? [] : ['always']), ...(noticesNever ? [] : ['never'])]
  const what = `${selection}: ${field ?? 'keywords'} ${kinds.join(', ')}`
  return unnoticed.length === 0 ? what : `${what} (could ${unnoticed.join(' or ')} hold)`
}

export interface CoverageTotals {
  readonly tests: number
  readonly decided: number
}

export function totalsOf({ rules }: TestCoverage): CoverageTotals {
  const tests = rules.flatMap((one) => one.tests)
  return { tests: tests.length, decided: tests.filter(isDecided).length }
}

/**
 * Finds out which field tests of a pack no rule test decides.
 *
 * @param source - for the places of field tests; without it each is where its rule begins
 * @throws ContentError content/limit | content/image-cost: the field tests do not fit into one image
 */
export function coverageOf(pack: Pick<ParsedPack, 'rules' | 'tests'>, source: PackSource | null = null): TestCoverage {
  return { rules: judgeEvents(pack).map((one) => ruleCoverage(one, source)) }
}

function ruleCoverage({ rule, events }: JudgedRule, source: PackSource | null): RuleCoverage {
  const noticed = { always: new Set<FieldTest>(), never: new Set<FieldTest>() }
  const contradicted: ExecutionCase[] = []
  for (const event of events) {
    const values = rule.selections.map(({ test }) => valueOf(test, event.holds))
    const matches = valueOf(rule.condition, ({ selection }) => values[selection] === true)
    if (matches !== (event.case.expect === 'match')) contradicted.push(event.case)
    for (const test of decidingTests(rule, values, event)) {
      if (event.holds(test)) noticed.never.add(test)
      else if (isRead(test, event)) noticed.always.add(test)
    }
  }
  const places = placesOf(rule, source)
  const testCoverage = (selection: Selection, test: FieldTest): FieldTestCoverage => ({
    selection: selection.name,
    field: test.field,
    kinds: kindsOf(test),
    at: places.get(test) ?? rule.at,
    noticesAlways: noticed.always.has(test),
    noticesNever: noticed.never.has(test),
  })
  const tests = rule.selections.flatMap((one) => testsIn(one.test).map((test) => testCoverage(one, test)))
  const matchEvents = events.filter((one) => one.case.expect === 'match').length
  return { rule, matchEvents, ignoreEvents: events.length - matchEvents, contradicted, tests }
}

function decidingTests(
  { selections, condition }: SigmaRule,
  values: readonly boolean[],
  { holds }: JudgedEvent,
): readonly FieldTest[] {
  const deciding = new Set(decidingSelections(condition, values))
  return selections.flatMap(({ test }, i) => (deciding.has(i) ? decidingLeaves(test, holds) : []))
}

/**
 * A test that fails because its field is absent says nothing about the value that it asks for: any event of another kind
 * would do. Only a test for the field itself is decided by its absence.
 */
function isRead({ field, match }: FieldTest, { case: { event } }: JudgedEvent): boolean {
  if (match.kind === 'exists') return true
  const hasValue = (name: string): boolean => event.fields[name] !== undefined && event.fields[name] !== null
  if (field === null) return Object.keys(event.fields).some(hasValue)
  return hasValue(field) && (match.kind !== 'field' || hasValue(match.other))
}
