export {
  CHECK_IDS,
  type CheckId,
  type CheckResult,
  type CheckVerdict,
  decideVerdict,
  failed,
  type Finding,
  finding,
  FINDINGS_MAX,
  inconclusive,
  notRun,
  passed,
  type Severity,
} from './check/check.ts'
export { GateError, type GateErrorCode } from './errors.ts'
export type { CaseVerdict, ExecutionCase, ExecutionResult } from './execution/execution.ts'
export { type GateContext, judgeGate } from './judge.ts'
export { type PreparedGate, prepareGate } from './prepare.ts'
export { renderGateReport } from './report/render.ts'
export {
  encodeGateReport,
  GATE_REPORT_SIZE_BYTES_MAX,
  type GateReport,
  gateReportDigest,
  parseGateReport,
} from './report/report.ts'
export { checkSource, type SourceFinding, sourceFindings } from './source/check-source.ts'
export { REFUSED_BY_READER, SOURCE_RULES } from './source/rules.ts'
export { type SarifTool, toSarif } from './source/sarif.ts'
export type { Edit, SourceRule } from './source/source-rule.ts'
export { checkTests } from './tests/check-tests.ts'
export { TEST_CODES, type TestCode } from './tests/codes.ts'
export {
  coverageOf,
  type CoverageTotals,
  type FieldTestCoverage,
  isDecided,
  type RuleCoverage,
  type TestCoverage,
  totalsOf,
} from './tests/coverage.ts'
export { type Sweep, sweepOf, type SweepProbe } from './tests/sweep/sweep.ts'
