import type { IndicatorType } from './types.ts'

export interface StixComparison {
  readonly type: IndicatorType
  readonly value: string
}

/** What is wrong with a pattern, and the UTF-16 unit at which it is. */
export interface StixRefusal {
  readonly why: string
  readonly offset: number
}

/** Paths that are compared with `=`; those of addresses also with ISSUBSET. */
const PATHS: ReadonlyMap<string, IndicatorType> = new Map([
  ["file:hashes.'MD5'", 'md5'],
  ['file:hashes.MD5', 'md5'],
  ["file:hashes.'SHA-1'", 'sha1'],
  ["file:hashes.'SHA-256'", 'sha256'],
  ['file:name', 'filename'],
  ['ipv4-addr:value', 'ip'],
  ['ipv6-addr:value', 'ip'],
  ['domain-name:value', 'domain'],
  ['url:value', 'url'],
])

/** A path, a text, a word, or one other character. */
const TOKEN = /\s*(?:([a-z0-9-]+:[\w.'[\]*-]+)|'((?:[^'\\]|\\['\\])*)'|([A-Za-z]+)|(\S))/y

interface Token {
  readonly kind: 'path' | 'text' | 'word' | 'mark' | 'end'
  readonly text: string
  readonly offset: number
}

/**
 * Reads a pattern of equality comparisons joined by OR: `[file:hashes.MD5 = '...' OR url:value = '...'] OR [...]`.
 * Everything else of STIX patterning is refused by its name: a part of a pattern would match what the whole does not.
 *
 * @param pattern - hostile, at most STIX_PATTERN_CHARS_MAX
 * @see STIX 2.1, 9 (STIX Patterning)
 */
export function parseStixPattern(pattern: string): readonly StixComparison[] | StixRefusal {
  const found: StixComparison[] = []
  const scanner = new Scanner(pattern)
  for (;;) {
    const refusal = readObservation(scanner, found)
    if (refusal !== null) return refusal
    const joint = scanner.next()
    if (joint.kind === 'end') return found
    if (!says(joint, 'OR')) return notSupported(joint, 'OR or the end')
  }
}

/** `[a = '1' OR b = '2']` */
function readObservation(scanner: Scanner, found: StixComparison[]): StixRefusal | null {
  const open = scanner.next()
  if (!says(open, '[')) return notSupported(open, '[')
  for (;;) {
    const comparison = readComparison(scanner)
    if ('why' in comparison) return comparison
    found.push(comparison)
    const joint = scanner.next()
    if (says(joint, ']')) return null
    if (!says(joint, 'OR')) return notSupported(joint, 'OR or ]')
  }
}

function readComparison(scanner: Scanner): StixComparison | StixRefusal {
  const path = scanner.next()
  const type = PATHS.get(path.text)
  if (path.kind !== 'path' || type === undefined) return notSupported(path, `one of ${[...PATHS.keys()].join(', ')}`)
  const operator = scanner.next()
  const isSubset = says(operator, 'ISSUBSET') && type === 'ip'
  if (!says(operator, '=') && !isSubset) return notSupported(operator, type === 'ip' ? '= or ISSUBSET' : '=')
  const value = scanner.next()
  if (value.kind !== 'text') return notSupported(value, 'a text in single quotes')
  // An address object may hold a network, in CIDR notation.
  return { type: type === 'ip' && value.text.includes('/') ? 'network' : type, value: value.text }
}

/** A word or a character of the language; a text in quotes is neither. */
function says(token: Token, text: string): boolean {
  return token.kind !== 'text' && token.text === text
}

function notSupported(token: Token, expected: string): StixRefusal {
  const found = token.kind === 'end' ? 'the end' : JSON.stringify(token.text.slice(0, 60))
  return { why: `expected ${expected}, found ${found}`, offset: token.offset }
}

class Scanner {
  readonly #pattern: string
  readonly #token = new RegExp(TOKEN)

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  next(): Token {
    const from = this.#token.lastIndex
    const match = this.#token.exec(this.#pattern)
    if (match === null) return { kind: 'end', text: '', offset: this.#pattern.length }
    const [whole, path, text, word, mark = ''] = match
    const offset = from + whole.length - whole.trimStart().length
    if (path !== undefined) return { kind: 'path', text: path, offset }
    if (text !== undefined) return { kind: 'text', text: text.replaceAll(/\\(['\\])/g, '$1'), offset }
    return word === undefined ? { kind: 'mark', text: mark, offset } : { kind: 'word', text: word, offset }
  }
}
