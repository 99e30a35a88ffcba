import { type PackSource, parsePack, type SensorSource } from '@firebreak/content'
import type { PublicKeyHex } from '@firebreak/crypto'
import { ENGINE_CONTRACT } from '@firebreak/detect'
import { type CheckResult, leaveOut } from '../check/check.ts'
import { checkContracts } from '../contract/check-contracts.ts'
import type { EngineBuild } from '../contract/engine-build.ts'
import { GateError } from '../errors.ts'
import { judgeExecutions } from '../execution/judge-executions.ts'
import { checkFuzz } from '../fuzz/check-fuzz.ts'
import { prepareGate, verifyCompiled } from '../prepare.ts'
import { checkReplay } from '../replay/check-replay.ts'
import { openGateReport } from '../report/statement.ts'
import { checkSource } from '../source/check-source.ts'
import { checkTests } from '../tests/check-tests.ts'
import { checkSelfTest } from './check-self-test.ts'
import type { Omit, SelfTestPipeline } from './control.ts'
import type { JudgedEvidence } from './judged-evidence.ts'

/** What the gate itself is given, besides a candidate and evidence. */
export interface PipelineContext {
  readonly engines: readonly EngineBuild[]
  readonly inputs: readonly SensorSource[]
  /** Of the gates whose reports count. */
  readonly keys: readonly PublicKeyHex[]
}

/** The gate as it runs, cut into the levels at which faults are seeded. */
export function gatePipeline(context: PipelineContext): SelfTestPipeline<JudgedEvidence> {
  return {
    judgeSource: (source, omit) => judgeSource(source, context, omit),
    judgePack: (pack, omit) => [leaveOut(checkTests(pack), omit)],
    judgeImage: (compiled, omit) => [leaveOut(verifyCompiled(compiled).check, omit)],
    judgeEvidence: (evidence, omit) => judgeEvidence(evidence).map((one) => leaveOut(one, omit)),
    refuseReport: (report, omit) => refuseReport(report, context.keys, omit),
  }
}

function judgeSource(source: PackSource, { engines, inputs }: PipelineContext, omit: Omit): readonly CheckResult[] {
  const pack = parsePack(source)
  const readable = leaveOut(checkSource(source, pack, omit), omit)
  if (readable.verdict !== 'pass') return [readable]
  const { checks, compiled } = prepareGate(source, ENGINE_CONTRACT)
  const image = compiled && verifyCompiled(compiled).value
  return [
    readable,
    ...checks.filter(({ id }) => id === 'compile' || id === 'verify'),
    checkTests(pack, source),
    ...(image === null ? [] : [checkContracts(image, engines, inputs)]),
  ].map((one) => leaveOut(one, omit))
}

function judgeEvidence({
  policy,
  image,
  engines,
  inputs,
  execution,
  replay,
  fuzz,
  selfTest,
}: JudgedEvidence): readonly CheckResult[] {
  return [
    checkContracts(image, engines, inputs),
    judgeExecutions(execution, policy),
    checkReplay(replay.pack, replay.replays, policy),
    checkFuzz(fuzz, policy),
    checkSelfTest(selfTest),
  ]
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
