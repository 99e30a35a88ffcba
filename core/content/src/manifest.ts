import { KernelError, type Version, version } from '@firebreak/kernel'
import { entry, type Problems } from './problems.ts'
import type { MappingNode, SourceNode } from './source.ts'

/** `pack.yaml`. */
export interface PackManifest {
  readonly name: string
  readonly version: Version
  /** The kind of content that a customer sets policy for. */
  readonly category: string
  readonly minimumEngine: Version
  readonly description: string
}

/** Of packs and categories. */
export const NAME: RegExp = /^[a-z0-9][a-z0-9-]{0,63}$/
const DESCRIPTION_CHARS_MAX = 1_024
const KEYS = ['name', 'version', 'category', 'minimumEngine', 'description'] as const

export function parseManifest(node: SourceNode, problems: Problems): PackManifest | null {
  const map = problems.mapping(node, 'pack manifest')
  if (map === null) return null
  let complete = true
  for (const one of map.entries) {
    if ((KEYS as readonly string[]).includes(one.key)) continue
    problems.add('content/schema', `Cannot read ${one.key}: expected one of ${KEYS.join(', ')}`, one.keyAt)
    complete = false
  }
  const name = required(map, 'name', problems, readName)
  const packVersion = required(map, 'version', problems, readVersion)
  const category = required(map, 'category', problems, readName)
  const minimumEngine = required(map, 'minimumEngine', problems, readVersion)
  const description = required(map, 'description', problems, readDescription)
  if (name === null || packVersion === null || category === null || minimumEngine === null) return null
  if (description === null || !complete) return null
  return { name, version: packVersion, category, minimumEngine, description }
}

type Read = (node: SourceNode, key: string, problems: Problems) => string | null

function required(map: MappingNode, key: string, problems: Problems, read: Read): string | null {
  const node = entry(map, key)
  if (node === null) return problems.add('content/schema', `Cannot read pack manifest: ${key} is missing`, map.at)
  return read(node, key, problems)
}

function readName(node: SourceNode, key: string, problems: Problems): string | null {
  const text = problems.text(node, key, 64)
  if (text === null || NAME.test(text)) return text
  const expected = 'lower-case letters, digits and hyphens, at most 64'
  return problems.add('content/schema', `Cannot read ${key}: expected ${expected}`, node.at)
}

/** YAML reads 1.2 as a number, so say what is wanted even when it is not text. */
function readVersion(node: SourceNode, key: string, problems: Problems): string | null {
  try {
    return version(node.kind === 'scalar' ? node.value : node.kind, key)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    return problems.add('content/schema', error.message, node.at)
  }
}

function readDescription(node: SourceNode, key: string, problems: Problems): string | null {
  return problems.text(node, key, DESCRIPTION_CHARS_MAX)
}
