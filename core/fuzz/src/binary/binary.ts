import type { Format, Material } from '../format.ts'
import { changed, withLie } from './change.ts'
import { decode } from './decode.ts'
import { Encoder } from './encode.ts'
import type { Node } from './node.ts'
import { DOCUMENT, type Int, type Part, resolve } from './part.ts'

/** One changed document in so many states something that is not so. */
const LIE_ONE_IN = 7

/** Documents that a descriptor describes. Written, at most `bytesMax` long. */
export function binaryFormat(part: Part, bytesMax = 65_536): Format<Node> {
  const encoder = new Encoder(bytesMax)
  return {
    decode: (input) => decode(input, part),
    encode: (root) => encoder.encode(root),
    mutate,
    parts: partsOf,
    without: (root, from, to) => new Removal(from, to).of(root),
    repair: (input) => repair(input, part),
  }
}

function mutate(root: Node, material: Material<Node>): Node {
  const { random } = material
  let next = root
  for (let left = random.between(1, 4); left > 0; left--) next = changed(next, material)
  return random.oneIn(LIE_ONE_IN) ? withLie(next, material) : next
}

/** Items of lists, however deep. */
function partsOf(node: Node): number {
  let parts = node.part.kind === 'list' ? node.children.length : 0
  for (const child of node.children) parts += partsOf(child)
  return parts
}

class Removal {
  readonly #from: number
  readonly #to: number
  #next = 0

  constructor(from: number, to: number) {
    this.#from = from
    this.#to = to
  }

  of(node: Node): Node {
    if (node.children.length === 0) return node
    const isList = node.part.kind === 'list'
    return node.withChildren(node.children.flatMap((child) => (isList && this.#goes(child) ? [] : [this.of(child)])))
  }

  #goes(child: Node): boolean {
    const number = this.#next++
    const goes = number >= this.#from && number < this.#to
    if (goes) this.#next += partsOf(child)
    return goes
  }
}

/** Numbers at the beginning that speak of the whole document: what a blind change has made wrong, and a parser asks first. */
function repair(input: Uint8Array, part: Part): void {
  const root = resolve(part)
  if (root.kind !== 'struct') return
  const ints: { readonly int: Int; readonly at: number }[] = []
  let at = 0
  for (const one of root.parts) {
    const beside = resolve(one)
    const width = widthOf(beside)
    if (width === null || at + width > input.length) break
    if (beside.kind === 'int' && beside.role.is !== 'value') ints.push({ int: beside, at })
    at += width
  }
  for (const checksums of [false, true]) {
    for (const { int, at: place } of ints) repairOne(input, int, place, checksums)
  }
}

function repairOne(input: Uint8Array, int: Int, at: number, checksums: boolean): void {
  const { role, width, endian } = int
  if (role.is !== 'length' && role.is !== 'checksum') return
  if ((role.is === 'checksum') !== checksums) return
  const from = startOf(role.of, at + width)
  if (from === null) return
  const value =
    role.is === 'length'
      ? Math.floor((input.length - from) / role.unit) + role.plus
      : role.sum(input.subarray(from, input.length))
  for (let i = 0; i < width; i++) input[at + (endian === 'little' ? i : width - 1 - i)] = value >>> (8 * i)
}

function startOf(of: string, behind: number): number | null {
  if (of === DOCUMENT || of === 'self') return 0
  return of === 'rest' ? behind : null
}

function widthOf(part: ReturnType<typeof resolve>): number | null {
  if (part.kind === 'int') return part.width
  return part.kind === 'bytes' ? part.length : null
}
