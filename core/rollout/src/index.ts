export {
  type CohortEvidence,
  type FleetEvidence,
  type HostEvidence,
  type OutcomeEvidence,
  type WaveWatch,
  weighEvidence,
} from './evidence/evidence.ts'
export { type Arm, armOf, type BucketRange, exposureBucketPpm, type WaveArms } from './plan/exposure.ts'
export {
  acceptCustomerPolicy,
  CUSTOMER_POLICY_SIZE_BYTES_MAX,
  type CustomerPolicy,
  type PolicyTrust,
  signCustomerPolicy,
  type StopRule,
} from './customer/customer-policy.ts'
export { RolloutError, type RolloutErrorCode } from './errors.ts'
export {
  decideHost,
  type HostDecision,
  type HostView,
  type InstallDecision,
  type KeepDecision,
  type KeepReason,
} from './customer/host-decision.ts'
export {
  encodePlan,
  EVIDENCE_RAN_MS,
  name,
  type PackPlan,
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
export { type CompletedRelease, type FleetIntent, isSameIntent, planOf } from './plan/plan-of.ts'
export { DEFAULT_ROLLOUT_POLICY, parseRolloutPolicy, type RingPolicy, type RolloutPolicy } from './rollout/policy.ts'
export {
  gateReportTargetPath,
  parseReleaseDescription,
  releaseCustom,
  type ReleaseDescription,
} from './plan/release.ts'
export { decidePresence, type Presence, type PresenceEvidence, SILENCE_MS_MIN } from './evidence/presence.ts'
export {
  applyDecision,
  currentRing,
  decideWave,
  enrolCohort,
  exposureOf,
  haltRollout,
  type RolloutStart,
  type RolloutState,
  startRollout,
  type WaveDecision,
} from './rollout/rollout.ts'
export type { CohortCounts, VerdictReason, VerdictRecord } from './rollout/verdict.ts'
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
