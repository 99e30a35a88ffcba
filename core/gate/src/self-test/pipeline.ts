import type { PublicKeyHex } from '@firebreak/crypto'
import { type CheckResult, leaveOut } from '../check/check.ts'
import { checkContracts } from '../contract/check-contracts.ts'
import { GateError } from '../errors.ts'
import { EVIDENCE_CHECKS, type EvidenceCheck } from '../judge-evidence.ts'
import { judgeSource, type SourceContext, verifyCompiled } from '../judge-source.ts'
import { openGateReport } from '../report/statement.ts'
import { checkTests } from '../tests/check-tests.ts'
import type { Omit, SelfTestPipeline } from './control.ts'
import type { JudgedEvidence } from './judged-evidence.ts'

/** What the gate itself is given, besides a candidate and evidence. */
export interface PipelineContext extends SourceContext {
  /** Of the gates whose reports count. */
  readonly keys: readonly PublicKeyHex[]
}

/** The gate as it runs, cut into the levels at which faults are seeded. */
export function gatePipeline(context: PipelineContext): SelfTestPipeline<JudgedEvidence> {
  const judges = [CONTRACT, ...EVIDENCE_CHECKS].map(remembered)
  return {
    judgeSource: (source, omit) => judgeSource(source, context, omit).checks,
    judgePack: (pack, omit) => [leaveOut(checkTests(pack), omit)],
    judgeImage: (compiled, omit) => [leaveOut(verifyCompiled(compiled).check, omit)],
    judgeEvidence: (evidence, omit) => judges.map((judge) => leaveOut(judge(evidence), omit)),
    refuseReport: (report, omit) => refuseReport(report, context.keys, omit),
  }
}

const CONTRACT: EvidenceCheck = {
  judge: ({ image, engines, inputs }) => checkContracts(image, engines, inputs),
  restsOn: ({ image, engines, inputs }) => [image, engines, inputs],
}

type Judge = EvidenceCheck['judge']

/** Asks a check once about the same parts: a fault changes one, and corpora are large. */
function remembered({ judge, restsOn }: EvidenceCheck): Judge {
  const known = new Map<string, CheckResult>()
  const numbers = new WeakMap<object, number>()
  let last = 0
  const numberOf = (part: object): number => {
    const number = numbers.get(part) ?? ++last
    numbers.set(part, number)
    return number
  }
  return (evidence) => {
    const key = restsOn(evidence).map(numberOf).join(' ')
    const answer = known.get(key) ?? judge(evidence)
    known.set(key, answer)
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
