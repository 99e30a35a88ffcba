import type { Format, Material } from '../format.ts'
import { changesOf } from '../random.ts'
import { changed, withLie } from './change.ts'
import { decode } from './decode.ts'
import { Encoder } from './encode.ts'
import { compile, type Form, OF_DOCUMENT, OF_REST, OF_SELF } from './form.ts'
import { bytesNode, type Node } from './node.ts'
import type { Part } from './part.ts'
import { swept } from './sweep.ts'

/** One changed document in so many states something that is not so. */
const LIE_ONE_IN = 7

/** Documents that a descriptor describes. Written, at most `bytesMax` long. */
export function binaryFormat(part: Part, bytesMax = 65_536): Format<Node> {
  const form = compile(part)
  const encoder = new Encoder(bytesMax)
  const starts = startsOf(form)
  return {
    decode: (input) => {
      const root = decode(input, form)
      if (root !== null) encoder.prepare(root)
      return root
    },
    encode: (root) => encoder.encode(root),
    mutate,
    sweep: swept,
    parts: partsOf,
    without: (root, from, to) => new Removal(from, to).of(root),
    repair: (input) => repair(input, form, starts),
  }
}

function mutate(root: Node, material: Material<Node>): Node {
  const { random } = material
  let next = root
  for (let left = changesOf(random); left > 0; left--) next = changed(next, material)
  return random.oneIn(LIE_ONE_IN) ? withLie(next, material) : next
}

/** Items of lists, however deep, and bytes that need not be there. */
function partsOf(node: Node): number {
  if (isDroppable(node)) return 1
  let parts = node.form.part.kind === 'list' ? node.children.length : 0
  for (const child of node.children) parts += partsOf(child)
  return parts
}

function isDroppable({ form: { part }, bytes }: Node): boolean {
  return part.kind === 'bytes' && part.length === null && bytes.length > 0
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
    if (isDroppable(node)) return this.#goes(0) ? bytesNode(node.form, new Uint8Array(0)) : node
    if (node.children.length === 0) return node
    const isList = node.form.part.kind === 'list'
    return node.withChildren(
      node.children.flatMap((child) => (isList && this.#goes(partsOf(child)) ? [] : [this.of(child)])),
    )
  }

  /** @param below - how many parts go with it */
  #goes(below: number): boolean {
    const number = this.#next++
    const goes = number >= this.#from && number < this.#to
    if (goes) this.#next += below
    return goes
  }
}

/** Numbers at the beginning that speak of the whole document: what a blind change has made wrong, and a parser asks first. */
function repair(input: Uint8Array, root: Form, starts: readonly number[]): void {
  for (const { at, of, int } of root.derived) {
    const place = starts[at]
    if (place === undefined || place + int.width > input.length) continue
    const from = of === OF_SELF || of === OF_DOCUMENT ? 0 : of === OF_REST ? place + int.width : starts[of]
    // A part in the middle has an end that only decoding would find.
    if (from === undefined || from > input.length || (of >= 0 && of !== root.children.length - 1)) continue
    const { role, width, endian } = int
    if (role.is !== 'length' && role.is !== 'checksum') continue
    const value =
      role.is === 'length'
        ? Math.floor((input.length - from) / role.unit) + role.plus
        : role.sum(input, from, input.length)
    for (let i = 0; i < width; i++) input[place + (endian === 'little' ? i : width - 1 - i)] = value >>> (8 * i)
  }
}

/** Where the parts of a struct begin, as far as that is always the same. */
function startsOf(struct: Form): readonly number[] {
  const starts = [0]
  for (const { part } of struct.children) {
    const width = part.kind === 'int' ? part.width : part.kind === 'bytes' ? part.length : null
    if (width === null) break
    starts.push((starts.at(-1) ?? 0) + width)
  }
  return starts
}
