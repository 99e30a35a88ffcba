import { unreachable } from '@firebreak/kernel'
import { type Form, OF_REST, OF_SELF } from './form.ts'
import { bytesNode, intNode, type Node, parentNode } from './node.ts'
import type { Int } from './part.ts'

/** Nodes of one document: more are bytes to us. */
const NODES_MAX = 65_536
const DEPTH_MAX = 256

/** Null: the bytes are no such document. Lengths that reach too far are cut to what there is; checksums are not looked at. */
export function decode(input: Uint8Array, form: Form): Node | null {
  const reader = new Reader(input)
  const root = reader.read(form, input.length, 0, -1)
  return root !== null && reader.at === input.length ? root : null
}

class Reader {
  at = 0
  readonly #input: Uint8Array
  #nodes = 0

  constructor(input: Uint8Array) {
    this.#input = input
  }

  /** Null: not of this form. `saying` is the number that a list's length or a choice depends on; -1: none. */
  read(form: Form, end: number, depth: number, saying: number): Node | null {
    if (++this.#nodes > NODES_MAX || depth > DEPTH_MAX) return null
    const { part } = form
    switch (part.kind) {
      case 'int': {
        if (this.at + part.width > end) return null
        const value = this.#number(part)
        return intNode(form, part.role.is === 'value' ? value : 0)
      }
      case 'bytes':
        return this.#bytes(form, part.length === null ? end : this.at + part.length, end)
      case 'struct':
        return this.#struct(form, end, depth)
      case 'list':
        return this.#list(form, end, depth, part.items ?? saying)
      case 'choice': {
        const chosen = form.cases.get(saying)
        const child = chosen === undefined ? null : this.read(chosen, end, depth + 1, -1)
        return child === null ? null : parentNode(form, [child])
      }
      default:
        return unreachable(part)
    }
  }

  #number({ width, endian }: Int): number {
    let value = 0
    for (let i = 0; i < width; i++) {
      value = value * 256 + (this.#input[this.at + (endian === 'little' ? width - 1 - i : i)] ?? 0)
    }
    this.at += width
    return value
  }

  #bytes(form: Form, to: number, end: number): Node | null {
    if (to > end) return null
    const bytes = this.#input.slice(this.at, to)
    this.at = to
    return bytesNode(form, bytes)
  }

  #struct(form: Form, end: number, depth: number): Node | null {
    const start = this.at
    const values: number[] = []
    const children: Node[] = []
    let structEnd = end
    for (const [i, child] of form.children.entries()) {
      const { part } = child
      const length = form.lengths[i] ?? -1
      const childEnd = length === -1 ? structEnd : Math.min(structEnd, this.at + this.#stated(form, length, values))
      const before = this.at
      const saying = child.part.kind === 'choice' ? child.on : (form.counts[i] ?? -1)
      const node = this.read(child, childEnd, depth + 1, saying === -1 ? -1 : (values[saying] ?? -1))
      if (node === null) return null
      // What a length covers belongs to the part, also where the part ends before.
      if (length !== -1) this.at = childEnd
      children.push(node)
      values.push(part.kind === 'int' ? this.#again(part, before) : 0)
      structEnd = Math.min(structEnd, this.#ownEnd(form, i, values, start))
    }
    return parentNode(form, children)
  }

  #again(part: Int, at: number): number {
    const behind = this.at
    this.at = at
    const value = this.#number(part)
    this.at = behind
    return value
  }

  /** Bytes that the number at this place of a struct states. */
  #stated(form: Form, at: number, values: readonly number[]): number {
    const part = form.children[at]?.part
    if (part?.kind !== 'int' || part.role.is !== 'length') return 0
    return Math.max(0, ((values[at] ?? 0) - part.role.plus) * part.role.unit)
  }

  /** Where the struct ends, if the number just read says so. */
  #ownEnd(form: Form, at: number, values: readonly number[], start: number): number {
    const derived = form.derived.find((one) => one.at === at && one.int.role.is === 'length')
    if (derived?.of === OF_SELF) return Math.max(this.at, start + this.#stated(form, at, values))
    return derived?.of === OF_REST ? this.at + this.#stated(form, at, values) : Number.POSITIVE_INFINITY
  }

  #list(form: Form, end: number, depth: number, stated: number): Node | null {
    const [item] = form.children as readonly [Form]
    const children: Node[] = []
    while (stated === -1 ? this.at < end : children.length < stated) {
      const before = this.at
      const child = this.read(item, end, depth + 1, -1)
      if (child === null || (this.at === before && stated === -1)) return null
      children.push(child)
    }
    return parentNode(form, children)
  }
}
