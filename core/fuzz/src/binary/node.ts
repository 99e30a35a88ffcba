import type { Lazy, Part } from './part.ts'

export type NodePart = Exclude<Part, Lazy>

/** A part of one document. Never changed: a change makes new nodes from the root to where it is. */
export class Node {
  readonly part: NodePart
  /** Of a number that stands for itself. */
  readonly value: number
  /** Of a derived number that is wrong on purpose: what is added to the right one. */
  readonly lie: number
  readonly bytes: Uint8Array
  readonly children: readonly Node[]
  /** How many nodes there are from here on, with this one. */
  readonly size: number

  constructor(part: NodePart, value: number, lie: number, bytes: Uint8Array, children: readonly Node[]) {
    this.part = part
    this.value = value
    this.lie = lie
    this.bytes = bytes
    this.children = children
    let size = 1
    for (let i = 0; i < children.length; i++) size += children[i]?.size ?? 0
    this.size = size
  }

  withChildren(children: readonly Node[]): Node {
    return new Node(this.part, this.value, this.lie, this.bytes, children)
  }

  withChild(at: number, child: Node): Node {
    const children = this.children.slice()
    children[at] = child
    return this.withChildren(children)
  }
}

const NO_BYTES = new Uint8Array(0)
const NO_CHILDREN: readonly Node[] = []

export function intNode(part: NodePart, value: number, lie = 0): Node {
  return new Node(part, value, lie, NO_BYTES, NO_CHILDREN)
}

export function bytesNode(part: NodePart, bytes: Uint8Array): Node {
  return new Node(part, 0, 0, bytes, NO_CHILDREN)
}

export function parentNode(part: NodePart, children: readonly Node[]): Node {
  return new Node(part, 0, 0, NO_BYTES, children)
}
