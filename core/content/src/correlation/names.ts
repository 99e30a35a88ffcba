import { FIELD_NAME_CHARS_MAX } from '../limits.ts'
import type { Problems } from '../problems.ts'
import { parseFieldName } from '../sigma/match.ts'
import type { SourceNode } from '../source.ts'

/** Names of fields or aliases, one or a list. Absent is none. */
export function readNames(
  node: SourceNode | null,
  what: string,
  itemsMax: number,
  problems: Problems,
): readonly string[] {
  if (node === null || (node.kind === 'scalar' && node.value === null)) return []
  const names = problems.texts(node, what, itemsMax, FIELD_NAME_CHARS_MAX).map(parseFieldName)
  if (names.includes('')) problems.add('content/schema', `Cannot read ${what}: a name is empty`, node.at)
  if (new Set(names).size === names.length) return names
  problems.add('content/schema', `Cannot read ${what}: a name is given twice`, node.at)
  return []
}
