import type { Tree } from './ast.ts'

/** One child needs no node around it. */
export function join<Leaf>(kind: 'all' | 'any', children: readonly Tree<Leaf>[]): Tree<Leaf> {
  const [only] = children
  return only !== undefined && children.length === 1 ? only : { kind, children }
}

/** What tells a leaf apart from a branch. */
interface AnyLeaf {
  readonly kind: 'test' | 'selection'
}

type Branch<Leaf> =
  | { readonly kind: 'all' | 'any'; readonly children: readonly Tree<Leaf>[] }
  | { readonly kind: 'not'; readonly child: Tree<Leaf> }

export function isBranch<Leaf extends AnyLeaf>(tree: Tree<Leaf>): tree is Branch<Leaf> {
  return tree.kind === 'all' || tree.kind === 'any' || tree.kind === 'not'
}

export function childrenOf<Leaf extends AnyLeaf>(tree: Tree<Leaf>): readonly Tree<Leaf>[] {
  if (!isBranch(tree)) return []
  return tree.kind === 'not' ? [tree.child] : tree.children
}

export function countNodes<Leaf extends AnyLeaf>(tree: Tree<Leaf>): number {
  return childrenOf(tree).reduce((sum, child) => sum + countNodes(child), 1)
}

export function leavesOf<Leaf extends AnyLeaf>(tree: Tree<Leaf>): readonly Leaf[] {
  return isBranch(tree) ? childrenOf(tree).flatMap((child) => leavesOf(child)) : [tree]
}

/** The same tree with other leaves. */
export function mapLeaves<Leaf extends AnyLeaf>(tree: Tree<Leaf>, change: (leaf: Leaf) => Leaf): Tree<Leaf> {
  if (!isBranch(tree)) return change(tree)
  if (tree.kind === 'not') return { kind: 'not', child: mapLeaves(tree.child, change) }
  return { kind: tree.kind, children: tree.children.map((child) => mapLeaves(child, change)) }
}

export function hasNot<Leaf extends AnyLeaf>(tree: Tree<Leaf>): boolean {
  return tree.kind === 'not' || childrenOf(tree).some((child) => hasNot(child))
}
