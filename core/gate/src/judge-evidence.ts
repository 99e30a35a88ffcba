import type { CheckResult } from './check/check.ts'
import { checkCost } from './cost/check-cost.ts'
import { judgeExecutions } from './execution/judge-executions.ts'
import { checkFuzz } from './fuzz/check-fuzz.ts'
import { checkReplay } from './replay/check-replay.ts'
import { checkSelfTest } from './self-test/check-self-test.ts'
import type { JudgedEvidence } from './self-test/judged-evidence.ts'

/** One check of what was run, measured or tried. */
export interface EvidenceCheck {
  readonly judge: (evidence: JudgedEvidence) => CheckResult
  /** The parts on which its answer depends, besides what never changes within a run. */
  readonly restsOn: (evidence: JudgedEvidence) => readonly object[]
}

/** In the place of a cost that nobody measured. */
const NOT_MEASURED = {}

/** `execution`, `replay`, `cost`, `fuzz`, `self-test`: the gate and its self-test ask the same ones. */
export const EVIDENCE_CHECKS: readonly EvidenceCheck[] = [
  {
    judge: ({ execution, policy }) => judgeExecutions(execution, policy),
    restsOn: ({ execution, policy }) => [execution, policy],
  },
  {
    judge: ({ replay, policy }) => checkReplay(replay.pack, replay.replays, policy),
    restsOn: ({ replay, policy }) => [replay, policy],
  },
  {
    judge: ({ image, cost, policy }) => checkCost(image, cost, policy),
    restsOn: ({ image, cost, policy }) => [image, cost ?? NOT_MEASURED, policy],
  },
  {
    judge: ({ fuzz, policy }) => checkFuzz(fuzz, policy),
    restsOn: ({ fuzz, policy }) => [fuzz, policy],
  },
  {
    judge: ({ selfTest }) => checkSelfTest(selfTest),
    restsOn: ({ selfTest }) => [selfTest],
  },
]

export function judgeEvidence(evidence: JudgedEvidence): readonly CheckResult[] {
  return EVIDENCE_CHECKS.map(({ judge }) => judge(evidence))
}
