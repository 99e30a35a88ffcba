import type { AnyNode } from 'acorn'

/** The nodes directly below one, in the order of the text. */
export function childrenOf(node: AnyNode): readonly AnyNode[] {
  const found: AnyNode[] = []
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) found.push(...value.filter(isNode))
    else if (isNode(value)) found.push(value)
  }
  // `{ a }` is a property whose key and value are one node, or two nodes of one place.
  return found.filter(
    (child, i) => found.findIndex(({ start, end }) => start === child.start && end === child.end) === i,
  )
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value
}
