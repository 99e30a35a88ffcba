import { ContentError } from '../errors.ts'
import { CONDITION_CHARS_MAX, CONDITION_DEPTH_MAX, NODES_PER_RULE_MAX } from '../limits.ts'
import type { Condition } from './ast.ts'
import { join } from './tree.ts'

interface Token {
  readonly text: string
  /** 1-based character of the condition. */
  readonly at: number
}

/**
 * Parses a Sigma condition: `or` binds weakest, then `and`, `not`, `1 of` / `all of`, parentheses.
 *
 * @param source - hostile
 * @param names - the selections; the result names them by position
 * @throws ContentError content/condition | content/limit
 * @see Sigma specification 2.1.0, Condition
 */
export function parseCondition(source: string, names: readonly string[]): Condition {
  if (source.length > CONDITION_CHARS_MAX) {
    throw new ContentError('content/limit', `Cannot read condition: expected at most ${CONDITION_CHARS_MAX} characters`)
  }
  const parser = new ConditionParser(tokenize(source), names, source.length + 1)
  const condition = parser.or(0)
  parser.end()
  return condition
}

/** Words of the condition's grammar: no selection can have one of them as its name. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['and', 'or', 'not', 'of', 'them'])

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
  #nodes = 0

  constructor(tokens: readonly Token[], names: readonly string[], endAt: number) {
    this.#tokens = tokens
    this.#names = names
    this.#endAt = endAt
  }

  or(depth: number): Condition {
    const children = [this.#and(depth)]
    while (this.#take('or')) children.push(this.#and(depth))
    return join('any', children)
  }

  end(): void {
    if (this.#peek() === '|') {
      throw this.#error('an aggregation (after "|") is not of Sigma 2, which has correlations for it')
    }
    if (this.#peek() !== null) throw this.#error('expected and, or or the end')
  }

  #and(depth: number): Condition {
    const children = [this.#not(depth)]
    while (this.#take('and')) children.push(this.#not(depth))
    return join('all', children)
  }

  #not(depth: number): Condition {
    if (depth > CONDITION_DEPTH_MAX) {
      throw new ContentError('content/limit', `Cannot read condition: nested deeper than ${CONDITION_DEPTH_MAX}`)
    }
    if (this.#take('not')) return { kind: 'not', child: this.#not(depth + 1) }
    if (!this.#take('(')) return this.#operand()
    const inner = this.or(depth + 1)
    if (!this.#take(')')) throw this.#error('expected )')
    return inner
  }

  #operand(): Condition {
    const word = this.#peek()
    if (word === null || NO_OPERAND.has(word)) throw this.#error('expected a selection, not, 1 of, all of or (')
    if (this.#tokens[this.#next + 1]?.text === 'of') return this.#of(word)
    const selection = this.#names.indexOf(word)
    if (selection < 0) throw this.#error(`expected one of the selections ${this.#listed()}`)
    this.#next++
    return this.#selection(selection)
  }

  #of(quantity: string): Condition {
    if (quantity !== '1' && quantity !== 'all') throw this.#error('expected 1 of or all of')
    this.#next += 2
    const pattern = this.#peek()
    if (pattern === null || NO_OPERAND.has(pattern)) throw this.#error('expected them or a name after of')
    const selected = [...this.#names.keys()].filter((i) => selects(pattern, this.#names[i] ?? ''))
    if (selected.length === 0) throw this.#error(`expected a pattern that selects one of ${this.#listed()}`)
    this.#next++
    const children = selected.map((selection) => this.#selection(selection))
    return join(quantity === '1' ? 'any' : 'all', children)
  }

  #selection(selection: number): Condition {
    if (++this.#nodes > NODES_PER_RULE_MAX) {
      const message = `Cannot read condition: it names selections more than ${NODES_PER_RULE_MAX} times`
      throw new ContentError('content/limit', message)
    }
    return { kind: 'selection', selection }
  }

  #listed(): string {
    const listed = this.#names.slice(0, NAMES_SHOWN_MAX).map((name) => name.slice(0, 60))
    return listed.join(', ') + (listed.length < this.#names.length ? ', ...' : '')
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

const NO_OPERAND = new Set(['and', 'or', 'not', 'of', '(', ')', '|'])
const NAMES_SHOWN_MAX = 10

/** `them` selects every name that does not start with an underscore; `*` may stand anywhere in a name. */
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
