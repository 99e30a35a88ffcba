import { type FieldTest, type ParsedPack, type SigmaRule, type Tree, verifyImage } from '@firebreak/content'
import { createEngine, OPEN_CONTRACT } from '@firebreak/detect'
import { type ExecutionCase, executionCases } from '../execution/execution.ts'
import { compileProbes, type Probe, probeId, probeRules, testKey } from './probe.ts'

/** A rule with the events of its tests, and what each of its field tests says about each event. */
export interface JudgedRule {
  readonly rule: SigmaRule
  readonly events: readonly JudgedEvent[]
}

export interface JudgedEvent {
  readonly case: ExecutionCase
  /** Of the field tests of the rule. */
  readonly holds: (test: FieldTest) => boolean
}

/**
 * Asks the engine about every field test by itself: each becomes a probe, and each event of a rule's tests is judged by
 * all of them. What follows from the answers is logic.
 *
 * @throws ContentError content/limit | content/image-cost: the tests do not fit into one image
 */
export function judgeEvents({ rules, tests }: Pick<ParsedPack, 'rules' | 'tests'>): readonly JudgedRule[] {
  const { probes, idOf } = probesOf(rules)
  const engine = createEngine(verifyImage(compileProbes(probeRules(probes))), OPEN_CONTRACT)
  const cases = Map.groupBy(executionCases({ rules, tests }), ({ ruleId }) => ruleId)
  return rules.map((rule) => ({
    rule,
    events: (cases.get(rule.id) ?? []).map((one) => {
      const fired = new Set(engine.evaluate(one.event, 'every-match').map(({ ruleId }) => ruleId))
      return { case: one, holds: (test) => fired.has(idOf.get(test) ?? '') }
    }),
  }))
}

interface Probes {
  readonly probes: readonly Probe[]
  /** The probe of each field test. */
  readonly idOf: ReadonlyMap<FieldTest, string>
}

function probesOf(rules: readonly SigmaRule[]): Probes {
  const probes: Probe[] = []
  const idOf = new Map<FieldTest, string>()
  const positions = new Map<string, number>()
  for (const { title, logsource, selections, at } of rules) {
    for (const test of selections.flatMap((one) => testsIn(one.test))) {
      const key = testKey(logsource, test)
      const position = positions.get(key) ?? probes.push({ title, logsource, test, at }) - 1
      positions.set(key, position)
      idOf.set(test, probeId(position))
    }
  }
  return { probes, idOf }
}

/** The field tests of a tree, in the order of the source. */
export function testsIn(tree: Tree<FieldTest>): readonly FieldTest[] {
  if (tree.kind === 'test') return [tree]
  return tree.kind === 'not' ? testsIn(tree.child) : tree.children.flatMap(testsIn)
}
