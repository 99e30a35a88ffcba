import { SIGMA_DOCUMENTS_PER_FILE_MAX } from '../limits.ts'
import { describe, type Problems } from '../problems.ts'
import type { MappingNode, SigmaSource, SourceNode } from '../source.ts'
import type { SigmaFilter, SigmaRule } from './ast.ts'
import { parseFilter } from './filter.ts'
import type { SigmaContext } from './item.ts'
import { parseRule } from './rule.ts'

export interface SigmaDocuments {
  readonly rules: SigmaRule[]
  readonly filters: SigmaFilter[]
  /** Not read yet: they are told apart only. */
  readonly correlationNodes: SourceNode[]
}

/** By the key that only such a document has. */
const KINDS = ['detection', 'correlation', 'filter'] as const

/**
 * Reads the Sigma documents of one file. What is wrong goes to `problems`, each with its place; a document with
 * problems is left out and hides no other.
 *
 * @param source - hostile
 */
export function parseSigmaDocuments(source: SigmaSource, context: SigmaContext, problems: Problems): SigmaDocuments {
  const found: SigmaDocuments = { rules: [], filters: [], correlationNodes: [] }
  const beyond = source.nodes[SIGMA_DOCUMENTS_PER_FILE_MAX]
  if (beyond) {
    const message = `Cannot read ${source.file}: expected at most ${SIGMA_DOCUMENTS_PER_FILE_MAX} documents`
    problems.add('content/limit', message, beyond.at)
  }
  for (const node of source.nodes.slice(0, SIGMA_DOCUMENTS_PER_FILE_MAX)) parseDocument(node, context, found, problems)
  return found
}

function parseDocument(node: SourceNode, context: SigmaContext, found: SigmaDocuments, problems: Problems): void {
  if (node.kind !== 'mapping') {
    problems.add('content/schema', `Cannot read document: expected a map of keys, found ${describe(node)}`, node.at)
    return
  }
  const kind = kindOf(node, problems)
  const before = problems.total
  if (kind === 'correlation') found.correlationNodes.push(node)
  if (kind === 'detection') {
    const rule = parseRule(node, context, problems)
    if (rule !== null && problems.total === before) found.rules.push(rule)
  }
  if (kind === 'filter') {
    const filter = parseFilter(node, context, problems)
    if (filter !== null && problems.total === before) found.filters.push(filter)
  }
}

function kindOf(map: MappingNode, problems: Problems): (typeof KINDS)[number] | null {
  const action = map.entries.find(({ key }) => key === 'action')
  if (action) {
    const message = 'Cannot read document: action (global, reset, repeat) is not of Sigma 2; write each rule out'
    return problems.add('content/schema', message, action.keyAt)
  }
  const kinds = KINDS.filter((kind) => map.entries.some(({ key }) => key === kind))
  const [only] = kinds
  if (only === undefined) {
    return problems.add('content/schema', `Cannot read document: expected one of the keys ${KINDS.join(', ')}`, map.at)
  }
  if (kinds.length > 1) {
    return problems.add('content/schema', `Cannot read document: it has ${kinds.join(' and ')}, expected one`, map.at)
  }
  return hasRepeatedKey(map, problems) ? null : only
}

function hasRepeatedKey(map: MappingNode, problems: Problems): boolean {
  const keys = new Set<string>()
  const repeated = map.entries.filter(({ key }) => keys.size === keys.add(key).size)
  for (const { key, keyAt } of repeated) {
    problems.add('content/schema', `Cannot read document: ${JSON.stringify(key.slice(0, 60))} is there twice`, keyAt)
  }
  return repeated.length > 0
}
