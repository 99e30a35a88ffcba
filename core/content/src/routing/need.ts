import { type RuleLeaf, type RuleNode, type Truth, truthOf } from './truth.ts'

/** Fields that a source would have to supply for a condition to become open again. */
export type Need =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' | 'any'; readonly needs: readonly Need[] }

/** Names shown of one list; the rest is a number. */
const LISTED_MAX = 8

/**
 * What would have to be known differently for `node`, now certain, to be open. Of a false "all" every false child
 * must change; of a false "any" one of them is enough; with "not", and for what is true, it is the other way round.
 */
export function needFor(node: RuleNode, truth: (leaf: RuleLeaf) => Truth, ofLeaf: (leaf: RuleLeaf) => Need): Need {
  const now = truthOf(node, truth)
  if (now === 'unknown') return { kind: 'all', needs: [] }
  if (node.kind === 'test' || node.kind === 'selection') return ofLeaf(node)
  if (node.kind === 'not') return needFor(node.child, truth, ofLeaf)
  const certain = node.children.filter((child) => truthOf(child, truth) === now)
  const needs = certain.map((child) => needFor(child, truth, ofLeaf))
  const decidedByOne = node.kind === 'all' ? !now : now
  return { kind: decidedByOne ? 'all' : 'any', needs }
}

/** `A and (B or C)`, each part once. */
export function listed(need: Need): string {
  if (need.kind === 'field') return need.name
  const texts = [...new Set(need.needs.map(part).filter((text) => text !== ''))]
  const shown = texts.slice(0, LISTED_MAX)
  const word = need.kind === 'all' ? ' and ' : ' or '
  const rest = texts.length > shown.length ? `${word}${texts.length - shown.length} more` : ''
  return `${shown.join(word)}${rest}`
}

function part(need: Need): string {
  const text = listed(need)
  return need.kind !== 'field' && / (and|or) /.test(text) ? `(${text})` : text
}
