import type { Position } from '../errors.ts'
import { DESCRIPTION_CHARS_MAX, RULE_NAME_CHARS_MAX, TAG_CHARS_MAX, TAGS_MAX, TITLE_CHARS_MAX } from '../limits.ts'
import { describe, entry, type Problems } from '../problems.ts'
import { SIGMA_LEVELS, type SigmaLevel } from '../sigma/ast.ts'
import type { MappingNode, SourceNode } from '../source.ts'
import { type CorrelationBody, readBody } from './body.ts'
import { customAttributes } from './custom.ts'
import { CORRELATION_ID_CHARS_MAX } from './limits.ts'

/** A document as it was read; its references are not looked up yet. */
export interface CorrelationDocument {
  readonly id: string
  readonly name: string | null
  readonly title: string
  readonly description: string
  readonly status: string | null
  readonly level: SigmaLevel
  readonly tags: readonly string[]
  readonly custom: string | null
  readonly generate: boolean
  readonly body: CorrelationBody
  readonly at: Position
}

const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const

/** @see Sigma specification 2.1.0, Sigma correlation rules, Components */
export function readDocument(node: SourceNode, problems: Problems): CorrelationDocument | null {
  const before = problems.total
  const map = problems.mapping(node, 'correlation')
  if (map === null) return null
  const title = readTitle(map, problems)
  const id = optionalText(map, 'id', CORRELATION_ID_CHARS_MAX, problems)
  const name = optionalText(map, 'name', RULE_NAME_CHARS_MAX, problems)
  const description = optionalText(map, 'description', DESCRIPTION_CHARS_MAX, problems) ?? ''
  const status = oneOf(map, 'status', STATUSES, problems)
  const level = oneOf(map, 'level', SIGMA_LEVELS, problems) ?? 'informational'
  const tagsNode = present(map, 'tags')
  const tags = tagsNode === null ? [] : problems.texts(tagsNode, 'tags', TAGS_MAX, TAG_CHARS_MAX)
  const custom = customAttributes(map.entries, problems)
  const generate = readGenerate(map, problems)
  const section = entry(map, 'correlation')
  const body = section === null ? missing('correlation', map.at, problems) : readBody(section, problems)
  if (body === null || title === null || problems.total > before) return null
  const text = { id: id ?? name ?? title, name, title, description, status, level, tags, custom }
  return { ...text, generate, body, at: map.at }
}

/** What other correlations may call the document, also when it is not fit to be read. */
export function documentNames(node: SourceNode): readonly string[] {
  if (node.kind !== 'mapping') return []
  return ['id', 'name', 'title'].flatMap((key) => {
    const found = entry(node, key)
    return found?.kind === 'scalar' && typeof found.value === 'string' ? [found.value] : []
  })
}

function readTitle(map: MappingNode, problems: Problems): string | null {
  const node = entry(map, 'title')
  if (node === null) return missing('title', map.at, problems)
  const title = problems.text(node, 'title', TITLE_CHARS_MAX)
  return title === '' ? problems.add('content/schema', 'Cannot read title: expected text, found none', node.at) : title
}

/** The schema has `generate` beside `correlation`, pySigma reads it inside: either place, not both. */
function readGenerate(map: MappingNode, problems: Problems): boolean {
  const section = entry(map, 'correlation')
  const outside = present(map, 'generate')
  const inside = section?.kind === 'mapping' ? present(section, 'generate') : null
  if (outside !== null && inside !== null) {
    problems.add('content/correlation', 'Cannot read generate: given beside correlation and inside it', inside.at)
    return false
  }
  const node = outside ?? inside
  if (node === null) return false
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
  problems.add('content/schema', `Cannot read generate: expected true or false, found ${describe(node)}`, node.at)
  return false
}

function optionalText(map: MappingNode, key: string, charsMax: number, problems: Problems): string | null {
  const node = present(map, key)
  if (node === null) return null
  const text = problems.text(node, key, charsMax)
  // An empty id or name could not be referred to.
  return text === '' ? null : text
}

function oneOf<T extends string>(map: MappingNode, key: string, allowed: readonly T[], problems: Problems): T | null {
  const node = present(map, key)
  if (node === null) return null
  const found = allowed.find((one) => node.kind === 'scalar' && node.value === one)
  if (found !== undefined) return found
  const message = `Cannot read ${key}: expected ${allowed.join(', ')}, found ${describe(node)}`
  return problems.add('content/schema', message, node.at)
}

function missing(key: string, at: Position, problems: Problems): null {
  return problems.add('content/schema', `Cannot read correlation: ${key} is missing`, at)
}

/** Null when absent, or when nothing follows the colon. */
function present(map: MappingNode, key: string): SourceNode | null {
  const node = entry(map, key)
  return node?.kind === 'scalar' && node.value === null ? null : node
}
