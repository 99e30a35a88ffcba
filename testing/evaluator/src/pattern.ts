import { foldCase } from './text.ts'

/** Any run of characters, line breaks included. */
export const ANY: unique symbol = Symbol('*')
/** Exactly one code point. */
export const ONE: unique symbol = Symbol('?')
/** One of DASHES. */
export const DASH: unique symbol = Symbol('dash')

export type Piece = string | typeof ANY | typeof ONE | typeof DASH
export type Pattern = readonly Piece[]

/** Hyphen-minus, slash, en dash, em dash, horizontal bar: what `windash` takes for one another. */
export const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'] as const

/**
 * A string of a rule as pieces. A backslash makes a wildcard or a backslash after it plain, and is plain itself before
 * anything else.
 */
export function parsePattern(text: string): Pattern {
  const pieces: Piece[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    const next = text.charAt(at + 1)
    if (character === '\\' && (next === '\\' || next === '*' || next === '?')) {
      pieces.push(next)
      at++
    } else if (character === '*') pieces.push(ANY)
    else if (character === '?') pieces.push(ONE)
    else pieces.push(character)
  }
  return joinText(pieces)
}

/** Neighbouring texts made one. */
export function joinText(pieces: Pattern): Pattern {
  const joined: Piece[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece
    else joined.push(piece)
  }
  return joined
}

/** Applies `change` to the characters of the text pieces, each with those around it; a wildcard is no neighbour. */
export function mapCharacters(
  pieces: Pattern,
  change: (character: string, before: string, after: string) => Piece,
): Pattern {
  return joinText(
    pieces.flatMap((piece) =>
      typeof piece === 'string'
        ? Array.from({ length: piece.length }, (_, at) =>
            change(piece.charAt(at), piece.charAt(at - 1), piece.charAt(at + 1)),
          )
        : [piece],
    ),
  )
}

/** The text of pieces without wildcards, or null. */
export function plainText(pieces: Pattern): string | null {
  if (pieces.length === 0) return ''
  const [only, ...rest] = joinText(pieces)
  return typeof only === 'string' && rest.length === 0 ? only : null
}

/** Says whether a whole text is of the pattern. Folds neither; the caller folds both, or none. */
export function matcherOf(pieces: Pattern, fold: boolean): (text: string) => boolean {
  const parts = splitAtAny(pieces).map((part) => new Part(part, fold))
  const [first, ...others] = parts
  const last = others.pop()
  if (first === undefined) throw new Error('Cannot match: a pattern has at least one part')
  if (last === undefined) return (text) => first.isWhole(text)
  return (text) => {
    // Leftmost is best: whatever a part leaves free, a later one may use.
    let at = first.endAtStart(text)
    for (const part of others) {
      if (at === null) return false
      at = part.endOfFirst(text, at)
    }
    return at !== null && last.isEnd(text, at)
  }
}

function splitAtAny(pieces: Pattern): readonly Pattern[] {
  const parts: Piece[][] = [[]]
  for (const piece of pieces) {
    if (piece === ANY) parts.push([])
    else parts.at(-1)?.push(piece)
  }
  return parts
}

/** `$`, which V8 14 misses after a class that takes a surrogate pair: `/[^b]$/u` does not find U+1F525. */
const END = '(?!.)'

/** What stands between two `*`: as plain text where it can be, else as regular expressions without repetition. */
class Part {
  readonly #plain: string | null
  readonly #whole: RegExp
  readonly #start: RegExp
  readonly #anywhere: RegExp
  readonly #end: RegExp

  constructor(pieces: Pattern, fold: boolean) {
    const folded = joinText(pieces.map((piece) => (typeof piece === 'string' && fold ? foldCase(piece) : piece)))
    const source = folded.map(regexOf).join('')
    this.#plain = plainText(folded)
    this.#whole = new RegExp(`^${source}${END}`, 'gsu')
    this.#start = new RegExp(`^${source}`, 'gsu')
    this.#anywhere = new RegExp(source, 'gsu')
    this.#end = new RegExp(`${source}${END}`, 'gsu')
  }

  isWhole(text: string): boolean {
    return this.#plain === null ? endOf(this.#whole, text, 0) !== null : text === this.#plain
  }

  /** Where the part ends when the text starts with it. */
  endAtStart(text: string): number | null {
    if (this.#plain === null) return endOf(this.#start, text, 0)
    return text.startsWith(this.#plain) ? this.#plain.length : null
  }

  /** Where the part ends at its first occurrence from `from` on. */
  endOfFirst(text: string, from: number): number | null {
    if (this.#plain === null) return endOf(this.#anywhere, text, from)
    const at = text.indexOf(this.#plain, from)
    return at < 0 ? null : at + this.#plain.length
  }

  /** Whether the text ends with the part, all of it from `from` on. */
  isEnd(text: string, from: number): boolean {
    if (this.#plain === null) return endOf(this.#end, text, from) !== null
    return text.length - this.#plain.length >= from && text.endsWith(this.#plain)
  }
}

function endOf(regex: RegExp, text: string, from: number): number | null {
  regex.lastIndex = from
  return regex.test(text) ? regex.lastIndex : null
}

function regexOf(piece: Piece): string {
  if (typeof piece === 'string') return piece.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`)
  if (piece === ONE) return '.'
  if (piece === DASH) return `[${DASHES.join('')}]`
  throw new Error('Cannot match: * separates parts and is in none')
}
