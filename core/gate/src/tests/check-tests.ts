import { ContentError, type PackSource, type ParsedPack } from '@firebreak/content'
import { type CheckResult, failed, type Finding, inconclusive, passed, SEVERITIES } from '../check/check.ts'
import type { ExecutionCase } from '../execution/execution.ts'
import { testFinding } from './codes.ts'
import { coverageOf, describeTest, isDecided, type RuleCoverage, type TestCoverage, totalsOf } from './coverage.ts'

/** Field tests that one finding names. */
const NAMED_MAX = 5
const NEAR_MISS = 'Add an event to ignore that differs from one to match in the value of one field only.'

type Tested = Pick<ParsedPack, 'rules' | 'tests'> & Partial<Pick<ParsedPack, 'correlations'>>

/**
 * Each rule has an event that it must match and one that it must ignore, its events come out as they must, and they tell it
 * from a rule that always or never matches. Each test is about a rule of the pack.
 *
 * @param source - for the places of field tests, where there is one
 */
export function checkTests(pack: Tested, source: PackSource | null = null): CheckResult {
  const coverage = coverageOrReason(pack, source)
  if (typeof coverage === 'string') return inconclusive('tests', coverage)
  const known = new Set(pack.rules.map(({ id }) => id))
  const strangers = pack.tests.filter(({ rule }) => !known.has(rule))
  const findings = [
    ...strangers.map(({ rule, at }) => testFinding('gate/unknown-rule', `The pack has no rule ${rule} to test.`, at)),
    ...coverage.rules.flatMap(ruleFindings),
    ...(pack.correlations ?? []).map(({ id, title, at }) => {
      const message = `No test drives the correlation "${title}" (${id}): rule tests are about one event at a time.`
      return testFinding('gate/untested-correlation', message, at)
    }),
  ]
  return judged(coverage, findings)
}

/** The worst first: a long list is cut at its end. */
function judged(coverage: TestCoverage, all: readonly Finding[]): CheckResult {
  const findings = all.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  const errors = findings.filter(({ severity }) => severity === 'error').length
  if (errors > 0) return failed('tests', `${errors} rules or tests are not complete.`, findings)
  const count = coverage.rules.length
  if (count === 0) return passed('tests', 'The pack has no rules, so there is nothing to test.', findings)
  const { tests, decided } = totalsOf(coverage)
  const what = `Each of the ${count} rules has events that it must match and must ignore`
  return passed('tests', `${what}; they decide ${decided} of ${tests} field tests.`, findings)
}

function coverageOrReason(pack: Tested, source: PackSource | null): TestCoverage | string {
  try {
    return coverageOf(pack, source)
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return `The field tests could not be tried one by one: ${error.message}`
  }
}

function ruleFindings(one: RuleCoverage): readonly Finding[] {
  const { rule, contradicted, tests } = one
  const name = `Rule "${rule.title}" (${rule.id})`
  const missing = missingEvents(one)
  if (missing !== null) return [testFinding('gate/untested-rule', `${name} has ${missing}.`, rule.at)]
  if (contradicted.length > 0) return contradicted.map(contradiction)
  const undecided = tests.filter((test) => !isDecided(test))
  const [first] = undecided
  if (first === undefined) return []
  const named = undecided.slice(0, NAMED_MAX).map(describeTest).join('; ')
  const more = undecided.length > NAMED_MAX ? `; and ${undecided.length - NAMED_MAX} more` : ''
  if (undecided.length === tests.length) {
    const message = `${name}: its tests prove nothing, none of its field tests is decided: ${named}${more}.`
    return [testFinding('gate/test-proves-nothing', message, rule.at, NEAR_MISS)]
  }
  const message = `${name}: no test decides ${undecided.length} of its ${tests.length} field tests: ${named}${more}.`
  return [testFinding('gate/undecided-test', message, first.at, NEAR_MISS)]
}

function missingEvents({ matchEvents, ignoreEvents }: RuleCoverage): string | null {
  if (matchEvents + ignoreEvents === 0) return 'no test'
  if (matchEvents === 0) return 'no event that it must match'
  return ignoreEvents === 0 ? 'no event that it must ignore' : null
}

/** As the check of the execution says it, of an engine process. */
function contradiction({ name, ruleId, expect, at }: ExecutionCase): Finding {
  return expect === 'match'
    ? testFinding('gate/missed', `${name}: rule ${ruleId} must fire and does not.`, at)
    : testFinding('gate/false-positive', `${name}: rule ${ruleId} fires and must not.`, at)
}
