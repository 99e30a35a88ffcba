import type { DeclaredSource } from './evaluator.ts'

export interface ComparedEvent {
  readonly json: string
  readonly source: DeclaredSource | undefined
}

/** Ids of the rules that match an event. */
export type Engine = (event: ComparedEvent) => readonly string[]

export interface Difference {
  /** Position of the event. */
  readonly at: number
  readonly event: ComparedEvent
  readonly rule: string
  /** Which of the two says that the rule matches. */
  readonly matches: 'first' | 'second'
}

export interface Comparison {
  readonly events: number
  /** (event, rule) pairs that both say match. */
  readonly agreed: number
  /** Rules that both say match, somewhere. */
  readonly rules: ReadonlySet<string>
  /** Pairs on which they differ, of which `differences` holds the first. */
  readonly differing: number
  readonly differences: readonly Difference[]
}

const DIFFERENCES_MAX = 1_000

/** Runs both engines over the events and says on which (event, rule) pairs they differ. */
export function compareEngines(
  first: Engine,
  second: Engine,
  events: Iterable<ComparedEvent>,
  differencesMax: number = DIFFERENCES_MAX,
): Comparison {
  const rules = new Set<string>()
  const differences: Difference[] = []
  let [agreed, differing, at] = [0, 0, 0]
  for (const event of events) {
    const [left, right] = [new Set(first(event)), new Set(second(event))]
    for (const rule of left.intersection(right)) rules.add(rule)
    agreed += left.intersection(right).size
    for (const rule of left.symmetricDifference(right)) {
      differing++
      const matches = left.has(rule) ? 'first' : 'second'
      if (differences.length < differencesMax) differences.push({ at, event, rule, matches })
    }
    at++
  }
  return { events: at, agreed, rules, differing, differences }
}
