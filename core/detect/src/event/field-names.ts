import { assert, utf8Encode } from '@firebreak/kernel'
import { NAME_BYTES_MAX } from './limits.ts'

const SPACE = 0x20
const BACKSLASH = 0x5c
const UNKNOWN = -1
/** Slots per name, at least: with a quarter of them taken, a search ends after one or two steps. */
const SLOTS_PER_NAME = 4

/**
 * The field names of an image, to be found from bytes. Names are UTF-8, case-sensitive, and compared without their
 * spaces, so `Threat Name` is `ThreatName`.
 *
 * The hash reads only the first and last four bytes. That is safe on hostile events: only the names of the image are
 * in the table, so only they make a search long.
 */
export class FieldNames {
  readonly count: number
  /** No name has a backslash, so that an escaped key of JSON can't be taken for a name before it is unescaped. */
  readonly plain: boolean
  readonly #names: readonly string[]
  readonly #slots: Int32Array
  /** The UTF-8 of all names; name i is from `#starts[i]` to `#starts[i + 1]`. */
  readonly #bytes: DataView
  readonly #starts: Uint32Array

  /** @throws KernelError kernel/bug when two names are the same without their spaces, or one is too long */
  constructor(names: readonly string[]) {
    const encoded = names.map((name) => withoutSpaces(utf8Encode(name)))
    this.count = names.length
    this.plain = !encoded.some((name) => name.includes(BACKSLASH))
    this.#names = [...names]
    this.#slots = new Int32Array(slotCount(names.length)).fill(UNKNOWN)
    this.#starts = new Uint32Array(names.length + 1)
    this.#bytes = new DataView(new ArrayBuffer(encoded.reduce((sum, name) => sum + name.length, 0)))
    const bytes = new Uint8Array(this.#bytes.buffer)
    for (const [i, name] of encoded.entries()) {
      const view = viewOf(name)
      assert(name.length <= NAME_BYTES_MAX - 4, `a field name of ${name.length} bytes`)
      assert(this.#search(view, 0, name.length) === UNKNOWN, `the field name ${names[i]} twice`)
      const start = this.#starts[i] ?? 0
      bytes.set(name, start)
      this.#starts[i + 1] = start + name.length
      this.#insert(i, hashOf(view, 0, name.length))
    }
  }

  name(field: number): string {
    const name = this.#names[field]
    assert(name !== undefined, `no field ${field}`)
    return name
  }

  /** The number of the name, -1 if unknown. */
  numberOf(name: string): number {
    const bytes = utf8Encode(name)
    return this.find(bytes, 0, bytes.length)
  }

  /** The number of the name, -1 if unknown. Allocates; the readers of events use `lookup`. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const name = withoutSpaces(bytes.subarray(from, to))
    return this.lookup(viewOf(name), 0, name.length)
  }

  /** As `find`, for a name without spaces; allocates nothing. `from` and `to` are within `view`. */
  lookup(view: DataView, from: number, to: number): number {
    return this.#search(view, from, to)
  }

  #search(view: DataView, from: number, to: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hashOf(view, from, to) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot] ?? UNKNOWN
      if (found === UNKNOWN || this.#equals(found, view, from, to)) return found
    }
  }

  #equals(field: number, view: DataView, from: number, to: number): boolean {
    const start = this.#starts[field] ?? 0
    const length = to - from
    if ((this.#starts[field + 1] ?? 0) - start !== length) return false
    const names = this.#bytes
    let i = 0
    for (; i + 4 <= length; i += 4) {
      if (names.getInt32(start + i, true) !== view.getInt32(from + i, true)) return false
    }
    for (; i < length; i++) if (names.getUint8(start + i) !== view.getUint8(from + i)) return false
    return true
  }

  #insert(field: number, hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== UNKNOWN) slot = (slot + 1) & mask
    this.#slots[slot] = field
  }
}

function slotCount(names: number): number {
  let count = 16
  while (count < names * SLOTS_PER_NAME) count *= 2
  return count
}

function hashOf(view: DataView, from: number, to: number): number {
  const length = to - from
  let hash = length
  if (length >= 4) {
    hash ^= Math.imul(view.getInt32(from, true), 0x9e3779b1) ^ Math.imul(view.getInt32(to - 4, true), 0x85ebca6b)
  } else {
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ view.getUint8(i), 0x9e3779b1)
  }
  return hash ^ (hash >>> 15)
}

function withoutSpaces(name: Uint8Array): Uint8Array {
  return name.includes(SPACE) ? name.filter((byte) => byte !== SPACE) : name
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
