import { placed, ruleAt } from '../placed.ts'
import type { ImportPlan } from './plan.ts'

/** Everything that was not taken: a line each. */
export function refusalLines(plan: ImportPlan): readonly string[] {
  return [
    ...plan.refused.map(placed),
    ...plan.lostWithFile.map((rule) => `${ruleAt(rule)}: left out, because its file holds what is refused`),
    ...plan.keptWithFile.map((rule) => `${ruleAt(rule)}: can't fire, stays because its file holds a rule that can`),
  ]
}
