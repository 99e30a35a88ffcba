export { CANARIES, numberOf } from './canaries/all.ts'
export type { Canary } from './canaries/canary.ts'
export { CATALOGUE } from './catalogue.ts'
export {
  CANARY_EXECUTIONS,
  type FuzzProgress,
  GATE_CANARIES,
  gatherFuzz,
  imageForEvents,
  regressionsOf,
} from './gather.ts'
export type { Job, JobResult } from './jobs.ts'
export { runJob } from './run-job.ts'
export { seedsOf, type SeedSource } from './seeds/seeds.ts'
export { toolDigestOf } from './tool-digest.ts'
