import type { Material } from '../format.ts'
import { changesOf, type Random } from '../random.ts'
import type { Compared } from '../target.ts'
import { INTERESTING } from '../words.ts'

type Hints = Pick<Material<unknown>, 'random' | 'dictionary' | 'compared'>

/** Longer than most limits on one text, and far below those on a document. */
const LONG_TEXT_MAX = 4096
/** What means something to some parser, and what is hard to print. */
const CHARACTERS: readonly string[] = '0aZ_-+.,:;*?|%$#@!&/\\\'"`()[]{}<>=~^ \t\n\r\0'
  .split('')
  .concat(['\u007f', '\u00e9', '\u0130', '\u2028', '\ud800', '\u{1f525}'])

/** The value that the program compared this one with, if it did. */
export function comparedWith(value: number | string, { random, compared }: Hints): number | string | null {
  if (compared.length === 0) return null
  // From a random place on: a value can be compared with many.
  const start = random.below(compared.length)
  for (let i = 0; i < compared.length; i++) {
    const pair = compared[(start + i) % compared.length]
    if (pair?.a === value) return pair.b
    if (pair?.b === value) return pair.a
  }
  return null
}

/** A length that the program compared this one with, or one beside it; null: there is none up to `max`. */
export function comparedLength(length: number, max: number, hints: Hints): number | null {
  const { random } = hints
  const other = comparedWith(length, hints)
  if (typeof other !== 'number' || !Number.isInteger(other)) return null
  const wanted = other + random.between(-1, 1)
  return wanted >= 0 && wanted <= max && wanted !== length ? wanted : null
}

/** With another text or number in it in place of one that the program compared; null: none of those that it compared is in it. */
function substituted(text: string, { random, compared }: Hints): string | null {
  const start = random.below(Math.max(1, compared.length))
  for (let i = 0; i < compared.length; i++) {
    const { a, b } = compared[(start + i) % compared.length] as Compared
    const [from, to] = random.oneIn(2) ? [a, b] : [b, a]
    if (from === '') continue
    const at = text.indexOf(String(from))
    if (at < 0) continue
    const put = typeof to === 'number' ? to + random.between(-1, 1) : to
    return text.slice(0, at) + put + text.slice(at + String(from).length)
  }
  return null
}

/** With another number in it in place of one of its own; null: it has none. */
function renumbered(text: string, { random, dictionary }: Hints): string | null {
  const numbers = [...text.matchAll(/\d+/g)]
  if (numbers.length === 0) return null
  const { 0: digits, index } = random.pick(numbers)
  const known = dictionary.numbers.length > 0 && random.oneIn(2) ? dictionary.numbers : INTERESTING
  const number = random.oneIn(2) ? Number(digits) + random.between(-2, 2) : random.pick(known)
  return text.slice(0, index) + number + text.slice(index + digits.length)
}

/** Another text: one of the program's, one it was compared with, or this one a little changed. */
export function changedText(text: string, hints: Hints): string {
  const { random, dictionary } = hints
  switch (random.below(11)) {
    case 0:
    case 1: {
      const other = comparedWith(text, hints)
      return other === null ? anyText(hints) : String(other)
    }
    case 8:
      return substituted(text, hints) ?? tweakedText(text, hints)
    case 9: {
      const length = comparedLength(text.length, LONG_TEXT_MAX, hints)
      return length === null ? tweakedText(text, hints) : ofLength(text, length)
    }
    case 10:
      return renumbered(text, hints) ?? tweakedText(text, hints)
    case 2:
      return dictionary.texts.length === 0 ? '' : random.pick(dictionary.texts)
    case 3:
      return splicedText(text, hints)
    case 4:
      return String(random.pick(INTERESTING))
    case 5:
      return random.oneIn(8) ? longText(text, hints) : text.slice(0, random.below(text.length + 1))
    default:
      return tweakedText(text, hints)
  }
}

/** A text from what the program knows. */
export function anyText({ random, dictionary, compared }: Hints): string {
  if (compared.length > 0 && random.oneIn(2)) {
    const { a, b } = random.pick(compared)
    return String(random.oneIn(2) ? a : b)
  }
  return dictionary.texts.length === 0 ? random.pick(CHARACTERS) : random.pick(dictionary.texts)
}

/** One to four letters more, fewer or other: mostly one, and at an end as often as anywhere. */
export function tweakedText(text: string, { random }: Hints): string {
  let changed = text
  for (let left = changesOf(random); left > 0; left--) {
    const at = random.pick([0, Math.max(0, changed.length - 1), random.below(changed.length + 1)])
    if (random.oneIn(2)) changed = changed.slice(0, at) + letterLike(changed, at, random) + changed.slice(at + 1)
    else {
      const removed = random.below(3)
      changed = changed.slice(0, at) + (random.oneIn(3) ? '' : random.pick(CHARACTERS)) + changed.slice(at + removed)
    }
  }
  return changed
}

/** A letter that could stand there: the next or the one before it in its alphabet, or one of the same text. */
function letterLike(text: string, at: number, random: Random): string {
  const code = text.charCodeAt(at)
  if (Number.isNaN(code) || random.oneIn(3)) return text.charAt(random.below(text.length))
  return String.fromCharCode(Math.max(0, code + random.pick([-1, 1])))
}

/** With a word of the program in it: modifiers, prefixes, operators. */
function splicedText(text: string, hints: Hints): string {
  const { random } = hints
  const at = random.pick([0, text.length, random.below(text.length + 1)])
  const glue = random.oneIn(2) ? random.pick(CHARACTERS) : ''
  return text.slice(0, at) + glue + anyText(hints) + (random.oneIn(4) ? glue : '') + text.slice(at)
}

function longText(text: string, { random }: Hints): string {
  return ofLength(text, random.between(1, LONG_TEXT_MAX))
}

function ofLength(text: string, length: number): string {
  const piece = text === '' ? 'a' : text
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
}
