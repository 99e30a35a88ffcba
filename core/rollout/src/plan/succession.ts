import type { Sha256Hex } from '@firebreak/kernel'
import { type Plan, PLAN_RECALLED_MAX } from './plan.ts'

/**
 * The plan that a host goes by, once it has seen `next` after `held`. An older one changes nothing. What was recalled stays recalled, also where a
 * newer plan is silent about it: nobody who holds the key of plans can bring back what its owner has withdrawn, on hosts that have heard of it.
 *
 * @param isApproved - whether approvers have signed the image: what they have not can't be installed anyway, so a plan that recalls thousands of
 *   images that never were crowds out no real recall
 * @returns with all that `next` recalls, and at most PLAN_RECALLED_MAX more, those that were heard of first
 */
export function acceptPlan(
  held: Plan | null,
  next: Plan,
  isApproved: (imageDigest: Sha256Hex) => boolean = () => true,
): Plan {
  if (held === null) return next
  if (next.generation <= held.generation) return held
  const named = new Set(next.recalled)
  const forgotten = held.recalled.filter((digest) => !named.has(digest) && isApproved(digest))
  if (forgotten.length === 0) return next
  return { ...next, recalled: [...next.recalled, ...forgotten.slice(-PLAN_RECALLED_MAX)] }
}
