import type { Position } from '../errors.ts'
import { ITEM_CHARS_MAX, VALUE_CHARS_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'
import { describe, type Problems } from '../problems.ts'
import type { MappingEntry, ScalarNode, SourceNode } from '../source.ts'
import type { FieldTest, Match, Tree } from './ast.ts'
import { mergeMatches, parseFieldName, readValue } from './match.ts'
import { type Modifiers, parseModifiers } from './modifiers.ts'
import type { PlaceholderTables } from './placeholder.ts'
import { join } from './tree.ts'

/** What a rule may refer to outside itself. */
export interface SigmaContext {
  /** The texts of each placeholder of `expand`, by its name without the percent signs. */
  readonly placeholders: PlaceholderTables
}

/** One item, up to its values. */
interface Item {
  /** Null: the values of all fields (keywords). */
  readonly field: string | null
  readonly modifiers: Modifiers
  /** As messages call it. */
  readonly label: string
  readonly at: Position
}

/** Reads `Field|modifier: value(s)`, one item of a selection. Without a field name it is keywords. */
export function parseItem(entry: MappingEntry, context: SigmaContext, problems: Problems): Tree<FieldTest> | null {
  const [name = '', ...names] = entry.key.split('|')
  const at = entry.keyAt
  const field = problems.attempt(at, () => parseFieldName(name))
  const modifiers = problems.attempt(at, () => parseModifiers(names))
  const label = JSON.stringify(entry.key.slice(0, 60))
  if (field === '' && name !== '') problems.add('content/schema', `Cannot read field name: only spaces`, at)
  const values = parseValues(entry.value, label, problems)
  if (field === null || modifiers === null || values === null || (field === '' && name !== '')) return null
  if (field === '') return parseKeywordItem({ field: null, modifiers, label, at }, values, context, problems)
  return parseTests({ field, modifiers, label, at }, values, context, problems)
}

/** Reads a list of scalars, or a single one, that stands where a selection's map would: keywords. */
export function parseKeywords(
  name: string,
  nodes: readonly ScalarNode[],
  at: Position,
  context: SigmaContext,
  problems: Problems,
): Tree<FieldTest> | null {
  const label = JSON.stringify(name.slice(0, 60))
  const values = checkValues(nodes, label, problems)
  return (
    values && parseKeywordItem({ field: null, modifiers: parseModifiers([]), label, at }, values, context, problems)
  )
}

/** A keyword is looked for anywhere in a value, wherever its modifiers don't say otherwise. */
function parseKeywordItem(
  item: Item,
  values: readonly ScalarNode[],
  context: SigmaContext,
  problems: Problems,
): Tree<FieldTest> | null {
  const { reading, place } = item.modifiers
  if (reading.kind !== 'text' && reading.kind !== 'regex') {
    const message = `Cannot read ${item.label}: keywords are text or regular expressions, and belong to no field`
    return problems.add('content/modifier', message, item.at)
  }
  if (values.some((one) => one.value === null)) {
    return problems.add('content/schema', `Cannot read ${item.label}: null is no keyword`, item.at)
  }
  const modifiers: Modifiers = { ...item.modifiers, place: place === 'equals' ? 'contains' : place }
  return parseTests({ ...item, modifiers }, values, context, problems)
}

function parseTests(
  item: Item,
  values: readonly ScalarNode[],
  context: SigmaContext,
  problems: Problems,
): Tree<FieldTest> | null {
  const { modifiers, label, at } = item
  if (modifiers.all && values.length < 2) {
    return problems.add('content/modifier', `Cannot use modifier all on ${label}: expected two or more values`, at)
  }
  if (modifiers.reading.kind === 'exists') return parseExists(item, values, problems)
  const matches = readValues(item, values, context, problems)
  if (matches === null) return null
  const tree = modifiers.all
    ? join(
        'all',
        matches.map((one) => testAny(item.field, one)),
      )
    : testAny(item.field, matches.flat())
  return modifiers.negated ? { kind: 'not', child: tree } : tree
}

/** The matches of each value. What is wrong with a value hides no other; what is too much ends it. */
function readValues(
  { modifiers, label, at }: Item,
  values: readonly ScalarNode[],
  context: SigmaContext,
  problems: Problems,
): readonly (readonly Match[])[] | null {
  const read: (readonly Match[])[] = []
  let count = 0
  let chars = 0
  for (const node of values) {
    const matches = problems.attempt(node.at, () => readValue(node, modifiers, context.placeholders))
    if (matches === null) continue
    read.push(matches)
    for (const match of matches) {
      const patterns = match.kind === 'text' ? match.patterns : []
      count += Math.max(1, patterns.length)
      chars += patterns.reduce((sum, { text }) => sum + text.length, 0)
    }
    if (count > VALUES_PER_ITEM_MAX || chars > ITEM_CHARS_MAX) {
      const made = `more than ${VALUES_PER_ITEM_MAX} values, or ${ITEM_CHARS_MAX} characters`
      return problems.add('content/limit', `Cannot read ${label}: its modifiers make ${made}`, at)
    }
  }
  return read.length === values.length ? read : null
}

function testAny(field: string | null, matches: readonly Match[]): Tree<FieldTest> {
  return join(
    'any',
    mergeMatches(matches).map((match): FieldTest => ({ kind: 'test', field, match })),
  )
}

function parseExists(
  { field, label }: Item,
  values: readonly ScalarNode[],
  problems: Problems,
): Tree<FieldTest> | null {
  const [only] = values
  if (only === undefined || values.length > 1 || typeof only.value !== 'boolean') {
    const at = (values[1] ?? only)?.at
    return at
      ? problems.add('content/modifier', `Cannot use modifier exists on ${label}: expected true or false`, at)
      : null
  }
  const test: FieldTest = { kind: 'test', field, match: { kind: 'exists' } }
  return only.value ? test : { kind: 'not', child: test }
}

function parseValues(value: SourceNode, label: string, problems: Problems): readonly ScalarNode[] | null {
  return checkValues(value.kind === 'sequence' ? value.items : [value], label, problems, value.at)
}

function checkValues(
  nodes: readonly SourceNode[],
  label: string,
  problems: Problems,
  at: Position | undefined = nodes[0]?.at,
): readonly ScalarNode[] | null {
  if (nodes.length === 0 && at) {
    return problems.add('content/schema', `Cannot read ${label}: expected at least one value`, at)
  }
  if (nodes.length > VALUES_PER_ITEM_MAX && at) {
    const message = `Cannot read ${label}: expected at most ${VALUES_PER_ITEM_MAX} values, found ${nodes.length}`
    return problems.add('content/limit', message, at)
  }
  const values = nodes.filter((node) => isValue(node, nodes.length === 1, label, problems))
  return values.length === nodes.length ? values : null
}

function isValue(node: SourceNode, isAlone: boolean, label: string, problems: Problems): node is ScalarNode {
  const refuse = (why: string): false => {
    problems.add('content/schema', `Cannot read ${label}: ${why}`, node.at)
    return false
  }
  if (node.kind !== 'scalar') return refuse(`expected a value or a list of values, found ${describe(node)}`)
  const { value } = node
  if (value === null && !isAlone) return refuse("null can't be in a list; it needs a selection of its own")
  if (typeof value === 'number' && !isExact(value))
    return refuse('the number is too large to be exact; write it as text')
  if (typeof value !== 'string') return true
  if (!value.isWellFormed()) return refuse('not well-formed text')
  if (value.length <= VALUE_CHARS_MAX) return true
  problems.add('content/limit', `Cannot read ${label}: expected at most ${VALUE_CHARS_MAX} characters`, node.at)
  return false
}

/** A number that the reader of the file had to round would be compared as another than the one that is written. */
function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}
