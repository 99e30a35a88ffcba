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
  printable,
  type Severity,
  withNotes,
} from './check/check.ts'
export { checkCost, costSummary } from './cost/check-cost.ts'
export { COST_CODES, type CostCode } from './cost/codes.ts'
export type { CostEvidence, CostMeasure, PairedBlocks } from './cost/evidence.ts'
export { diffSummary } from './diff/diff-summary.ts'
export { renderSemanticDiff } from './diff/render-diff.ts'
export {
  CHANGE_CLASSES,
  type ChangeClass,
  type ClassifiedChange,
  encodeSemanticDiff,
  type SemanticDiff,
  semanticDiff,
} from './diff/semantic-diff.ts'
export type { CorpusKind, JudgedTwice } from './diff/verdict-diff.ts'
export { GateError, type GateErrorCode } from './errors.ts'
export { checkContracts, CONTRACT_CODES, type ContractCode } from './contract/check-contracts.ts'
export { contractOf, type EngineBuild } from './contract/engine-build.ts'
export {
  addToHistory,
  encodeHistory,
  type Novelty,
  noveltyOf,
  parseHistory,
  readHistory,
  type Use,
  usesOf,
} from './contract/novelty.ts'
export { EXECUTION_CODES, type ExecutionCode } from './execution/codes.ts'
export type {
  EngineRun,
  EventCorpus,
  ExecutionEvidence,
  ExecutionTask,
  MissingEngine,
  SandboxTier,
} from './execution/evidence.ts'
export {
  type CaseVerdict,
  type EventWork,
  type ExecutionCase,
  executionCases,
  type ExecutionResult,
  fuelOf,
} from './execution/execution.ts'
export { judgeExecutions } from './execution/judge-executions.ts'
export {
  CANARIES_MIN,
  CANARY_MISSED,
  checkFuzz,
  FUZZ_CODES,
  type FuzzFindingCode,
  SHARE_MAX,
  shown,
} from './fuzz/check-fuzz.ts'
export {
  FUZZ_TARGETS,
  type FuzzedCanary,
  type FuzzedTarget,
  type FuzzEvidence,
  type FuzzFinding,
  type FuzzPoint,
  type FuzzTarget,
} from './fuzz/evidence.ts'
export { renderGateReport } from './report/render.ts'
export { checkReplay, type Replay } from './replay/check-replay.ts'
export { REPLAY_CODES, type ReplayCode } from './replay/codes.ts'
export { type Corpus, eventText } from './replay/corpus.ts'
export { type AuthorHistory, RISK_CODES, type RiskCode, type RiskInput } from './risk/factors.ts'
export { releaseRisk, type RiskClass, type RiskScore, riskSummary, scoreRisk } from './risk/score.ts'
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
export {
  composeReport,
  encodeGateReport,
  GATE_REPORT_SIZE_BYTES_MAX,
  type GateReport,
  gateReportDigest,
  parseGateReport,
  requireShown,
} from './report/gate-report.ts'
export type * from './report/parts.ts'
export { gatePolicy, REPORT_LIST_MAX } from './report/read-parts.ts'
export { decideGateVerdict, GATE_VERDICTS, type GateVerdict, REPORT_RULES, type ReportRule } from './report/rules.ts'
export {
  openGateReport,
  PREDICATE_TYPE,
  readEarlierReport,
  SIGNED_REPORT_SIZE_BYTES_MAX,
  signGateReport,
} from './report/statement.ts'
export { summariseCoverage, summariseEngines, summariseFuzz, summariseNovelty } from './report/summarise.ts'
export { countOf, diffWords, durationOf, percentOf, plural, riskWords, timesOf } from './report/words.ts'
export { checkSelfTest, SELF_TEST_CODES, type SelfTestCode } from './self-test/check-self-test.ts'
export {
  type AblationResult,
  type CanaryResult,
  type ControlResult,
  countsOf,
  type SelfTestCounts,
  type SelfTestEvidence,
} from './self-test/evidence.ts'
export { type JudgedEvidence } from './self-test/judged-evidence.ts'
export { type SelfTestCandidate, selfTestGate } from './self-test/self-test.ts'
export type { Candidate, RunningRelease } from './candidate.ts'
export { GATE_POLICY_DEFAULT, type GatePolicy } from './check/policy.ts'
export { judgeEvidence } from './judge-evidence.ts'
export { type JudgedSource, judgeSource, type SourceContext, verifyCompiled } from './judge-source.ts'
export { type GateEvent, type GateFiles, type GateRequest, parseGateRequest } from './run/protocol.ts'
