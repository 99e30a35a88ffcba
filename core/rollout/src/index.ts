export { type Arm, armOf, type BucketRange, exposureBucketPpm, type WaveArms } from './plan/exposure.ts'
export {
  acceptCustomerPolicy,
  CUSTOMER_POLICY_SIZE_BYTES_MAX,
  type CustomerPolicy,
  openCustomerPolicy,
  parsePolicySource,
  type PolicySource,
  type PolicyTrust,
  signCustomerPolicy,
  type StopRule,
} from './customer/customer-policy.ts'
export { RolloutError, type RolloutErrorCode } from './errors.ts'
export { type Explanation, explainHost } from './customer/explain.ts'
export { decideHost } from './customer/host-decision.ts'
export type {
  HostDecision,
  HostView,
  InstallDecision,
  KeepDecision,
  KeepReason,
  PolicyReason,
} from './customer/host-view.ts'
export {
  type ContentPolicy,
  type ContentRule,
  type CustomerRing,
  customerRingOf,
  type DecidedBy,
  type DecidedSettings,
  hostLabels,
  type LabelledHost,
  settingsFor,
} from './customer/rings.ts'
export {
  type ContentSettings,
  DEFAULT_SETTINGS,
  type EmergencyConsent,
  type EvidenceDelay,
  type StalenessBudget,
} from './customer/settings.ts'
export { type PlanStep, type RolloutSchedule, stepsOf } from './customer/rollout-schedule.ts'
export {
  type PolicySimulation,
  type RingForecast,
  type SimulatedHost,
  simulatePolicy,
  SIMULATED_HOSTS_MAX,
  SIMULATION_STEPS_MAX,
} from './customer/simulate-policy.ts'
export { type CustomerStance, type Enrolment, enrolmentOf, offersTo, stanceOf, type Takes } from './customer/stance.ts'
export type { Staleness } from './customer/staleness.ts'
export {
  type Blackout,
  type Day,
  DAYS,
  isOpen,
  type MaintenanceWindow,
  nextOpening,
  type Opening,
} from './customer/windows.ts'
export {
  encodePlan,
  EVIDENCE_RAN_MS,
  name,
  type PackPlan,
  parseHeldPlan,
  parsePlan,
  type Plan,
  OS_CHARS_MAX,
  PLAN_RECALLED_MAX,
  PLAN_SIZE_BYTES_MAX,
  PLAN_TARGET_PATH,
  PLAN_WAVES_MAX,
  planJson,
  type ReleaseEvidence,
  type ReleaseRef,
  releaseTargetPath,
  type RingExposure,
} from './plan/plan.ts'
export { acceptPlan } from './plan/succession.ts'
export {
  type CompletedRelease,
  type FleetIntent,
  isSameEvidence,
  isSameIntent,
  type PackEvidence,
  planOf,
} from './rollout/plan-of.ts'
export { type BaselineRates, DEFAULT_ROLLOUT_POLICY, parseRolloutPolicy, type RolloutPolicy } from './rollout/policy.ts'
export { decideWave } from './rollout/decide.ts'
export { lookAt } from './rollout/look.ts'
export type { Censuses } from './rollout/pacing.ts'
export { operatorRecord, type OperatorVerdict, recordOf } from './rollout/record.ts'
export {
  gateReportTargetPath,
  parseReleaseDescription,
  releaseCustom,
  type ReleaseDescription,
  type ReleaseRisk,
  RISK_BAKE_MS_MAX,
  RISK_SCORE_MAX,
} from './plan/release.ts'
export { decidePresence, type Presence, type PresenceEvidence, SILENCE_MS_MIN } from './evidence/presence.ts'
export {
  applyDecision,
  currentRing,
  currentWave,
  exposureOf,
  haltRollout,
  type Lane,
  type NextWave,
  type ProcessState,
  type RolloutStart,
  type RolloutState,
  startRollout,
  type WaveDecision,
  type WaveRecord,
  type WaveSize,
} from './rollout/state.ts'
export { decideLease, type Lease, type LeaseDecision, type LeaseReason, mayWrite } from './rollout/lease.ts'
export type {
  ArmCounts,
  EvidenceSummary,
  HaltReason,
  HoldReason,
  SignalEvidence,
  VerdictReason,
  VerdictRecord,
  WaveCounts,
} from './rollout/verdict.ts'
export {
  acceptStopToken,
  signStopToken,
  STOP_REASON_CHARS_MAX,
  STOP_TOKEN_SIZE_BYTES_MAX,
  STOP_TOKEN_VALIDITY_MS_MAX,
  type StopToken,
  type StopTrust,
} from './customer/stop-token.ts'
export { PROBATION_BEACONS_MS, probationIntervalMs } from './evidence/probation.ts'
export {
  ATTRIBUTED_SIGNALS,
  type AttributedSignal,
  type Cell,
  COMPARED_SIGNALS,
  type ComparedSignal,
  type Signal,
  SIGNALS,
} from './evidence/signals.ts'
export type { Census } from './evidence/census.ts'
export type { CohortSizes } from './evidence/cohort.ts'
export { FleetTable, type FleetTableOptions } from './evidence/fleet-table.ts'
export type { EnrolmentReport, HealthReport, HostFacts, ReportedOutcome } from './evidence/health-report.ts'
export type { WatchedRelease } from './evidence/release-watch.ts'
export type { EvidenceRules, SignalThresholds } from './evidence/signal-rules.ts'
export { countsOf } from './rollout/counts.ts'
export { verdictText } from './rollout/verdict-text.ts'
export { evidenceText } from './rollout/words.ts'
