import type { Position } from './errors.ts'
import { FIELD_NAME_CHARS_MAX, TEST_EVENTS_MAX, TEST_FIELDS_MAX } from './limits.ts'
import { describe, entry, type Problems } from './problems.ts'
import type { LogSource, SigmaRule } from './sigma/index.ts'
import type { MappingNode, SourceNode } from './source.ts'

/** `tests/NAME.yml`: events that a rule must match, and events that it must not. */
export interface RuleTest {
  readonly rule: string
  /** That of the rule: where its events come from. */
  readonly logsource: LogSource
  readonly match: readonly TestEvent[]
  readonly ignore: readonly TestEvent[]
  readonly at: Position
}

export interface TestEvent {
  readonly fields: Readonly<Record<string, string | number | null>>
  readonly at: Position
}

const KEYS = ['rule', 'match', 'ignore']

export function parseRuleTest(
  node: SourceNode,
  rules: ReadonlyMap<string, SigmaRule>,
  problems: Problems,
): RuleTest | null {
  const before = problems.total
  const map = problems.mapping(node, 'rule test')
  if (map === null) return null
  for (const one of map.entries) {
    if (KEYS.includes(one.key)) continue
    problems.add('content/schema', `Cannot read ${one.key}: expected one of ${KEYS.join(', ')}`, one.keyAt)
  }
  const ruleNode = entry(map, 'rule')
  const id = ruleNode && problems.text(ruleNode, 'rule', 36)
  if (ruleNode === null) problems.add('content/schema', 'Cannot read rule test: rule is missing', map.at)
  const rule = id === null ? undefined : rules.get(id)
  if (ruleNode !== null && id !== null && rule === undefined) {
    problems.add('content/schema', `Cannot read rule test: the pack has no readable rule ${id}`, ruleNode.at)
  }
  const match = parseEvents(map, 'match', problems)
  const ignore = parseEvents(map, 'ignore', problems)
  if (rule === undefined || problems.total !== before) return null
  return { rule: rule.id, logsource: rule.logsource, match, ignore, at: map.at }
}

function parseEvents(map: MappingNode, key: string, problems: Problems): readonly TestEvent[] {
  const node = entry(map, key)
  if (node === null) return []
  if (node.kind !== 'sequence' || node.items.length > TEST_EVENTS_MAX) {
    problems.add('content/schema', `Cannot read ${key}: expected a list of at most ${TEST_EVENTS_MAX} events`, node.at)
    return []
  }
  return node.items.map((item) => parseEvent(item, problems)).filter((event) => event !== null)
}

function parseEvent(node: SourceNode, problems: Problems): TestEvent | null {
  const map = problems.mapping(node, 'test event')
  if (map === null) return null
  if (map.entries.length > TEST_FIELDS_MAX) {
    return problems.add('content/limit', `Cannot read test event: more than ${TEST_FIELDS_MAX} fields`, map.at)
  }
  // No prototype: a field may be called `__proto__`.
  const fields: Record<string, string | number | null> = Object.create(null)
  for (const { key, keyAt, value } of map.entries) {
    if (key === '' || key.length > FIELD_NAME_CHARS_MAX) {
      problems.add('content/schema', 'Cannot read test event: expected a field name', keyAt)
    } else if (value.kind !== 'scalar') {
      problems.add('content/schema', `Cannot read ${key}: expected a single value, found ${describe(value)}`, value.at)
    } else fields[key] = typeof value.value === 'boolean' ? String(value.value) : value.value
  }
  return { fields, at: map.at }
}
