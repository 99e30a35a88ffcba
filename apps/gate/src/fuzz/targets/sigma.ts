import {
  type CompiledPack,
  compilePack,
  NODE,
  parsePack,
  PREDICATE,
  type SourceNode,
  verifyImage,
} from '@firebreak/content'
import { toSourceNode } from '@firebreak/content'
import { SMALL_MANIFEST } from '../seeds/small-pack.ts'
import { define, oneOf } from './define.ts'
import { engineOf, judgeHostileEvents } from './hostile-events.ts'
import { readTree, requireReadable, SOURCE_CODES } from './tree.ts'

const MANIFEST = toSourceNode(SMALL_MANIFEST, 'pack.yaml')
const PLACEHOLDERS = toSourceNode({ admins: ['root', 'adm?n'], servers: ['10.0.0.1'] }, 'placeholders.yml')

/** A list of Sigma documents: read, compiled, verified, and run by the engine. */
export const createTarget = define<CompiledPack>({
  parse: (input) => compileRules(documentsOf(readTree(input, 'rules.yml'))),
  refuses: oneOf([...SOURCE_CODES, 'content/image-cost']),
  // Modifiers and placeholders multiply texts, up to ITEM_CHARS_MAX; regular expressions up to REGEX_VISITS_MAX.
  fuel: { base: 20_000_000, each: 5_000 },
  bytes: { base: 20_000_000, each: 5_000 },
  describe: ({ digest }) => digest,
  use: runCompiled,
})

export function compileRules(nodes: readonly SourceNode[]): CompiledPack {
  const rules = [{ file: 'rules.yml', nodes }]
  const pack = parsePack({ manifest: MANIFEST, rules, tests: [], indicators: [], placeholders: PLACEHOLDERS })
  requireReadable(pack.diagnostics)
  return compilePack(pack)
}

export function runCompiled({ image }: CompiledPack): void {
  const verified = verifyImage(image)
  const { nodes, predicates } = verified.tables
  judgeHostileEvents(engineOf(verified), nodes.length / NODE.words, predicates.length / PREDICATE.words)
}

function documentsOf(tree: SourceNode): readonly SourceNode[] {
  return tree.kind === 'sequence' ? tree.items : [tree]
}
