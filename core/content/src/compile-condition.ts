import { unreachable } from '@firebreak/kernel'
import { ContentError, type Position } from './errors.ts'
import { FAIL, MATCH, type Operator, OPERATORS } from './image-format.ts'
import { NODES_PER_RULE_MAX } from './limits.ts'
import type { Condition, FieldTest, RegexValue } from './sigma.ts'

/** A predicate before it has a number. */
export interface Predicate {
  readonly operator: Operator
  readonly field: string
  /** Folded, sorted, each once. */
  readonly texts: readonly string[]
  readonly regexes: readonly RegexValue[]
}

export interface DecisionNode {
  readonly predicate: Predicate
  readonly whenTrue: number
  readonly whenFalse: number
}

/**
 * Turns a condition into a decision program: nodes in the order of evaluation, whose targets are later nodes (counted
 * from the first), MATCH or FAIL. There is no stack and no way back, so it ends, and its cost is at most the sum of
 * its nodes.
 *
 * @throws ContentError content/limit
 */
export function compileCondition(condition: Condition, at: Position): readonly DecisionNode[] {
  // Built from the last node to the first, so that the targets of a node are known when it is made.
  const reversed: DecisionNode[] = []
  build(condition, MATCH, FAIL, reversed, at)
  const last = reversed.length - 1
  const forward = (target: number): number => (target >= FAIL ? target : last - target)
  return reversed.toReversed().map(({ predicate, whenTrue, whenFalse }) => ({
    predicate,
    whenTrue: forward(whenTrue),
    whenFalse: forward(whenFalse),
  }))
}

/** Returns where to enter `condition`: the place in `nodes` of its first node. */
function build(condition: Condition, whenTrue: number, whenFalse: number, nodes: DecisionNode[], at: Position): number {
  switch (condition.kind) {
    case 'not':
      return build(condition.child, whenFalse, whenTrue, nodes, at)
    case 'all':
      return condition.children.reduceRight((next, child) => build(child, next, whenFalse, nodes, at), whenTrue)
    case 'any':
      return condition.children.reduceRight((next, child) => build(child, whenTrue, next, nodes, at), whenFalse)
    case 'text':
    case 'regex':
    case 'null': {
      let next = whenFalse
      for (const predicate of toPredicates(condition).toReversed()) {
        if (nodes.length === NODES_PER_RULE_MAX) {
          throw new ContentError('content/limit', `Cannot compile rule: more than ${NODES_PER_RULE_MAX} tests`, at)
        }
        next = nodes.push({ predicate, whenTrue, whenFalse: next }) - 1
      }
      return next
    }
    default:
      return unreachable(condition)
  }
}

/** One predicate for each operator that the values of a test need; the test holds when any of them does. */
function toPredicates(test: FieldTest): readonly Predicate[] {
  const { field } = test
  if (test.kind === 'null') return [{ operator: 'is-null', field, texts: [], regexes: [] }]
  if (test.kind === 'regex') return [{ operator: 'regex', field, texts: [], regexes: test.programs }]
  return OPERATORS.map((operator) => {
    const texts = test.patterns.filter((one) => one.shape === operator).map((one) => one.text)
    return { operator, field, texts: [...new Set(texts)].toSorted(), regexes: [] }
  }).filter((predicate) => predicate.texts.length > 0)
}
