import { type Plan, PLAN_RECALLED_MAX } from './plan.ts'

/**
 * The plan that a host goes by, once it has seen `next` after `held`. An older one changes nothing. What was recalled stays recalled, also where a
 * newer plan is silent about it: nobody who holds the key of plans can bring back what its owner has withdrawn, on hosts that have heard of it.
 *
 * At most PLAN_RECALLED_MAX, those of the newer plan first.
 */
export function acceptPlan(held: Plan | null, next: Plan): Plan {
  if (held === null) return next
  if (next.generation <= held.generation) return held
  const forgotten = held.recalled.filter((digest) => !next.recalled.includes(digest))
  if (forgotten.length === 0) return next
  return { ...next, recalled: [...next.recalled, ...forgotten].slice(0, PLAN_RECALLED_MAX) }
}
