import type {
  Diagnostic,
  MappingEntry,
  MappingNode,
  PackSource,
  ParsedPack,
  Position,
  ScalarNode,
  SourceNode,
} from '@firebreak/content'
import { constantOf } from './logic.ts'
import { type PlacedText, unusualTexts } from './placed-text.ts'

/** A Sigma document as its author wrote it. Only documents in which the reader found nothing wrong are judged. */
export interface SigmaDocument {
  readonly kind: 'rule' | 'correlation' | 'filter'
  readonly file: string
  readonly map: MappingNode
  /** In lower case; null where the kind needs none and there is none. */
  readonly id: string | null
  /** None for a correlation. */
  readonly selections: readonly MappingEntry[]
  readonly conditions: readonly TextNode[]
  readonly items: readonly DetectionItem[]
  readonly tags: readonly TextNode[]
  readonly unusualTexts: readonly PlacedText[]
}

/** `Field|modifier: values`, or keywords. */
export interface DetectionItem {
  /** Null for keywords. */
  readonly field: string | null
  readonly modifiers: readonly string[]
  readonly values: readonly ScalarNode[]
  /** As the author wrote it; empty for keywords that stand without one. */
  readonly key: string
  readonly at: Position
}

export interface TextNode {
  readonly text: string
  readonly at: Position
}

/** What every rule of the source check sees. */
export interface SourceContext {
  readonly pack: ParsedPack
  readonly documents: readonly SigmaDocument[]
  /** Of each rule, by id: whether its condition holds for no event, or for every event. Null: neither is known. */
  readonly constants: ReadonlyMap<string, ReturnType<typeof constantOf>>
}

export function sourceContext(source: PackSource, pack: ParsedPack): SourceContext {
  const faulty = Map.groupBy(pack.diagnostics, ({ at }) => at.file)
  const documents = source.rules.flatMap(({ file, nodes }) => {
    const wrong = faulty.get(file) ?? []
    return nodes.flatMap((node, i) => (isJudged(node, nodes[i + 1], wrong) ? documentOf(file, node) : []))
  })
  return { pack, documents, constants: new Map(pack.rules.map((rule) => [rule.id, constantOf(rule)])) }
}

/** What the reader refused is reported by it, and what it could not make sense of, nothing else can. */
function isJudged(node: SourceNode, next: SourceNode | undefined, wrong: readonly Diagnostic[]): boolean {
  return !wrong.some(({ at }) => at.line >= node.at.line && (next === undefined || at.line < next.at.line))
}

/** By the key that only such a document has, and the keys of that part which are no selections. */
const KINDS = [
  ['detection', 'rule', ['condition']],
  ['correlation', 'correlation', null],
  ['filter', 'filter', ['condition', 'rules']],
] as const

function documentOf(file: string, node: SourceNode): readonly SigmaDocument[] {
  if (node.kind !== 'mapping') return []
  for (const [key, kind, besides] of KINDS) {
    const part = valueOf(node, key)
    if (part === null) continue
    const entries = part.kind === 'mapping' && besides !== null ? part.entries : []
    const selections = entries.filter((one) => !(besides ?? []).some((besideKey) => besideKey === one.key))
    const conditions = textsOf(entries.find((one) => one.key === 'condition')?.value ?? null)
    const items = selections.flatMap(({ value }) => itemsOf(value))
    const id = textOf(valueOf(node, 'id'))?.toLowerCase() ?? null
    const tags = textsOf(valueOf(node, 'tags'))
    return [{ kind, file, map: node, id, selections, conditions, items, tags, unusualTexts: unusualTexts(node) }]
  }
  return []
}

function itemsOf(selection: SourceNode): readonly DetectionItem[] {
  const nodes = selection.kind === 'sequence' ? selection.items : [selection]
  const keywords = nodes.filter((one) => one.kind === 'scalar')
  const maps = nodes.flatMap((one) => (one.kind === 'mapping' ? one.entries.map(itemOf) : []))
  if (keywords.length === 0) return maps
  return [{ field: null, modifiers: [], values: keywords, key: '', at: selection.at }, ...maps]
}

function itemOf({ key, keyAt, value }: MappingEntry): DetectionItem {
  const [field = '', ...modifiers] = key.split('|')
  return { field: field === '' ? null : field, modifiers, values: scalarsOf(value), key, at: keyAt }
}

export function entryOf(map: MappingNode, key: string): MappingEntry | null {
  return map.entries.find((one) => one.key === key) ?? null
}

export function valueOf(map: MappingNode, key: string): SourceNode | null {
  return entryOf(map, key)?.value ?? null
}

/** The value of a key with something behind it. */
export function givenOf(map: MappingNode, key: string): SourceNode | null {
  const node = valueOf(map, key)
  return node?.kind === 'scalar' && node.value === null ? null : node
}

export function textOf(node: SourceNode | null): string | null {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : null
}

/** The texts of a node that may be one text or a list. */
export function textsOf(node: SourceNode | null): readonly TextNode[] {
  return scalarsOf(node).flatMap(({ value, at }) => (typeof value === 'string' ? [{ text: value, at }] : []))
}

function scalarsOf(node: SourceNode | null): readonly ScalarNode[] {
  if (node === null) return []
  const nodes = node.kind === 'sequence' ? node.items : [node]
  return nodes.filter((one) => one.kind === 'scalar')
}

/** `file:line` of a place, for the message about another. */
export function placeOf({ file, line }: Position): string {
  return `${file}:${line}`
}

/** Text of an author in a message: quoted, and cut after 60 UTF-16 units. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
