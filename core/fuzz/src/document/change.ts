import type { Json } from '@firebreak/kernel'
import type { Material } from '../format.ts'
import { INTERESTING } from '../words.ts'
import { anyText, changedText, comparedLength, comparedWith, tweakedText } from './text.ts'

type Hints = Material<Json>
type Dictionary = Readonly<Record<string, Json>>

/** One change in so many begins at the root and goes down level by level, so that what is near the root is changed too in a large document. */
const DESCENT_ONE_IN = 4
/** Then one level in so many is itself what is changed, and not something below it. */
const STOP_ONE_IN = 4
/** How often a part of the same kind is looked for. */
const TWIN_TRIES = 4
/** Levels that one change adds: more than any limit on depth that we have. */
const DEPTH_MAX = 512
const COPIES_MAX = 64
/** One change of a list in so many gives it the length that something was compared with. */
const LENGTH_ONE_IN = 6
const LENGTH_MAX = 1024
/** One change of a dictionary in so many gives it several members more. */
const MEMBERS_ONE_IN = 8
const MEMBERS_MORE_MAX = 16
/** Numbers that are hard to hold, to print or to compare. */
const ODD_NUMBERS = [
  -1,
  -0.5,
  0.5,
  1.5,
  -2_147_483_648,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  1e21,
  1e308,
  5e-324,
]
/** Names that JavaScript itself looks for. */
const ODD_KEYS = ['', '__proto__', 'constructor', 'toString', 'length', 'toJSON', '0', '-1']

/** A copy with one change, somewhere: mostly at a node of which each is as likely. */
export function changed(value: Json, hints: Hints): Json {
  const { random } = hints
  if (random.oneIn(DESCENT_ONE_IN)) return descended(value, hints)
  return changedAt(value, { left: random.below(nodesOf(value)) }, hints)
}

/** How many values there are from here on, with this one; beyond `max` they are not counted to the end. */
export function nodesOf(value: Json, max = Number.POSITIVE_INFINITY): number {
  if (!isContainer(value)) return 1
  let nodes = 1
  for (const child of Object.values(value)) {
    nodes += nodesOf(child, max - nodes)
    if (nodes > max) break
  }
  return nodes
}

/** The change is at the node before which `left` others come, in the order of the text. */
function changedAt(value: Json, place: { left: number }, hints: Hints): Json {
  if (place.left-- === 0) return changedHere(value, hints)
  if (!isContainer(value)) return value
  const child = (one: Json): Json => (place.left < 0 ? one : changedAt(one, place, hints))
  if (Array.isArray(value)) return value.map(child)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, child(one)]))
}

function descended(value: Json, hints: Hints): Json {
  const { random } = hints
  if (!isContainer(value) || isEmpty(value) || random.oneIn(STOP_ONE_IN)) return changedHere(value, hints)
  if (Array.isArray(value)) {
    const at = random.below(value.length)
    return value.map((child: Json, i) => (i === at ? descended(child, hints) : child))
  }
  const members = Object.entries(value)
  const at = random.below(members.length)
  return Object.fromEntries(members.map(([key, child], i) => [key, i === at ? descended(child, hints) : child]))
}

function changedHere(value: Json, hints: Hints): Json {
  const { random } = hints
  if (random.oneIn(24)) return wrapped(value, hints)
  if (random.oneIn(12)) return scalar(hints)
  if (hints.other !== null && random.oneIn(4)) return twinOf(value, hints.other, hints)
  if (Array.isArray(value)) return changedList(value, hints)
  if (isContainer(value)) return changedDictionary(value as Dictionary, hints)
  return changedScalar(value, hints)
}

function changedScalar(value: Json, hints: Hints): Json {
  const { random, dictionary } = hints
  if (typeof value === 'string') return changedText(value, hints)
  if (typeof value === 'boolean') return !value
  if (typeof value !== 'number') return scalar(hints)
  const other = random.oneIn(2) ? comparedWith(value, hints) : null
  if (typeof other === 'number' && random.oneIn(2)) return other + random.between(-1, 1)
  if (other !== null) return other
  switch (random.below(4)) {
    case 0:
      return value + random.between(-2, 2)
    case 1:
      return random.pick(INTERESTING)
    case 2:
      return dictionary.numbers.length === 0 ? 0 : random.pick(dictionary.numbers)
    default:
      return random.pick(ODD_NUMBERS)
  }
}

/** A value of any type. */
function scalar(hints: Hints): Json {
  const { random } = hints
  return random.pick<() => Json>([
    () => null,
    () => random.oneIn(2),
    () => random.pick(INTERESTING),
    () => random.pick(ODD_NUMBERS),
    () => anyText(hints),
    () => String(random.pick(INTERESTING)),
    () => [],
    () => ({}),
  ])()
}

function changedList(list: readonly Json[], hints: Hints): Json {
  const { random } = hints
  if (list.length === 0) return [scalar(hints)]
  const length = random.oneIn(LENGTH_ONE_IN) ? comparedLength(list.length, LENGTH_MAX, hints) : null
  if (length !== null) return Array.from({ length }, (_, i) => list[i % list.length] as Json)
  const at = random.below(list.length)
  const one = list[at] ?? null
  switch (random.below(6)) {
    case 0:
      return list.filter((_, i) => i !== at)
    case 1:
      return list.toSpliced(random.below(list.length + 1), 0, one)
    case 2:
      return list.with(random.below(list.length), one)
    case 3:
      return list.toSpliced(at, 0, scalar(hints))
    case 4:
      return list.toSpliced(at, 0, ...Array.from<Json>({ length: random.between(2, COPIES_MAX) }).fill(one))
    default:
      return one
  }
}

function changedDictionary(dictionary: Dictionary, hints: Hints): Json {
  const { random } = hints
  const members = Object.entries(dictionary)
  if (members.length === 0) return { [keyFor('', hints)]: scalar(hints) }
  if (random.oneIn(MEMBERS_ONE_IN)) return withMore(members, hints)
  const at = random.below(members.length)
  const [key, value] = members[at] ?? ['', null]
  switch (random.below(6)) {
    case 0:
      return Object.fromEntries(members.filter((_, i) => i !== at))
    case 1:
    case 2:
      return Object.fromEntries(members.with(at, [keyFor(key, hints), value]))
    case 3:
      return Object.fromEntries([...members, [keyFor(key, hints), value]])
    case 4:
      return Object.fromEntries([...members, [keyFor(key, hints), scalar(hints)]])
    default: {
      const [, other] = random.pick(members)
      return Object.fromEntries(members.with(at, [key, other]))
    }
  }
}

/** Several members more, each like one that is there, under another key: what grows by the number of names. */
function withMore(members: readonly (readonly [string, Json])[], hints: Hints): Json {
  const { random } = hints
  const more = Array.from({ length: random.between(2, MEMBERS_MORE_MAX) }, (): readonly [string, Json] => {
    const [key, value] = random.pick(members)
    return [tweakedText(key, hints), value]
  })
  return Object.fromEntries([...members, ...more])
}

function keyFor(key: string, hints: Hints): string {
  const { random } = hints
  return random.oneIn(8) ? random.pick(ODD_KEYS) : changedText(key, hints)
}

/** In lists or dictionaries, mostly few. */
function wrapped(value: Json, hints: Hints): Json {
  const { random } = hints
  const depth = random.oneIn(4) ? random.between(1, DEPTH_MAX) : random.between(1, 4)
  const key = random.oneIn(2) ? null : keyFor('', hints)
  let outer = value
  for (let left = depth; left > 0; left--) outer = key === null ? [outer] : Object.fromEntries([[key, outer]])
  return outer
}

/** A part of another document, of the same kind if there are such. */
function twinOf(value: Json, other: Json, { random }: Hints): Json {
  const nodes = nodesOf(other)
  let twin = other
  for (let tries = 0; tries < TWIN_TRIES; tries++) {
    twin = nodeAt(other, { left: random.below(nodes) }) ?? other
    if (kindOf(twin) === kindOf(value)) break
  }
  return twin
}

function nodeAt(value: Json, place: { left: number }): Json | undefined {
  if (place.left-- === 0) return value
  if (!isContainer(value)) return undefined
  for (const child of Object.values(value)) {
    const node = nodeAt(child, place)
    if (place.left < 0) return node
  }
  return undefined
}

function kindOf(value: Json): string {
  return Array.isArray(value) ? 'list' : typeof value
}

function isContainer(value: Json): value is Exclude<Json, string | number | boolean | null> {
  return typeof value === 'object' && value !== null
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
}
