import { type Diagnostic, type SourceNode, toSourceNode } from '@firebreak/content'
import { FirebreakError, type Json, parseJson } from '@firebreak/kernel'

/** Of one input; YAML files may be larger. */
const TREE_BYTES_MAX = 262_144
/** As deep as the reader of YAML lets anything be. */
const TREE_DEPTH_MAX = 32

/** What the reader of YAML would hand over, from JSON: YAML has a target of its own, which is a hundred times slower. */
export function readTree(input: Uint8Array, file: string): SourceNode {
  const value = parseJson(input, TREE_BYTES_MAX, 'tree')
  requireShallow(value, 0)
  return toSourceNode(value, file)
}

function requireShallow(value: Json, depth: number): void {
  if (depth > TREE_DEPTH_MAX) throw new SourceRefusal('content/limit', 'too deep')
  if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value) as readonly Json[]) requireShallow(one, depth + 1)
  }
}

/** A source with diagnostics is refused with the code of its first. */
export class SourceRefusal extends FirebreakError {}

export function requireReadable(diagnostics: readonly Diagnostic[]): void {
  const [first] = diagnostics
  if (first !== undefined) throw new SourceRefusal(first.code, first.message)
}

export const SOURCE_CODES = [
  'kernel/malformed',
  'content/yaml',
  'content/schema',
  'content/condition',
  'content/modifier',
  'content/correlation',
  'content/limit',
  'content/regex-syntax',
  'content/regex-unsupported',
  'content/regex-too-large',
] as const
