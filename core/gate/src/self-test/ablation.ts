import type { ReportableCode } from './codes.ts'
import type { Omit, Outcome, Operator } from './control.ts'
import { missed } from './control.ts'
import type { AblationResult } from './evidence.ts'

/** A control, ready to be judged any number of times. */
export interface ReadyControl {
  readonly operator: Pick<Operator<never>, 'id' | 'aims'>
  readonly judge: (omit: Omit) => Outcome
  /** Of the complete gate. */
  readonly outcome: Outcome
}

/**
 * Leaves out each check and each code, one at a time, and asks whether the self-test of such a gate would have missed a control that it
 * rejects now. What no control aims at is never noticed, which is why every code needs an operator.
 */
export function ablate(controls: readonly ReadyControl[], codes: readonly ReportableCode[]): readonly AblationResult[] {
  const working = controls.filter(({ operator, outcome }) => missed(operator.aims, outcome) === null)
  const checks = [...new Set(codes.map(({ check }) => check))]
  return [
    ...checks.map((check) => {
      const aimed = working.filter(({ operator }) => operator.aims.check === check)
      return { leftOut: check, noticed: isNoticed(aimed, new Set([check])) }
    }),
    ...codes.map(({ check, code }) => {
      const aimed = working.filter(({ operator: { aims } }) => aims.check === check && aims.code === code)
      return { leftOut: `${check} ${code}`, noticed: isNoticed(aimed, new Set([code])) }
    }),
  ]
}

/** One control that is missed suffices. */
function isNoticed(controls: readonly ReadyControl[], omit: Omit): boolean {
  return controls.some(({ operator, judge }) => missed(operator.aims, judge(omit)) !== null)
}
