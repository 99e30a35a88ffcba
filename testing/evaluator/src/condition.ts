import { must } from './errors.ts'
import type { Test } from './item.ts'

/** Selections by name. */
export type Selections = ReadonlyMap<string, Test>

const TOKEN = /[()]|[^\s()]+/g
const WORDS = ['and', 'or', 'not', 'of', '(', ')']

/**
 * A condition, or a list of them of which one has to hold. `or` binds least, then `and`, `not`, `1 of`.
 *
 * @throws RuleError
 */
export function compileCondition(condition: unknown, selections: Selections): Test {
  const conditions: readonly unknown[] = Array.isArray(condition) ? condition : [condition]
  must(conditions.length > 0, 'there is no condition')
  const tests = conditions.map((one) => {
    must(typeof one === 'string', 'a condition is text')
    return new Parser(one, selections).parse()
  })
  return (view) => tests.some((test) => test(view))
}

class Parser {
  readonly #tokens: string[]
  readonly #selections: Selections

  constructor(condition: string, selections: Selections) {
    this.#tokens = condition.match(TOKEN) ?? []
    this.#selections = selections
  }

  parse(): Test {
    const test = this.#or()
    must(this.#tokens.length === 0, `the condition has more than it needs: ${this.#tokens.join(' ')}`)
    return test
  }

  #takes(word: string): boolean {
    if (this.#tokens[0] !== word) return false
    this.#tokens.shift()
    return true
  }

  #or(): Test {
    const terms = [this.#and()]
    while (this.#takes('or')) terms.push(this.#and())
    return (view) => terms.some((term) => term(view))
  }

  #and(): Test {
    const terms = [this.#not()]
    while (this.#takes('and')) terms.push(this.#not())
    return (view) => terms.every((term) => term(view))
  }

  #not(): Test {
    if (!this.#takes('not')) return this.#term()
    const term = this.#not()
    return (view) => !term(view)
  }

  #term(): Test {
    if (this.#takes('(')) {
      const test = this.#or()
      must(this.#takes(')'), 'a parenthesis is not closed')
      return test
    }
    const word = this.#tokens.shift()
    must(word !== undefined && !WORDS.includes(word), `the condition lacks a term before ${word ?? 'its end'}`)
    if (this.#takes('of')) return this.#count(word)
    const selection = this.#selections.get(word)
    must(selection !== undefined, `there is no selection ${word}`)
    return selection
  }

  #count(count: string): Test {
    const pattern = this.#tokens.shift()
    must(count === '1' || count === 'all', `${count} of is neither 1 of nor all of`)
    must(pattern !== undefined && !WORDS.includes(pattern), `${count} of what?`)
    const tests = [...this.#selections].filter(([name]) => isMeant(name, pattern)).map(([, test]) => test)
    must(tests.length > 0, `there is no selection ${pattern}`)
    return (view) => (count === '1' ? tests.some((test) => test(view)) : tests.every((test) => test(view)))
  }
}

/** `them` leaves out names that start with an underscore; a pattern takes whatever fits it. */
function isMeant(name: string, pattern: string): boolean {
  if (pattern === 'them') return !name.startsWith('_')
  const source = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
  return new RegExp(`^${source.join('.*')}$`, 's').test(name)
}
