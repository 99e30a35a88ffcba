import { CONDITION_CHARS_MAX, IDENTIFIERS_PER_RULE_MAX, VALUES_PER_ITEM_MAX } from './limits.ts'
import { describe, entry, type Problems } from './problems.ts'
import type { Condition } from './sigma.ts'
import { type Expression, parseCondition } from './sigma-condition.ts'
import { parseItem } from './sigma-item.ts'
import type { MappingEntry, MappingNode, SourceNode } from './source.ts'

/** Reads `detection`: the selections, then the condition over them, which is returned with the names resolved. */
export function parseDetection(node: SourceNode, problems: Problems): Condition | null {
  const map = problems.mapping(node, 'detection')
  if (map === null) return null
  const timeframe = map.entries.find((one) => one.key === 'timeframe')
  if (timeframe)
    return problems.add('content/schema', 'Cannot read detection: timeframe is not supported', timeframe.keyAt)
  const identifiers = map.entries.filter((one) => one.key !== 'condition')
  if (identifiers.length > IDENTIFIERS_PER_RULE_MAX) {
    return problems.add(
      'content/limit',
      `Cannot read detection: more than ${IDENTIFIERS_PER_RULE_MAX} identifiers`,
      map.at,
    )
  }
  const selections = parseSelections(identifiers, problems)
  const expression = parseConditions(map, [...selections.keys()], problems)
  if (expression === null || [...selections.values()].includes(null)) return null
  return resolve(expression, selections)
}

function parseSelections(identifiers: readonly MappingEntry[], problems: Problems): Map<string, Condition | null> {
  const selections = new Map<string, Condition | null>()
  for (const one of identifiers) selections.set(one.key, parseSelection(one, problems))
  return selections
}

/** A map is AND of its items; a list of maps is OR of them. */
function parseSelection({ key, value }: MappingEntry, problems: Problems): Condition | null {
  if (value.kind === 'mapping') return parseItems(key, value, problems)
  const isKeywords = value.kind === 'scalar' || value.items.some((item) => item.kind === 'scalar')
  if (isKeywords) return problems.add('content/schema', `Cannot read ${key}: keywords are not supported`, value.at)
  if (value.items.length === 0 || value.items.length > VALUES_PER_ITEM_MAX) {
    return problems.add('content/schema', `Cannot read ${key}: expected 1 to ${VALUES_PER_ITEM_MAX} maps`, value.at)
  }
  return together(
    'any',
    value.items.map((item) => parseListed(key, item, problems)),
  )
}

function parseListed(key: string, item: SourceNode, problems: Problems): Condition | null {
  if (item.kind === 'mapping') return parseItems(key, item, problems)
  return problems.add('content/schema', `Cannot read ${key}: expected a map, found ${describe(item)}`, item.at)
}

function parseItems(key: string, map: MappingNode, problems: Problems): Condition | null {
  if (map.entries.length === 0) {
    return problems.add('content/schema', `Cannot read ${key}: expected at least one field`, map.at)
  }
  return together(
    'all',
    map.entries.map((item) => parseItem(item, problems)),
  )
}

/** Several conditions mean OR. */
function parseConditions(map: MappingNode, names: readonly string[], problems: Problems): Expression | null {
  const node = entry(map, 'condition')
  if (node === null) return problems.add('content/schema', 'Cannot read detection: condition is missing', map.at)
  const nodes = node.kind === 'sequence' ? node.items : [node]
  if (nodes.length === 0 || nodes.length > IDENTIFIERS_PER_RULE_MAX) {
    const message = `Cannot read condition: expected 1 to ${IDENTIFIERS_PER_RULE_MAX} conditions`
    return problems.add('content/schema', message, node.at)
  }
  const children: Expression[] = []
  for (const one of nodes) {
    const text = problems.text(one, 'condition', CONDITION_CHARS_MAX)
    const expression = text === null ? null : problems.attempt(one.at, () => parseCondition(text, names))
    if (expression !== null) children.push(expression)
  }
  const [only] = children
  if (only === undefined || children.length !== nodes.length) return null
  return children.length === 1 ? only : { kind: 'any', children }
}

function resolve(expression: Expression, selections: ReadonlyMap<string, Condition | null>): Condition | null {
  if (expression.kind === 'identifier') return selections.get(expression.name) ?? null
  if (expression.kind === 'not') {
    const child = resolve(expression.child, selections)
    return child && { kind: 'not', child }
  }
  return together(
    expression.kind,
    expression.children.map((child) => resolve(child, selections)),
  )
}

/** Null when any part is: its problem has been reported. */
function together(kind: 'all' | 'any', parts: readonly (Condition | null)[]): Condition | null {
  const children = parts.filter((part) => part !== null)
  const [only] = children
  if (only === undefined || children.length !== parts.length) return null
  return children.length === 1 ? only : { kind, children }
}
