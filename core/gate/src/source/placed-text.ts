import type { MappingNode, Position, SourceNode } from '@firebreak/content'

/** A name decides what the engine does, a value is what events are compared with, prose is for people. */
export type TextRole = 'name' | 'value' | 'prose'

export interface PlacedText {
  readonly role: TextRole
  readonly text: string
  readonly at: Position
}

/** Keys and texts with anything but the letters, signs and line ends that every keyboard has: few have any. */
export function unusualTexts(map: MappingNode): readonly PlacedText[] {
  const found: PlacedText[] = []
  collectEntries(map, (key) => roleOf(key), found)
  return found
}

/** What in a document names something. The rest of it is for people. */
const NAMES: ReadonlySet<string> = new Set([
  'id',
  'name',
  'logsource',
  'tags',
  'level',
  'status',
  'taxonomy',
  'correlation',
])
/** In a detection and in a filter. The rest of it are selections. */
const SELECTING: ReadonlySet<string> = new Set(['condition', 'rules'])

function roleOf(key: string): TextRole | 'selections' {
  if (key === 'detection' || key === 'filter') return 'selections'
  return NAMES.has(key) ? 'name' : 'prose'
}

function collectEntries(
  map: MappingNode,
  roleOfKey: (key: string) => TextRole | 'selections',
  found: PlacedText[],
): void {
  for (const { key, keyAt, value } of map.entries) {
    collectText('name', key, keyAt, found)
    const role = roleOfKey(key)
    if (role !== 'selections') collect(value, role, found)
    else if (value.kind === 'mapping') {
      collectEntries(value, (inner) => (SELECTING.has(inner) ? 'name' : 'value'), found)
    }
  }
}

function collect(node: SourceNode, role: TextRole, found: PlacedText[]): void {
  if (node.kind === 'mapping') collectEntries(node, () => role, found)
  else if (node.kind === 'sequence') for (const item of node.items) collect(item, role, found)
  else if (typeof node.value === 'string') collectText(role, node.value, node.at, found)
}

function collectText(role: TextRole, text: string, at: Position, found: PlacedText[]): void {
  if (/[^\t\n\r\x20-\x7e]/.test(text)) found.push({ role, text, at })
}
