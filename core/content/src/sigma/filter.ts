import { FILTER_TARGETS_MAX, RULE_NAME_CHARS_MAX, TITLE_CHARS_MAX } from '../limits.ts'
import { entry, type Problems } from '../problems.ts'
import type { MappingNode, SourceNode } from '../source.ts'
import type { SigmaFilter } from './ast.ts'
import { parseDetection } from './detection.ts'
import type { SigmaContext } from './item.ts'
import { parseLogSource } from './log-source.ts'
import { given, optionalText, parseId, requiredText } from './rule.ts'

/**
 * Reads a filter document: `{title, logsource, filter: {rules, selections..., condition}}`.
 *
 * @see Sigma specification 2.1.0, Sigma Filters Specification
 */
export function parseFilter(map: MappingNode, context: SigmaContext, problems: Problems): SigmaFilter | null {
  const title = requiredText(map, 'title', TITLE_CHARS_MAX, problems)
  const idNode = given(map, 'id')
  const id = idNode && parseId(idNode, problems)
  const name = optionalText(map, 'name', RULE_NAME_CHARS_MAX, problems)
  const logsource = parseLogSource(map, problems)
  const node = entry(map, 'filter')
  const source = node && problems.mapping(node, 'filter')
  if (source === null) return null
  const rules = parseReferences(source, problems)
  const detection = parseDetection(source, ['rules'], context, problems)
  if (title === null || logsource === null || rules === null || detection === null) return null
  const { selections, condition } = detection
  return { id, name, title, logsource, rules, selections, condition, at: map.at }
}

function parseReferences(source: MappingNode, problems: Problems): SigmaFilter['rules'] | null {
  const node = given(source, 'rules')
  if (node === null) return problems.add('content/schema', 'Cannot read filter: rules is missing', source.at)
  if (isAny(node)) return 'any'
  const before = problems.total
  const rules = problems.texts(node, 'rules of filter', FILTER_TARGETS_MAX, RULE_NAME_CHARS_MAX)
  if (problems.total > before) return null
  if (rules.length > 0) return [...new Set(rules)]
  return problems.add('content/schema', 'Cannot read filter: expected at least one rule', node.at)
}

/** Not of the specification, but of pySigma, and what people write. */
function isAny(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === 'any'
}
