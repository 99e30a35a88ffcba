import { unreachable, utf8Decode, utf8Encode } from '@firebreak/kernel'
import { changedText, comparedWith } from '../document/text.ts'
import type { Material } from '../format.ts'
import { INTERESTING } from '../words.ts'
import { generate, settleChoices, valueFor } from './generate.ts'
import { bytesNode, intNode, Node, parentNode } from './node.ts'
import { type Bytes, type Choice, type Int, isDerived, type List, resolve } from './part.ts'

type Hints = Material<Node>

const COPIES_MAX = 40
const WRAPS_MAX = 4
const TRIES = 8

/** A copy with one change somewhere in it. Derived numbers stay right. */
export function changed(root: Node, hints: Hints): Node {
  for (let tries = TRIES; tries > 0; tries--) {
    const next = changedAt(root, hints.random.below(root.size), hints)
    if (next !== null) return next
  }
  return root
}

/** A copy in which one derived number is wrong. */
export function withLie(root: Node, hints: Hints): Node {
  for (let tries = 4 * TRIES; tries > 0; tries--) {
    const next = replaced(root, hints.random.below(root.size), ({ node }) =>
      isDerived(node.part) ? intNode(node.part, 0, lieFor(node.part as Int, hints)) : null,
    )
    if (next !== null) return next
  }
  return root
}

/** What is added to the right value; far ones reach 0 and the ends of the width. */
function lieFor({ width }: Int, { random }: Hints): number {
  switch (random.below(4)) {
    case 0:
      return random.pick([-1, 1])
    case 1:
      return random.between(-16, 16)
    case 2:
      return random.pick(INTERESTING)
    default:
      return -random.below(2 ** Math.min(8 * width, 12))
  }
}

/** Where a change is made: a node, and its parent. */
interface Site {
  readonly node: Node
  readonly parent: Node | null
  /** Among the parent's children. */
  readonly at: number
}

/** What takes the place of a node: one, or in a list none or several. Null: nothing can be done here. */
type Replacement = Node | readonly Node[] | null

function changedAt(root: Node, index: number, hints: Hints): Node | null {
  return replaced(root, index, (site) => replacementFor(site, hints))
}

/** A copy in which the node of this number, in the order of the text, is another. */
function replaced(root: Node, index: number, change: (site: Site) => Replacement): Node | null {
  const within = (node: Node, left: number, parent: Node | null, at: number): Replacement => {
    if (left === 0) return change({ node, parent, at })
    let rest = left - 1
    for (let i = 0; i < node.children.length; i++) {
      const child = node.children[i] as Node
      if (rest >= child.size) {
        rest -= child.size
        continue
      }
      const next = within(child, rest, node, i)
      if (next === null) return null
      if (next instanceof Node) return node.withChild(i, next)
      return node.withChildren([...node.children.slice(0, i), ...next, ...node.children.slice(i + 1)])
    }
    return null
  }
  const next = within(root, index, null, 0)
  return next instanceof Node ? next : null
}

function replacementFor(site: Site, hints: Hints): Replacement {
  const { node, parent } = site
  if (parent?.part.kind === 'list' && hints.random.oneIn(3)) return changedItem(site, parent, hints)
  if (hints.other !== null && hints.random.oneIn(4)) return twinOf(node, hints.other, hints)
  switch (node.part.kind) {
    case 'int':
      return isDerived(node.part) ? null : changedInt(node, node.part, hints)
    case 'bytes':
      return bytesNode(node.part, changedBytes(node.bytes, node.part, hints))
    case 'list':
      return changedList(node, node.part, hints)
    case 'choice':
      return null
    case 'struct':
      return changedChoice(node, hints)
    default:
      return unreachable(node.part)
  }
}

function changedInt(node: Node, part: Int, hints: Hints): Node {
  const other = hints.random.oneIn(2) ? comparedWith(node.value, hints) : null
  if (typeof other === 'number') return intNode(part, other + hints.random.pick([0, 0, -1, 1]))
  return intNode(part, valueFor(part, node.value, hints))
}

/** An item of a list: gone, twice, elsewhere, or wrapped into others of its kind. */
function changedItem({ node, at }: Site, list: Node, hints: Hints): Replacement {
  const { random } = hints
  switch (random.below(6)) {
    case 0:
    case 1:
      return []
    case 2:
      return [node, node]
    case 3:
      return [node, generate(node.part, hints)]
    case 4: {
      const other = random.pick(list.children)
      return other === list.children[at] ? null : [node, other]
    }
    default:
      return wrapped(node, hints)
  }
}

/** Inside new parts of its own kind, one to four deep. */
function wrapped(node: Node, hints: Hints): Node | null {
  let inner = node
  for (let left = hints.random.between(1, WRAPS_MAX); left > 0; left--) {
    const outer = around(inner, hints)
    if (outer === null) return null
    inner = outer
  }
  return inner
}

/** A new part of the node's kind with a list in it that takes the node; null: there is none, or it was not hit upon. */
function around(node: Node, hints: Hints): Node | null {
  for (let tries = TRIES; tries > 0; tries--) {
    const shell = generate(node.part, hints)
    for (let index = 1; index < shell.size; index++) {
      const filled = replaced(shell, index, ({ node: { part } }) =>
        part.kind === 'list' && part.items === null && resolve(part.item) === node.part
          ? parentNode(part, [node])
          : null,
      )
      if (filled !== null) return filled
    }
  }
  return null
}

function changedList(node: Node, part: List, hints: Hints): Node {
  const { random } = hints
  const { children } = node
  const item = resolve(part.item)
  if (children.length === 0 || random.oneIn(3)) {
    return node.withChildren(children.toSpliced(random.below(children.length + 1), 0, generate(item, hints)))
  }
  const at = random.below(children.length)
  const one = children[at] as Node
  switch (random.below(5)) {
    case 0:
      return node.withChildren(children.toSpliced(at, 1))
    case 1:
      return node.withChildren(children.with(random.below(children.length), one))
    case 2: {
      const copies = Array.from<Node>({ length: random.between(1, COPIES_MAX) }).fill(one)
      return node.withChildren(children.toSpliced(at, 0, ...copies))
    }
    case 3:
      return node.withChildren(children.slice(0, at))
    default:
      return node.withChildren(children.with(at, generate(item, hints)))
  }
}

/** Of a struct: another case of one of its choices, or a new one altogether. */
function changedChoice(node: Node, hints: Hints): Node | null {
  const { random } = hints
  const choices = node.children.flatMap(({ part }, i) => (part.kind === 'choice' ? [{ i, part }] : []))
  if (choices.length === 0) return random.oneIn(4) ? generate(node.part, hints) : null
  const { i, part } = random.pick<{ i: number; part: Choice }>(choices)
  const [value, chosen] = random.pick([...part.cases])
  const child = parentNode(part, [generate(resolve(chosen), hints)])
  const on = node.children.findIndex((one) => one.part.name === part.on)
  const told = on === -1 ? node : node.withChild(on, intNode((node.children[on] as Node).part, value))
  return settleChoices(told.withChild(i, child))
}

/** A part of the same kind from another document. */
function twinOf(node: Node, other: Node, { random }: Hints): Node | null {
  const twins: Node[] = []
  const collect = (one: Node): void => {
    if (one.part === node.part) twins.push(one)
    for (const child of one.children) collect(child)
  }
  collect(other)
  return twins.length === 0 ? null : random.pick(twins)
}

function changedBytes(old: Uint8Array, part: Bytes, hints: Hints): Uint8Array {
  const { random } = hints
  if (part.text && !random.oneIn(4)) return utf8Encode(changedText(textOf(old), hints))
  const next = old.slice()
  if (next.length > 0 && !random.oneIn(4)) {
    for (let left = random.between(1, 4); left > 0; left--) next[random.below(next.length)] = random.below(256)
    return next
  }
  if (random.oneIn(2)) return next.subarray(0, random.below(next.length + 1))
  const longer = new Uint8Array(next.length + random.between(1, random.oneIn(4) ? 512 : 8))
  longer.set(next)
  for (let i = next.length; i < longer.length; i++) longer[i] = random.below(256)
  return longer
}

function textOf(old: Uint8Array): string {
  try {
    return utf8Decode(old)
  } catch {
    return ''
  }
}
