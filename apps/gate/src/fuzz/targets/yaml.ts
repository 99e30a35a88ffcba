import type { SourceNode } from '@firebreak/content'
import { utf8Decode } from '@firebreak/kernel'
import { parseYamlDocuments } from '@firebreak/pack-folder'
import { Violation } from '../oracles.ts'
import { define, describeJson, oneOf } from './define.ts'

/** Files of a pack, from bytes to trees. Most of it is somebody else's code: what it throws has to be an error of ours. */
export const createTarget = define<readonly SourceNode[]>({
  parse: (input) => parseYamlDocuments(utf8Decode(input), 'rules.yml'),
  refuses: oneOf(['kernel/malformed', 'content/yaml', 'content/limit']),
  fuel: { base: 50_000, each: 500 },
  bytes: { base: 262_144, each: 500 },
  describe: describeJson,
  use: (nodes) => nodes.forEach(requireWhole),
})

/** Every key is text, every value one of those that there are, and each has its place. */
function requireWhole(node: SourceNode): void {
  if (!(node.at.line >= 1 && node.at.column >= 1)) throw new Violation('disagreement', 'a node of no place')
  if (node.kind === 'sequence') node.items.forEach(requireWhole)
  else if (node.kind === 'mapping') {
    const keys = new Set<string>()
    for (const { key, value } of node.entries) {
      if (typeof key !== 'string' || keys.has(key))
        throw new Violation('disagreement', 'a key that is none, or there twice')
      keys.add(key)
      requireWhole(value)
    }
  } else if (node.value !== null && !['string', 'number', 'boolean'].includes(typeof node.value)) {
    throw new Violation('disagreement', 'a value of no kind that there is')
  }
}
