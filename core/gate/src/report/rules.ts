import { type CheckId, type CheckResult, decideVerdict } from '../check/check.ts'
import type { GateErrorCode } from '../errors.ts'
import { SHARE_MAX } from '../fuzz/check-fuzz.ts'
import type { GateReport } from './gate-report.ts'

/** `broken`: the gate missed a control that it set itself, so that nothing it says counts. Only `pass` is a release. */
export const GATE_VERDICTS = ['pass', 'fail', 'inconclusive', 'broken'] as const
export type GateVerdict = (typeof GATE_VERDICTS)[number]

/** The worst that the checks give reason for: a gate that does not work has not refused anything either. */
export function decideGateVerdict(checks: readonly CheckResult[]): GateVerdict {
  if (decideVerdict(checks) === 'pass') return 'pass'
  const has = (verdict: CheckResult['verdict'], id?: CheckId) =>
    checks.some((one) => one.verdict === verdict && (id === undefined || one.id === id))
  if (has('fail', 'self-test')) return 'broken'
  return !has('fail') && has('inconclusive') ? 'inconclusive' : 'fail'
}

/** What a report has to show. */
export interface ReportRule {
  readonly code: GateErrorCode
  /** In one sentence, for a person. */
  readonly reason: string
  /** In words what is wrong; null when nothing is. */
  readonly broken: (report: GateReport) => string | null
}

/** The closed list. Whoever reads a report asks all of them, in this order. */
export const REPORT_RULES: readonly ReportRule[] = [
  {
    code: 'gate/report-verdict',
    reason: 'The verdict is the one that the checks give reason for.',
    broken: ({ verdict, checks }) => {
      const decided = decideGateVerdict(checks)
      return verdict === decided ? null : `it says ${verdict}, its checks say ${decided}`
    },
  },
  {
    code: 'gate/report-error-passed',
    reason: 'No check passes with an error among its findings.',
    broken: ({ checks }) => {
      const passedOne = checks.find((one) => one.verdict === 'pass' && hasError(one))
      return passedOne === undefined ? null : `the check ${passedOne.id} passed with an error`
    },
  },
  {
    code: 'gate/report-no-release',
    reason: 'A release that passed has a name, a version, a category, an image and a cost.',
    broken: (report) => {
      const { pack, version, category, minimumEngine, imageDigest, costBound } = report
      const hasAll = [pack, version, category, minimumEngine].every((one) => one !== '')
      const isRelease = hasAll && imageDigest !== null && costBound !== null
      return report.verdict !== 'pass' || isRelease ? null : 'it passed without a release that has an image'
    },
  },
  {
    code: 'gate/report-not-shown',
    reason:
      'A check that passed shows what it did: engines that ran, events that were replayed, costs, executions, controls.',
    broken: (report) => {
      const unshown = report.checks.find(({ id, verdict }) => verdict === 'pass' && SHOWN[id]?.(report) === false)
      return unshown === undefined ? null : `the check ${unshown.id} passed, and what it did is not shown`
    },
  },
]

function hasError({ findings }: CheckResult): boolean {
  return findings.some(({ severity }) => severity === 'error')
}

/** Whether the parts of a report carry what a check says that it did. */
const SHOWN: Readonly<Partial<Record<CheckId, (report: GateReport) => boolean>>> = {
  execution: ({ engines }) => engines.length > 0,
  replay: ({ diff, risk }) => diff !== null && risk !== null,
  cost: ({ cost }) => cost !== null && cost.events > 0,
  fuzz: ({ fuzz, policy }) =>
    fuzz !== null &&
    fuzz.targets.length > 0 &&
    fuzz.targets.every(
      ({ executions, executionsAsked, findings }) =>
        executions >= executionsAsked && executionsAsked * SHARE_MAX >= policy.fuzzExecutions && findings === 0,
    ),
  'self-test': ({ selfTest }) =>
    selfTest !== null &&
    [selfTest.good, selfTest.faults, selfTest.museum, selfTest.ablations, selfTest.canaries].every(
      (one) => one.length > 0,
    ) &&
    [...selfTest.good, ...selfTest.faults, ...selfTest.museum].every(({ missed }) => missed === null) &&
    selfTest.ablations.every(({ noticed }) => noticed) &&
    selfTest.canaries.every(({ found }) => found),
}
