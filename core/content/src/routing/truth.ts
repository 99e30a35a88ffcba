import type { FieldTest, Tree } from '../sigma/ast.ts'

/** Known for every event of a source, or not. */
export type Truth = boolean | 'unknown'

export type RuleLeaf = FieldTest | { readonly kind: 'selection'; readonly selection: number }

/** A condition over its selections, or a selection over its tests. */
export type RuleNode = Tree<RuleLeaf>

/** Kleene's three-valued logic. */
export function truthOf(node: RuleNode, leaf: (leaf: RuleLeaf) => Truth): Truth {
  if (node.kind === 'test' || node.kind === 'selection') return leaf(node)
  if (node.kind === 'not') {
    const truth = truthOf(node.child, leaf)
    return truth === 'unknown' ? truth : !truth
  }
  const decisive = node.kind === 'any'
  const truths = node.children.map((child) => truthOf(child, leaf))
  if (truths.includes(decisive)) return decisive
  return truths.includes('unknown') ? 'unknown' : !decisive
}
