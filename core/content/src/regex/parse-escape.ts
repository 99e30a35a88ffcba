import { type CharSet, CODE_POINT_MAX, complement, DIGIT, SPACE, withBothCases, WORD } from './char-set.ts'
import type { PatternReader } from './pattern-reader.ts'
import { syntaxError, unsupported } from './syntax.ts'

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
])

const NAMED_SETS: readonly (readonly [letter: string, set: CharSet])[] = [
  ['d', DIGIT],
  ['w', WORD],
  ['s', SPACE],
]

const HEX_TWO = /[0-9A-Fa-f]{2}/y
const HEX_BRACED = /\{([0-9A-Fa-f]{1,6})\}/y

/** The set of `\d \D \w \W \s \S`, or null when something else comes next and nothing was read. */
export function takeNamedSet(reader: PatternReader, ignoreCase: boolean): CharSet | null {
  if (!reader.startsWith('\\')) return null
  for (const [letter, ascii] of NAMED_SETS) {
    const set = ignoreCase ? withBothCases(ascii) : ascii
    if (reader.take(`\\${letter}`)) return set
    if (reader.take(`\\${letter.toUpperCase()}`)) return complement(set)
  }
  return null
}

/** One escaped character. The backslash comes next. */
export function parseEscapedCharacter(reader: PatternReader): number {
  const column = reader.column
  reader.expect('\\', 'an escape')
  const letter = reader.next()
  if (letter === '') throw syntaxError(column, 'a backslash escapes nothing')
  const control = CONTROLS.get(letter)
  if (control !== undefined) return control
  if (letter === 'x') return parseHex(reader, column)
  if (/[0-9]/.test(letter)) throw unsupported(column, `the backreference or octal escape \\${letter}`)
  if (/[A-Za-z]/.test(letter)) throw unsupported(column, `the escape \\${letter}`)
  // RE2 lets a backslash stand before ASCII punctuation only, so that letters stay free for later meanings.
  const code = letter.codePointAt(0) as number
  if (code < 0x20 || code > 0x7e) throw syntaxError(column, 'a backslash stands before a character that needs none')
  return code
}

function parseHex(reader: PatternReader, column: number): number {
  const found = reader.match(HEX_TWO) ?? reader.match(HEX_BRACED)
  if (!found) throw syntaxError(column, 'expected two hex digits, or up to six in braces, after \\x')
  const code = Number.parseInt(found[1] ?? found[0], 16)
  if (code > CODE_POINT_MAX) throw syntaxError(column, 'a code point above 10FFFF')
  return code
}
