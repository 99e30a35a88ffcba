import { PLACEHOLDER_VALUES_MAX, PLACEHOLDERS_MAX, VALUE_CHARS_MAX } from './limits.ts'
import type { Problems } from './problems.ts'
import type { SourceNode } from './source.ts'

/** `placeholders.yml`: for each name what `%name%` stands for in rules, one text or a list. */
export function parsePlaceholders(node: SourceNode, problems: Problems): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, readonly string[]>()
  const map = problems.mapping(node, 'placeholders')
  if (map === null) return tables
  if (map.entries.length > PLACEHOLDERS_MAX) {
    problems.add('content/limit', `Cannot read placeholders: at most ${PLACEHOLDERS_MAX}`, map.at)
    return tables
  }
  for (const { key, value } of map.entries) {
    const texts = problems.texts(value, `placeholder ${key}`, PLACEHOLDER_VALUES_MAX, VALUE_CHARS_MAX)
    if (texts.length > 0) tables.set(key, texts)
  }
  return tables
}
