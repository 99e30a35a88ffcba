import { compareVersions, type Version } from '@firebreak/kernel'
import type { CaseVerdict } from './execution.ts'
import { type EngineRun, eventAt, type ExecutionTask } from './evidence.ts'

/** Events that a rule judges otherwise in an older engine than in the newest one. */
export interface VerdictDifference {
  readonly message: string
  /** The smallest event that shows it, as JSON. */
  readonly input: string | null
}

/**
 * One for each rule and older engine that fire for other events than the newest engine that answered. Events that either of them did not
 * answer are not compared: they are findings already. Nor are correlations: they are of several events, and engines are handed events in
 * parts of different sizes.
 */
export function verdictDifferences(task: ExecutionTask, runs: readonly EngineRun[]): readonly VerdictDifference[] {
  const answered = runs
    .flatMap(({ engine, result }) => (result.kind === 'ran' ? [{ version: engine.version, ...result }] : []))
    .toSorted((a, b) => compareVersions(a.version, b.version))
  const newest = answered.pop()
  if (newest === undefined) return []
  const reference = new Map(newest.verdicts.map((one) => [one.caseIndex, one]))
  const correlations = new Set(task.correlationIds)
  return answered.flatMap(({ version, verdicts }) => {
    const byRule = new Map<string, number[]>()
    for (const one of verdicts) {
      const other = reference.get(one.caseIndex)
      if (other === undefined) continue
      for (const rule of rulesApart(one, other)) {
        if (correlations.has(rule)) continue
        const events = byRule.get(rule) ?? []
        byRule.set(rule, events)
        events.push(one.caseIndex)
      }
    }
    return [...byRule].map(([rule, events]) => differenceOf(task, rule, events, version, newest.version))
  })
}

/** In one of the two and not in the other. */
function rulesApart(a: CaseVerdict, b: CaseVerdict): readonly string[] {
  const [left, right] = [new Set(a.firedRuleIds), new Set(b.firedRuleIds)]
  return [...left.symmetricDifference(right)]
}

function differenceOf(
  task: ExecutionTask,
  rule: string,
  indices: readonly number[],
  older: Version,
  newest: Version,
): VerdictDifference {
  const events = indices.flatMap((index) => eventAt(task, index) ?? [])
  const [smallest] = events.toSorted((a, b) => a.input.length - b.input.length)
  const count = indices.length === 1 ? 'one event' : `${indices.length} events`
  const which = smallest === undefined ? '' : `, such as ${smallest.name}`
  return {
    message: `${task.name}: engines ${older} and ${newest} differ about rule ${rule} on ${count}${which}.`,
    input: smallest?.input ?? null,
  }
}
