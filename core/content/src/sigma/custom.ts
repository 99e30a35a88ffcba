import { CUSTOM_CHARS_MAX, CUSTOM_DEPTH_MAX } from '../limits.ts'
import type { Problems } from '../problems.ts'
import type { MappingEntry, MappingNode, SourceNode } from '../source.ts'

/** Attributes that the specification names. */
const KNOWN: ReadonlySet<string> = new Set([
  'title',
  'id',
  'name',
  'related',
  'taxonomy',
  'status',
  'description',
  'license',
  'author',
  'references',
  'date',
  'modified',
  'logsource',
  'detection',
  'fields',
  'falsepositives',
  'level',
  'tags',
  'scope',
])

/**
 * The attributes of an author's own as the JSON text of one object, null when there are none. Keys are in the order of
 * their UTF-16 units, so the same attributes are the same text.
 */
export function parseCustom(map: MappingNode, problems: Problems): string | null {
  const entries = map.entries.filter(({ key }) => !KNOWN.has(key))
  if (entries.length === 0) return null
  if (entries.some(({ value }) => isDeeper(value, CUSTOM_DEPTH_MAX))) {
    return problems.add(
      'content/limit',
      `Cannot read custom attributes: nested deeper than ${CUSTOM_DEPTH_MAX}`,
      map.at,
    )
  }
  const text = writeEntries(entries)
  if (text.length <= CUSTOM_CHARS_MAX) return text
  return problems.add('content/limit', `Cannot read custom attributes: over ${CUSTOM_CHARS_MAX} characters`, map.at)
}

function isDeeper(node: SourceNode, levels: number): boolean {
  if (node.kind === 'scalar') return false
  const children = node.kind === 'sequence' ? node.items : node.entries.map(({ value }) => value)
  return levels === 0 || children.some((child) => isDeeper(child, levels - 1))
}

function writeEntries(entries: readonly MappingEntry[]): string {
  const sorted = entries.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return `{${sorted.map(({ key, value }) => `${JSON.stringify(key)}:${write(value)}`).join(',')}}`
}

function write(node: SourceNode): string {
  if (node.kind === 'mapping') return writeEntries(node.entries)
  if (node.kind === 'sequence') return `[${node.items.map(write).join(',')}]`
  return JSON.stringify(node.value)
}
