import { type CheckResult, failed, type Finding, finding, passed } from '../check/check.ts'
import { type ControlResult, countsOf, type SelfTestEvidence } from './evidence.ts'

/** Seeded faults below which a self-test shows too little. */
export const FAULTS_MIN = 40
/** Past incidents that every gate has to reject. */
export const EXHIBITS_MIN = 10

/** Every code of the check `self-test`: each means that the gate is broken, whatever the candidate is like. */
export const SELF_TEST_CODES = [
  'self-test/good-refused', // a case that has to pass did not
  'self-test/fault-missed', // a seeded fault was not rejected by the check at which it aims
  'self-test/exhibit-missed', // a past incident was not rejected by the check that has to
  'self-test/ablation-unnoticed', // a check or a code could be left out, and nobody would notice
  'self-test/canary-missed', // the fuzzer did not find a planted bug
  'self-test/too-little', // fewer faults, exhibits or ablations than a self-test has to have, or no canary
] as const
export type SelfTestCode = (typeof SELF_TEST_CODES)[number]

/** A fail of this check is not the candidate's: the gate is broken, and decides nothing. */
export function checkSelfTest(evidence: SelfTestEvidence): CheckResult {
  const { good, faults, museum, ablations, canaries, subject, rules } = evidence
  const findings = [
    ...missedOf('self-test/good-refused', 'The good case', good),
    ...missedOf('self-test/fault-missed', 'The seeded fault', faults),
    ...missedOf('self-test/exhibit-missed', 'The incident', museum),
    ...ablations
      .filter(({ noticed }) => !noticed)
      .map(({ leftOut }) => found('self-test/ablation-unnoticed', `Nobody would notice a gate without ${leftOut}.`)),
    ...canaries
      .filter((one) => !one.found)
      .map(({ name, executions }) =>
        found('self-test/canary-missed', `The fuzzer did not find ${name} in ${executions} executions.`),
      ),
    ...tooLittle(evidence),
  ]
  const [first] = findings
  if (first !== undefined) {
    return failed('self-test', `The gate is broken: ${findings.length} findings, the first: ${first.message}`, findings)
  }
  const { seeded, ablations: left } = countsOf(evidence)
  const what = `${seeded} faults seeded into ${rules} rules of the ${subject}, ${museum.length} past incidents`
  return passed('self-test', `The gate rejected ${what}, and would notice each of ${left} parts missing.`)
}

function found(code: SelfTestCode, message: string): Finding {
  return finding(code, message, null)
}

function missedOf(code: SelfTestCode, what: string, controls: readonly ControlResult[]): readonly Finding[] {
  return controls.flatMap(({ id, missed }) => (missed === null ? [] : [found(code, `${what} ${id}: ${missed}.`)]))
}

function tooLittle({ good, faults, museum, ablations, canaries }: SelfTestEvidence): readonly Finding[] {
  const rows: readonly (readonly [what: string, count: number, least: number])[] = [
    ['good cases', good.length, 1],
    ['seeded faults', faults.length, FAULTS_MIN],
    ['past incidents', museum.length, EXHIBITS_MIN],
    ['ablations', ablations.length, FAULTS_MIN],
    ['canaries', canaries.length, 1],
  ]
  return rows
    .filter(([, count, least]) => count < least)
    .map(([what, count, least]) =>
      found('self-test/too-little', `There are ${count} ${what}, at least ${least} have to be.`),
    )
}
