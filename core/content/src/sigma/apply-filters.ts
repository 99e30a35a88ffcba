import type { Position } from '../errors.ts'
import { FILTERS_PER_RULE_MAX, IDENTIFIERS_PER_RULE_MAX, NODES_PER_RULE_MAX } from '../limits.ts'
import type { Problems } from '../problems.ts'
import type { Condition, Selection, SigmaFilter, SigmaRule } from './ast.ts'
import { countDetection } from './detection.ts'
import { isWithin } from './log-source.ts'
import { hasNot, mapLeaves } from './tree.ts'

/** Something that is allowed, and probably not what its author meant. */
export interface FilterWarning {
  readonly message: string
  readonly at: Position
}

/**
 * Narrows each rule that a filter names to `(rule) and (filter)`. Correlations have no filters: an id of one is
 * unknown here. Every filter that can't be applied is a problem, and leaves the rule as it was.
 */
export function applyFilters(
  rules: readonly SigmaRule[],
  filters: readonly SigmaFilter[],
  problems: Problems,
): SigmaRule[] {
  const positions = positionsOf(rules)
  const narrowed = [...rules]
  const applied = new Map<number, number>()
  for (const filter of filters) {
    for (const i of named(filter, rules, positions, problems)) {
      const rule = narrowed[i]
      if (rule === undefined) continue
      const count = (applied.get(i) ?? 0) + 1
      applied.set(i, count)
      narrowed[i] = narrow(rule, filter, count, problems) ?? rule
    }
  }
  return narrowed
}

/** What is allowed and odd: a filter that only says which events are kept, and one for no rule at all. */
export function lintFilters(rules: readonly SigmaRule[], filters: readonly SigmaFilter[]): readonly FilterWarning[] {
  return filters.flatMap((filter): readonly FilterWarning[] => {
    const warnings: FilterWarning[] = []
    if (!hasNot(filter.condition) && !filter.selections.some(({ test }) => hasNot(test))) {
      const message = `Filter ${quoted(filter)} has no not: its rules will only match the events that it describes`
      warnings.push({ message, at: filter.at })
    }
    if (filter.rules === 'any' && !rules.some((rule) => isWithin(rule.logsource, filter.logsource))) {
      warnings.push({
        message: `Filter ${quoted(filter)} is for any rule of a log source that no rule has`,
        at: filter.at,
      })
    }
    return warnings
  })
}

/** The positions of the rules that a filter is for. */
function named(
  filter: SigmaFilter,
  rules: readonly SigmaRule[],
  positions: Positions,
  problems: Problems,
): readonly number[] {
  if (filter.rules === 'any') {
    return [...rules.keys()].filter((i) => isWithin((rules[i] as SigmaRule).logsource, filter.logsource))
  }
  const found = new Set<number>()
  for (const reference of filter.rules) {
    const [i, another] = positions.byId.get(reference.toLowerCase()) ?? positions.byName.get(reference) ?? []
    const rule = i === undefined ? undefined : rules[i]
    const shown = JSON.stringify(reference)
    const why =
      i === undefined || rule === undefined
        ? `no detection rule has the id or name ${shown}`
        : another !== undefined
          ? `several rules have the name ${shown}`
          : isWithin(rule.logsource, filter.logsource)
            ? null
            : `rule ${shown} is not of the log source of the filter`
    if (why !== null) problems.add('content/schema', `Cannot apply filter ${quoted(filter)}: ${why}`, filter.at)
    else if (i !== undefined) found.add(i)
  }
  return [...found]
}

/** Where the rules of an id or a name are in the list of rules. */
interface Positions {
  readonly byId: ReadonlyMap<string, readonly number[]>
  readonly byName: ReadonlyMap<string, readonly number[]>
}

function positionsOf(rules: readonly SigmaRule[]): Positions {
  const byName = new Map<string, number[]>()
  for (const [i, { name }] of rules.entries()) {
    if (name === null) continue
    const same = byName.get(name)
    if (same) same.push(i)
    else byName.set(name, [i])
  }
  return { byId: new Map(rules.map(({ id }, i) => [id, [i]])), byName }
}

function narrow(rule: SigmaRule, filter: SigmaFilter, count: number, problems: Problems): SigmaRule | null {
  const offset = rule.selections.length
  const names = new Set(rule.selections.map(({ name }) => name))
  const added = filter.selections.map(({ name, test }): Selection => ({ name: freeName(name, names), test }))
  const moved = mapLeaves(filter.condition, (leaf) => ({ ...leaf, selection: leaf.selection + offset }))
  const before = rule.condition.kind === 'all' ? rule.condition.children : [rule.condition]
  const condition: Condition = { kind: 'all', children: [...before, moved] }
  const narrowed = { ...rule, selections: [...rule.selections, ...added], condition }
  const fits =
    count <= FILTERS_PER_RULE_MAX &&
    narrowed.selections.length <= IDENTIFIERS_PER_RULE_MAX &&
    countDetection(narrowed) <= NODES_PER_RULE_MAX
  if (fits) return narrowed
  const message =
    `Cannot apply filter ${quoted(filter)}: rule ${rule.id} would have more than ${FILTERS_PER_RULE_MAX} filters, ` +
    `${IDENTIFIERS_PER_RULE_MAX} selections or ${NODES_PER_RULE_MAX} tests`
  return problems.add('content/limit', message, filter.at)
}

/** An underscore keeps a selection out of `them`; several filters may use one name. */
function freeName(name: string, names: Set<string>): string {
  let free = `_${name}`
  while (names.has(free)) free = `_${free}`
  names.add(free)
  return free
}

function quoted(filter: SigmaFilter): string {
  return JSON.stringify(filter.title)
}
