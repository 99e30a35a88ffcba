import { unreachable } from '@firebreak/kernel'
import { ContentError, type Position } from '../errors.ts'
import { NODES_PER_RULE_MAX } from '../limits.ts'
import type { Condition, FieldTest, Network, Selection, Tree } from '../sigma/ast.ts'
import type { TextPattern } from '../sigma/text-pattern.ts'
import { FAIL, GRAM_BYTES, MATCH, type Operator } from './format.ts'

/** A predicate before it has a number. It holds when any of its values does; one without values says all by itself. */
export interface Predicate {
  readonly operator: Operator
  readonly cased: boolean
  /** Null: the values of every field. */
  readonly field: string | null
  readonly values: PredicateValues
}

export type PredicateValues =
  /** Texts, folded unless cased; numbers in canonical decimal form. Sorted, each once. */
  | { readonly kind: 'text' | 'number'; readonly texts: readonly string[] }
  | { readonly kind: 'regex'; readonly programs: readonly Uint32Array[] }
  | { readonly kind: 'network'; readonly networks: readonly Network[] }
  | { readonly kind: 'field'; readonly other: string }
  | { readonly kind: 'integer'; readonly integers: readonly number[] }
  | { readonly kind: 'nothing' }

export interface ProgramNode<Test> {
  readonly test: Test
  readonly whenTrue: number
  readonly whenFalse: number
}

/** A rule's or filter's logic as it stands in an image: no stack and no way back. */
export interface Program {
  /** Over the positions of `selections`. */
  readonly condition: readonly ProgramNode<number>[]
  readonly selections: readonly { readonly name: string; readonly nodes: readonly ProgramNode<Predicate>[] }[]
}

/**
 * Turns selections and the condition over them into decision programs: nodes in the order of evaluation, whose
 * targets are later nodes (counted from the first), MATCH or FAIL. So they end, and cost at most the sum of their nodes.
 *
 * @throws ContentError content/limit
 */
export function compileProgram(selections: readonly Selection[], condition: Condition, at: Position): Program {
  const program: Program = {
    condition: flatten(condition, ({ selection }) => [selection], at),
    selections: selections.map(({ name, test }) => ({ name, nodes: flatten(cheapestFirst(test), toPredicates, at) })),
  }
  const nodes = program.selections.reduce((sum, one) => sum + one.nodes.length, program.condition.length)
  if (nodes > NODES_PER_RULE_MAX) throw tooMany(at)
  return program
}

/** Tests have no effects, so their order decides only the time: one that is cheap, or that fails without a search, goes first. */
function cheapestFirst(tree: Tree<FieldTest>): Tree<FieldTest> {
  if (!isBranch(tree)) return tree
  if (tree.kind === 'not') return { kind: 'not', child: cheapestFirst(tree.child) }
  const children = tree.children.map(cheapestFirst).toSorted((a, b) => expense(a) - expense(b))
  return { kind: tree.kind, children }
}

function expense(tree: Tree<FieldTest>): number {
  if (!isBranch(tree)) return tree.field === null ? KEYWORD_EXPENSE + testExpense(tree) : testExpense(tree)
  if (tree.kind === 'not') return expense(tree.child)
  return tree.children.reduce((sum, child) => sum + expense(child), 0)
}

/** Keywords are looked for in every value. */
const KEYWORD_EXPENSE = 100
const REGEX_EXPENSE = 20
/** A text that is too short to be ruled out by its grams has to be searched for. */
const SEARCH_EXPENSE = 10

function testExpense({ match }: FieldTest): number {
  if (match.kind === 'regex') return REGEX_EXPENSE * match.regexes.length
  if (match.kind !== 'text') return 1
  return match.patterns.reduce((sum, { shape, text }) => {
    if (shape === 'contains' && !match.cased) return sum + (text.length < GRAM_BYTES ? SEARCH_EXPENSE : 2)
    return sum + (shape === 'contains' || shape === 'glob' ? SEARCH_EXPENSE : 1)
  }, 0)
}

/** @param testsOf - what a leaf asks, in order: it holds when any of them does */
function flatten<Leaf extends { readonly kind: string }, Test>(
  tree: Tree<Leaf>,
  testsOf: (leaf: Leaf) => readonly Test[],
  at: Position,
): readonly ProgramNode<Test>[] {
  // Built from the last node to the first, so that the targets of a node are known when it is made.
  const reversed: ProgramNode<Test>[] = []
  const build = (part: Tree<Leaf>, whenTrue: number, whenFalse: number): number => {
    if (isBranch(part)) {
      if (part.kind === 'not') return build(part.child, whenFalse, whenTrue)
      return part.kind === 'all'
        ? part.children.reduceRight((next, child) => build(child, next, whenFalse), whenTrue)
        : part.children.reduceRight((next, child) => build(child, whenTrue, next), whenFalse)
    }
    let next = whenFalse
    for (const test of testsOf(part as Leaf).toReversed()) {
      if (reversed.length === NODES_PER_RULE_MAX) throw tooMany(at)
      next = reversed.push({ test, whenTrue, whenFalse: next }) - 1
    }
    return next
  }
  build(tree, MATCH, FAIL)
  const last = reversed.length - 1
  const forward = (target: number): number => (target >= FAIL ? target : last - target)
  return reversed.toReversed().map(({ test, whenTrue, whenFalse }) => ({
    test,
    whenTrue: forward(whenTrue),
    whenFalse: forward(whenFalse),
  }))
}

type Branch<Leaf> = Exclude<Tree<Leaf>, Leaf>

export function isBranch<Leaf extends { readonly kind: string }>(tree: Tree<Leaf>): tree is Branch<Leaf> {
  return tree.kind === 'all' || tree.kind === 'any' || tree.kind === 'not'
}

function tooMany(at: Position): ContentError {
  return new ContentError('content/limit', `Cannot compile rule: more than ${NODES_PER_RULE_MAX} tests`, at)
}

/** One predicate for each operator that the values of a test need: the test holds when any of them does. */
function toPredicates({ field, match }: FieldTest): readonly Predicate[] {
  const one = (operator: Operator, values: PredicateValues, cased = false): readonly Predicate[] => [
    { operator, cased, field, values },
  ]
  switch (match.kind) {
    case 'text':
      return TEXT_OPERATORS.flatMap((shape) => {
        const texts = sortedTexts(match.patterns, shape)
        return texts.length === 0 ? [] : one(shape, { kind: 'text', texts }, match.cased)
      })
    case 'regex':
      return one('regex', { kind: 'regex', programs: match.regexes.map(({ program }) => program) })
    case 'null':
      return one('is-null', { kind: 'nothing' })
    case 'exists':
      return one('exists', { kind: 'nothing' })
    case 'compare':
      return one(match.operator, { kind: 'number', texts: [String(match.number)] })
    case 'cidr':
      return one('cidr', { kind: 'network', networks: match.networks })
    case 'field':
      return one(`field-${match.how}`, { kind: 'field', other: match.other }, match.cased)
    case 'time':
      return one(match.part, { kind: 'integer', integers: match.numbers })
    default:
      return unreachable(match)
  }
}

const TEXT_OPERATORS = ['equals', 'starts-with', 'ends-with', 'contains', 'glob'] as const

function sortedTexts(patterns: readonly TextPattern[], shape: TextPattern['shape']): readonly string[] {
  return [...new Set(patterns.filter((one) => one.shape === shape).map((one) => one.text))].toSorted()
}

/** The fields that a program reads, each once. */
export function fieldsOf({ selections }: Program): readonly string[] {
  const fields = new Set<string>()
  for (const { nodes } of selections) {
    for (const { test } of nodes) {
      if (test.field !== null) fields.add(test.field)
      if (test.values.kind === 'field') fields.add(test.values.other)
    }
  }
  return [...fields]
}
