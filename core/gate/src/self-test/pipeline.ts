import type { PublicKeyHex } from '@firebreak/crypto'
import { type CheckResult, leaveOut } from '../check/check.ts'
import { checkContracts } from '../contract/check-contracts.ts'
import { checkCost } from '../cost/check-cost.ts'
import { GateError } from '../errors.ts'
import { judgeExecutions } from '../execution/judge-executions.ts'
import { checkFuzz } from '../fuzz/check-fuzz.ts'
import { judgeSource, type SourceContext, verifyCompiled } from '../judge-source.ts'
import { checkReplay } from '../replay/check-replay.ts'
import { openGateReport } from '../report/statement.ts'
import { checkTests } from '../tests/check-tests.ts'
import { checkSelfTest } from './check-self-test.ts'
import type { Omit, SelfTestPipeline } from './control.ts'
import type { JudgedEvidence } from './judged-evidence.ts'

/** What the gate itself is given, besides a candidate and evidence. */
export interface PipelineContext extends SourceContext {
  /** Of the gates whose reports count. */
  readonly keys: readonly PublicKeyHex[]
}

/** The gate as it runs, cut into the levels at which faults are seeded. */
export function gatePipeline(context: PipelineContext): SelfTestPipeline<JudgedEvidence> {
  const judges = evidenceJudges()
  return {
    judgeSource: (source, omit) => judgeSource(source, context, omit).checks,
    judgePack: (pack, omit) => [leaveOut(checkTests(pack), omit)],
    judgeImage: (compiled, omit) => [leaveOut(verifyCompiled(compiled).check, omit)],
    judgeEvidence: (evidence, omit) => judges.map((judge) => leaveOut(judge(evidence), omit)),
    refuseReport: (report, omit) => refuseReport(report, context.keys, omit),
  }
}

/** In the place of a cost that nobody measured. */
const NOT_MEASURED = {}

type Judge = (evidence: JudgedEvidence) => CheckResult

/** The checks of evidence, each with the two parts of it on which its answer depends besides what never changes. */
function evidenceJudges(): readonly Judge[] {
  return [
    remembered(
      ({ image, engines, inputs }) => checkContracts(image, engines, inputs),
      ({ image, engines }) => [image, engines],
    ),
    remembered(
      ({ execution, policy }) => judgeExecutions(execution, policy),
      ({ execution, policy }) => [execution, policy],
    ),
    remembered(
      ({ replay, policy }) => checkReplay(replay.pack, replay.replays, policy),
      ({ replay, policy }) => [replay, policy],
    ),
    remembered(
      ({ image, cost, policy }) => checkCost(image, cost, policy),
      ({ image, cost }) => [image, cost ?? NOT_MEASURED],
    ),
    remembered(
      ({ fuzz, policy }) => checkFuzz(fuzz, policy),
      ({ fuzz, policy }) => [fuzz, policy],
    ),
    ({ selfTest }) => checkSelfTest(selfTest),
  ]
}

/** Asks a check once about the same parts: a fault changes one, and corpora are large. */
function remembered(judge: Judge, partsOf: (evidence: JudgedEvidence) => readonly [object, object]): Judge {
  const known = new WeakMap<object, WeakMap<object, CheckResult>>()
  return (evidence) => {
    const [part, other] = partsOf(evidence)
    const answers = known.get(part) ?? new WeakMap<object, CheckResult>()
    known.set(part, answers)
    const answer = answers.get(other) ?? judge(evidence)
    answers.set(other, answer)
    return answer
  }
}

function refuseReport(report: Uint8Array, keys: readonly PublicKeyHex[], omit: Omit): string | null {
  try {
    openGateReport(report, keys)
    return null
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    return omit.has('report') || omit.has(error.code) ? null : error.code
  }
}
