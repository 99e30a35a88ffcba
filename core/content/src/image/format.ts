import { foldCase, unreachable } from '@firebreak/kernel'

/**
 * Image format 2. Little-endian 32-bit words; docs/image-format.md has the byte table.
 *
 *   header   magic, format version, number of sections, total length in bytes
 *   table    one {offset, length} in bytes for each section, in the order of SECTIONS
 *   sections each starts where the one before ends, and is padded to whole words
 */
export const IMAGE_MAGIC = 0x4d494246 // 'FBIM'
export const IMAGE_FORMAT_VERSION = 2

export const SECTIONS = [
  'strings',
  'pack',
  'fields',
  'features',
  'groups',
  'needs',
  'routes',
  'aliases',
  'rules',
  'texts',
  'selections',
  'nodes',
  'predicates',
  'values',
  'regexes',
  'witnesses',
  'filters',
  'correlations',
  'indicators',
  'yara',
  'cost',
] as const
export type SectionName = (typeof SECTIONS)[number]

export const HEADER_WORDS = 4
export const TABLE_WORDS: number = 2 * SECTIONS.length

/** Nothing: no product, no service, any event id, every field. */
export const NONE = 0xffffffff
/** Ends of a decision program. Every other target is a later node of the same program, counted from its first. */
export const MATCH = 0xffffffff
export const FAIL = 0xfffffffe

/** Places of the words of one record, and the number of its words. */
export const PACK_WORDS = 5
export const GROUP = { category: 0, product: 1, service: 2, firstRule: 3, ruleCount: 4, words: 5 } as const
export const NEED = { group: 0, field: 1, words: 2 } as const
export const ROUTE = { channel: 0, eventId: 1, whenField: 2, whenValue: 3, group: 4, words: 5 } as const
/** On events of the channel, a rule that reads `name` reads `source`. */
export const ALIAS = { channel: 0, eventId: 1, name: 2, source: 3, words: 4 } as const
export const RULE = {
  id: 0,
  title: 1,
  level: 2,
  custom: 3,
  firstTag: 4,
  tagCount: 5,
  firstSelection: 6,
  selectionCount: 7,
  firstNode: 8,
  nodeCount: 9,
  firstWitness: 10,
  witnessCount: 11,
  words: 12,
} as const
export const SELECTION = { name: 0, firstNode: 1, nodeCount: 2, words: 3 } as const
/** `test` is a selection of the rule in a condition, and a predicate in a selection. */
export const NODE = { test: 0, whenTrue: 1, whenFalse: 2, words: 3 } as const
export const PREDICATE = { operator: 0, cased: 1, field: 2, firstValue: 3, valueCount: 4, words: 5 } as const
export const WITNESS = { kind: 0, field: 1, text: 2, offset: 3, words: 4 } as const
/** A filter of the customer's. It narrows the rules that it names in `texts`, by id; with none, every rule of its group's log source. */
export const FILTER = {
  title: 0,
  group: 1,
  firstTarget: 2,
  targetCount: 3,
  firstSelection: 4,
  selectionCount: 5,
  firstNode: 6,
  nodeCount: 7,
  words: 8,
} as const
export const COST_WORDS = 2

/**
 * What a predicate does with a value of its field. Text is compared case-folded unless the predicate is cased; a regex
 * sees the text as it is.
 */
export const OPERATORS = [
  'equals',
  'contains',
  'starts-with',
  'ends-with',
  'glob',
  'regex',
  'is-null',
  'exists',
  'lt',
  'lte',
  'gt',
  'gte',
  'cidr',
  'field-equals',
  'field-contains',
  'field-starts-with',
  'field-ends-with',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'year',
] as const
export type Operator = (typeof OPERATORS)[number]

/** What the words in `values` are, for each operator. */
export type ValueKind = 'text' | 'regex' | 'nothing' | 'number' | 'network' | 'field' | 'integer'

export function valueKind(operator: Operator): ValueKind {
  switch (operator) {
    case 'equals':
    case 'contains':
    case 'starts-with':
    case 'ends-with':
    case 'glob':
      return 'text'
    case 'regex':
      return 'regex'
    case 'is-null':
    case 'exists':
      return 'nothing'
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return 'number'
    case 'cidr':
      return 'network'
    case 'field-equals':
    case 'field-contains':
    case 'field-starts-with':
    case 'field-ends-with':
      return 'field'
    case 'minute':
    case 'hour':
    case 'day':
    case 'week':
    case 'month':
    case 'year':
      return 'integer'
    default:
      return unreachable(operator)
  }
}

/** Words of one value: a network is four words of address and one of prefix, most significant first. */
export const NETWORK_WORDS = 5

export function valueWords(kind: ValueKind): number {
  return kind === 'network' ? NETWORK_WORDS : 1
}

/**
 * How a required literal shows in a field: a rule can only match an event in which one of its witnesses does. `text` is
 * folded; the kinds tell where it has to stand.
 */
export const WITNESS_KINDS = ['whole', 'start', 'end', 'anywhere'] as const
export type WitnessKind = (typeof WITNESS_KINDS)[number]
/**
 * Bytes of a literal that is to be found anywhere by which the index knows it: a run of seven, because a search that looks at
 * every fourth four bytes of a value meets one of those in it; of a shorter literal four.
 */
export const GRAM_BYTES = 4
export const INDEX_RUN_BYTES: number = 2 * GRAM_BYTES - 1

/** The shortest literal of each kind that tells one event from another. */
export function leastBytes(kind: WitnessKind): number {
  return kind === 'whole' ? 0 : kind === 'anywhere' ? GRAM_BYTES : 2
}

/** How many bytes from its offset on a witness is known by. */
export function indexedBytes(length: number): number {
  return length < INDEX_RUN_BYTES ? GRAM_BYTES : INDEX_RUN_BYTES
}

/** What an image can ask of an engine, beside fields. An image names exactly those that it uses. */
export const FEATURES = ['correlation', 'indicators', 'keywords', 'regex', 'sigma', 'tuning', 'yara'] as const
export type Feature = (typeof FEATURES)[number]

/**
 * The name under which records of Linux audit are routed; null for those of every type. No channel of Windows has a
 * name like it.
 */
export function auditChannel(recordType: string | null): string {
  return recordType === null ? 'auditd:' : `auditd:${foldCase(recordType)}`
}
