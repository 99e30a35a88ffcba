import { must } from './errors.ts'

export interface RegexFlags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
}

/** Escapes that mean the same in RE2 and in JavaScript's Unicode mode. */
const SAME_ESCAPES = 'dDwWbBnrtf'
const SPACE = String.raw`\t\n\f\r `
const NO_SPACE = String.raw`\0-\x08\x0b\x0e-\x1f!-\u{10ffff}`
const NAMED_CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: String.raw`\t `,
  digit: '0-9',
  lower: 'a-z',
  punct: String.raw`!-\/:-@\[-\u0060\{-~`,
  space: String.raw`\t\n\v\f\r `,
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

/**
 * A regular expression with the meaning that it has in RE2, as one of JavaScript: over code points; `$` is the end of
 * the text and `.` everything but a newline, unless flags say otherwise; `\s` is ASCII. Flags may also lead the pattern.
 *
 * @throws RuleError for what RE2 has not, and for flags anywhere else
 */
export function compileRegex(pattern: string, given: RegexFlags): RegExp {
  const leading = /^\(\?([ims]+)\)/.exec(pattern)
  const letters = leading?.[1] ?? ''
  const flags = {
    i: given.i || letters.includes('i'),
    m: given.m || letters.includes('m'),
    s: given.s || letters.includes('s'),
  }
  const source = new Translator(pattern.slice(leading?.[0].length ?? 0), flags).translate()
  try {
    return new RegExp(source, flags.i ? 'iu' : 'u')
  } catch (error) {
    must(error instanceof SyntaxError, String(error))
    must(false, `${pattern}: ${error.message}`)
    throw error
  }
}

/** `$` as RE2 has it. V8 14 misses its own after a class that takes a surrogate pair: `/[^b]$/u` on U+1F525. */
const END = '(?![^])'

class Translator {
  readonly #pattern: string
  readonly #flags: RegexFlags
  #at = 0

  constructor(pattern: string, flags: RegexFlags) {
    this.#pattern = pattern
    this.#flags = flags
  }

  translate(): string {
    let source = ''
    while (this.#at < this.#pattern.length) source += this.#next()
    return source
  }

  #next(): string {
    const character = this.#take()
    if (character === '\\') return this.#escape(false)
    if (character === '[') return this.#class()
    if (character === '(') return this.#group()
    if (character === '.') return this.#flags.s ? '[^]' : String.raw`[^\n]`
    if (character === '^') return this.#flags.m ? String.raw`(?<![^\n])` : '^'
    if (character === '$') return this.#flags.m ? String.raw`(?![^\n])` : END
    if (character === '{' && !/^\d+(?:,\d*)?\}/.test(this.#pattern.slice(this.#at))) return String.raw`\{`
    if (character === '{') return `{${this.#takeUntil('}')}}`
    return character === ']' || character === '}' ? `\\${character}` : character
  }

  #take(): string {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0)
    this.#at += character.length
    return character
  }

  #takeUntil(end: string): string {
    const to = this.#pattern.indexOf(end, this.#at)
    must(to >= 0, `${this.#pattern}: ${end} is missing`)
    const taken = this.#pattern.slice(this.#at, to)
    this.#at = to + end.length
    return taken
  }

  #escape(inClass: boolean): string {
    must(this.#at < this.#pattern.length, `${this.#pattern}: ends with a backslash`)
    const letter = this.#take()
    if (letter === 's') return inClass ? SPACE : `[${SPACE}]`
    if (letter === 'S') return inClass ? NO_SPACE : `[^${SPACE}]`
    if (letter === 'v') return String.raw`\x0b`
    if (letter === 'a') return String.raw`\x07`
    if (letter === 'A' && !inClass) return '(?<![^])'
    if (letter === 'z' && !inClass) return END
    if (letter === 'x') return this.#hexadecimal()
    // Without regard to case, JavaScript takes two letters beyond ASCII for word characters; RE2 does not.
    if ('wWbB'.includes(letter) && !inClass && this.#flags.i) return `(?-i:\\${letter})`
    if (SAME_ESCAPES.includes(letter)) return `\\${letter}`
    must(!/[\dA-Za-z]/.test(letter), `${this.#pattern}: \\${letter} is not supported`)
    return literal(letter)
  }

  #hexadecimal(): string {
    if (this.#pattern.charAt(this.#at) === '{') {
      this.#at++
      return `\\u{${this.#takeUntil('}')}}`
    }
    this.#at += 2
    return `\\x${this.#pattern.slice(this.#at - 2, this.#at)}`
  }

  #group(): string {
    if (this.#pattern.charAt(this.#at) !== '?') return '('
    const opening = /^\?(?::|P?<[A-Za-z_]\w*>)/.exec(this.#pattern.slice(this.#at))?.[0]
    must(opening !== undefined, `${this.#pattern}: a group may capture, be named, or be (?:`)
    this.#at += opening.length
    return `(${opening.replace('P', '')}`
  }

  #class(): string {
    let source = '['
    if (this.#pattern.charAt(this.#at) === '^') source += this.#take()
    for (let first = true; ; first = false) {
      must(this.#at < this.#pattern.length, `${this.#pattern}: ] is missing`)
      const named = /^\[:(\^?)(\w+):\]/.exec(this.#pattern.slice(this.#at))
      if (named !== null) {
        source += namedClass(named[1] ?? '', named[2] ?? '')
        this.#at += named[0].length
        continue
      }
      const character = this.#take()
      if (character === ']' && !first) return `${source}]`
      source += character === '\\' ? this.#escape(true) : character === '-' ? '-' : literal(character)
    }
  }
}

function namedClass(not: string, name: string): string {
  const members = NAMED_CLASSES[name]
  must(not === '' && members !== undefined, `[:${not}${name}:] is not supported`)
  return members
}

/** Any character, by its number: nothing of it can be syntax. */
function literal(character: string): string {
  return /[\dA-Za-z]/.test(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
