import type { Position } from './errors.ts'
import { DESCRIPTION_CHARS_MAX, LOGSOURCE_CHARS_MAX, TAG_CHARS_MAX, TAGS_MAX, TITLE_CHARS_MAX } from './limits.ts'
import { entry, type Problems } from './problems.ts'
import { type LogSource, RULE_ID, SIGMA_LEVELS, type SigmaLevel, type SigmaRule } from './sigma.ts'
import { parseDetection } from './sigma-detection.ts'
import type { MappingNode, SourceNode } from './source.ts'

/** Documents of Sigma that are not detection rules. */
const OTHER_DOCUMENTS = ['correlation', 'filter', 'action'] as const

/**
 * Reads a Sigma detection rule. All metadata that Sigma or its users know is accepted; only what the engine needs is
 * kept. A part of Sigma that is not supported is a diagnostic that names it.
 *
 * @see Sigma specification 2.1.0, Sigma rules
 */
export function parseRule(node: SourceNode, problems: Problems): SigmaRule | null {
  const map = problems.mapping(node, 'rule')
  if (map === null) return null
  const other = map.entries.find((one) => (OTHER_DOCUMENTS as readonly string[]).includes(one.key))
  if (other) return problems.add('content/schema', `Cannot read rule: ${other.key} is not supported`, other.keyAt)
  const title = requiredText(map, 'title', TITLE_CHARS_MAX, problems)
  const id = parseId(map, problems)
  const logsource = parseLogSource(map, problems)
  const level = parseLevel(map, problems)
  const detection = entry(map, 'detection')
  const condition = detection ? parseDetection(detection, problems) : missing('detection', map.at, problems)
  const tagsNode = entry(map, 'tags')
  const tags = isNothing(tagsNode) ? [] : problems.texts(tagsNode, 'tags', TAGS_MAX, TAG_CHARS_MAX)
  const descriptionNode = entry(map, 'description')
  const description = isNothing(descriptionNode)
    ? ''
    : problems.text(descriptionNode, 'description', DESCRIPTION_CHARS_MAX)
  if (title === null || id === null || logsource === null || level === null) return null
  if (condition === null || description === null) return null
  return { id, title, description, level, tags, logsource, condition, at: map.at }
}

function parseId(map: MappingNode, problems: Problems): string | null {
  const node = entry(map, 'id')
  if (node === null) return missing('id', map.at, problems)
  const id = problems.text(node, 'id', 36)
  if (id === null || RULE_ID.test(id)) return id
  return problems.add('content/schema', 'Cannot read id: expected a UUID in lower case', node.at)
}

function parseLevel(map: MappingNode, problems: Problems): SigmaLevel | null {
  const node = entry(map, 'level')
  // Sigma does not require a level. The least claim is then the right one.
  if (node === null) return 'informational'
  const level = SIGMA_LEVELS.find((one) => node.kind === 'scalar' && node.value === one)
  if (level !== undefined) return level
  return problems.add('content/schema', `Cannot read level: expected ${SIGMA_LEVELS.join(', ')}`, node.at)
}

/**
 * An event of ours has a category and a product. A rule that is routed by service, or by product alone, would be lost
 * in silence or meet the wrong events, so it is refused by name.
 */
function parseLogSource(map: MappingNode, problems: Problems): LogSource | null {
  const node = entry(map, 'logsource')
  if (node === null) return missing('logsource', map.at, problems)
  const source = problems.mapping(node, 'logsource')
  if (source === null) return null
  const service = entry(source, 'service')
  if (!isNothing(service)) {
    return problems.add('content/schema', 'Cannot read logsource: routing by service is not supported', service.at)
  }
  const category = entry(source, 'category')
  if (isNothing(category)) {
    const message = 'Cannot read logsource: expected a category; routing without one is not supported'
    return problems.add('content/schema', message, source.at)
  }
  const product = entry(source, 'product')
  const categoryText = problems.text(category, 'logsource category', LOGSOURCE_CHARS_MAX)
  const productText = isNothing(product) ? null : problems.text(product, 'logsource product', LOGSOURCE_CHARS_MAX)
  if (categoryText === null || (productText === null && !isNothing(product))) return null
  return { category: categoryText, product: productText }
}

function requiredText(map: MappingNode, key: string, charsMax: number, problems: Problems): string | null {
  const node = entry(map, key)
  if (node === null) return missing(key, map.at, problems)
  const text = problems.text(node, key, charsMax)
  if (text !== '') return text
  return problems.add('content/schema', `Cannot read ${key}: expected text, found none`, node.at)
}

function missing(key: string, at: Position, problems: Problems): null {
  return problems.add('content/schema', `Cannot read rule: ${key} is missing`, at)
}

/** Absent, or present with nothing after the colon. */
function isNothing(node: SourceNode | null): node is null {
  return node === null || (node.kind === 'scalar' && node.value === null)
}
