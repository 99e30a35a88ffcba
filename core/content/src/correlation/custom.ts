import { CUSTOM_CHARS_MAX } from '../limits.ts'
import type { Problems } from '../problems.ts'
import type { MappingEntry, SourceNode } from '../source.ts'
import { CUSTOM_DEPTH_MAX } from './limits.ts'

/** The attributes of a document that Sigma names. Whatever else it has is kept as custom. */
const KNOWN: ReadonlySet<string> = new Set([
  'author',
  'correlation',
  'date',
  'description',
  'falsepositives',
  'fields',
  'generate',
  'id',
  'level',
  'license',
  'modified',
  'name',
  'reference',
  'references',
  'related',
  'status',
  'tags',
  'taxonomy',
  'title',
])

/**
 * JSON of the custom attributes, keys in the order of the source; null when there are none or they can't be kept, which is
 * then reported. JSON is written here and not by JSON.stringify of an object, so that `__proto__` is a key like any other.
 */
export function customAttributes(entries: readonly MappingEntry[], problems: Problems): string | null {
  const custom = entries.filter(({ key }) => !KNOWN.has(key))
  const [first] = custom
  if (first === undefined) return null
  const json = writeMembers(custom, 1)
  if (json === null) {
    const message = `Cannot keep ${first.key}: custom attributes nest deeper than ${CUSTOM_DEPTH_MAX} levels`
    return problems.add('content/limit', message, first.keyAt)
  }
  if (json.length <= CUSTOM_CHARS_MAX && json.isWellFormed()) return json
  const message = `Cannot keep ${first.key}: custom attributes are more than ${CUSTOM_CHARS_MAX} characters or no text`
  return problems.add('content/limit', message, first.keyAt)
}

/** Null when it is too deep. */
function writeNode(node: SourceNode, depth: number): string | null {
  if (node.kind === 'scalar') return JSON.stringify(node.value)
  if (depth > CUSTOM_DEPTH_MAX) return null
  if (node.kind === 'mapping') return writeMembers(node.entries, depth)
  const items = node.items.map((item) => writeNode(item, depth + 1))
  return items.includes(null) ? null : `[${items.join(',')}]`
}

function writeMembers(entries: readonly MappingEntry[], depth: number): string | null {
  const members = entries.map(({ key, value }) => {
    const json = writeNode(value, depth + 1)
    return json === null ? null : `${JSON.stringify(key)}:${json}`
  })
  return members.includes(null) ? null : `{${members.join(',')}}`
}
