import { unreachable, utf8Decode, utf8Encode } from '@firebreak/kernel'
import { changedText, comparedWith } from '../document/text.ts'
import type { Material } from '../format.ts'
import type { Random } from '../random.ts'
import { INTERESTING } from '../words.ts'
import type { Form } from './form.ts'
import { generate, valueFor, wrap } from './generate.ts'
import { bytesNode, intNode, Node, parentNode } from './node.ts'
import type { Bytes, Int } from './part.ts'

type Hints = Material<Node>

const COPIES_MAX = 40
/** Nodes that copies add at once. */
const GROWTH_MAX = 2048
const WRAPS_MAX = 4
const TRIES = 8
const STOP_ONE_IN = 8
/** One change in so many gives a list of fixed length another. */
const FIXED_ONE_IN = 8
/** Larger documents only lose items: big inputs take long, and rarely show what small ones don't. */
const SIZE_MAX = 4096

/** A copy with one change somewhere in it. Numbers that follow from something stay right. */
export function changed(root: Node, hints: Hints): Node {
  const { random } = hints
  if (root.size > SIZE_MAX) return shrunk(root, hints)
  for (let tries = TRIES; tries > 0; tries--) {
    const next = replaced(root, siteIn(root, random), (site) => replacementFor(site, hints))
    if (next !== null) return next
  }
  return root
}

/**
 * The number of a node. Half of the time each is as likely; else a branch is chosen by the logarithm of its size, so that a field beside a
 * long list has its turn.
 */
function siteIn(root: Node, random: Random): number {
  if (random.oneIn(2)) return random.below(root.size)
  let node = root
  let index = 0
  while (!random.oneIn(STOP_ONE_IN)) {
    const { children } = node
    let weight = 0
    for (let i = 0; i < children.length; i++) weight += weightOf(children[i] as Node)
    if (weight === 0) break
    let left = random.below(weight)
    index++
    let place = 0
    while (left >= weightOf(children[place] as Node)) {
      left -= weightOf(children[place] as Node)
      index += (children[place++] as Node).size
    }
    node = children[place] as Node
  }
  return index
}

/** The number of bits of its size; nothing for numbers that are changed only as lies. */
function weightOf({ size, form }: Node): number {
  return form.isBound ? 0 : 32 - Math.clz32(size)
}

/** A copy with an item of a list less. */
function shrunk(root: Node, hints: Hints): Node {
  const { random } = hints
  for (let tries = 4 * TRIES; tries > 0; tries--) {
    const next = replaced(root, random.below(root.size), ({ parent }) =>
      parent?.form.part.kind === 'list' ? [] : null,
    )
    if (next !== null) return next
  }
  return root
}

/** A copy in which one number is wrong. */
export function withLie(root: Node, hints: Hints): Node {
  const { random } = hints
  for (let tries = 4 * TRIES; tries > 0; tries--) {
    const next = replaced(root, random.below(root.size), ({ node }) =>
      node.form.isBound ? lied(node, node.form.part as Int, hints) : null,
    )
    if (next !== null) return next
  }
  return root
}

function lied(node: Node, part: Int, hints: Hints): Node {
  return intNode(node.form, node.form.isDerived ? lieFor(part, hints) : valueFor(part, node.value, hints))
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

/** A copy in which the node of this number, in the order of the text, is another. Null: it can't be changed so. */
function replaced(root: Node, index: number, change: (site: Site) => Replacement): Node | null {
  const next = replacedBelow(root, index, null, 0, change)
  return next instanceof Node ? next : null
}

function replacedBelow(
  node: Node,
  index: number,
  parent: Node | null,
  at: number,
  change: (site: Site) => Replacement,
): Replacement {
  if (index === 0) return change({ node, parent, at })
  const { children } = node
  let left = index - 1
  let place = 0
  while (left >= (children[place] as Node).size) left -= (children[place++] as Node).size
  const next = replacedBelow(children[place] as Node, left, node, place, change)
  if (next === null) return null
  return next instanceof Node ? node.withChild(place, next) : node.withChildren(children.toSpliced(place, 1, ...next))
}

function replacementFor(site: Site, hints: Hints): Replacement {
  const { random } = hints
  const { node, parent } = site
  const { form } = node
  if (parent?.form.part.kind === 'list' && random.oneIn(3)) {
    if (random.oneIn(4)) return wrapped(node, hints)
    if (!isFixed(parent.form) || random.oneIn(FIXED_ONE_IN)) return changedItem(site, parent, hints)
    return generate(form, hints)
  }
  if (hints.other !== null && random.oneIn(4)) return twinOf(node, hints.other, hints)
  switch (form.part.kind) {
    case 'int':
      return form.isBound ? null : changedInt(node, form.part, hints)
    case 'bytes':
      return bytesNode(form, changedBytes(node.bytes, form.part, hints))
    case 'list':
      return changedList(node, hints)
    case 'choice':
      return null
    case 'struct':
      return parent === null ? null : changedStruct(node, hints)
    default:
      return unreachable(form.part)
  }
}

function changedInt(node: Node, part: Int, hints: Hints): Node {
  const { random } = hints
  const other = random.oneIn(2) ? comparedWith(node.value, hints) : null
  if (typeof other === 'number') return intNode(node.form, other + random.pick([0, 0, -1, 1]))
  return intNode(node.form, valueFor(part, node.value, hints))
}

/** An item of a list: gone, twice, or beside a new one or another of the list. */
function changedItem({ node, at }: Site, list: Node, hints: Hints): Replacement {
  const { random } = hints
  switch (random.below(5)) {
    case 0:
    case 1:
      return []
    case 2:
      return [node, node]
    case 3:
      return [node, generate(node.form, hints)]
    default: {
      const other = random.pick(list.children)
      return other === list.children[at] ? null : [node, other]
    }
  }
}

/** Inside new parts of its own form, one to four deep; null: that form can't contain itself. */
function wrapped(node: Node, hints: Hints): Node | null {
  const { random } = hints
  if (node.form.wrappers.size === 0) return null
  let inner = node
  for (let left = random.between(1, WRAPS_MAX); left > 0; left--) inner = wrap(inner, hints)
  return inner
}

function changedList(node: Node, hints: Hints): Node {
  const { random } = hints
  const { children, form } = node
  const [item] = form.children as readonly [Form]
  if (isFixed(form) && !random.oneIn(FIXED_ONE_IN)) return withNewItem(node, item, hints)
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
      const most = Math.min(COPIES_MAX, Math.floor(GROWTH_MAX / one.size))
      const copies = Array.from<Node>({ length: random.between(1, Math.max(1, most)) }).fill(one)
      return node.withChildren(children.toSpliced(at, 0, ...copies))
    }
    case 3:
      return node.withChildren(children.slice(0, at))
    default:
      return withNewItem(node, item, hints)
  }
}

function withNewItem(node: Node, item: Form, hints: Hints): Node {
  const { random } = hints
  const { length } = node.children
  return length === 0 ? node : node.withChild(random.below(length), generate(item, hints))
}

/** Whether a list has a number of items that the format says once and for all. */
function isFixed({ part }: Form): boolean {
  return part.kind === 'list' && part.items !== null
}

/** Another case of one of its choices; without any, a new one altogether. */
function changedStruct(node: Node, hints: Hints): Node | null {
  const { random } = hints
  const { choices } = node.form
  if (choices.length === 0) return random.oneIn(4) ? generate(node.form, hints) : null
  const at = random.pick(choices)
  const { form } = node.children[at] as Node
  const [value, chosen] = random.pick(form.caseList)
  const changedCase = node.withChild(at, parentNode(form, [generate(chosen, hints)]))
  return changedCase.withChild(form.on, intNode((node.children[form.on] as Node).form, value))
}

/** A part of the same kind from another document. */
function twinOf(node: Node, other: Node, { random }: Hints): Node | null {
  const twins: Node[] = []
  const collect = (one: Node): void => {
    if (one.form === node.form) twins.push(one)
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
