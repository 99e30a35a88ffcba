export {
  CHECK_IDS,
  type CheckId,
  type CheckResult,
  type CheckVerdict,
  decideVerdict,
  type Finding,
  FINDINGS_MAX,
} from './checks.ts'
export { GateError, type GateErrorCode } from './errors.ts'
export type { CaseVerdict, ExecutionCase, ExecutionResult } from './execution.ts'
export { type GateContext, judgeGate } from './judge.ts'
export { type PreparedGate, prepareGate } from './prepare.ts'
export { renderGateReport } from './render.ts'
export {
  encodeGateReport,
  GATE_REPORT_SIZE_BYTES_MAX,
  type GateReport,
  gateReportDigest,
  parseGateReport,
} from './report.ts'
