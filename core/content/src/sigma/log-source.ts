import { LOGSOURCE_CHARS_MAX } from '../limits.ts'
import { entry, type Problems } from '../problems.ts'
import type { MappingNode } from '../source.ts'
import type { LogSource } from './ast.ts'

/**
 * Reads `logsource`. Its definition is for people, and attributes of an author's own route nothing. Values are lower
 * case with `_` for spaces, as the specification has them: `Windows` would otherwise be a product of no event.
 */
export function parseLogSource(map: MappingNode, problems: Problems): LogSource | null {
  const node = entry(map, 'logsource')
  if (node === null) return problems.add('content/schema', 'Cannot read document: logsource is missing', map.at)
  const source = problems.mapping(node, 'logsource')
  if (source === null) return null
  const before = problems.total
  const [category = null, product = null, service = null] = ATTRIBUTES.map((key) => attribute(source, key, problems))
  if (problems.total > before) return null
  if (category !== null || product !== null || service !== null) return { category, product, service }
  return problems.add(
    'content/schema',
    `Cannot read logsource: expected at least one of ${ATTRIBUTES.join(', ')}`,
    node.at,
  )
}

/** Whether every event of `inner` is one of `outer`. */
export function isWithin(inner: LogSource, outer: LogSource): boolean {
  return ATTRIBUTES.every((key) => outer[key] === null || outer[key] === inner[key])
}

const ATTRIBUTES = ['category', 'product', 'service'] as const

function attribute(source: MappingNode, key: string, problems: Problems): string | null {
  const node = entry(source, key)
  if (node === null || (node.kind === 'scalar' && node.value === null)) return null
  const text = problems.text(node, `logsource ${key}`, LOGSOURCE_CHARS_MAX)
  if (text === '')
    return problems.add('content/schema', `Cannot read logsource ${key}: expected text, found none`, node.at)
  return text === null ? null : text.toLowerCase().replaceAll(' ', '_')
}
