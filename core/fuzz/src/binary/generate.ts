import { unreachable, utf8Encode } from '@firebreak/kernel'
import type { Material } from '../format.ts'
import { INTERESTING } from '../words.ts'
import { bytesNode, intNode, type Node, type NodePart, parentNode } from './node.ts'
import { type Bytes, type Int, resolve, type Struct } from './part.ts'

export type Hints = Pick<Material<unknown>, 'random' | 'dictionary' | 'compared'>

const ITEMS_MAX = 3
const BYTES_MAX = 12
/** Below it choices take what has no more choices in it, if there is such a case. */
const DEPTH_MAX = 3

/** A new part, mostly sensible. */
export function generate(part: NodePart, hints: Hints, depth = 0): Node {
  const { random } = hints
  switch (part.kind) {
    case 'int':
      return intNode(part, valueFor(part, 0, hints))
    case 'bytes':
      return bytesNode(part, generateBytes(part, hints))
    case 'list': {
      const items = part.items ?? (depth > DEPTH_MAX ? 0 : random.below(ITEMS_MAX + 1))
      const item = resolve(part.item)
      return parentNode(
        part,
        Array.from({ length: items }, () => generate(item, hints, depth + 1)),
      )
    }
    case 'struct':
      return generateStruct(part, hints, depth)
    case 'choice': {
      const cases = [...part.cases.values()]
      const chosen = resolve(depth > DEPTH_MAX ? (cases.find(isLeaf) ?? random.pick(cases)) : random.pick(cases))
      return parentNode(part, [generate(chosen, hints, depth + 1)])
    }
    default:
      return unreachable(part)
  }
}

/** Choices first: the numbers that they depend on follow from them. */
function generateStruct(part: Struct, hints: Hints, depth: number): Node {
  const children = part.parts.map((one) => generate(resolve(one), hints, depth + 1))
  return settleChoices(parentNode(part, children))
}

/** Each number that a choice depends on says what was chosen. */
export function settleChoices(struct: Node): Node {
  let settled = struct
  for (const { part, children } of struct.children) {
    if (part.kind !== 'choice') continue
    const chosen = children[0]?.part
    const at = struct.children.findIndex((one) => one.part.name === part.on)
    const on = struct.children[at]
    if (on === undefined || chosen === undefined) continue
    const fitting = [...part.cases].filter(([, one]) => resolve(one) === chosen).map(([value]) => value)
    if (!fitting.includes(on.value)) settled = settled.withChild(at, intNode(on.part, fitting[0] ?? on.value))
  }
  return settled
}

function isLeaf(part: Parameters<typeof resolve>[0]): boolean {
  const { kind } = resolve(part)
  return kind === 'int' || kind === 'bytes'
}

function generateBytes(part: Bytes, hints: Hints): Uint8Array {
  const { random, dictionary } = hints
  if (part.length !== null) return randomBytes(part.length, hints)
  if (part.text && dictionary.texts.length > 0) return utf8Encode(random.pick(dictionary.texts))
  return randomBytes(random.below(BYTES_MAX + 1), hints)
}

function randomBytes(length: number, { random }: Hints): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

/** Another value for a number: what it was compared with, a value that means something, one nearby, or any. */
export function valueFor({ role, width }: Int, current: number, hints: Hints): number {
  const { random, dictionary } = hints
  const among = role.is === 'value' ? role.among : []
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      if (among.length > 0) return random.pick(among)
      return width === 1 ? random.below(256) : random.below(32)
    case 3:
      return dictionary.numbers.length > 0 ? random.pick(dictionary.numbers) : random.below(256)
    case 4:
      return current + random.between(-2, 2)
    case 5:
      return random.oneIn(2) ? random.pick(INTERESTING) : 2 ** random.below(8 * width)
    case 6:
      return random.below(256)
    default:
      return random.word()
  }
}
