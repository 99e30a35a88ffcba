import { type Plan, planOf } from '@firebreak/rollout'
import type { Releases } from './releases.ts'

/**
 * What a thief of the plan key would like best: the generation that beats all others, the release that was recalled as everybody's, and no
 * word about the recall. Second best, for hosts that won't: the release of long ago.
 */
export function forgedPlan(newest: Plan, { pack, category, ancient, fresh }: Releases): Plan {
  const completed = [ancient, fresh].map((release) => ({ pack, category, release, completedAtMs: newest.issuedAtMs }))
  const intent = { rollouts: [], completed, recalled: [], evidence: [] }
  return planOf(intent, newest.generation + 1_000, newest.issuedAtMs)
}
