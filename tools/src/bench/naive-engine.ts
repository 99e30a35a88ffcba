import type { Condition, FieldTest, SigmaRule, TextPattern } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'

type Predicate = (event: HostEvent) => boolean

/**
 * The peer of the engine: rules as closures over JavaScript's own string functions and RegExp, each rule of the event's
 * category in turn. What one would write in an afternoon; unbounded in time, and nothing about it can be verified.
 */
export class NaiveEngine {
  readonly #rules: readonly { readonly rule: SigmaRule; readonly holds: Predicate }[]

  constructor(rules: readonly SigmaRule[]) {
    this.#rules = rules.map((rule) => ({ rule, holds: predicateOf(rule.condition) }))
  }

  /** Ids of the rules that match. */
  evaluate(event: HostEvent): readonly string[] {
    const found: string[] = []
    for (const { rule, holds } of this.#rules) {
      const { category, product } = rule.logsource
      if (category === event.category && (product === null || product === event.product) && holds(event)) {
        found.push(rule.id)
      }
    }
    return found
  }
}

function predicateOf(condition: Condition): Predicate {
  switch (condition.kind) {
    case 'not': {
      const child = predicateOf(condition.child)
      return (event) => !child(event)
    }
    case 'all': {
      const children = condition.children.map(predicateOf)
      return (event) => children.every((child) => child(event))
    }
    case 'any': {
      const children = condition.children.map(predicateOf)
      return (event) => children.some((child) => child(event))
    }
    case 'text':
    case 'regex':
    case 'null':
      return testOf(condition)
    default:
      throw new Error('unknown condition')
  }
}

function testOf(test: FieldTest): Predicate {
  const { field } = test
  if (test.kind === 'null') return (event) => (event.fields[field] ?? null) === null
  const matchers =
    test.kind === 'regex' ? test.programs.map(({ source }) => regexOf(source)) : test.patterns.map(expressionOf)
  return (event) => {
    const value = event.fields[field] ?? null
    if (value === null) return false
    const text = String(value)
    return matchers.some((matcher) => matcher.test(text))
  }
}

/** Sigma writes flags in front; JavaScript wants them behind. */
function regexOf(source: string): RegExp {
  const [written = '', flags = ''] = /^\(\?([ims]+)\)/.exec(source) ?? []
  return new RegExp(source.slice(written.length), `u${flags}`)
}

function expressionOf({ shape, text }: TextPattern): RegExp {
  const literal = RegExp.escape(text)
  switch (shape) {
    case 'equals':
      return new RegExp(`^${literal}$`, 'isu')
    case 'contains':
      return new RegExp(literal, 'isu')
    case 'starts-with':
      return new RegExp(`^${literal}`, 'isu')
    case 'ends-with':
      return new RegExp(`${literal}$`, 'isu')
    case 'glob': {
      const source = text.replaceAll(/\\.|[*?]|[^\\*?]+/gs, (part) => {
        if (part === '*') return '.*'
        if (part === '?') return '.'
        return RegExp.escape(part.startsWith('\\') ? part.slice(1) : part)
      })
      return new RegExp(`^${source}$`, 'isu')
    }
    default:
      throw new Error('unknown shape')
  }
}
