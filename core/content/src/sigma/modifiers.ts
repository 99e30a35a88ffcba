import { ContentError } from '../errors.ts'
import { MODIFIERS_PER_ITEM_MAX } from '../limits.ts'
import type { RegexFlags } from '../regex/index.ts'
import type { CompareOperator, FieldComparison, TimePart } from './ast.ts'

/** Rewrites a text value; in the order of the author. */
export type Transform = 'expand' | 'windash' | 'utf16' | 'utf16le' | 'utf16be' | 'base64' | 'base64offset'

/** As what a value is read, once it is rewritten. */
export type Reading =
  | { readonly kind: 'text' | 'exists' | 'cidr' | 'fieldref' }
  | { readonly kind: 'regex'; readonly flags: RegexFlags }
  | { readonly kind: 'compare'; readonly operator: CompareOperator }
  /** Without an operator: equal to. */
  | { readonly kind: 'time'; readonly part: TimePart; readonly operator: CompareOperator | null }

/** What the modifiers of one item ask for together. */
export interface Modifiers {
  readonly reading: Reading
  readonly transforms: readonly Transform[]
  readonly place: FieldComparison
  readonly all: boolean
  readonly cased: boolean
  readonly negated: boolean
}

type Group =
  | 'all'
  | 'neq'
  | 'cased'
  | 'place'
  | 'transform'
  | 're'
  | 'flag'
  | 'exists'
  | 'compare'
  | 'time'
  | 'cidr'
  | 'fieldref'

interface Modifier {
  readonly name: string
  readonly group: Group
  /** What a transform does, and what else the group leaves open. */
  readonly means: string
}

/** Every modifier of Sigma 2.1.0. */
const MODIFIERS: readonly Modifier[] = [
  { name: 'all', group: 'all', means: 'all' },
  { name: 'startswith', group: 'place', means: 'starts-with' },
  { name: 'endswith', group: 'place', means: 'ends-with' },
  { name: 'contains', group: 'place', means: 'contains' },
  { name: 'exists', group: 'exists', means: 'exists' },
  { name: 'cased', group: 'cased', means: 'cased' },
  { name: 'neq', group: 'neq', means: 'neq' },
  { name: 'windash', group: 'transform', means: 'windash' },
  { name: 're', group: 're', means: 're' },
  { name: 'i', group: 'flag', means: 'ignoreCase' },
  { name: 'm', group: 'flag', means: 'multiline' },
  { name: 's', group: 'flag', means: 'dotAll' },
  { name: 'base64', group: 'transform', means: 'base64' },
  { name: 'base64offset', group: 'transform', means: 'base64offset' },
  { name: 'utf16le', group: 'transform', means: 'utf16le' },
  { name: 'utf16be', group: 'transform', means: 'utf16be' },
  { name: 'utf16', group: 'transform', means: 'utf16' },
  { name: 'wide', group: 'transform', means: 'utf16le' },
  { name: 'lt', group: 'compare', means: 'lt' },
  { name: 'lte', group: 'compare', means: 'lte' },
  { name: 'gt', group: 'compare', means: 'gt' },
  { name: 'gte', group: 'compare', means: 'gte' },
  { name: 'minute', group: 'time', means: 'minute' },
  { name: 'hour', group: 'time', means: 'hour' },
  { name: 'day', group: 'time', means: 'day' },
  { name: 'week', group: 'time', means: 'week' },
  { name: 'month', group: 'time', means: 'month' },
  { name: 'year', group: 'time', means: 'year' },
  { name: 'cidr', group: 'cidr', means: 'cidr' },
  { name: 'expand', group: 'transform', means: 'expand' },
  { name: 'fieldref', group: 'fieldref', means: 'fieldref' },
]
export const MODIFIER_NAMES: readonly string[] = MODIFIERS.map(({ name }) => name)

/** The groups that say what kind of value it is, what may stand beside each, and why nothing else may. */
const READINGS: Partial<Record<Group, { readonly beside: readonly (Group | 'expand')[]; readonly why: string }>> = {
  re: { beside: ['all', 'neq', 'flag', 'expand'], why: 'a regular expression says itself what it matches, and where' },
  exists: { beside: [], why: 'exists asks for presence only' },
  compare: { beside: ['all', 'neq', 'time'], why: 'a comparison is between numbers' },
  time: { beside: ['all', 'neq', 'compare'], why: 'a part of a time is a number' },
  cidr: { beside: ['all', 'neq', 'expand'], why: 'a network is compared as a number' },
  fieldref: { beside: ['all', 'neq', 'cased', 'place', 'expand'], why: 'the value is the name of a field' },
}

/**
 * Reads the modifiers of one item, applied from left to right.
 *
 * @throws ContentError content/modifier for what is unknown, or means nothing beside what comes with it
 * @see Sigma specification 2.1.0, Sigma Modifiers
 */
export function parseModifiers(names: readonly string[]): Modifiers {
  if (names.length > MODIFIERS_PER_ITEM_MAX) {
    const message = `Cannot use modifiers: expected at most ${MODIFIERS_PER_ITEM_MAX}, found ${names.length}`
    throw new ContentError('content/limit', message)
  }
  const modifiers = names.map(find)
  for (const [i, one] of modifiers.entries()) {
    for (const earlier of modifiers.slice(0, i)) checkPair(earlier, one)
    checkPlace(one, modifiers.slice(0, i))
  }
  const has = (group: Group): boolean => modifiers.some((one) => one.group === group)
  return {
    reading: readingOf(modifiers),
    transforms: modifiers.filter((one) => one.group === 'transform').map((one) => one.means as Transform),
    place: (modifiers.find((one) => one.group === 'place')?.means ?? 'equals') as FieldComparison,
    all: has('all'),
    cased: has('cased'),
    negated: has('neq'),
  }
}

function find(name: string): Modifier {
  const modifier = MODIFIERS.find((one) => one.name === name)
  if (modifier !== undefined) return modifier
  throw refused(JSON.stringify(name.slice(0, 60)), `expected one of ${MODIFIER_NAMES.join(', ')}`)
}

/** Two modifiers of one item, in the order of the author. */
function checkPair(earlier: Modifier, later: Modifier): void {
  const together = `${later.name} after ${earlier.name}`
  if (earlier.name === later.name && !isEncoding(later)) throw refused(later.name, 'it is there twice')
  if (earlier.group === 'compare' && later.group === 'time') {
    throw refused(together, 'a part is taken of a time, not of a comparison')
  }
  checkReading(earlier, later, together)
  checkReading(later, earlier, together)
  if (earlier.group === 'place' && later.group === 'place')
    throw refused(together, 'a value has one place in the field')
  if (earlier.group === 'place' && isEncoding(later)) {
    throw refused(together, 'it would encode the wildcards; encode first')
  }
  if (isEncoding(earlier) && later.group === 'transform' && !isEncoding(later)) {
    throw refused(together, 'the value is encoded by then; encode last')
  }
  if (earlier.name === 'base64offset' && later.name === 'base64') {
    throw refused(together, 'base64offset leaves a piece of a text, which only base64offset finds again')
  }
}

function checkReading(one: Modifier, other: Modifier, together: string): void {
  const reading = READINGS[one.group]
  if (reading === undefined || reading.beside.some((beside) => beside === other.group || beside === other.name)) return
  const isReading = READINGS[other.group] !== undefined
  throw refused(together, isReading ? 'a value is read in one way' : reading.why)
}

/** What depends on all that is before. */
function checkPlace(one: Modifier, earlier: readonly Modifier[]): void {
  if (one.group === 'flag' && !earlier.some(({ group }) => group === 're')) {
    throw refused(one.name, 'it belongs after re')
  }
  const before = earlier.findLast(({ group }) => group === 'transform')
  if (before && isUtf16(before) && isUtf16(one)) {
    throw refused(`${one.name} after ${before.name}`, 'nothing is encoded as UTF-16 of UTF-16')
  }
}

function isUtf16({ means }: Modifier): boolean {
  return means.startsWith('utf16')
}

function isEncoding(modifier: Modifier): boolean {
  return isUtf16(modifier) || modifier.means.startsWith('base64')
}

function readingOf(modifiers: readonly Modifier[]): Reading {
  const meaning = (group: Group): string | undefined => modifiers.find((one) => one.group === group)?.means
  const flag = (means: string): boolean => modifiers.some((one) => one.group === 'flag' && one.means === means)
  const part = meaning('time') as TimePart | undefined
  const operator = meaning('compare') as CompareOperator | undefined
  if (part !== undefined) return { kind: 'time', part, operator: operator ?? null }
  if (operator !== undefined) return { kind: 'compare', operator }
  if (meaning('re') !== undefined) {
    const flags = { ignoreCase: flag('ignoreCase'), multiline: flag('multiline'), dotAll: flag('dotAll') }
    return { kind: 'regex', flags }
  }
  return { kind: (meaning('exists') ?? meaning('cidr') ?? meaning('fieldref') ?? 'text') as 'text' }
}

function refused(what: string, why: string): ContentError {
  return new ContentError('content/modifier', `Cannot use modifier ${what}: ${why}`)
}
