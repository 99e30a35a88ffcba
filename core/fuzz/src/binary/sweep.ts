import { intNode, type Node } from './node.ts'

/** A document with one small change at every place: numbers one more and one less (a derived one then lies by that), items away and there twice. */
export function* swept(node: Node): Generator<Node> {
  const { form, value, children } = node
  if (form.part.kind === 'int') yield* [intNode(form, value + 1), intNode(form, value - 1)]
  for (const [at, child] of children.entries()) {
    if (form.part.kind === 'list') {
      yield node.withChildren(children.toSpliced(at, 1))
      yield node.withChildren(children.toSpliced(at, 0, child))
    }
    for (const changed of swept(child)) yield node.withChild(at, changed)
  }
}
