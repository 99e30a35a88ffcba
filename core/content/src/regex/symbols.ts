import { CODE_POINT_MAX, type CharSet, WORD } from './char-set.ts'
import type { Instructions } from './generate.ts'
import { REGEX_RANGES_MAX, REGEX_SYMBOLS_MAX } from './limits.ts'
import { REGEX_KIND } from './program.ts'
import { type RegexAssertion, tooLarge } from './syntax.ts'

const NEWLINES: CharSet = [[0x0a, 0x0a]]

/** A partition of all code points: two of one symbol are alike to every set and assertion of the expression. */
export interface Symbols {
  /** Ascending from code point 0, each lasting until the next. */
  readonly ranges: readonly { readonly start: number; readonly symbol: number }[]
  /** The kind of each symbol, as far as an assertion asks for it. */
  readonly kinds: readonly number[]
  /** For each set of the expression its symbols. */
  readonly ofSet: readonly (readonly number[])[]
}

/** @throws ContentError content/regex-too-large */
export function partition(sets: Instructions['sets'], assertions: ReadonlySet<RegexAssertion>): Symbols {
  const words: CharSet = assertions.has('word') || assertions.has('not-word') ? WORD : []
  const newlines: CharSet = assertions.has('line-start') || assertions.has('line-end') ? NEWLINES : []
  const starts = boundaries([...sets, words, newlines])
  const symbolAt = refine(starts, [...sets, words, newlines])
  const symbols = symbolAt.reduce((most, symbol) => Math.max(most, symbol), 0) + 1
  if (symbols > REGEX_SYMBOLS_MAX) throw tooLarge(null, `more than ${REGEX_SYMBOLS_MAX} kinds of characters`)
  const ofSet = (set: CharSet): readonly number[] => [
    ...new Set(covered(starts, set).map((i) => symbolAt[i] as number)),
  ]
  const kinds = Array.from({ length: symbols }, (): number => REGEX_KIND.OTHER)
  for (const symbol of ofSet(words)) kinds[symbol] = REGEX_KIND.WORD
  for (const symbol of ofSet(newlines)) kinds[symbol] = REGEX_KIND.NEWLINE
  const ranges = starts.map((start, i) => ({ start, symbol: symbolAt[i] as number }))
  return { ranges, kinds, ofSet: sets.map(ofSet) }
}

/** Where a range of any set starts or has just ended, ascending from 0. */
function boundaries(sets: readonly CharSet[]): readonly number[] {
  const starts = new Set([0])
  for (const [low, high] of sets.flat()) {
    starts.add(low)
    if (high < CODE_POINT_MAX) starts.add(high + 1)
  }
  if (starts.size > REGEX_RANGES_MAX) throw tooLarge(null, `more than ${REGEX_RANGES_MAX} ranges of characters`)
  return [...starts].toSorted((a, b) => a - b)
}

/** Numbers the intervals between boundaries so that two get the same number when the same sets cover both. */
function refine(starts: readonly number[], sets: readonly CharSet[]): readonly number[] {
  let numbers = starts.map(() => 0)
  for (const set of sets) {
    const inside = new Set(covered(starts, set))
    const seen = new Map<number, number>()
    numbers = numbers.map((number, i) => {
      const key = 2 * number + (inside.has(i) ? 1 : 0)
      const known = seen.get(key)
      if (known !== undefined) return known
      seen.set(key, seen.size)
      return seen.size - 1
    })
  }
  return numbers
}

/** The intervals that a set covers; its ranges start and end at boundaries. */
function covered(starts: readonly number[], set: CharSet): readonly number[] {
  const found: number[] = []
  let i = 0
  for (const [low, high] of set) {
    while (i < starts.length && (starts[i] as number) < low) i++
    while (i < starts.length && (starts[i] as number) <= high) found.push(i++)
  }
  return found
}
