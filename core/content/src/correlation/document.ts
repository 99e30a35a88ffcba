import type { Position } from '../errors.ts'
import { DESCRIPTION_CHARS_MAX, RULE_NAME_CHARS_MAX, TITLE_CHARS_MAX } from '../limits.ts'
import { describe, entry, type Problems } from '../problems.ts'
import { SIGMA_LEVELS, SIGMA_STATUSES, type SigmaLevel, type SigmaStatus } from '../sigma/ast.ts'
import { parseCustom } from '../sigma/custom.ts'
import { checkTaxonomy, given, oneOf, optionalText, parseId, parseTags, requiredText } from '../sigma/rule.ts'
import type { MappingNode, SourceNode } from '../source.ts'
import { type CorrelationBody, readBody } from './body.ts'

/** A document as it was read; its references are not looked up yet. */
export interface CorrelationDocument {
  readonly id: string
  readonly name: string | null
  readonly title: string
  readonly description: string
  readonly status: SigmaStatus | null
  readonly level: SigmaLevel
  readonly tags: readonly string[]
  readonly custom: string | null
  readonly generate: boolean
  readonly body: CorrelationBody
  readonly at: Position
}

/** Attributes that only correlations have; `reference` is what the text of the specification calls `references`. */
const OWN_KEYS = ['correlation', 'generate', 'reference']

/** @see Sigma specification 2.1.0, Sigma correlation rules, Components */
export function readDocument(node: SourceNode, problems: Problems): CorrelationDocument | null {
  const before = problems.total
  const map = problems.mapping(node, 'correlation')
  if (map === null) return null
  const title = requiredText(map, 'title', TITLE_CHARS_MAX, problems)
  const idNode = given(map, 'id')
  const id = idNode && parseId(idNode, problems)
  // An empty name could not be referred to.
  const name = optionalText(map, 'name', RULE_NAME_CHARS_MAX, problems) || null
  const description = optionalText(map, 'description', DESCRIPTION_CHARS_MAX, problems) ?? ''
  const status = oneOf(map, 'status', SIGMA_STATUSES, problems)
  const level = oneOf<SigmaLevel>(map, 'level', SIGMA_LEVELS, problems) ?? 'informational'
  const tags = parseTags(map, problems)
  const foreign = map.entries.filter(({ key }) => !OWN_KEYS.includes(key))
  const custom = parseCustom({ ...map, entries: foreign }, problems)
  const generate = readGenerate(map, problems)
  checkTaxonomy(map, problems)
  const section = entry(map, 'correlation')
  const body = section && readBody(section, problems)
  if (section === null) problems.add('content/schema', 'Cannot read document: correlation is missing', map.at)
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

/** The schema has `generate` beside `correlation`, pySigma reads it inside: either place, not both. */
function readGenerate(map: MappingNode, problems: Problems): boolean {
  const section = entry(map, 'correlation')
  const outside = given(map, 'generate')
  const inside = section?.kind === 'mapping' ? given(section, 'generate') : null
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
