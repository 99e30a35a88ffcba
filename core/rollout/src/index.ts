export {
  type CohortEvidence,
  type FleetEvidence,
  type HostEvidence,
  type OutcomeEvidence,
  type WaveWatch,
  weighEvidence,
} from './evidence.ts'
export { exposureBucketPpm, isExposed } from './exposure.ts'
export {
  acceptCustomerPolicy,
  CUSTOMER_POLICY_SIZE_BYTES_MAX,
  type CustomerPolicy,
  type PolicyTrust,
  signCustomerPolicy,
  type StopRule,
} from './customer-policy.ts'
export { RolloutError, type RolloutErrorCode } from './errors.ts'
export {
  decideHost,
  type HostDecision,
  type HostView,
  type InstallDecision,
  type KeepDecision,
  type KeepReason,
} from './host-decision.ts'
export {
  encodePlan,
  name,
  type PackPlan,
  parsePlan,
  type Plan,
  PLAN_RECALLED_MAX,
  PLAN_SIZE_BYTES_MAX,
  PLAN_TARGET_PATH,
  planJson,
  type ReleaseRef,
  releaseTargetPath,
  type RingExposure,
} from './plan.ts'
export { type CompletedRelease, type FleetIntent, isSameIntent, planOf } from './plan-of.ts'
export { DEFAULT_ROLLOUT_POLICY, parseRolloutPolicy, type RingPolicy, type RolloutPolicy } from './policy.ts'
export { gateReportTargetPath, parseReleaseDescription, releaseCustom, type ReleaseDescription } from './release.ts'
export { decidePresence, type Presence, type PresenceEvidence, SILENCE_MS_MIN } from './presence.ts'
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
} from './rollout.ts'
export type { CohortCounts, VerdictReason, VerdictRecord } from './verdict.ts'
export {
  acceptStopToken,
  signStopToken,
  STOP_REASON_CHARS_MAX,
  STOP_TOKEN_SIZE_BYTES_MAX,
  STOP_TOKEN_VALIDITY_MS_MAX,
  type StopToken,
  type StopTrust,
} from './stop-token.ts'
