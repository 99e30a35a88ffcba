import type { Position } from './errors.ts'
import { FIELD_NAME_CHARS_MAX, VALUE_CHARS_MAX, VALUES_PER_ITEM_MAX } from './limits.ts'
import { describe, type Problems } from './problems.ts'
import { compileRegex, type RegexFlags } from './regex/index.ts'
import type { Condition, FieldTest } from './sigma.ts'
import type { MappingEntry, ScalarNode, SourceNode } from './source.ts'
import { type GlobPart, parseSigmaText, type TextPattern, toPattern } from './text-pattern.ts'

/** What the modifiers of one item ask for. */
interface Modifiers {
  readonly place: 'whole' | 'contains' | 'startswith' | 'endswith' | 're'
  readonly all: boolean
  readonly flags: RegexFlags
}

const PLACES = ['contains', 'startswith', 'endswith', 're'] as const
const FLAGS = { i: 'ignoreCase', m: 'multiline', s: 'dotAll' } as const
const SUPPORTED = [...PLACES, 'all', ...Object.keys(FLAGS)].join(', ')

/** Reads `Field|modifier: value(s)`, one item of a selection. */
export function parseItem(item: MappingEntry, problems: Problems): Condition | null {
  const [name = '', ...names] = item.key.split('|')
  // Sigma strips spaces: `Threat Name` and `ThreatName` are one field.
  const field = name.replaceAll(' ', '')
  if (field === '') return unsupported('keywords (an item without a field name)', item.keyAt, problems)
  if (field.length > FIELD_NAME_CHARS_MAX || !field.isWellFormed()) {
    const message = `Cannot read field name: expected at most ${FIELD_NAME_CHARS_MAX} well-formed characters`
    return problems.add('content/schema', message, item.keyAt)
  }
  const modifiers = parseModifiers(names, item.keyAt, problems)
  const values = scalars(item, problems)
  if (modifiers === null || values === null) return null
  if (modifiers.all && values.length < 2) {
    return problems.add('content/modifier', `Cannot use all on ${field}: expected two or more values`, item.keyAt)
  }
  const only = values[0]
  if (only?.value === null && values.length === 1) return parseNull(field, names, item.keyAt, problems)
  return modifiers.place === 're'
    ? combine(regexTests(field, values, modifiers, problems), modifiers)
    : combine(textTests(field, values, modifiers), modifiers)
}

function parseModifiers(names: readonly string[], at: Position, problems: Problems): Modifiers | null {
  let place: Modifiers['place'] = 'whole'
  let all = false
  const flags = { ignoreCase: false, multiline: false, dotAll: false }
  for (const name of names) {
    if (name === 'all') all = true
    else if (isPlace(name) && place === 'whole') place = name
    else if (isFlag(name) && place === 're') flags[FLAGS[name]] = true
    else if (isPlace(name) || isFlag(name)) {
      const why = isFlag(name) ? 'it belongs after re' : `it can't follow ${place}`
      return problems.add('content/modifier', `Cannot use modifier ${name}: ${why}`, at)
    } else {
      const message = `Cannot use modifier ${JSON.stringify(name)}: expected one of ${SUPPORTED}`
      return problems.add('content/modifier', message, at)
    }
  }
  return { place, all, flags }
}

function isPlace(name: string): name is (typeof PLACES)[number] {
  return (PLACES as readonly string[]).includes(name)
}

function isFlag(name: string): name is keyof typeof FLAGS {
  return Object.hasOwn(FLAGS, name)
}

function scalars(item: MappingEntry, problems: Problems): readonly ScalarNode[] | null {
  const nodes = item.value.kind === 'sequence' ? item.value.items : [item.value]
  if (nodes.length === 0) {
    return problems.add('content/schema', `Cannot read ${item.key}: expected at least one value`, item.value.at)
  }
  if (nodes.length > VALUES_PER_ITEM_MAX) {
    const message = `Cannot read ${item.key}: expected at most ${VALUES_PER_ITEM_MAX} values, found ${nodes.length}`
    return problems.add('content/limit', message, item.value.at)
  }
  const bad = nodes.find((node) => !isValue(node, nodes.length === 1))
  if (bad === undefined) return nodes as readonly ScalarNode[]
  const expected = nodes.length === 1 ? 'a value or a list of values' : 'text, a number, true or false in the list'
  return problems.add('content/schema', `Cannot read ${item.key}: expected ${expected}, found ${describe(bad)}`, bad.at)
}

function isValue(node: SourceNode, alone: boolean): boolean {
  if (node.kind !== 'scalar') return false
  if (node.value === null) return alone
  if (typeof node.value === 'number') {
    // A number that the reader had to round would be compared as another number than the one that is written.
    return Number.isFinite(node.value) && (!Number.isInteger(node.value) || Number.isSafeInteger(node.value))
  }
  return typeof node.value === 'boolean' || (node.value.length <= VALUE_CHARS_MAX && node.value.isWellFormed())
}

function parseNull(field: string, names: readonly string[], at: Position, problems: Problems): FieldTest | null {
  if (names.length === 0) return { kind: 'null', field }
  return problems.add('content/modifier', `Cannot use modifier ${names.join('|')}: null takes no modifier`, at)
}

function textTests(field: string, values: readonly ScalarNode[], modifiers: Modifiers): FieldTest[] {
  const patterns: TextPattern[] = []
  for (const node of values) {
    const parts = parseSigmaText(typeof node.value === 'string' ? node.value : String(node.value))
    patterns.push(toPattern(placed(parts, modifiers.place)))
  }
  if (modifiers.all) return patterns.map((pattern) => ({ kind: 'text', field, patterns: [pattern] }))
  return patterns.length === 0 ? [] : [{ kind: 'text', field, patterns }]
}

function placed(parts: readonly GlobPart[], place: Modifiers['place']): readonly GlobPart[] {
  const before: readonly GlobPart[] = place === 'contains' || place === 'endswith' ? [{ kind: 'any' }] : []
  const after: readonly GlobPart[] = place === 'contains' || place === 'startswith' ? [{ kind: 'any' }] : []
  return [...before, ...parts, ...after]
}

function regexTests(
  field: string,
  values: readonly ScalarNode[],
  modifiers: Modifiers,
  problems: Problems,
): FieldTest[] {
  const programs = []
  for (const node of values) {
    if (typeof node.value !== 'string') {
      problems.add('content/schema', `Cannot read ${field}|re: expected text, found ${describe(node)}`, node.at)
      continue
    }
    const source = node.value
    const program = problems.attempt(node.at, () => compileRegex(source, modifiers.flags))
    if (program !== null) programs.push({ source, flags: modifiers.flags, program })
  }
  if (modifiers.all) return programs.map((program) => ({ kind: 'regex', field, programs: [program] }))
  return programs.length === 0 ? [] : [{ kind: 'regex', field, programs }]
}

function combine(tests: readonly FieldTest[], modifiers: Modifiers): Condition | null {
  const [only] = tests
  if (only === undefined) return null
  return modifiers.all ? { kind: 'all', children: tests } : only
}

function unsupported(what: string, at: Position, problems: Problems): null {
  return problems.add('content/schema', `Cannot read detection: ${what} is not supported`, at)
}
