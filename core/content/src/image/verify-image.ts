import { KernelError, version } from '@firebreak/kernel'
import { correlationStrings, readCorrelationSection } from '../correlation/index.ts'
import { readIndicatorSection } from '../indicators/index.ts'
import { FIELD_NAME_CHARS_MAX, FIELDS_MAX, IMAGE_SIZE_BYTES_MAX, STEPS_PER_BYTE_MAX } from '../limits.ts'
import { NAME } from '../manifest.ts'
import type { LogSource } from '../sigma/ast.ts'
import { type CostBound, imageCost } from './cost.ts'
import { COST_WORDS, FEATURES, IMAGE_FORMAT_VERSION, PACK_WORDS, RULE } from './format.ts'
import {
  cutSections,
  recordCount,
  refuse,
  refuseWord,
  type Section,
  type Sections,
  verifyWithin,
  word,
} from './sections.ts'
import { type ImageTables, indicatorCount, requiredFeatures } from './tables.ts'
import { verifyPredicates } from './verify-predicates.ts'
import { verifyRoutes } from './verify-routes.ts'
import { verifyRules } from './verify-rules.ts'
import { verifyRegexes, verifyYara } from './verify-runs.ts'
import { StringTable } from './verify-strings.ts'

declare const verified: unique symbol

/** An image that verifyImage accepted: the only kind that an engine takes. */
export interface VerifiedImage {
  readonly [verified]: true
  readonly formatVersion: number
  readonly pack: string
  readonly version: string
  readonly category: string
  readonly minimumEngine: string
  readonly compilerVersion: string
  /** Exactly the fields that the rules of each log source read, sorted. */
  readonly needs: readonly FieldNeeds[]
  /** Exactly the engine features that the image needs, sorted. */
  readonly features: readonly string[]
  readonly ruleCount: number
  readonly indicatorCount: number
  readonly costBound: CostBound
  readonly tables: ImageTables
}

export interface FieldNeeds {
  readonly logsource: LogSource
  readonly fields: readonly string[]
}

/**
 * Accepts hostile bytes as an image, or throws. One pass over a private copy; what it allocates is in proportion to
 * the bytes that are there, never to what they claim. Once it accepted them, no event makes the engine read outside a
 * table, jump backwards or exceed the declared cost.
 *
 * @param bytes - at most IMAGE_SIZE_BYTES_MAX
 * @throws ContentError content/image-*, with `details.offset` in bytes
 */
export function verifyImage(bytes: Uint8Array): VerifiedImage {
  if (bytes.length > IMAGE_SIZE_BYTES_MAX) {
    throw refuse('content/image-header', `more than ${IMAGE_SIZE_BYTES_MAX} bytes`, IMAGE_SIZE_BYTES_MAX)
  }
  const sections = cutSections(new Uint8Array(bytes).buffer)
  const strings = new StringTable(sections.strings)
  const pack = verifyPack(sections.pack, strings)
  const fields = verifyFields(sections.fields, strings)
  const regexes = verifyRegexes(sections.regexes)
  verifyPredicates(sections, strings, fields.length, regexes.length)
  const groups = verifyRules(sections, strings, fields.length)
  verifyRoutes(sections, strings, fields.length, groups.length)
  const tables = readTables(sections, strings, regexes)
  const features = verifyFeatures(sections.features, strings, tables)
  strings.verifyAllUsed()
  const image: Omit<VerifiedImage, typeof verified> = {
    formatVersion: IMAGE_FORMAT_VERSION,
    ...pack,
    needs: groups.map(({ logsource, fields: read }) => ({ logsource, fields: read.map((one) => fields[one] ?? '') })),
    features,
    ruleCount: tables.rules.length / RULE.words,
    indicatorCount: indicatorCount(tables.indicators),
    costBound: verifyCost(sections.cost, imageCost({ ...tables, imageBytes: bytes.length })),
    tables,
  }
  return image as VerifiedImage
}

type PackWords = Pick<VerifiedImage, 'pack' | 'version' | 'category' | 'minimumEngine' | 'compilerVersion'>

function verifyPack(section: Section, strings: StringTable): PackWords {
  if (recordCount(section, PACK_WORDS, 1) !== 1) throw refuseWord(section, 0, 'missing')
  const name = (at: number): string => {
    const text = strings.named(section, at)
    if (!NAME.test(text)) throw refuseWord(section, at, 'not a name')
    return text
  }
  const versionText = (at: number): string => {
    try {
      return version(strings.named(section, at), section.name)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      throw refuseWord(section, at, 'not a version', error)
    }
  }
  return {
    pack: name(0),
    version: versionText(1),
    category: name(2),
    minimumEngine: versionText(3),
    compilerVersion: versionText(4),
  }
}

/** Names of fields, sorted, each once. */
function verifyFields(section: Section, strings: StringTable): readonly string[] {
  const count = recordCount(section, 1, FIELDS_MAX)
  const names: string[] = []
  for (let at = 0; at < count; at++) {
    const name = strings.named(section, at)
    if (name === '' || name.length > FIELD_NAME_CHARS_MAX || name.includes(' '))
      throw refuseWord(section, at, 'not a field name')
    if (at > 0 && word(section, at) <= word(section, at - 1)) throw refuseWord(section, at, 'not sorted')
    names.push(name)
  }
  return names
}

function verifyFeatures(section: Section, strings: StringTable, tables: ImageTables): readonly string[] {
  const count = recordCount(section, 1, FEATURES.length)
  const features: string[] = []
  for (let i = 0; i < count; i++) features.push(strings.named(section, i))
  const required = requiredFeatures(tables)
  if (required.length !== count || required.some((feature, i) => feature !== features[i])) {
    throw refuseWord(section, 0, `declares ${features.join(', ')} and needs ${required.join(', ')}`)
  }
  return required
}

function verifyCost(section: Section, cost: CostBound): CostBound {
  if (recordCount(section, COST_WORDS, 1) !== 1) throw refuseWord(section, 0, 'missing')
  if (word(section, 0) !== cost.stepsPerByte) throw refuseWord(section, 0, `${cost.stepsPerByte} steps`)
  if (cost.stepsPerByte > STEPS_PER_BYTE_MAX) throw refuseWord(section, 0, 'more steps than allowed')
  if (word(section, 1) !== cost.memoryBytes) throw refuseWord(section, 1, `${cost.memoryBytes} bytes of memory`)
  return cost
}

function readTables(sections: Sections, strings: StringTable, regexes: readonly Uint32Array[]): ImageTables {
  const counts = {
    strings: strings.pool.count,
    fields: sections.fields.words.length,
    rules: sections.rules.words.length / RULE.words,
  }
  const correlations = verifyWithin(sections.correlations, (words) => readCorrelationSection(words, counts))
  for (const string of correlations.flatMap(correlationStrings)) strings.mark(string)
  return {
    strings: strings.pool,
    fields: sections.fields.words,
    groups: sections.groups.words,
    needs: sections.needs.words,
    routes: sections.routes.words,
    aliases: sections.aliases.words,
    rules: sections.rules.words,
    texts: sections.texts.words,
    selections: sections.selections.words,
    nodes: sections.nodes.words,
    predicates: sections.predicates.words,
    values: sections.values.words,
    regexes,
    witnesses: sections.witnesses.words,
    filters: sections.filters.words,
    correlations,
    indicators: verifyWithin(sections.indicators, readIndicatorSection),
    yara: verifyYara(sections.yara),
  }
}
