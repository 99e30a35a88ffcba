import { ALL, charSet, type CharSet, NOT_NEWLINE, withBothCases } from './char-set.ts'
import { REGEX_DEPTH_MAX, REGEX_PATTERN_CHARS_MAX, REGEX_REPEAT_MAX } from './limits.ts'
import { parseClass } from './parse-class.ts'
import { parseEscapedCharacter, takeNamedSet } from './parse-escape.ts'
import { PatternReader } from './pattern-reader.ts'
import {
  choice,
  EMPTY,
  type RegexAssertion,
  type RegexFlags,
  type RegexNode,
  repeat,
  sequence,
  syntaxError,
  tooLarge,
  unsupported,
} from './syntax.ts'

const COUNTS = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y
const NAMED_GROUP = /\(\?P?<[A-Za-z_]\w{0,63}>/y
/** `U` swaps greedy and lazy, which changes nothing here. */
const FLAGS_GROUP = /\(\?([imsU]*)(?:-([imsU]+))?:/y
const FLAGS_FROM_HERE = /\(\?([imsU]*)(?:-([imsU]+))?\)/y
const ESCAPED_ASSERTIONS: readonly (readonly [string, RegexAssertion])[] = [
  ['\\A', 'text-start'],
  ['\\z', 'text-end'],
  ['\\b', 'word'],
  ['\\B', 'not-word'],
]
/** What RE2 leaves out because it needs memory of the path, or is a Perl extension of syntax only. */
const UNSUPPORTED_GROUPS: readonly (readonly [string, string])[] = [
  ['(?=', 'look-ahead'],
  ['(?!', 'negative look-ahead'],
  ['(?<=', 'look-behind'],
  ['(?<!', 'negative look-behind'],
  ['(?>', 'an atomic group'],
  ['(?P=', 'a backreference'],
  ['(?P>', 'recursion'],
  ['(?#', 'a comment'],
  ['(?|', 'a branch reset'],
  ['(?(', 'a conditional'],
]

/**
 * Parses RE2 syntax. Unanchored yes-or-no matching needs neither captures nor the order of alternatives, so
 * groups leave no trace and lazy repetition is repetition.
 *
 * @throws ContentError content/regex-syntax | content/regex-unsupported | content/regex-too-large, with
 *   `details.column`
 */
export function parseRegex(pattern: string, flags: RegexFlags): RegexNode {
  if (pattern.length > REGEX_PATTERN_CHARS_MAX) {
    throw tooLarge(null, `${pattern.length} characters, at most ${REGEX_PATTERN_CHARS_MAX}`)
  }
  return new RegexParser(pattern, flags).parse()
}

class RegexParser {
  readonly #reader: PatternReader
  #flags: RegexFlags
  #depth = 0

  constructor(pattern: string, flags: RegexFlags) {
    this.#reader = new PatternReader(pattern)
    this.#flags = flags
  }

  parse(): RegexNode {
    const node = this.#choice()
    if (!this.#reader.atEnd) throw syntaxError(this.#reader.column, 'a ) without its (')
    return node
  }

  #choice(): RegexNode {
    const options = [this.#sequence()]
    while (this.#reader.take('|')) options.push(this.#sequence())
    return choice(options)
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = []
    while (!this.#reader.atEnd && !this.#reader.startsWith('|') && !this.#reader.startsWith(')')) {
      parts.push(this.#flagChange() ? EMPTY : this.#repeated())
    }
    return sequence(parts)
  }

  #repeated(): RegexNode {
    const column = this.#reader.column
    if (this.#quantifier()) throw syntaxError(column, 'a repetition of nothing')
    const body = this.#atom()
    const counts = this.#quantifier()
    if (!counts) return body
    const after = this.#reader.column
    if (this.#reader.startsWith('+')) throw unsupported(after, 'possessive repetition')
    this.#reader.take('?')
    if (this.#quantifier()) throw syntaxError(after, 'a repetition of a repetition')
    return repeat(body, counts.min, counts.max)
  }

  /** Reads `* + ? {n} {n,} {n,m}`, or nothing. A brace that opens no count is literal. */
  #quantifier(): { readonly min: number; readonly max: number | null } | null {
    const reader = this.#reader
    const column = reader.column
    if (reader.take('*')) return { min: 0, max: null }
    if (reader.take('+')) return { min: 1, max: null }
    if (reader.take('?')) return { min: 0, max: 1 }
    const found = reader.match(COUNTS)
    if (!found) return null
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] ? Number(found[3]) : null
    if (max !== null && max < min) throw syntaxError(column, 'a repetition whose end is below its start')
    if (Math.max(min, max ?? 0) > REGEX_REPEAT_MAX) {
      throw tooLarge(column, `a repetition of more than ${REGEX_REPEAT_MAX}`)
    }
    return { min, max }
  }

  #atom(): RegexNode {
    const reader = this.#reader
    if (reader.startsWith('(')) return this.#group()
    if (reader.startsWith('[')) return character(parseClass(reader, this.#flags.ignoreCase))
    if (reader.take('.')) return character(this.#flags.dotAll ? ALL : NOT_NEWLINE)
    if (reader.take('^')) return assertion(this.#flags.multiline ? 'line-start' : 'text-start')
    if (reader.take('$')) return assertion(this.#flags.multiline ? 'line-end' : 'text-end')
    for (const [escape, meaning] of ESCAPED_ASSERTIONS) if (reader.take(escape)) return assertion(meaning)
    const named = takeNamedSet(reader, this.#flags.ignoreCase)
    if (named) return character(named)
    const code = reader.startsWith('\\') ? parseEscapedCharacter(reader) : (reader.next().codePointAt(0) as number)
    const set = charSet([[code, code]])
    return character(this.#flags.ignoreCase ? withBothCases(set) : set)
  }

  #group(): RegexNode {
    const column = this.#reader.column
    if (this.#depth >= REGEX_DEPTH_MAX) throw tooLarge(column, `groups nested deeper than ${REGEX_DEPTH_MAX}`)
    const outer = this.#flags
    this.#depth++
    this.#openGroup(column)
    const body = this.#choice()
    if (!this.#reader.take(')')) throw syntaxError(column, 'the group that opens here is not closed')
    this.#depth--
    this.#flags = outer
    return body
  }

  #openGroup(column: number): void {
    const reader = this.#reader
    for (const [opening, what] of UNSUPPORTED_GROUPS) if (reader.startsWith(opening)) throw unsupported(column, what)
    const flags = reader.match(FLAGS_GROUP)
    if (flags) this.#setFlags(flags)
    else if (reader.match(NAMED_GROUP)) return
    else if (reader.startsWith('(?')) throw unsupported(column, 'this kind of group or flag')
    else reader.expect('(', 'a group')
  }

  /** `(?i)` and the like: holds until the end of the enclosing group, across its alternatives. */
  #flagChange(): boolean {
    const column = this.#reader.column
    const found = this.#reader.match(FLAGS_FROM_HERE)
    if (!found) return false
    this.#setFlags(found)
    if (this.#quantifier()) throw syntaxError(column, 'a repetition of nothing')
    return true
  }

  #setFlags([, on = '', off = '']: RegExpExecArray): void {
    const now = (letter: string, before: boolean): boolean => !off.includes(letter) && (on.includes(letter) || before)
    this.#flags = {
      ignoreCase: now('i', this.#flags.ignoreCase),
      multiline: now('m', this.#flags.multiline),
      dotAll: now('s', this.#flags.dotAll),
    }
  }
}

function character(set: CharSet): RegexNode {
  return { kind: 'character', set }
}

function assertion(what: RegexAssertion): RegexNode {
  return { kind: 'assertion', assertion: what }
}
