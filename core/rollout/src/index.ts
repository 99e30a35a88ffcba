export { exposureBucketPpm, isExposed } from './exposure.ts'
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
export { gateReportTargetPath, parseReleaseDescription, releaseCustom, type ReleaseDescription } from './release.ts'
export type { CohortCounts, VerdictReason, VerdictRecord } from './verdict.ts'
