import type { Json } from '@firebreak/kernel'
import type { Material } from '../format.ts'
import { INTERESTING } from '../words.ts'
import { anyText, changedText, comparedWith } from './text.ts'

type Hints = Material<Json>
type Dictionary = Readonly<Record<string, Json>>

/** One level of a document in so many is itself what is changed, and not something below it. */
const STOP_ONE_IN = 8
/** Levels that one change adds: more than any limit on depth that we have. */
const DEPTH_MAX = 512
const COPIES_MAX = 64
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

/** A copy with one change, somewhere. */
export function changed(value: Json, hints: Hints): Json {
  const { random } = hints
  if (!isContainer(value) || isEmpty(value) || random.oneIn(STOP_ONE_IN)) return changedHere(value, hints)
  if (Array.isArray(value)) {
    const at = random.below(value.length)
    return value.map((child: Json, i) => (i === at ? changed(child, hints) : child))
  }
  const members = Object.entries(value)
  const at = random.below(members.length)
  return Object.fromEntries(members.map(([key, child], i) => [key, i === at ? changed(child, hints) : child]))
}

function changedHere(value: Json, hints: Hints): Json {
  const { random } = hints
  if (random.oneIn(24)) return wrapped(value, hints)
  if (random.oneIn(12)) return scalar(hints)
  if (hints.other !== null && random.oneIn(4)) return pieceOf(hints.other, hints)
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

/** A part of another document. */
function pieceOf(value: Json, hints: Hints): Json {
  const { random } = hints
  if (!isContainer(value) || isEmpty(value) || random.oneIn(STOP_ONE_IN)) return value
  return pieceOf(random.pick(Object.values(value)), hints)
}

function isContainer(value: Json): value is Exclude<Json, string | number | boolean | null> {
  return typeof value === 'object' && value !== null
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
}
