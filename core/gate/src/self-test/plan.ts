import { REPORTABLE_CODES } from './codes.ts'
import { GOOD_CASES } from './good-cases.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { CONTENT_EXHIBITS } from './museum/content.ts'
import { EVIDENCE_EXHIBITS } from './museum/evidence.ts'
import { IMAGE_EXHIBITS } from './museum/images.ts'
import type { Exhibit } from './museum/exhibit.ts'
import { CONTRACT_OPERATORS } from './operators/contract.ts'
import { COST_OPERATORS } from './operators/cost.ts'
import { EXECUTION_OPERATORS } from './operators/execution.ts'
import { FUZZ_OPERATORS } from './operators/fuzz.ts'
import { IMAGE_OPERATORS } from './operators/image.ts'
import { REPLAY_OPERATORS } from './operators/replay.ts'
import { REPORT_OPERATORS } from './operators/report.ts'
import { SELF_TEST_OPERATORS } from './operators/self-test.ts'
import { SIGMA_OPERATORS } from './operators/sigma.ts'
import { COMPILE_OPERATORS, SOURCE_OPERATORS } from './operators/source.ts'
import { TEST_OPERATORS } from './operators/tests.ts'
import type { SelfTestPlan } from './run.ts'

export const MUSEUM: readonly Exhibit<JudgedEvidence>[] = [...CONTENT_EXHIBITS, ...IMAGE_EXHIBITS, ...EVIDENCE_EXHIBITS]

/** Everything that the gate shows itself, in the order of the checks. */
export const SELF_TEST_PLAN: SelfTestPlan<JudgedEvidence> = {
  operators: [
    ...SOURCE_OPERATORS,
    ...SIGMA_OPERATORS,
    ...COMPILE_OPERATORS,
    ...IMAGE_OPERATORS,
    ...TEST_OPERATORS,
    ...CONTRACT_OPERATORS,
    ...EXECUTION_OPERATORS,
    ...REPLAY_OPERATORS,
    ...COST_OPERATORS,
    ...FUZZ_OPERATORS,
    ...SELF_TEST_OPERATORS,
    ...REPORT_OPERATORS,
  ],
  museum: MUSEUM,
  good: GOOD_CASES,
  codes: REPORTABLE_CODES,
}
