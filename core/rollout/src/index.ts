export {
  encodePlan,
  name,
  type PackPlan,
  parsePlan,
  type Plan,
  PLAN_SIZE_BYTES_MAX,
  PLAN_TARGET_PATH,
  planJson,
  type ReleaseRef,
  releaseTargetPath,
  type RingExposure,
} from './plan.ts'
export type { CohortCounts, VerdictReason, VerdictRecord } from './verdict.ts'
