/** A rule that this evaluator cannot take, with the reason. */
export class RuleError extends Error {}

/** @throws RuleError when `holds` is false */
export function must(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new RuleError(`Cannot take the rule: ${reason}`)
}
