import { utf8Encode } from '@firebreak/kernel'
import type { Draft } from './draft.ts'
import { digitsOf } from './havoc.ts'
import type { Compared } from './target.ts'

/** How many occurrences of a value in an input are replaced. */
const PLACES_MAX = 8

/**
 * For each pair that a program compared on `input`, in both directions: wherever one of the two lies in the input, the other is written in its
 * place. Each step leaves one changed input in `draft`.
 *
 * @see Aschermann et al., REDQUEEN: Fuzzing with Input-to-State Correspondence (NDSS 2019)
 */
export function* inputToState(
  input: Uint8Array,
  compared: readonly Compared[],
  draft: Draft,
): Generator<undefined, void, undefined> {
  for (const { a, b } of compared) {
    if (typeof a === 'number' && typeof b === 'number') {
      yield* numbers(input, a, b, draft)
      yield* numbers(input, b, a, draft)
    } else if (typeof a === 'string' && typeof b === 'string') {
      yield* texts(input, a, b, draft)
      yield* texts(input, b, a, draft)
    }
  }
}

/** As words of 1, 2 and 4 bytes in both orders, and as digits; the wanted value and its neighbours. */
function* numbers(
  input: Uint8Array,
  seen: number,
  wanted: number,
  draft: Draft,
): Generator<undefined, void, undefined> {
  if (!Number.isInteger(seen) || !Number.isInteger(wanted)) return
  for (const width of [4, 2, 1]) {
    if (seen < 0 || seen >= 2 ** (8 * width)) continue
    for (const little of width === 1 ? [true] : [true, false]) {
      for (const at of placesOf(input, word(seen, width, little))) {
        for (const value of [wanted, wanted + 1, wanted - 1]) {
          draft.set(input)
          draft.write(at, width, little, value)
          yield
        }
      }
    }
  }
  const digits = digitsOf(seen)
  for (const at of placesOf(input, digits)) {
    for (const value of [wanted, wanted + 1, wanted - 1]) {
      draft.set(input)
      draft.replace(at, digits.length, digitsOf(value))
      yield
    }
  }
}

/** With the change of length that it takes, and once more with the byte before it, if that was the length. */
function* texts(input: Uint8Array, seen: string, wanted: string, draft: Draft): Generator<undefined, void, undefined> {
  const [from, to] = [utf8Encode(seen), utf8Encode(wanted)]
  if (from.length === 0) return
  for (const at of placesOf(input, from)) {
    draft.set(input)
    draft.replace(at, from.length, to)
    yield
    if (at === 0 || input[at - 1] !== from.length || to.length > 255) continue
    draft.set(input)
    draft.replace(at, from.length, to)
    draft.bytes[at - 1] = to.length
    yield
  }
}

function word(value: number, width: number, little: boolean): Uint8Array {
  const bytes = Uint8Array.from({ length: width }, (_, i) => value >>> (8 * i))
  return little ? bytes : bytes.toReversed()
}

function placesOf(input: Uint8Array, piece: Uint8Array): readonly number[] {
  const places: number[] = []
  const [first = 0] = piece
  for (let at = input.indexOf(first); at !== -1 && places.length < PLACES_MAX; at = input.indexOf(first, at + 1)) {
    if (at + piece.length <= input.length && piece.every((byte, i) => input[at + i] === byte)) places.push(at)
  }
  return places
}
