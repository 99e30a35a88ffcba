import { compileCondition } from './condition.ts'
import { must } from './errors.ts'
import { compileItem, type Test } from './item.ts'
import type { Placeholders } from './modifiers.ts'

/** Null: any. Of an event: unknown. */
export interface LogSource {
  readonly category: string | null
  readonly product: string | null
  readonly service: string | null
}

export interface Rule {
  readonly id: string
  readonly name: string | null
  readonly logsource: LogSource
  readonly test: Test
}

/** Narrows the rules that it names, or with null every rule of its log source. */
export interface Filter {
  readonly title: string
  readonly rules: readonly string[] | null
  readonly logsource: LogSource
  readonly test: Test
}

type Yaml = Readonly<Record<string, unknown>>

export function isMap(value: unknown): value is Yaml {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws RuleError */
export function compileRule(rule: Yaml, placeholders: Placeholders): Rule {
  const id = textOr(rule['id'], null) ?? textOr(rule['title'], null)
  must(id !== null, 'it has neither id nor title')
  must(isMap(rule['detection']), 'detection is a map')
  const test = compileDetection(rule['detection'], [], placeholders)
  return { id, name: textOr(rule['name'], null), logsource: parseLogSource(rule['logsource']), test }
}

/** @throws RuleError */
export function compileFilter(filter: unknown, placeholders: Placeholders): Filter {
  must(isMap(filter) && isMap(filter['filter']), 'filter is a map')
  const { rules } = filter['filter']
  const names: readonly unknown[] = Array.isArray(rules) ? rules : [rules]
  must(names.length > 0 && names.every((name) => typeof name === 'string'), 'a filter names rules')
  return {
    title: textOr(filter['title'], null) ?? '',
    rules: rules === 'any' ? null : names,
    logsource: parseLogSource(filter['logsource']),
    test: compileDetection(filter['filter'], ['rules'], placeholders),
  }
}

function textOr<Other>(value: unknown, other: Other): string | Other {
  return typeof value === 'string' ? value : other
}

function parseLogSource(value: unknown): LogSource {
  must(isMap(value), 'logsource is a map')
  const [category = null, product = null, service = null] = ['category', 'product', 'service'].map(
    (part) => textOr(value[part], null)?.toLowerCase().replaceAll(' ', '_') ?? null,
  )
  must(category !== null || product !== null || service !== null, 'logsource names nothing')
  return { category, product, service }
}

function compileDetection(detection: Yaml, ignored: readonly string[], placeholders: Placeholders): Test {
  const { condition, ...named } = detection
  must(!('timeframe' in named), 'a time frame is for correlations')
  const selections = Object.entries(named)
    .filter(([name]) => !ignored.includes(name))
    .map(([name, selection]) => [name, compileSelection(selection, placeholders)] as const)
  return compileCondition(condition, new Map(selections))
}

/** A map holds when all its entries do, a list when one of its elements does; anything else is a keyword. */
function compileSelection(selection: unknown, placeholders: Placeholders): Test {
  if (isMap(selection)) {
    const items = Object.entries(selection).map(([key, value]) => compileItem(key, value, placeholders))
    must(items.length > 0, 'a selection is empty')
    return (view) => items.every((item) => item(view))
  }
  if (!Array.isArray(selection)) return compileItem('', selection, placeholders)
  const elements = selection.map((element) => compileSelection(element, placeholders))
  must(elements.length > 0, 'a selection is empty')
  return (view) => elements.some((element) => element(view))
}
