import { type Derived, type Form, KINDS, OF_DOCUMENT, OF_SELF } from './form.ts'
import type { Node } from './node.ts'
import type { Int } from './part.ts'

const BYTES_AT_FIRST = 4096
const BOUNDS_MAX = 65_536
const SHORT_BYTES = 16

/** Writes documents into memory of its own, which the next one overwrites. */
export class Encoder {
  #bytes = new Uint8Array(BYTES_AT_FIRST)
  #length = 0
  readonly #bytesMax: number
  /** Where the children of the structs that are being written begin. */
  readonly #bounds = new Int32Array(BOUNDS_MAX)
  #depth = 0
  #preparing = false
  /** Numbers that speak of the whole document. */
  readonly #late: { readonly derived: Derived; readonly lie: number; readonly at: number }[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** At most `bytesMax`: a longer document is cut off, and so is wrong. */
  encode(root: Node): Uint8Array {
    this.#length = 0
    this.#late.length = 0
    this.#depth = 0
    this.#write(root)
    for (const { derived, lie, at } of this.#late) {
      this.#put(derived.form, at, this.#derive(derived.int, 0, this.#length, 0) + lie)
    }
    return this.#bytes.subarray(0, Math.min(this.#length, this.#bytesMax))
  }

  /** Writes it and keeps, of each part that can be moved, what was written: for a document that is changed again and again. */
  prepare(root: Node): void {
    this.#preparing = true
    this.encode(root)
    this.#preparing = false
  }

  #write(node: Node): void {
    if (node.written !== null) return this.#copy(node.written)
    const { form } = node
    const start = this.#length
    switch (form.kind) {
      case KINDS.int:
        this.#grow(form.width)
        this.#put(form, start, node.value)
        this.#length += form.width
        break
      case KINDS.bytes:
        this.#copy(node.bytes)
        break
      case KINDS.struct:
        this.#struct(node)
        break
      default: {
        const { children } = node
        // Past the limit the rest is not written: lists of lists multiply.
        for (let i = 0; i < children.length && this.#length < this.#bytesMax; i++) this.#write(children[i] as Node)
      }
    }
    if (this.#preparing && form.isMovable && node.size > 1) node.written = this.#bytes.slice(start, this.#length)
  }

  #copy(bytes: Uint8Array): void {
    const { length } = bytes
    this.#grow(length)
    const start = this.#length
    // For a few bytes a call costs more than a loop.
    if (length > SHORT_BYTES) this.#bytes.set(bytes, start)
    else for (let i = 0; i < length; i++) this.#bytes[start + i] = bytes[i] as number
    this.#length += length
  }

  #struct(node: Node): void {
    const { children, form } = node
    const { derived } = form
    const base = this.#depth
    const start = this.#length
    if (base + children.length >= BOUNDS_MAX) return
    this.#depth += children.length + 1
    for (let i = 0; i < children.length; i++) {
      this.#bounds[base + i] = this.#length
      this.#write(children[i] as Node)
    }
    this.#bounds[base + children.length] = this.#length
    for (let i = 0; i < derived.length; i++) this.#settle(derived[i] as Derived, children, base, start)
    this.#depth = base
  }

  /** Writes a number that is known only now. */
  #settle(derived: Derived, children: readonly Node[], base: number, start: number): void {
    const { at, of, int, form } = derived
    const place = this.#bounds[base + at] as number
    const lie = (children[at] as Node).value
    if (of === OF_DOCUMENT) {
      this.#late.push({ derived, lie, at: place })
      return
    }
    const [from, to] =
      of < 0
        ? [of === OF_SELF ? start : place + int.width, this.#length]
        : [this.#bounds[base + of] as number, this.#bounds[base + of + 1] as number]
    this.#put(form, place, this.#derive(int, from, to, of < 0 ? 0 : (children[of] as Node).children.length) + lie)
  }

  #derive({ role }: Int, from: number, to: number, items: number): number {
    if (role.is === 'length') return (role.unit === 1 ? to - from : Math.floor((to - from) / role.unit)) + role.plus
    if (role.is === 'count') return items
    if (role.is === 'offset') return from
    return role.is === 'checksum' ? role.sum(this.#bytes, from, to) : 0
  }

  #put({ width, little }: Form, at: number, value: number): void {
    const bytes = this.#bytes
    if (width === 1) bytes[at] = value
    else for (let i = 0; i < width; i++) bytes[at + (little ? i : width - 1 - i)] = value >>> (8 * i)
  }

  #grow(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
