import {
  CONDITION_CHARS_MAX,
  CONDITIONS_PER_RULE_MAX,
  IDENTIFIERS_PER_RULE_MAX,
  NODES_PER_RULE_MAX,
  SELECTION_NAME_CHARS_MAX,
  VALUES_PER_ITEM_MAX,
} from '../limits.ts'
import { describe, entry, type Problems } from '../problems.ts'
import type { MappingEntry, MappingNode, SequenceNode, SourceNode } from '../source.ts'
import type { Condition, FieldTest, Selection, Tree } from './ast.ts'
import { parseCondition, RESERVED_NAMES } from './condition.ts'
import { parseItem, parseKeywords, type SigmaContext } from './item.ts'
import { countNodes, join, leavesOf, mapLeaves } from './tree.ts'

/** Selections and a condition over their positions. */
export interface Detection {
  readonly selections: readonly Selection[]
  readonly condition: Condition
  /** Names of selections that the condition never asks for; they are not in `selections`. */
  readonly unusedSelections: readonly string[]
}

/** Reads `detection`, or the same keys within `filter`: every entry but `condition` and `besides` is a selection. */
export function parseDetection(
  map: MappingNode,
  besides: readonly string[],
  context: SigmaContext,
  problems: Problems,
): Detection | null {
  const entries = map.entries.filter(({ key }) => key !== 'condition' && !besides.includes(key))
  if (entries.length > IDENTIFIERS_PER_RULE_MAX) {
    const message = `Cannot read detection: expected at most ${IDENTIFIERS_PER_RULE_MAX} selections, found ${entries.length}`
    return problems.add('content/limit', message, map.at)
  }
  const names = checkNames(entries, problems)
  const tests = entries.map((one) => parseSelection(one, context, problems))
  const condition = parseConditions(
    map,
    entries.map(({ key }) => key),
    problems,
  )
  if (condition === null || names === null || tests.includes(null)) return null
  const selections = entries.flatMap(({ key }, i) => {
    const test = tests[i]
    return test ? [{ name: key, test }] : []
  })
  const detection = withoutUnused(selections, condition)
  if (countDetection(detection) <= NODES_PER_RULE_MAX) return detection
  return problems.add('content/limit', `Cannot read detection: it has more than ${NODES_PER_RULE_MAX} tests`, map.at)
}

/** Nodes of the condition and of all selections. */
export function countDetection({ selections, condition }: Pick<Detection, 'selections' | 'condition'>): number {
  return selections.reduce((sum, one) => sum + countNodes(one.test), countNodes(condition))
}

function withoutUnused(all: readonly Selection[], condition: Condition): Detection {
  const used = new Set(leavesOf(condition).map(({ selection }) => selection))
  const kept = [...all.keys()].filter((i) => used.has(i))
  const moved = new Map(kept.map((from, to) => [from, to]))
  return {
    selections: all.filter((_, i) => used.has(i)),
    condition: mapLeaves(condition, (leaf) => ({ ...leaf, selection: moved.get(leaf.selection) ?? 0 })),
    unusedSelections: all.filter((_, i) => !used.has(i)).map(({ name }) => name),
  }
}

function checkNames(entries: readonly MappingEntry[], problems: Problems): true | null {
  const seen = new Set<string>()
  let good: true | null = true
  for (const { key, keyAt } of entries) {
    const name = JSON.stringify(key.slice(0, 60))
    const aggregates = key === 'timeframe' ? 'timeframe is not of Sigma 2, which has correlations for it' : null
    const reserved = RESERVED_NAMES.has(key) ? 'the name is a word of conditions' : null
    const twice = seen.has(key) ? 'the name is there twice' : null
    const long =
      key.length > SELECTION_NAME_CHARS_MAX ? `the name is over ${SELECTION_NAME_CHARS_MAX} characters` : null
    const odd = key === '' || !key.isWellFormed() ? 'expected a name' : null
    const why = aggregates ?? reserved ?? twice ?? long ?? odd
    seen.add(key)
    if (why !== null) good = problems.add('content/schema', `Cannot read selection ${name}: ${why}`, keyAt)
  }
  return good
}

/** A map is AND of its items; a list is OR of its maps and of its scalars, which are keywords. */
function parseSelection(
  { key, value }: MappingEntry,
  context: SigmaContext,
  problems: Problems,
): Tree<FieldTest> | null {
  if (value.kind === 'mapping') return parseItems(key, value, context, problems)
  if (value.kind === 'scalar') return parseKeywords(key, [value], value.at, context, problems)
  return parseList(key, value, context, problems)
}

function parseList(key: string, list: SequenceNode, context: SigmaContext, problems: Problems): Tree<FieldTest> | null {
  if (list.items.length === 0 || list.items.length > VALUES_PER_ITEM_MAX) {
    const code = list.items.length === 0 ? 'content/schema' : 'content/limit'
    const message = `Cannot read ${key}: expected 1 to ${VALUES_PER_ITEM_MAX} entries, found ${list.items.length}`
    return problems.add(code, message, list.at)
  }
  const scalars = list.items.filter((item) => item.kind === 'scalar')
  const keywords = scalars.length === 0 ? [] : [parseKeywords(key, scalars, list.at, context, problems)]
  const others = list.items.filter((item) => item.kind !== 'scalar')
  return together('any', [...keywords, ...others.map((item) => parseListed(key, item, context, problems))])
}

function parseListed(key: string, item: SourceNode, context: SigmaContext, problems: Problems): Tree<FieldTest> | null {
  if (item.kind === 'mapping') return parseItems(key, item, context, problems)
  const message = `Cannot read ${key}: expected a map or a keyword in the list, found ${describe(item)}`
  return problems.add('content/schema', message, item.at)
}

function parseItems(key: string, map: MappingNode, context: SigmaContext, problems: Problems): Tree<FieldTest> | null {
  if (map.entries.length === 0) {
    return problems.add('content/schema', `Cannot read ${key}: expected at least one field`, map.at)
  }
  return together(
    'all',
    map.entries.map((item) => parseItem(item, context, problems)),
  )
}

/** Several conditions are alternatives. */
function parseConditions(map: MappingNode, names: readonly string[], problems: Problems): Condition | null {
  const node = entry(map, 'condition')
  if (node === null) return problems.add('content/schema', 'Cannot read detection: condition is missing', map.at)
  const nodes = node.kind === 'sequence' ? node.items : [node]
  if (nodes.length === 0 || nodes.length > CONDITIONS_PER_RULE_MAX) {
    const code = nodes.length === 0 ? 'content/schema' : 'content/limit'
    const message = `Cannot read condition: expected 1 to ${CONDITIONS_PER_RULE_MAX} conditions, found ${nodes.length}`
    return problems.add(code, message, node.at)
  }
  const conditions = nodes.map((one) => {
    const text = problems.text(one, 'condition', CONDITION_CHARS_MAX)
    return text === null ? null : problems.attempt(one.at, () => parseCondition(text, names))
  })
  return together('any', conditions)
}

/** Null when any part is: its problem has been reported. */
function together<Leaf>(kind: 'all' | 'any', parts: readonly (Tree<Leaf> | null)[]): Tree<Leaf> | null {
  const children = parts.filter((part) => part !== null)
  return children.length === parts.length ? join(kind, children) : null
}
