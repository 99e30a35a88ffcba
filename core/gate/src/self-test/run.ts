import { Random } from '@firebreak/fuzz'
import { unreachable } from '@firebreak/kernel'
import { ablate, type ReadyControl } from './ablation.ts'
import type { Operator, Omit, Outcome, Subject } from './control.ts'
import { missed, outcomeOf } from './control.ts'
import type { CanaryResult, ControlResult, SelfTestEvidence } from './evidence.ts'
import type { ReportableCode } from './codes.ts'
import { rulePlaces } from './source-edit.ts'

/** What a self-test consists of. All of it is data, so that a test can take something away and see it noticed. */
export interface SelfTestPlan<Evidence> {
  readonly operators: readonly Operator<Evidence>[]
  readonly museum: readonly Operator<Evidence>[]
  /** What has to pass, at the edge of what is allowed; of an aim only the check counts. */
  readonly good: readonly Operator<Evidence>[]
  /** Every code that fails a check: each is left out once. */
  readonly codes: readonly ReportableCode[]
}

export interface SelfTestInput<Evidence> {
  readonly plan: SelfTestPlan<Evidence>
  /** Known to be good, and the same in every run. */
  readonly control: Subject<Evidence>
  /** Of the candidate, or a slice of it; null when it has none that compiles. */
  readonly candidate: Subject<Evidence> | null
  readonly canaries: readonly CanaryResult[]
  readonly seed: number
}

/** Nothing is left out. */
export const COMPLETE: Omit = new Set()

/**
 * Proves that the gate still works: good cases pass, each fault seeded into this very candidate is rejected by the check at which it aims,
 * and leaving out any check or code would be noticed. Deterministic in its input.
 */
export function runSelfTest<Evidence>(input: SelfTestInput<Evidence>): SelfTestEvidence {
  const { plan, control, candidate, canaries, seed } = input
  const isUsable = candidate !== null && refusals(candidate).length === 0
  const subject = isUsable ? candidate : control
  const good = plan.good.map((one) => judgeGood(one, control))
  const faults = plan.operators.map((one) => ready(one, subject, seed))
  const museum = plan.museum.map((one) => ready(one, control, 0))
  return {
    seed,
    subject: isUsable ? 'candidate' : 'control',
    rules: rulePlaces(subject.source).length,
    good: [controlResult(control), ...good],
    faults: faults.map((one) => resultOf(one)),
    museum: museum.map((one) => resultOf(one)),
    ablations: ablate([...faults, ...museum], plan.codes),
    canaries,
  }
}

function resultOf({ operator, outcome }: ReadyControl): ControlResult {
  const { id, aims } = operator
  const waits = aims.verdict === 'not-run' && outcome.notRun.includes(aims.check) ? [aims.check] : []
  const rejectedBy = [...outcome.failed, ...outcome.inconclusive, ...waits]
  return { id, check: aims.check, code: aims.code, missed: missed(aims, outcome), rejectedBy }
}

/** Applies an operator once; what comes of it is judged as often as needed. */
function ready<Evidence>(operator: Operator<Evidence>, subject: Subject<Evidence>, seed: number): ReadyControl {
  const judge = judgeOf(operator, subject, new Random(seed ^ hash(operator.id)))
  return { operator, judge, outcome: judge(COMPLETE) }
}

function judgeOf<Evidence>(
  operator: Operator<Evidence>,
  subject: Subject<Evidence>,
  random: Random,
): (omit: Omit) => Outcome {
  const { pipeline } = subject
  switch (operator.kind) {
    case 'source': {
      const source = operator.apply(subject.source, random)
      return (omit) => outcomeOf(pipeline.judgeSource(source, omit))
    }
    case 'pack': {
      const pack = operator.apply(subject.pack, random)
      return (omit) => outcomeOf(pipeline.judgePack(pack, omit))
    }
    case 'image': {
      const compiled = operator.apply(subject.compiled, random)
      return (omit) => outcomeOf(pipeline.judgeImage(compiled, omit))
    }
    case 'evidence': {
      const evidence = operator.apply(subject.evidence, random)
      return (omit) => outcomeOf(pipeline.judgeEvidence(evidence, omit))
    }
    case 'report': {
      const report = operator.apply(subject.report, random)
      return (omit) => reportOutcome(pipeline.refuseReport(report, omit))
    }
    default:
      return unreachable(operator)
  }
}

function reportOutcome(code: string | null): Outcome {
  return {
    failed: code === null ? [] : ['report'],
    inconclusive: [],
    notRun: [],
    errors: new Set(code === null ? [] : [`report ${code}`]),
  }
}

/** `check code` of everything that refuses a subject which has to pass. */
function refusals<Evidence>(subject: Subject<Evidence>): readonly string[] {
  const { pipeline, source, pack, compiled, evidence, report } = subject
  const checks = [
    ...pipeline.judgeSource(source, COMPLETE),
    ...pipeline.judgePack(pack, COMPLETE),
    ...pipeline.judgeImage(compiled, COMPLETE),
    ...pipeline.judgeEvidence(evidence, COMPLETE),
  ]
  const refused = checks.filter(({ verdict }) => verdict !== 'pass').map(({ id, reason }) => `${id}: ${reason}`)
  const report_ = pipeline.refuseReport(report, COMPLETE)
  return report_ === null ? refused : [...refused, `report: ${report_}`]
}

function controlResult<Evidence>(control: Subject<Evidence>): ControlResult {
  const refused = refusals(control)
  return { id: 'control-pack', check: 'self-test', code: '', missed: refused[0] ?? null, rejectedBy: [] }
}

function judgeGood<Evidence>(good: Operator<Evidence>, control: Subject<Evidence>): ControlResult {
  const { failed, inconclusive, errors } = judgeOf(good, control, new Random(0))(COMPLETE)
  const rejectedBy = [...failed, ...inconclusive]
  const why = rejectedBy.length === 0 ? null : `refused by ${rejectedBy.join(', ')}: ${[...errors].join(', ')}`
  return { id: good.id, check: good.aims.check, code: '', missed: why, rejectedBy }
}

/** FNV-1a: so that each operator has numbers of its own, whatever other operators there are. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value
}
