import type { Json } from '@firebreak/kernel'

/** A list or dictionary that has grown to so many members. */
const GROWN = 16
/** Lengths to which every text is cut. */
const CUT = [0, 1, 2, 3]
/** Of a text with more numbers the others are left. */
const NUMBERS_MAX = 12

/**
 * A document with one small change at every place: numbers one more and one less, also within texts, texts with another letter at either end and cut short,
 * members away, there twice, and there many times.
 */
export function* swept(value: Json): Generator<Json> {
  if (typeof value === 'number') yield* [value + 1, value - 1, value + 0.5]
  else if (typeof value === 'string') yield* textsNear(value)
  else if (Array.isArray(value)) yield* listsNear(value)
  else if (typeof value === 'object' && value !== null) yield* dictionariesNear(Object.entries(value as object))
  else if (typeof value === 'boolean') yield !value
}

function* textsNear(text: string): Generator<string> {
  if (text !== '')
    yield* [next(text.charAt(0)) + text.slice(1), text.slice(0, -1) + next(text.slice(-1)), `${text}${text}`]
  for (const length of CUT) if (length < text.length) yield text.slice(0, length)
  for (const { 0: digits, index } of text.matchAll(/\d+/g).take(NUMBERS_MAX)) {
    for (const by of [1, -1]) yield text.slice(0, index) + (Number(digits) + by) + text.slice(index + digits.length)
  }
}

function next(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1)
}

function* listsNear(list: readonly Json[]): Generator<Json> {
  for (const [at, one] of list.entries()) {
    yield list.toSpliced(at, 1)
    yield list.toSpliced(at, 0, one)
    for (const changed of swept(one)) yield list.with(at, changed)
  }
  if (list.length > 0) yield Array.from({ length: GROWN }, (_, i) => list[i % list.length] as Json)
}

function* dictionariesNear(members: readonly (readonly [string, Json])[]): Generator<Json> {
  for (const [at, [key, one]] of members.entries()) {
    yield Object.fromEntries(members.toSpliced(at, 1))
    yield Object.fromEntries(members.with(at, [key, null]))
    for (const changed of swept(one)) yield Object.fromEntries(members.with(at, [key, changed]))
    const more = Array.from({ length: GROWN }, (_, i): readonly [string, Json] => [`${i}${key}`, one])
    yield Object.fromEntries([...members, ...more])
  }
}
