import { KernelError, version } from '@firebreak/kernel'
import { type CostBound, imageCost } from './image-cost.ts'
import {
  COST_WORDS,
  FEATURES,
  IMAGE_FORMAT_VERSION,
  type ImageTables,
  INDICATOR_WORDS,
  PACK_WORDS,
  requiredFeatures,
  RULE_WORDS,
} from './image-format.ts'
import { cutSections, recordCount, refuse, refuseWord, type Section, type Sections, word } from './image-sections.ts'
import { IMAGE_SIZE_BYTES_MAX, STEPS_PER_CHARACTER_MAX } from './limits.ts'
import { NAME } from './manifest.ts'
import { type DeclaredField, DeclaredFields } from './verify-fields.ts'
import { verifyIndicators } from './verify-indicators.ts'
import { verifyPredicates } from './verify-predicates.ts'
import { verifyRegexes } from './verify-regexes.ts'
import { verifyRules } from './verify-rules.ts'
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
  /** Exactly the fields that the rules and indicators read, sorted. */
  readonly declaredFields: readonly DeclaredField[]
  /** Exactly the engine features that the image needs, sorted. */
  readonly features: readonly string[]
  readonly ruleCount: number
  readonly indicatorCount: number
  readonly costBound: CostBound
  readonly tables: ImageTables
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
  const fields = new DeclaredFields(sections.fields, strings)
  const regexes = verifyRegexes(sections.regexes)
  verifyPredicates(sections, strings, fields, regexes.length)
  verifyRules(sections, strings, fields)
  verifyIndicators(sections.indicators, strings, fields)
  fields.verifyAllUsed()
  const tables = tablesOf(sections, strings.strings, regexes)
  const features = verifyFeatures(sections.features, strings, tables)
  strings.verifyAllUsed()
  const image: Omit<VerifiedImage, typeof verified> = {
    formatVersion: IMAGE_FORMAT_VERSION,
    ...pack,
    declaredFields: fields.list,
    features,
    ruleCount: tables.rules.length / RULE_WORDS,
    indicatorCount: tables.indicators.length / INDICATOR_WORDS,
    costBound: verifyCost(sections.cost, imageCost(tables, bytes.length)),
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
  if (word(section, 0) !== cost.stepsPerCharacter) throw refuseWord(section, 0, `${cost.stepsPerCharacter} steps`)
  if (cost.stepsPerCharacter > STEPS_PER_CHARACTER_MAX) throw refuseWord(section, 0, 'more steps than allowed')
  if (word(section, 1) !== cost.memoryBytes) throw refuseWord(section, 1, `${cost.memoryBytes} bytes of memory`)
  return cost
}

function tablesOf(sections: Sections, strings: readonly string[], regexes: readonly Uint32Array[]): ImageTables {
  return {
    strings,
    fields: sections.fields.words,
    rules: sections.rules.words,
    tags: sections.tags.words,
    nodes: sections.nodes.words,
    predicates: sections.predicates.words,
    values: sections.values.words,
    regexes,
    indicators: sections.indicators.words,
  }
}
