import { unreachable, utf8Encode } from '@firebreak/kernel'
import type { Material } from '../format.ts'
import { INTERESTING } from '../words.ts'
import type { Form } from './form.ts'
import { bytesNode, intNode, type Node, parentNode } from './node.ts'
import type { Bytes, Int } from './part.ts'

export type Hints = Pick<Material<unknown>, 'random' | 'dictionary' | 'compared'>

const ITEMS_MAX = 3
const BYTES_MAX = 12
/** Below it choices take what has no more choices in it, if there is such a case. */
const DEPTH_MAX = 3

/** A new part, mostly sensible. */
export function generate(form: Form, hints: Hints, depth = 0): Node {
  const { random } = hints
  const { part } = form
  switch (part.kind) {
    case 'int':
      return intNode(form, form.isDerived ? 0 : (constantOf(part) ?? valueFor(part, 0, hints)))
    case 'bytes':
      return bytesNode(form, generateBytes(part, hints))
    case 'list': {
      const items = part.items ?? (depth > DEPTH_MAX ? 0 : random.below(ITEMS_MAX + 1))
      const [item] = form.children as readonly [Form]
      return parentNode(
        form,
        Array.from({ length: items }, () => generate(item, hints, depth + 1)),
      )
    }
    case 'struct':
      return settleChoices(
        parentNode(
          form,
          form.children.map((one) => generate(one, hints, depth + 1)),
        ),
      )
    case 'choice': {
      const leaf = depth > DEPTH_MAX ? form.children.find((one) => one.children.length === 0) : undefined
      return parentNode(form, [generate(leaf ?? random.pick(form.children), hints, depth + 1)])
    }
    default:
      return unreachable(part)
  }
}

/** Each number that a choice of the struct depends on says what was chosen. */
export function settleChoices(struct: Node): Node {
  let settled = struct
  for (const at of struct.form.choices) {
    const choice = struct.children[at] as Node
    const on = struct.children[choice.form.on]
    const chosen = (choice.children[0] as Node).form
    if (on === undefined || choice.form.cases.get(on.value) === chosen) continue
    settled = settled.withChild(choice.form.on, intNode(on.form, choice.form.valueOf.get(chosen) ?? on.value))
  }
  return settled
}

/** A new part of the same form that holds `inner`, somewhere below, in a list; only for forms that can. */
export function wrap(inner: Node, hints: Hints): Node {
  const { random } = hints
  const goal = inner.form
  const build = (form: Form): Node => {
    if (form.part.kind === 'list' && form.part.items === null && form.children[0] === goal) {
      return parentNode(form, [inner])
    }
    const way = form.children.filter((child) => goal.wrappers.has(child))
    const chosen = random.pick(way)
    if (form.part.kind !== 'struct') return parentNode(form, [build(chosen)])
    const children = form.children.map((child) => (child === chosen ? build(child) : generate(child, hints)))
    return settleChoices(parentNode(form, children))
  }
  return build(goal)
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

/** The one value that a number can have; null: it can have several. */
function constantOf({ role }: Int): number | null {
  return role.is === 'value' && role.among.length === 1 ? (role.among[0] ?? null) : null
}

/** Another value for a number: what it was compared with, a value that means something, one nearby, or any. */
export function valueFor({ role, width }: Int, current: number, hints: Hints): number {
  const { random, dictionary } = hints
  const among = role.is === 'value' ? role.among : []
  // One in eight is none of the values that mean something.
  if (among.length > 1 && !random.oneIn(8)) return random.pick(among)
  switch (random.below(6)) {
    case 0:
      return dictionary.numbers.length > 0 ? random.pick(dictionary.numbers) : random.below(256)
    case 1:
      return current + random.between(-2, 2)
    case 2:
      return random.oneIn(2) ? random.pick(INTERESTING) : 2 ** random.below(8 * width)
    case 3:
      return random.below(32)
    case 4:
      return random.below(256)
    default:
      return random.word()
  }
}
