import type { FieldTest, MappingNode, PackSource, Position, SigmaRule, SourceNode, Tree } from '@firebreak/content'

/**
 * Where the field tests of a rule stand in its file: at the key of their item, or at the list of keywords. A selection
 * that a filter of the pack added is not in the rule's own file; its tests are where the rule begins.
 *
 * @param source - the one that the rule was parsed from; null where there is none
 */
export function placesOf(rule: SigmaRule, source: PackSource | null): ReadonlyMap<FieldTest, Position> {
  const places = new Map<FieldTest, Position>()
  const detection = source && detectionOf(rule, source)
  if (detection === null) return places
  for (const { name, test } of rule.selections) {
    const written = detection.entries.find(({ key }) => key === name)
    if (written !== undefined) place(test, written.value, places)
  }
  return places
}

function detectionOf({ id, at }: SigmaRule, { rules }: PackSource): MappingNode | null {
  const documents = rules.filter(({ file }) => file === at.file).flatMap(({ nodes }) => nodes)
  const own = documents.find((node) => textAt(node, 'id')?.toLowerCase() === id)
  const detection = own && entry(own, 'detection')
  return detection?.kind === 'mapping' ? detection : null
}

/** A map of more than one item was read as "all" of them, in their order; of one as that item. Lists likewise. */
function place(tree: Tree<FieldTest>, node: SourceNode, places: Map<FieldTest, Position>): void {
  if (node.kind === 'scalar') return mark(tree, node.at, places)
  if (node.kind === 'mapping') {
    const items = node.entries.map(({ keyAt }) => keyAt)
    return eachPart(tree, items.length, (part, i) => mark(part, items[i] ?? node.at, places))
  }
  const keywords = node.items.filter(({ kind }) => kind === 'scalar')
  const parts = [...keywords.slice(0, 1), ...node.items.filter(({ kind }) => kind !== 'scalar')]
  eachPart(tree, parts.length, (part, i) => place(part, parts[i] ?? node, places))
}

function eachPart(
  tree: Tree<FieldTest>,
  count: number,
  visit: (part: Tree<FieldTest>, position: number) => void,
): void {
  if (count === 1) return visit(tree, 0)
  if (tree.kind !== 'all' && tree.kind !== 'any') return
  for (const [i, part] of tree.children.entries()) visit(part, i)
}

function mark(tree: Tree<FieldTest>, at: Position, places: Map<FieldTest, Position>): void {
  if (tree.kind === 'test') places.set(tree, at)
  else if (tree.kind === 'not') mark(tree.child, at, places)
  else for (const child of tree.children) mark(child, at, places)
}

function entry(node: SourceNode, key: string): SourceNode | undefined {
  return node.kind === 'mapping' ? node.entries.find((one) => one.key === key)?.value : undefined
}

function textAt(node: SourceNode, key: string): string | null {
  const value = entry(node, key)
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null
}
