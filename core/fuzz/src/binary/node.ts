import type { Form } from './form.ts'

/** A part of one document. Never changed: a change makes new nodes from the root to where it is. */
export class Node {
  readonly form: Form
  /** Of a number that stands for itself; of a derived one, what is added to the right value: a lie. */
  readonly value: number
  readonly bytes: Uint8Array
  readonly children: readonly Node[]
  /** How many nodes there are from here on, with this one. */
  readonly size: number
  /** What it is in bytes, kept for nodes that will be written again and again. */
  written: Uint8Array | null = null

  constructor(form: Form, value: number, bytes: Uint8Array, children: readonly Node[], size: number) {
    this.form = form
    this.value = value
    this.bytes = bytes
    this.children = children
    this.size = size
  }

  withChildren(children: readonly Node[]): Node {
    return parentNode(this.form, children)
  }

  withChild(at: number, child: Node): Node {
    const children = this.children.slice()
    const size = this.size - (children[at] as Node).size + child.size
    children[at] = child
    return new Node(this.form, 0, NO_BYTES, children, size)
  }
}

const NO_BYTES = new Uint8Array(0)
const NO_CHILDREN: readonly Node[] = []

export function intNode(form: Form, value: number): Node {
  return new Node(form, value, NO_BYTES, NO_CHILDREN, 1)
}

export function bytesNode(form: Form, bytes: Uint8Array): Node {
  return new Node(form, 0, bytes, NO_CHILDREN, 1)
}

export function parentNode(form: Form, children: readonly Node[]): Node {
  let size = 1
  for (let i = 0; i < children.length; i++) size += (children[i] as Node).size
  return new Node(form, 0, NO_BYTES, children, size)
}
