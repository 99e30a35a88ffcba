import { type MappingNode, type PackSource, type SourceNode, toSourceNode } from '@firebreak/content'
import type { Random } from '@firebreak/fuzz'

/** What `toSourceNode` makes a tree of. */
export type Plain = Parameters<typeof toSourceNode>[0]
export type PlainMap = { readonly [key: string]: Plain }

/** A document with a detection: number of its file, and its number in it. */
export interface RulePlace {
  readonly file: number
  readonly node: number
}

export function rulePlaces({ rules }: PackSource): readonly RulePlace[] {
  return rules.flatMap(({ nodes }, file) =>
    nodes.flatMap((one, node) => (entryOf(one, 'detection') === null ? [] : [{ file, node }])),
  )
}

export function ruleAt({ rules }: PackSource, { file, node }: RulePlace): SourceNode | null {
  return rules[file]?.nodes[node] ?? null
}

/** The text of a key of a map; null when it is no text. */
export function textOf(node: SourceNode | null, key: string): string | null {
  const value = node && entryOf(node, key)
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null
}

export function entryOf(node: SourceNode, key: string): SourceNode | null {
  return node.kind === 'mapping' ? (node.entries.find((one) => one.key === key)?.value ?? null) : null
}

/** The items of a key that has a list; none when it has not. */
export function itemsOf(node: SourceNode, key: string): readonly SourceNode[] {
  const list = entryOf(node, key)
  return list?.kind === 'sequence' ? list.items : []
}

/** The map with the items of one of its lists replaced. */
export function withItems(node: SourceNode, key: string, items: readonly SourceNode[]): SourceNode {
  const rest = asMap(node).entries.filter((one) => one.key !== key)
  const value: SourceNode = { kind: 'sequence', items, at: node.at }
  return { ...asMap(node), entries: [...rest, { key, keyAt: node.at, value }] }
}

/** The map with that key set; at the end when it is new. Keeps the places of everything else. */
export function withEntry(node: SourceNode, key: string, value: Plain): SourceNode {
  const map = asMap(node)
  const tree = toSourceNode(value, node.at.file)
  const has = map.entries.some((one) => one.key === key)
  const entries = has
    ? map.entries.map((one) => (one.key === key ? { ...one, value: tree } : one))
    : [...map.entries, { key, keyAt: node.at, value: tree }]
  return { ...map, entries }
}

/** The map without that key. */
export function withoutEntry(node: SourceNode, key: string): SourceNode {
  const map = asMap(node)
  return { ...map, entries: map.entries.filter((one) => one.key !== key) }
}

/** The map with a change inside of one of its maps, which has to be there or is made. */
export function within(node: SourceNode, key: string, edit: (inner: SourceNode) => SourceNode): SourceNode {
  const map = asMap(node)
  const inner = entryOf(node, key) ?? toSourceNode({}, node.at.file)
  const rest = map.entries.filter((one) => one.key !== key)
  return { ...map, entries: [...rest, { key, keyAt: node.at, value: edit(inner) }] }
}

export function editRule(source: PackSource, place: RulePlace, edit: (rule: SourceNode) => SourceNode): PackSource {
  const rules = source.rules.map((one, file) =>
    file === place.file ? { ...one, nodes: one.nodes.map((node, i) => (i === place.node ? edit(node) : node)) } : one,
  )
  return { ...source, rules }
}

/** A change of one rule of the pack that the random number chooses. The pack has one. */
export function editSomeRule(
  source: PackSource,
  random: Random,
  edit: (rule: SourceNode) => SourceNode,
  where: (rule: SourceNode) => boolean = () => true,
): PackSource {
  const places = rulePlaces(source).filter((place) => {
    const rule = ruleAt(source, place)
    return rule !== null && where(rule)
  })
  return editRule(source, random.pick(places), edit)
}

/** A change of one test that the random number chooses. The pack has one. */
export function editSomeTest(
  source: PackSource,
  random: Random,
  edit: (test: SourceNode) => SourceNode,
  where: (test: SourceNode) => boolean = () => true,
): PackSource {
  const fitting = source.tests.flatMap(({ node }, i) => (where(node) ? [i] : []))
  const chosen = random.pick(fitting)
  return { ...source, tests: source.tests.map((one, i) => (i === chosen ? { ...one, node: edit(one.node) } : one)) }
}

/** The pack with more documents of rules and tests, each in a file of its own. */
export function withDocuments(source: PackSource, rules: readonly PlainMap[], tests: readonly PlainMap[]): PackSource {
  const name = (i: number, many: readonly unknown[]): string => `self_test_${String(many.length + i).padStart(5, '0')}`
  const more = rules.map((one, i) => {
    const file = `rules/${name(i, source.rules)}.yml`
    return { file, nodes: [toSourceNode(one, file)] }
  })
  const moreTests = tests.map((one, i) => {
    const file = `tests/${name(i, source.tests)}.yml`
    return { file, node: toSourceNode(one, file) }
  })
  return { ...source, rules: [...source.rules, ...more], tests: [...source.tests, ...moreTests] }
}

function asMap(node: SourceNode): MappingNode {
  return node.kind === 'mapping' ? node : { kind: 'mapping', entries: [], at: node.at }
}
