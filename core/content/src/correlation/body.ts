import type { Position } from '../errors.ts'
import { FIELD_NAME_CHARS_MAX, RULE_NAME_CHARS_MAX } from '../limits.ts'
import { describe, entry, type Problems } from '../problems.ts'
import { parseFieldName } from '../sigma/match.ts'
import type { MappingEntry, MappingNode, SourceNode } from '../source.ts'
import { type Comparison, CORRELATION_TYPES, type CorrelationType } from './ast.ts'
import { type ConditionBody, readCondition } from './condition-source.ts'
import {
  ALIASES_MAX,
  CORRELATION_RULES_MAX,
  GROUP_FIELDS_MAX,
  ORDERED_RULES_MAX,
  TIMESPAN_SECONDS_MAX,
} from './limits.ts'
import { readNames } from './names.ts'

/** The `correlation` section as it was read. */
export interface CorrelationBody {
  readonly type: CorrelationType
  readonly rules: readonly Reference[]
  readonly aliases: readonly AliasSource[]
  readonly groupBy: readonly string[]
  readonly timespanSeconds: number
  readonly comparisons: readonly Comparison[]
  readonly fields: readonly string[]
  readonly percentile: number | null
}

/** An id or a name, as written. */
export interface Reference {
  readonly text: string
  readonly at: Position
}

export interface AliasSource {
  readonly name: string
  readonly fields: readonly { readonly rule: Reference; readonly field: string }[]
}

/** Extensions of others, refused by name: their meaning is not in the specification. */
const EXTENSIONS = ['temporal_extended', 'temporal_ordered_extended', 'value_median'] as const
const KEYS = ['type', 'rules', 'aliases', 'group-by', 'timespan', 'condition', 'generate']
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** @see Sigma specification 2.1.0, Correlation section */
export function readBody(node: SourceNode, problems: Problems): CorrelationBody | null {
  const before = problems.total
  const map = problems.mapping(node, 'correlation')
  if (map === null) return null
  // A misspelt group-by would merge what the author keeps apart, so no key is overlooked.
  for (const { key, keyAt } of map.entries) {
    if (!KEYS.includes(key)) problems.add('content/correlation', `Cannot read correlation: unknown key ${key}`, keyAt)
  }
  const type = readType(map, problems)
  const rules = readRules(map, type, problems)
  const aliases = readAliases(entry(map, 'aliases'), problems)
  const groupBy = readNames(entry(map, 'group-by'), 'group-by', GROUP_FIELDS_MAX, problems)
  const timespanSeconds = readTimespan(map, problems)
  if (type === null || timespanSeconds === null) return null
  const condition: ConditionBody | null = readCondition(map, type, rules.length, problems)
  if (condition === null || problems.total > before) return null
  return { type, rules, aliases, groupBy, timespanSeconds, ...condition }
}

function readType(map: MappingNode, problems: Problems): CorrelationType | null {
  const node = entry(map, 'type')
  if (node === null) return missing('type', map.at, problems)
  const value = node.kind === 'scalar' ? node.value : null
  const type = CORRELATION_TYPES.find((one) => one === value)
  if (type !== undefined) return type
  if (EXTENSIONS.some((one) => one === value)) {
    return problems.add('content/correlation', `Cannot read type: ${String(value)} is not of Sigma 2.1.0`, node.at)
  }
  const message = `Cannot read type: expected ${CORRELATION_TYPES.join(', ')}, found ${describe(node)}`
  return problems.add('content/schema', message, node.at)
}

function readRules(map: MappingNode, type: CorrelationType | null, problems: Problems): readonly Reference[] {
  const node = entry(map, 'rules')
  if (node === null) {
    missing('rules', map.at, problems)
    return []
  }
  const items = node.kind === 'sequence' ? node.items : [node]
  const limit = type === 'temporal_ordered' ? ORDERED_RULES_MAX : CORRELATION_RULES_MAX
  if (items.length > limit) {
    problems.add('content/limit', `Cannot read rules: expected at most ${limit}, found ${items.length}`, node.at)
    return []
  }
  if (items.length === 0)
    problems.add('content/schema', 'Cannot read rules: expected at least one, found none', node.at)
  return items.flatMap((item) => {
    const text = problems.text(item, 'rules', RULE_NAME_CHARS_MAX)
    return text === null ? [] : [{ text, at: item.at }]
  })
}

function readAliases(node: SourceNode | null, problems: Problems): readonly AliasSource[] {
  if (node === null || (node.kind === 'scalar' && node.value === null)) return []
  const map = problems.mapping(node, 'aliases')
  if (map === null) return []
  if (map.entries.length > ALIASES_MAX) {
    const message = `Cannot read aliases: expected at most ${ALIASES_MAX}, found ${map.entries.length}`
    problems.add('content/limit', message, map.at)
    return []
  }
  const aliases = map.entries.flatMap((one) => readAlias(one, problems) ?? [])
  if (new Set(aliases.map(({ name }) => name)).size < aliases.length) {
    problems.add('content/schema', 'Cannot read aliases: a name is given twice', map.at)
  }
  return aliases
}

function readAlias({ key, keyAt, value }: MappingEntry, problems: Problems): AliasSource | null {
  const name = problems.attempt(keyAt, () => parseFieldName(key))
  const map = problems.mapping(value, 'alias')
  if (name === null || map === null) return null
  if (name === '') return problems.add('content/schema', 'Cannot read aliases: a name is empty', keyAt)
  if (map.entries.length > CORRELATION_RULES_MAX) {
    const message = `Cannot read alias ${name}: expected at most ${CORRELATION_RULES_MAX} rules`
    return problems.add('content/limit', message, keyAt)
  }
  const fields = map.entries.flatMap((one) => {
    const field = problems.text(one.value, `alias ${name}`, FIELD_NAME_CHARS_MAX)
    if (field === null) return []
    if (field.trim() === '') problems.add('content/schema', `Cannot read alias ${name}: a field is empty`, one.value.at)
    return [{ rule: { text: one.key, at: one.keyAt }, field: parseFieldName(field) }]
  })
  return { name, fields }
}

function readTimespan(map: MappingNode, problems: Problems): number | null {
  const node = entry(map, 'timespan')
  if (node === null) return missing('timespan', map.at, problems)
  const text = problems.text(node, 'timespan', 10)
  if (text === null) return null
  const parts = /^(\d+)([smhd])$/.exec(text)
  const seconds = Number(parts?.[1]) * (UNIT_SECONDS[parts?.[2] ?? ''] ?? Number.NaN)
  if (seconds >= 1 && seconds <= TIMESPAN_SECONDS_MAX) return seconds
  const expected = `a number and s, m, h or d, from 1s to ${TIMESPAN_SECONDS_MAX / 86_400}d`
  const code = seconds > TIMESPAN_SECONDS_MAX ? 'content/limit' : 'content/schema'
  return problems.add(code, `Cannot read timespan: expected ${expected}, found ${describe(node)}`, node.at)
}

function missing(key: string, at: Position, problems: Problems): null {
  return problems.add('content/schema', `Cannot read correlation: ${key} is missing`, at)
}
