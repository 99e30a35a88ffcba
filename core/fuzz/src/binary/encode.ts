import { unreachable } from '@firebreak/kernel'
import type { Node } from './node.ts'
import { DOCUMENT, type Int, REST, SELF } from './part.ts'

const BYTES_AT_FIRST = 4096

/** Writes documents into memory of its own, which the next one overwrites. */
export class Encoder {
  #bytes = new Uint8Array(BYTES_AT_FIRST)
  #length = 0
  readonly #bytesMax: number
  /** Where the children of the structs that are being written begin and end. */
  readonly #bounds: number[] = []
  /** Numbers that speak of the whole document. */
  readonly #late: { readonly node: Node; readonly at: number }[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** At most `bytesMax`: a longer document is cut off, and so is wrong. */
  encode(root: Node): Uint8Array {
    this.#length = 0
    this.#late.length = 0
    this.#bounds.length = 0
    this.#write(root)
    for (const checksums of [false, true]) {
      for (const { node, at } of this.#late) {
        const part = node.part as Int
        if ((part.role.is === 'checksum') === checksums)
          this.#put(part, at, this.#derive(part, 0, this.#length, 0) + node.lie)
      }
    }
    return this.#bytes.subarray(0, Math.min(this.#length, this.#bytesMax))
  }

  #write(node: Node): void {
    switch (node.part.kind) {
      case 'int':
        this.#grow(node.part.width)
        this.#put(node.part, this.#length, node.value)
        this.#length += node.part.width
        return
      case 'bytes':
        this.#grow(node.bytes.length)
        this.#bytes.set(node.bytes, this.#length)
        this.#length += node.bytes.length
        return
      case 'struct':
        return this.#struct(node)
      case 'list':
      case 'choice':
        for (const child of node.children) this.#write(child)
        return
      default:
        unreachable(node.part)
    }
  }

  #struct(node: Node): void {
    const { children } = node
    const base = this.#bounds.length
    const start = this.#length
    for (const child of children) {
      this.#bounds.push(this.#length)
      // Past the limit the rest is not written: a list of lists can multiply.
      if (this.#length < this.#bytesMax) this.#write(child)
    }
    this.#bounds.push(this.#length)
    // Inner checksums come last: they cover the lengths beside them.
    this.#settle(node, base, start, false)
    this.#settle(node, base, start, true)
    this.#bounds.length = base
  }

  #settle(node: Node, base: number, start: number, checksums: boolean): void {
    const { children } = node
    for (let i = 0; i < children.length; i++) {
      const child = children[i] as Node
      const { part } = child
      if (part.kind !== 'int' || part.role.is === 'value' || (part.role.is === 'checksum') !== checksums) continue
      const at = this.#bounds[base + i] ?? 0
      if (part.role.of === DOCUMENT) {
        this.#late.push({ node: child, at })
        continue
      }
      const [from, to, items] = this.#spanOf(part.role.of, node, base, start, at + part.width)
      this.#put(part, at, this.#derive(part, from, to, items) + child.lie)
    }
  }

  #spanOf(
    of: string,
    node: Node,
    base: number,
    start: number,
    behind: number,
  ): readonly [from: number, to: number, items: number] {
    if (of === SELF) return [start, this.#length, 0]
    if (of === REST) return [behind, this.#length, 0]
    const { children } = node
    for (let i = 0; i < children.length; i++) {
      const child = children[i] as Node
      if (child.part.name === of) {
        return [this.#bounds[base + i] ?? 0, this.#bounds[base + i + 1] ?? 0, child.children.length]
      }
    }
    return [behind, behind, 0]
  }

  #derive({ role }: Int, from: number, to: number, items: number): number {
    switch (role.is) {
      case 'length':
        return Math.floor((to - from) / role.unit) + role.plus
      case 'count':
        return items
      case 'offset':
        return from
      case 'checksum':
        return role.sum(this.#bytes.subarray(from, to))
      case 'value':
        return 0
      default:
        return unreachable(role)
    }
  }

  #put({ width, endian }: Int, at: number, value: number): void {
    const bytes = this.#bytes
    for (let i = 0; i < width; i++) bytes[at + (endian === 'little' ? i : width - 1 - i)] = value >>> (8 * i)
  }

  #grow(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
