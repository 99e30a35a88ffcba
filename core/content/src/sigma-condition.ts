import { ContentError } from './errors.ts'
import { CONDITION_CHARS_MAX, CONDITION_DEPTH_MAX } from './limits.ts'

/** A condition as written: names are not yet resolved, `of` lists the identifiers that it selects. */
export type Expression =
  | { readonly kind: 'all' | 'any'; readonly children: readonly Expression[] }
  | { readonly kind: 'not'; readonly child: Expression }
  | { readonly kind: 'identifier'; readonly name: string }

interface Token {
  readonly text: string
  /** 1-based character of the condition. */
  readonly at: number
}

/**
 * Parses a Sigma condition: `or` binds weakest, then `and`, `not`, `1 of` / `all of`, parentheses.
 *
 * @param names - the identifiers of the detection
 * @throws ContentError content/condition | content/limit
 * @see Sigma specification 2.1.0, Condition
 */
export function parseCondition(source: string, names: readonly string[]): Expression {
  if (source.length > CONDITION_CHARS_MAX) {
    throw new ContentError('content/limit', `Cannot read condition: expected at most ${CONDITION_CHARS_MAX} characters`)
  }
  const parser = new ConditionParser(tokenize(source), names, source.length + 1)
  const expression = parser.or(0)
  parser.end()
  return expression
}

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  for (const match of source.matchAll(/[()|]|[^\s()|]+/g)) tokens.push({ text: match[0], at: match.index + 1 })
  return tokens
}

class ConditionParser {
  readonly #tokens: readonly Token[]
  readonly #names: readonly string[]
  readonly #endAt: number
  #next = 0

  constructor(tokens: readonly Token[], names: readonly string[], endAt: number) {
    this.#tokens = tokens
    this.#names = names
    this.#endAt = endAt
  }

  or(depth: number): Expression {
    const children = [this.#and(depth)]
    while (this.#take('or')) children.push(this.#and(depth))
    return join('any', children)
  }

  end(): void {
    if (this.#peek() === '|') throw this.#error('an aggregation (after "|") is not supported')
    if (this.#peek() !== null) throw this.#error('expected and, or or the end')
  }

  #and(depth: number): Expression {
    const children = [this.#not(depth)]
    while (this.#take('and')) children.push(this.#not(depth))
    return join('all', children)
  }

  #not(depth: number): Expression {
    if (depth > CONDITION_DEPTH_MAX) {
      throw new ContentError('content/limit', `Cannot read condition: nested deeper than ${CONDITION_DEPTH_MAX}`)
    }
    if (this.#take('not')) return { kind: 'not', child: this.#not(depth + 1) }
    if (!this.#take('(')) return this.#operand()
    const inner = this.or(depth + 1)
    if (!this.#take(')')) throw this.#error('expected )')
    return inner
  }

  #operand(): Expression {
    const word = this.#peek()
    if (word === null || RESERVED.has(word)) throw this.#error('expected an identifier, not, 1 of, all of or (')
    if (this.#tokens[this.#next + 1]?.text === 'of') return this.#of(word)
    if (!this.#names.includes(word)) throw this.#error(`expected one of the identifiers ${this.#names.join(', ')}`)
    this.#next++
    return { kind: 'identifier', name: word }
  }

  #of(quantity: string): Expression {
    if (quantity !== '1' && quantity !== 'all') throw this.#error('expected 1 of or all of')
    this.#next += 2
    const pattern = this.#peek()
    if (pattern === null || RESERVED.has(pattern)) throw this.#error('expected them or a name after of')
    const selected = this.#names.filter((name) => selects(pattern, name))
    if (selected.length === 0) {
      throw this.#error(`expected a pattern that selects one of the identifiers ${this.#names.join(', ')}`)
    }
    this.#next++
    const children = selected.map((name): Expression => ({ kind: 'identifier', name }))
    return join(quantity === '1' ? 'any' : 'all', children)
  }

  #peek(): string | null {
    return this.#tokens[this.#next]?.text ?? null
  }

  #take(word: string): boolean {
    if (this.#peek() !== word) return false
    this.#next++
    return true
  }

  #error(what: string): ContentError {
    const token = this.#tokens[this.#next]
    const found = token === undefined ? 'found the end' : `found ${JSON.stringify(token.text.slice(0, 60))}`
    const place = `character ${token?.at ?? this.#endAt} of the condition`
    return new ContentError('content/condition', `Cannot read condition: ${what}, ${found} at ${place}`)
  }
}

const RESERVED = new Set(['and', 'or', 'not', 'of', '(', ')', '|'])

function join(kind: 'all' | 'any', children: readonly Expression[]): Expression {
  const [only] = children
  return only !== undefined && children.length === 1 ? only : { kind, children }
}

/** `them` selects every identifier that does not start with an underscore; `*` may stand anywhere in a name. */
function selects(pattern: string, name: string): boolean {
  if (pattern === 'them') return !name.startsWith('_')
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === name
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return at <= name.length - last.length
}
