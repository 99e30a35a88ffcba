/**
 * Image format 1. Little-endian 32-bit words; docs/image-format.md has the byte table.
 *
 *   header   magic, format version, number of sections, total length in bytes
 *   table    one {offset, length} in bytes for each section, in the order of SECTIONS
 *   sections each starts where the one before ends, and is padded to whole words
 */
export const IMAGE_MAGIC = 0x4d494246 // 'FBIM'
export const IMAGE_FORMAT_VERSION = 1

export const SECTIONS = [
  'strings',
  'pack',
  'fields',
  'features',
  'rules',
  'tags',
  'nodes',
  'predicates',
  'values',
  'regexes',
  'indicators',
  'cost',
] as const
export type SectionName = (typeof SECTIONS)[number]

export const HEADER_WORDS = 4
export const TABLE_WORDS: number = 2 * SECTIONS.length

/** Words of one record. */
export const PACK_WORDS = 5
export const FIELD_WORDS = 2
export const RULE_WORDS = 9
export const NODE_WORDS = 3
export const PREDICATE_WORDS = 4
export const INDICATOR_WORDS = 3
export const COST_WORDS = 2

/** Places of the words in a rule record. */
export const RULE = {
  id: 0,
  title: 1,
  level: 2,
  category: 3,
  product: 4,
  firstTag: 5,
  tagCount: 6,
  firstNode: 7,
  nodeCount: 8,
} as const

/** No product: the rule is for every product of its category. */
export const NONE = 0xffffffff
/** Ends of a decision program. Every other target is a later node of the same rule, counted from its first. */
export const MATCH = 0xffffffff
export const FAIL = 0xfffffffe

/** What a predicate does with its field. All text is compared case-folded; a regex sees the text as it is. */
export const OPERATORS = ['equals', 'contains', 'starts-with', 'ends-with', 'glob', 'regex', 'is-null'] as const
export type Operator = (typeof OPERATORS)[number]

/** What an image can ask of an engine, beside fields. An image names exactly those that it uses. */
export const FEATURES = ['indicators', 'regex', 'sigma'] as const
export type Feature = (typeof FEATURES)[number]

/** An image as tables: records of words over a string table. */
export interface ImageTables {
  /** Sorted by UTF-16 code unit, each once. Every number that says "string" indexes it. */
  readonly strings: readonly string[]
  /** FIELD_WORDS each: category, field (strings). */
  readonly fields: Uint32Array
  /** RULE_WORDS each; see RULE. */
  readonly rules: Uint32Array
  /** Strings. */
  readonly tags: Uint32Array
  /** NODE_WORDS each: predicate, target when it holds, target when it does not. */
  readonly nodes: Uint32Array
  /** PREDICATE_WORDS each: operator, field (in fields), first value, number of values: any of them. */
  readonly predicates: Uint32Array
  /** Strings; for the regex operator, numbers of regexes. */
  readonly values: Uint32Array
  readonly regexes: readonly Uint32Array[]
  /** INDICATOR_WORDS each: type (in INDICATOR_TYPES), value, description (strings). */
  readonly indicators: Uint32Array
}

/** What the tables ask of an engine: an image declares exactly this. */
export function requiredFeatures(tables: ImageTables): readonly Feature[] {
  const needed: Readonly<Record<Feature, boolean>> = {
    indicators: tables.indicators.length > 0,
    regex: tables.regexes.length > 0,
    sigma: tables.rules.length > 0,
  }
  return FEATURES.filter((feature) => needed[feature])
}
