import type { Material } from '../format.ts'
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

/** Another text: one of the program's, one it was compared with, or this one a little changed. */
export function changedText(text: string, hints: Hints): string {
  const { random, dictionary } = hints
  switch (random.below(8)) {
    case 0:
    case 1: {
      const other = comparedWith(text, hints)
      return other === null ? anyText(hints) : String(other)
    }
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

/** One to four letters more, fewer or other. */
function tweakedText(text: string, { random }: Hints): string {
  let changed = text
  for (let left = random.between(1, 4); left > 0; left--) {
    const at = random.below(changed.length + 1)
    const removed = random.below(3)
    changed = changed.slice(0, at) + (random.oneIn(3) ? '' : random.pick(CHARACTERS)) + changed.slice(at + removed)
  }
  return changed
}

/** With a word of the program in it: modifiers, prefixes, operators. */
function splicedText(text: string, hints: Hints): string {
  const { random } = hints
  const at = random.pick([0, text.length, random.below(text.length + 1)])
  const glue = random.oneIn(2) ? random.pick(CHARACTERS) : ''
  return text.slice(0, at) + glue + anyText(hints) + (random.oneIn(4) ? glue : '') + text.slice(at)
}

function longText(text: string, { random }: Hints): string {
  const piece = text === '' ? 'a' : text
  const length = random.between(1, LONG_TEXT_MAX)
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
}
