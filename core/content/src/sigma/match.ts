import { unreachable } from '@firebreak/kernel'
import { ContentError } from '../errors.ts'
import { FIELD_NAME_CHARS_MAX, STRING_CHARS_MAX } from '../limits.ts'
import { describe } from '../problems.ts'
import { compileRegex, type RegexFlags } from '../regex/index.ts'
import type { ScalarNode } from '../source.ts'
import type { CompareOperator, FieldComparison, Match, Network, TimePart } from './ast.ts'
import { parseNetwork } from './cidr.ts'
import type { Modifiers } from './modifiers.ts'
import { fillPlaceholders, type PlaceholderTables, type Split, splitPlaceholders } from './placeholder.ts'
import { type GlobPart, type TextPattern, toPattern } from './text-pattern.ts'
import { transformText } from './transform.ts'

/**
 * Reads one value of an item: the matches of which one is to hold.
 *
 * @throws ContentError content/modifier when the modifiers can't be used on such a value, content/limit,
 *   content/regex-syntax | content/regex-unsupported | content/regex-too-large
 */
export function readValue(node: ScalarNode, modifiers: Modifiers, tables: PlaceholderTables): readonly Match[] {
  const { reading } = modifiers
  switch (reading.kind) {
    case 'text':
      return node.value === null ? [nullMatch(modifiers)] : [textMatch(node, modifiers, tables)]
    case 'exists':
      return [{ kind: 'exists' }]
    case 'regex':
      return rawTexts(node, 're', modifiers, tables).map((source) => regexMatch(source, reading.flags))
    case 'cidr':
      return rawTexts(node, 'cidr', modifiers, tables).map((text) => ({ kind: 'cidr', networks: [parseNetwork(text)] }))
    case 'fieldref':
      return rawTexts(node, 'fieldref', modifiers, tables).map((text) => fieldMatch(text, modifiers))
    case 'compare':
      return [{ kind: 'compare', operator: reading.operator, number: numberOf(node, reading.operator) }]
    case 'time':
      return [timeMatch(node, reading.part, reading.operator)]
    default:
      return unreachable(reading)
  }
}

/** The matches of one item together: those of a kind become one with several alternatives, each once. */
export function mergeMatches(matches: readonly Match[]): readonly Match[] {
  const texts = matches.filter((one) => one.kind === 'text')
  const regexes = matches.filter((one) => one.kind === 'regex')
  const cidrs = matches.filter((one) => one.kind === 'cidr')
  const times = matches.filter((one) => one.kind === 'time')
  const merged: Match[] = []
  const [text] = texts
  if (text)
    merged.push({
      ...text,
      patterns: unique(
        texts.flatMap((one) => one.patterns),
        patternKey,
      ),
    })
  if (regexes.length > 0)
    merged.push({
      kind: 'regex',
      regexes: unique(
        regexes.flatMap((one) => one.regexes),
        (one) => one.source,
      ),
    })
  if (cidrs.length > 0)
    merged.push({
      kind: 'cidr',
      networks: unique(
        cidrs.flatMap((one) => one.networks),
        networkKey,
      ),
    })
  const [time] = times
  if (time)
    merged.push({
      ...time,
      numbers: unique(
        times.flatMap((one) => one.numbers),
        String,
      ).toSorted((a, b) => a - b),
    })
  const others = matches.filter((one) => !MERGED.has(one.kind))
  return [...merged, ...unique(others, (one) => JSON.stringify(one))]
}

const MERGED: ReadonlySet<Match['kind']> = new Set(['text', 'regex', 'cidr', 'time'])

function patternKey(pattern: TextPattern): string {
  return `${pattern.shape} ${pattern.text}`
}

function networkKey(network: Network): string {
  return `${network.words.join(' ')} ${network.prefixBits}`
}

function unique<T>(values: readonly T[], keyOf: (value: T) => string): readonly T[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()]
}

function nullMatch(modifiers: Modifiers): Match {
  const isPlain = modifiers.transforms.length === 0 && modifiers.place === 'equals' && !modifiers.cased
  if (isPlain) return { kind: 'null' }
  throw misused('Cannot read null: no modifier but neq can be used on it')
}

/** A number or a boolean is compared as its canonical text. */
function textMatch(node: ScalarNode, modifiers: Modifiers, tables: PlaceholderTables): Match {
  const { transforms, place, cased } = modifiers
  const onText = transforms.find((one) => one !== 'expand')
  if (typeof node.value !== 'string' && onText !== undefined) {
    throw misused(`Cannot use modifier ${onText}: expected text, found ${describe(node)}`)
  }
  const parts = typeof node.value === 'string' ? transformText(node.value, transforms, tables) : [numeral(node)]
  const patterns = parts.map((one) => toPattern(placed(one, place), cased))
  checkSize(patterns)
  return { kind: 'text', cased, patterns }
}

function numeral(node: ScalarNode): readonly GlobPart[] {
  return [{ kind: 'text', text: String(node.value) }]
}

function placed(parts: readonly GlobPart[], place: FieldComparison): readonly GlobPart[] {
  const before: readonly GlobPart[] = place === 'contains' || place === 'ends-with' ? [{ kind: 'any' }] : []
  const after: readonly GlobPart[] = place === 'contains' || place === 'starts-with' ? [{ kind: 'any' }] : []
  return [...before, ...parts, ...after]
}

function checkSize(patterns: readonly TextPattern[]): void {
  if (patterns.every(({ text }) => text.length <= STRING_CHARS_MAX)) return
  throw new ContentError('content/limit', `Cannot read value: its modifiers make over ${STRING_CHARS_MAX} characters`)
}

/** Without Sigma's escapes: the text belongs to another language. Placeholders are filled in as they are. */
function rawTexts(node: ScalarNode, name: string, modifiers: Modifiers, tables: PlaceholderTables): readonly string[] {
  if (typeof node.value !== 'string') {
    throw misused(`Cannot use modifier ${name}: expected text, found ${describe(node)}`)
  }
  if (!modifiers.transforms.includes('expand')) return [node.value]
  const filled = fillPlaceholders(
    splitPlaceholders(node.value),
    (piece) => (piece.kind === 'placeholder' ? piece.name : null),
    tables,
    (text): readonly Split[] => [{ kind: 'text', text }],
  )
  return filled.map((pieces) => pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join(''))
}

function regexMatch(source: string, flags: RegexFlags): Match {
  return { kind: 'regex', regexes: [{ source, flags, program: compileRegex(source, flags) }] }
}

function fieldMatch(text: string, { place, cased }: Modifiers): Match {
  const other = parseFieldName(text)
  if (other !== '' && !/[*?]/.test(other)) return { kind: 'field', how: place, cased, other }
  throw misused(
    `Cannot use modifier fieldref: expected the name of a field, found ${JSON.stringify(text.slice(0, 60))}`,
  )
}

/**
 * Spaces are stripped: `Threat Name` and `ThreatName` are one field.
 *
 * @throws ContentError content/schema | content/limit
 */
export function parseFieldName(text: string): string {
  const name = text.replaceAll(' ', '')
  if (name.length > FIELD_NAME_CHARS_MAX) {
    throw new ContentError(
      'content/limit',
      `Cannot read field name: expected at most ${FIELD_NAME_CHARS_MAX} characters`,
    )
  }
  if (name.isWellFormed()) return name
  throw new ContentError('content/schema', 'Cannot read field name: not well-formed text')
}

function numberOf({ value, ...node }: ScalarNode, name: string): number {
  if (typeof value === 'number') return value === 0 ? 0 : value
  throw misused(`Cannot use modifier ${name}: expected a number, found ${describe({ value, ...node })}`)
}

/** ISO 8601 has a 53rd week in some years, which the specification leaves out. */
const TIME_RANGES: Readonly<Record<TimePart, readonly [min: number, max: number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
}

/** A comparison becomes the list of the numbers that it holds for. */
function timeMatch(node: ScalarNode, part: TimePart, operator: CompareOperator | null): Match {
  const [min, max] = TIME_RANGES[part]
  const number = numberOf(node, part)
  if (!Number.isInteger(number)) throw misused(`Cannot use modifier ${part}: expected a whole number, found ${number}`)
  const all = Array.from({ length: max - min + 1 }, (_, i) => min + i)
  const numbers = all.filter((one) => holds(one, operator, number))
  if (numbers.length > 0) return { kind: 'time', part, numbers }
  throw misused(`Cannot use modifier ${part}: it is from ${min} to ${max}, so ${operator ?? ''} ${number} never holds`)
}

function holds(value: number, operator: CompareOperator | null, bound: number): boolean {
  switch (operator) {
    case 'lt':
      return value < bound
    case 'lte':
      return value <= bound
    case 'gt':
      return value > bound
    case 'gte':
      return value >= bound
    case null:
      return value === bound
    default:
      return unreachable(operator)
  }
}

function misused(message: string): ContentError {
  return new ContentError('content/modifier', message)
}
