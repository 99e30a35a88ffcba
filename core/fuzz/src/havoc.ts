import type { Draft } from './draft.ts'
import type { Random } from './random.ts'
import { INTERESTING, type Words } from './words.ts'

/** How wild the changes are: it grows while nothing is found, and a find begins anew. */
export type HavocLevel = 0 | 1 | 2

/** Executions without a find after which the next level begins (model: AFL++'s expand_havoc). */
const LEVEL_1_AFTER = 4000
const LEVEL_2_AFTER = 20_000
/** Changes of one input: 2^0 to 2^1, 2^1 to 2^3, 2^1 to 2^5, at the levels. */
const TWEAK_BITS_LEAST = [0, 1, 1]
const TWEAK_BITS_MOST = [1, 3, 5]
/** One round in so many of the highest level is of any level: a small change can be what was missing. */
const ANY_LEVEL_ONE_IN = 4
/** One change in so many is of the length. */
const RESHAPE_ONE_IN = [8, 3, 3]
const LENGTH_FIELD_WITHIN = 64
/** Of the pieces that are taken away, one in so many is the end. */
const CUT_OFF_ONE_IN = 4
const WIDTHS = [1, 2, 4]

/** What text formats are held together by. */
const PUNCTUATION: readonly Uint8Array[] = Array.from(',:;{}[]()"\'|*\\/#-+.0 \n', (one) =>
  Uint8Array.of(one.charCodeAt(0)),
)
const INTERESTING_DIGITS = INTERESTING.map(digitsOf)

export function havocLevel(executionsSinceFind: number, random: Random): HavocLevel {
  if (executionsSinceFind < LEVEL_1_AFTER) return 0
  if (executionsSinceFind < LEVEL_2_AFTER) return 1
  return random.oneIn(ANY_LEVEL_ONE_IN) ? (random.below(3) as HavocLevel) : 2
}

/** Changes bytes without knowing what they mean. `other` is another input of the corpus. */
export function havoc(draft: Draft, level: HavocLevel, random: Random, words: Words, other: Uint8Array): void {
  if (level === 2 && random.oneIn(8)) splice(draft, random, other)
  const tweaks = 1 << random.between(TWEAK_BITS_LEAST[level] ?? 0, TWEAK_BITS_MOST[level] ?? 0)
  for (let left = tweaks; left > 0; left--) {
    if (draft.length === 0) draft.insert(0, Uint8Array.of(random.below(256)))
    else if (!random.oneIn(RESHAPE_ONE_IN[level] ?? 3)) tweak(draft, random, words)
    else reshape(draft, random, words, level, other)
  }
}

/** Overwrites a byte or a word. */
function tweak(draft: Draft, random: Random, words: Words): void {
  const at = random.below(draft.length)
  switch (random.below(8)) {
    case 0:
      draft.bytes[at] = (draft.bytes[at] ?? 0) ^ (1 << random.below(8))
      return
    case 1:
      draft.bytes[at] = random.below(256)
      return
    case 2:
    case 3:
      return setWord(draft, at, random, random.pick(INTERESTING))
    case 4:
      draft.bytes[at] = (draft.bytes[at] ?? 0) + random.between(-35, 35)
      return
    case 5:
      return nudgeWord(draft, at, random)
    case 6:
      return setWord(
        draft,
        random.below(Math.min(draft.length, LENGTH_FIELD_WITHIN)),
        random,
        nearLength(draft, random),
      )
    default:
      return overwrite(draft, at, random, words)
  }
}

/** Changes the length. */
function reshape(draft: Draft, random: Random, words: Words, level: HavocLevel, other: Uint8Array): void {
  const at = random.below(draft.length)
  const count = Math.min(blockLength(draft, random, level), draft.length - at)
  switch (random.below(8)) {
    case 0:
      // Also at the end: what is cut off there may be missed by whoever trusts a length.
      return draft.remove(random.oneIn(CUT_OFF_ONE_IN) ? draft.length - count : at, count)
    case 6:
      return draft.insert(at, random.pick(PUNCTUATION))
    case 1:
      return draft.insert(random.below(draft.length + 1), draft.bytes.slice(at, at + count))
    case 2: {
      const to = random.below(draft.length)
      draft.bytes.copyWithin(to, at, Math.min(at + count, at + draft.length - to))
      return
    }
    case 3: {
      const room = draft.open(at, random.between(1, 16))
      draft.bytes.fill(random.pick([0, 0x20, 0x30, 0x41, 0xff, random.below(256)]), at, at + room)
      return
    }
    case 4:
      return insertWord(draft, at, random, words)
    case 5:
      return digits(draft, at, random)
    default: {
      if (other.length === 0) return
      const from = random.below(other.length)
      draft.insert(at, other.subarray(from, from + random.between(1, 1 << random.below(7))))
    }
  }
}

/** Mostly short: a comma, a word, a field; at the highest level now and then as long as the input. */
function blockLength(draft: Draft, random: Random, level: HavocLevel): number {
  if (level === 2 && random.oneIn(8)) return random.between(1, draft.length)
  return random.between(1, 1 << random.below(6))
}

function setWord(draft: Draft, at: number, random: Random, value: number): void {
  const width = Math.min(random.pick(WIDTHS), draft.length - at)
  draft.write(at, width === 3 ? 2 : width, random.oneIn(2), value)
}

function nudgeWord(draft: Draft, at: number, random: Random): void {
  const width = random.pick(WIDTHS)
  if (at + width > draft.length) return
  const little = random.oneIn(2)
  draft.write(at, width, little, draft.read(at, width, little) + random.between(-10, 10))
}

/** Programs compare lengths that an input states with its own. */
function nearLength(draft: Draft, random: Random): number {
  return Math.max(0, draft.length + random.between(-24, 8))
}

function overwrite(draft: Draft, at: number, random: Random, words: Words): void {
  if (words.encoded.length === 0) return
  const word = random.pick(words.encoded)
  if (at + word.length <= draft.length) draft.put(word, at, word.length)
}

function insertWord(draft: Draft, at: number, random: Random, words: Words): void {
  if (words.encoded.length > 0) draft.insert(at, random.pick(words.encoded))
}

/** Of a number that is written in digits, another number. */
function digits(draft: Draft, near: number, random: Random): void {
  let start = near
  while (start < draft.length && !isDigit(draft.bytes[start])) start++
  let end = start
  while (end < draft.length && isDigit(draft.bytes[end])) end++
  if (end === start) return
  draft.replace(start, end - start, random.pick(INTERESTING_DIGITS))
}

export function digitsOf(value: number): Uint8Array {
  return Uint8Array.from(String(value), (digit) => digit.charCodeAt(0))
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** The beginning of one input and the end of another. */
function splice(draft: Draft, random: Random, other: Uint8Array): void {
  if (other.length === 0) return
  const at = random.below(draft.length + 1)
  draft.length = at
  draft.insert(at, other.subarray(random.below(other.length)))
}
