import type { Position } from '../errors.ts'
import { DESCRIPTION_CHARS_MAX, RULE_NAME_CHARS_MAX, TAG_CHARS_MAX, TAGS_MAX, TITLE_CHARS_MAX } from '../limits.ts'
import { describe, entry, type Problems } from '../problems.ts'
import type { MappingNode, SourceNode } from '../source.ts'
import { SIGMA_LEVELS, SIGMA_STATUSES, type SigmaLevel, type SigmaRule } from './ast.ts'
import { parseCustom } from './custom.ts'
import { parseDetection } from './detection.ts'
import type { SigmaContext } from './item.ts'
import { parseLogSource } from './log-source.ts'

/**
 * Reads a Sigma detection rule. Metadata that nothing here uses (author, date, references, ...) is not judged: a rule
 * that detects well is not refused for the way its date is written.
 *
 * @see Sigma specification 2.1.0, Sigma Rules Specification
 */
export function parseRule(map: MappingNode, context: SigmaContext, problems: Problems): SigmaRule | null {
  const title = requiredText(map, 'title', TITLE_CHARS_MAX, problems)
  const id = requiredId(map, problems)
  const name = optionalText(map, 'name', RULE_NAME_CHARS_MAX, problems)
  const description = optionalText(map, 'description', DESCRIPTION_CHARS_MAX, problems)
  const logsource = parseLogSource(map, problems)
  const status = oneOf(map, 'status', SIGMA_STATUSES, problems)
  // Sigma does not require a level. The least claim is then the right one.
  const level = oneOf<SigmaLevel>(map, 'level', SIGMA_LEVELS, problems)
  const tags = parseTags(map, problems)
  const custom = parseCustom(map, problems)
  checkTaxonomy(map, problems)
  const node = entry(map, 'detection')
  const source = node && problems.mapping(node, 'detection')
  const detection = source && parseDetection(source, [], context, problems)
  if (title === null || id === null || logsource === null || detection === null) return null
  return {
    id,
    name,
    title,
    description: description ?? '',
    status,
    level: level ?? 'informational',
    tags,
    logsource,
    ...detection,
    custom,
    at: map.at,
  }
}

/** A UUID. Upper case is read as lower case. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function parseId(node: SourceNode, problems: Problems): string | null {
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const id = node.value.toLowerCase()
    if (UUID.test(id)) return id
  }
  return problems.add('content/schema', `Cannot read id: expected a UUID, found ${describe(node)}`, node.at)
}

/** The specification lets a rule do without; but then no detection, no tuning and no update could name it. */
function requiredId(map: MappingNode, problems: Problems): string | null {
  const node = entry(map, 'id')
  return node === null ? missing('id', map.at, problems) : parseId(node, problems)
}

export function requiredText(map: MappingNode, key: string, charsMax: number, problems: Problems): string | null {
  const node = entry(map, key)
  if (node === null) return missing(key, map.at, problems)
  const text = problems.text(node, key, charsMax)
  if (text !== '') return text
  return problems.add('content/schema', `Cannot read ${key}: expected text, found none`, node.at)
}

export function optionalText(map: MappingNode, key: string, charsMax: number, problems: Problems): string | null {
  const node = given(map, key)
  return node && problems.text(node, key, charsMax)
}

/** A key with nothing after the colon is not given. */
export function given(map: MappingNode, key: string): SourceNode | null {
  const node = entry(map, key)
  return node?.kind === 'scalar' && node.value === null ? null : node
}

export function oneOf<T extends string>(
  map: MappingNode,
  key: string,
  words: readonly T[],
  problems: Problems,
): T | null {
  const node = given(map, key)
  if (node === null) return null
  const word = words.find((one) => node.kind === 'scalar' && node.value === one)
  if (word !== undefined) return word
  const message = `Cannot read ${key}: expected one of ${words.join(', ')}, found ${describe(node)}`
  return problems.add('content/schema', message, node.at)
}

export function parseTags(map: MappingNode, problems: Problems): readonly string[] {
  const node = given(map, 'tags')
  return node === null ? [] : problems.texts(node, 'tags', TAGS_MAX, TAG_CHARS_MAX)
}

/** Another taxonomy names fields and log sources otherwise: its rules would match nothing, in silence. */
export function checkTaxonomy(map: MappingNode, problems: Problems): void {
  const node = given(map, 'taxonomy')
  if (node === null || (node.kind === 'scalar' && node.value === 'sigma')) return
  problems.add('content/schema', `Cannot read taxonomy: only sigma is known, found ${describe(node)}`, node.at)
}

function missing(key: string, at: Position, problems: Problems): null {
  return problems.add('content/schema', `Cannot read document: ${key} is missing`, at)
}
