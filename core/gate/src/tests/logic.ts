import type { Condition, Tree } from '@firebreak/content'

interface AnyLeaf {
  readonly kind: 'test' | 'selection'
}

type Branch<Leaf> =
  | { readonly kind: 'all' | 'any'; readonly children: readonly Tree<Leaf>[] }
  | { readonly kind: 'not'; readonly child: Tree<Leaf> }

/** The value of a tree whose leaves have these values. */
export function valueOf<Leaf extends AnyLeaf>(tree: Tree<Leaf>, holds: (leaf: Leaf) => boolean): boolean {
  if (!isBranch(tree)) return holds(tree)
  if (tree.kind === 'not') return !valueOf(tree.child, holds)
  return tree.kind === 'all'
    ? tree.children.every((child) => valueOf(child, holds))
    : tree.children.some((child) => valueOf(child, holds))
}

/**
 * The leaves of which each by itself decides the value of the tree: were it the other way round, so would the tree be.
 * Each leaf has to stand in the tree once.
 */
export function decidingLeaves<Leaf extends AnyLeaf>(
  tree: Tree<Leaf>,
  holds: (leaf: Leaf) => boolean,
): readonly Leaf[] {
  if (!isBranch(tree)) return [tree]
  if (tree.kind === 'not') return decidingLeaves(tree.child, holds)
  // One child with this value decides an "all" or an "any" alone; two of them leave nothing to the others.
  const decisive = tree.kind === 'any'
  const decisiveChildren = tree.children.filter((child) => valueOf(child, holds) === decisive)
  if (decisiveChildren.length > 1) return []
  const open = decisiveChildren.length === 1 ? decisiveChildren : tree.children
  return open.flatMap((child) => decidingLeaves(child, holds))
}

/** The selections of which each by itself decides the condition. A condition may name a selection more than once. */
export function decidingSelections(condition: Condition, values: readonly boolean[]): readonly number[] {
  const withFlipped = (flipped: number): boolean =>
    valueOf(condition, ({ selection }) => (values[selection] === true) !== (selection === flipped))
  const now = withFlipped(-1)
  return [...values.keys()].filter((selection) => withFlipped(selection) !== now)
}

function isBranch<Leaf extends AnyLeaf>(tree: Tree<Leaf>): tree is Branch<Leaf> {
  return tree.kind === 'all' || tree.kind === 'any' || tree.kind === 'not'
}
