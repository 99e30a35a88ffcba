import { type CharRange, type CharSet, charSet, complement, withBothCases } from './char-set.ts'
import { REGEX_CLASS_RANGES_MAX } from './limits.ts'
import { parseEscapedCharacter, takeNamedSet } from './parse-escape.ts'
import type { PatternReader } from './pattern-reader.ts'
import { syntaxError, tooLarge, unsupported } from './syntax.ts'

/**
 * A bracketed class; its `[` comes next. A `]` right after the opening and a `-` that joins nothing are literal. With
 * `ignoreCase` the ranges are widened first and negated after, so `(?i)[^a]` excludes both cases.
 */
export function parseClass(reader: PatternReader, ignoreCase: boolean): CharSet {
  const column = reader.column
  reader.expect('[', 'a class')
  const negated = reader.take('^')
  const written: CharRange[] = []
  const named: CharRange[] = []
  for (let first = true; first || !reader.startsWith(']'); first = false) {
    if (reader.atEnd) throw syntaxError(column, 'the class that opens here is not closed')
    const set = takeNamedSet(reader, ignoreCase)
    if (set) named.push(...set)
    else written.push(parseRange(reader))
  }
  reader.expect(']', 'the end of the class')
  const members = charSet(written)
  const set = charSet([...(ignoreCase ? withBothCases(members) : members), ...named])
  if (set.length > REGEX_CLASS_RANGES_MAX)
    throw tooLarge(column, `a class of more than ${REGEX_CLASS_RANGES_MAX} ranges`)
  return negated ? complement(set) : set
}

function parseRange(reader: PatternReader): CharRange {
  const column = reader.column
  const low = parseMember(reader)
  if (!reader.startsWith('-') || reader.startsWith('-]')) return [low, low]
  reader.expect('-', 'a range')
  if (reader.atEnd) throw syntaxError(column, 'a range without an end')
  if (takeNamedSet(reader, false)) throw syntaxError(column, 'a range that ends in a class')
  const high = parseMember(reader)
  if (high < low) throw syntaxError(column, 'a range whose end is before its start')
  return [low, high]
}

function parseMember(reader: PatternReader): number {
  if (reader.startsWith('[:')) throw unsupported(reader.column, 'a POSIX class')
  if (reader.startsWith('\\')) return parseEscapedCharacter(reader)
  return reader.next().codePointAt(0) as number
}
