import type { Position } from '@firebreak/content'
import { type Finding, finding, type Severity } from '../check/check.ts'

interface CodeRow {
  readonly code: string
  readonly severity: Severity
  /** What it means, in one sentence. */
  readonly reason: string
}

/** Everything that the check of tests and the field sweep can find. */
export const TEST_CODES = [
  {
    code: 'gate/unknown-rule',
    severity: 'error',
    reason: 'A test is about a rule that the pack does not have.',
  },
  {
    code: 'gate/untested-rule',
    severity: 'error',
    reason: 'A rule has no event that it must match, or none that it must ignore.',
  },
  {
    code: 'gate/missed',
    severity: 'error',
    reason: 'A rule does not match an event that it must match.',
  },
  {
    code: 'gate/false-positive',
    severity: 'error',
    reason: 'A rule matches an event that it must ignore.',
  },
  {
    code: 'gate/test-proves-nothing',
    severity: 'error',
    reason:
      'No field test of a rule is decided: its tests would pass as well if any one of them always held, or never did.',
  },
  {
    code: 'gate/undecided-test',
    severity: 'warning',
    reason: 'Some field tests of a rule are decided by no event: nobody would notice if they always or never held.',
  },
  {
    code: 'gate/untested-correlation',
    severity: 'note',
    reason: 'No test drives a correlation: rule tests are about one event at a time.',
  },
  {
    code: 'gate/no-witness',
    severity: 'warning',
    reason: 'No event is known for which a field test holds, so the field sweep could not probe it.',
  },
  {
    code: 'gate/sweep-shortened',
    severity: 'note',
    reason: 'The field sweep did not probe every value, only every field in every way that the rules read it.',
  },
] as const satisfies readonly CodeRow[]

export type TestCode = (typeof TEST_CODES)[number]['code']

/** With the severity of its code. */
export function testFinding(code: TestCode, message: string, at: Position | null, fix: string | null = null): Finding {
  const { severity } = TEST_CODES.find((one) => one.code === code) as CodeRow
  return finding(code, message, at, { severity, fix })
}
