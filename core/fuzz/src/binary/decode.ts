import { unreachable } from '@firebreak/kernel'
import { type Node, bytesNode, intNode, type NodePart, parentNode } from './node.ts'
import { type Choice, type Int, type List, type Part, resolve, REST, SELF, type Struct } from './part.ts'

/** Nodes of one document: more are bytes to us. */
const NODES_MAX = 65_536
const DEPTH_MAX = 64

/** Null: the bytes are no such document. Lengths that reach too far are cut to what there is; checksums are not looked at. */
export function decode(input: Uint8Array, part: Part): Node | null {
  const reader = new Reader(input)
  const root = reader.part(resolve(part), input.length, null, 0)
  return root !== null && reader.at === input.length ? root : null
}

/** Numbers of the struct that is being read, so far. */
type Scope = Map<string, number>

class Reader {
  at = 0
  readonly #input: Uint8Array
  #nodes = 0

  constructor(input: Uint8Array) {
    this.#input = input
  }

  /** Null: not of this form. `scope` is of the struct around the part. */
  part(part: NodePart, end: number, scope: ScopeOf | null, depth: number): Node | null {
    if (++this.#nodes > NODES_MAX || depth > DEPTH_MAX) return null
    switch (part.kind) {
      case 'int':
        return this.#int(part, end, scope)
      case 'bytes': {
        const to = part.length === null ? end : this.at + part.length
        if (to > end) return null
        const bytes = this.#input.slice(this.at, to)
        this.at = to
        return bytesNode(part, bytes)
      }
      case 'struct':
        return this.#struct(part, end, depth)
      case 'list':
        return this.#list(part, end, scope, depth)
      case 'choice':
        return this.#choice(part, end, scope, depth)
      default:
        return unreachable(part)
    }
  }

  #int(part: Int, end: number, scope: ScopeOf | null): Node | null {
    const { width, endian, name } = part
    if (this.at + width > end) return null
    let value = 0
    for (let i = 0; i < width; i++) {
      value = value * 256 + (this.#input[this.at + (endian === 'little' ? width - 1 - i : i)] ?? 0)
    }
    this.at += width
    scope?.values.set(name, value)
    return intNode(part, value)
  }

  #struct(part: Struct, end: number, depth: number): Node | null {
    const scope: ScopeOf = { values: new Map(), part }
    const start = this.at
    const children: Node[] = []
    let structEnd = end
    for (const one of part.parts) {
      const child = resolve(one)
      const window = windowOf(scope, child.name)
      const childEnd = window === null ? structEnd : Math.min(structEnd, this.at + window)
      const node = this.part(child, childEnd, scope, depth + 1)
      if (node === null) return null
      // What a length covers belongs to the part, also where the part ends before.
      if (window !== null) this.at = childEnd
      children.push(node)
      structEnd = Math.min(structEnd, ownEnd(child, scope, start, this.at))
    }
    return parentNode(part, children)
  }

  #list(part: List, end: number, scope: ScopeOf | null, depth: number): Node | null {
    const item = resolve(part.item)
    const count = part.items ?? countOf(scope, part.name) ?? Number.POSITIVE_INFINITY
    const children: Node[] = []
    while (children.length < count && (this.at < end || count !== Number.POSITIVE_INFINITY)) {
      const before = this.at
      const child = this.part(item, end, null, depth + 1)
      if (child === null || (this.at === before && count === Number.POSITIVE_INFINITY)) return null
      children.push(child)
    }
    return parentNode(part, children)
  }

  #choice(part: Choice, end: number, scope: ScopeOf | null, depth: number): Node | null {
    const chosen = part.cases.get(scope?.values.get(part.on) ?? -1)
    if (chosen === undefined) return null
    const child = this.part(resolve(chosen), end, scope, depth + 1)
    return child === null ? null : parentNode(part, [child])
  }
}

interface ScopeOf {
  readonly values: Scope
  readonly part: Struct
}

/** Bytes that a length before it gives to a part; null: none does. */
function windowOf({ part, values }: ScopeOf, name: string): number | null {
  for (const one of part.parts) {
    const beside = resolve(one)
    if (beside.kind !== 'int' || beside.role.is !== 'length' || beside.role.of !== name) continue
    const value = values.get(beside.name)
    if (value !== undefined) return Math.max(0, (value - beside.role.plus) * beside.role.unit)
  }
  return null
}

function countOf(scope: ScopeOf | null, name: string): number | null {
  for (const one of scope?.part.parts ?? []) {
    const beside = resolve(one)
    if (beside.kind === 'int' && beside.role.is === 'count' && beside.role.of === name) {
      return scope?.values.get(beside.name) ?? null
    }
  }
  return null
}

/** Where the struct ends, if the number just read says so. */
function ownEnd(part: NodePart, { values }: ScopeOf, start: number, behind: number): number {
  if (part.kind !== 'int' || part.role.is !== 'length') return Number.POSITIVE_INFINITY
  const { of, unit, plus } = part.role
  const bytes = Math.max(0, ((values.get(part.name) ?? 0) - plus) * unit)
  if (of === SELF) return Math.max(behind, start + bytes)
  return of === REST ? behind + bytes : Number.POSITIVE_INFINITY
}
