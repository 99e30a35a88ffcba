import type { ParsedPack, RuleTest } from '@firebreak/content'
import { type CheckResult, failed, type Finding, finding, passed } from '../check/check.ts'

/** Each rule has an event that it must match and one that it must ignore, and each test is about a rule of the pack. */
export function checkTests({ rules, tests }: Pick<ParsedPack, 'rules' | 'tests'>): CheckResult {
  const known = new Set(rules.map(({ id }) => id))
  const findings: Finding[] = tests
    .filter(({ rule }) => !known.has(rule))
    .map(({ rule, at }) => finding('gate/unknown-rule', `The pack has no rule ${rule} to test.`, at))
  const byRule = Map.groupBy(tests, ({ rule }) => rule)
  for (const { id, title, at } of rules) {
    const missing = missingEvents(byRule.get(id) ?? [])
    if (missing !== null) {
      findings.push(finding('gate/untested-rule', `Rule "${title}" (${id}) has ${missing}.`, at))
    }
  }
  if (findings.length > 0) return failed('tests', `${findings.length} rules or tests are not complete.`, findings)
  if (rules.length === 0) return passed('tests', 'The pack has no rules, so there is nothing to test.')
  return passed('tests', `Each of the ${rules.length} rules has events that it must match and must ignore.`)
}

function missingEvents(tests: readonly RuleTest[]): string | null {
  if (tests.length === 0) return 'no test'
  if (tests.every(({ match }) => match.length === 0)) return 'no event that it must match'
  if (tests.every(({ ignore }) => ignore.length === 0)) return 'no event that it must ignore'
  return null
}
