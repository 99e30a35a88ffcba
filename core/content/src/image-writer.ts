import { utf8Encode } from '@firebreak/kernel'
import type { DecisionNode, Predicate } from './compile-condition.ts'
import {
  FEATURES,
  HEADER_WORDS,
  IMAGE_FORMAT_VERSION,
  IMAGE_MAGIC,
  type ImageTables,
  NONE,
  OPERATORS,
  requiredFeatures,
  SECTIONS,
  type SectionName,
  TABLE_WORDS,
} from './image-format.ts'
import { imageCost } from './image-cost.ts'
import { type Indicator, INDICATOR_FIELDS, INDICATOR_TYPES } from './indicator.ts'
import type { PackManifest } from './manifest.ts'
import type { RegexValue, SigmaRule } from './sigma.ts'

export interface ImageSource {
  readonly manifest: PackManifest
  readonly compilerVersion: string
  /** Sorted by id. */
  readonly rules: readonly { readonly rule: SigmaRule; readonly nodes: readonly DecisionNode[] }[]
  /** Sorted by type number and value. */
  readonly indicators: readonly Indicator[]
}

/**
 * The one byte sequence of a source: strings, fields and rules sorted; predicates, values and regexes in the order of
 * their first use; nothing of the time, the machine or the order of files.
 */
export function writeImage(source: ImageSource): Uint8Array {
  return new ImageWriter(source).write()
}

class ImageWriter {
  readonly #source: ImageSource
  readonly #strings: readonly string[]
  readonly #stringIds: ReadonlyMap<string, number>
  readonly #fields: readonly FieldPair[]
  readonly #fieldIds: ReadonlyMap<string, number>
  readonly #predicateIds = new Map<string, number>()
  readonly #regexIds = new Map<string, number>()
  readonly #regexes: Uint32Array[] = []
  readonly #rules: number[] = []
  readonly #tags: number[] = []
  readonly #nodes: number[] = []
  readonly #predicates: number[] = []
  readonly #values: number[] = []

  constructor(source: ImageSource) {
    this.#source = source
    this.#fields = collectFields(source)
    this.#fieldIds = new Map(this.#fields.map((pair, i) => [pair.join(' '), i]))
    this.#strings = [...collectStrings(source, this.#fields)].toSorted()
    this.#stringIds = new Map(this.#strings.map((text, i) => [text, i]))
  }

  write(): Uint8Array {
    for (const { rule, nodes } of this.#source.rules) this.#writeRule(rule, nodes)
    const indicators = this.#source.indicators.flatMap((one) => [
      INDICATOR_TYPES.indexOf(one.type),
      this.#string(one.value),
      this.#string(one.description),
    ])
    const tables: ImageTables = {
      strings: this.#strings,
      fields: Uint32Array.from(
        this.#fields.flatMap(([category, field]) => [this.#string(category), this.#string(field)]),
      ),
      rules: Uint32Array.from(this.#rules),
      tags: Uint32Array.from(this.#tags),
      nodes: Uint32Array.from(this.#nodes),
      predicates: Uint32Array.from(this.#predicates),
      values: Uint32Array.from(this.#values),
      regexes: this.#regexes,
      indicators: Uint32Array.from(indicators),
    }
    const { manifest, compilerVersion } = this.#source
    const pack = [manifest.name, manifest.version, manifest.category, manifest.minimumEngine, compilerVersion]
    const features = requiredFeatures(tables).map((feature) => this.#string(feature))
    return assemble(tables, Uint32Array.from(pack.map((text) => this.#string(text))), Uint32Array.from(features))
  }

  #writeRule(rule: SigmaRule, nodes: readonly DecisionNode[]): void {
    const { category, product } = rule.logsource
    const texts = [rule.id, rule.title, rule.level, category].map((text) => this.#string(text))
    const productId = product === null ? NONE : this.#string(product)
    this.#rules.push(...texts, productId, this.#tags.length, rule.tags.length, this.#nodes.length / 3, nodes.length)
    for (const tag of rule.tags) this.#tags.push(this.#string(tag))
    for (const node of nodes) this.#nodes.push(this.#predicate(category, node.predicate), node.whenTrue, node.whenFalse)
  }

  #predicate(category: string, predicate: Predicate): number {
    const { operator, texts } = predicate
    const field = this.#fieldIds.get(`${category} ${predicate.field}`) ?? 0
    const values =
      operator === 'regex' ? predicate.regexes.map((one) => this.#regex(one)) : texts.map((text) => this.#string(text))
    const key = `${operator} ${field} ${values.join(' ')}`
    const known = this.#predicateIds.get(key)
    if (known !== undefined) return known
    this.#predicateIds.set(key, this.#predicateIds.size)
    this.#predicates.push(OPERATORS.indexOf(operator), field, this.#values.length, values.length)
    for (const value of values) this.#values.push(value)
    return this.#predicateIds.size - 1
  }

  #regex({ program }: RegexValue): number {
    const key = program.join(' ')
    const known = this.#regexIds.get(key)
    if (known !== undefined) return known
    this.#regexIds.set(key, this.#regexes.length)
    return this.#regexes.push(program) - 1
  }

  #string(text: string): number {
    return this.#stringIds.get(text) ?? 0
  }
}

type FieldPair = readonly [category: string, field: string]

function collectFields(source: ImageSource): readonly FieldPair[] {
  const pairs = new Map<string, FieldPair>()
  const add = (pair: FieldPair): unknown => pairs.set(pair.join(' '), pair)
  for (const { rule, nodes } of source.rules) {
    for (const { predicate } of nodes) add([rule.logsource.category, predicate.field])
  }
  for (const type of new Set(source.indicators.map((one) => one.type))) INDICATOR_FIELDS[type].forEach(add)
  return [...pairs.values()].toSorted(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
}

function collectStrings(source: ImageSource, fields: readonly FieldPair[]): ReadonlySet<string> {
  const { manifest, compilerVersion, rules, indicators } = source
  const strings = new Set([manifest.name, manifest.version, manifest.category, manifest.minimumEngine, compilerVersion])
  for (const pair of fields) for (const text of pair) strings.add(text)
  for (const { rule, nodes } of rules) {
    for (const text of [rule.id, rule.title, rule.level, rule.logsource.category, ...rule.tags]) strings.add(text)
    if (rule.logsource.product !== null) strings.add(rule.logsource.product)
    for (const { predicate } of nodes) for (const text of predicate.texts) strings.add(text)
  }
  for (const one of indicators) strings.add(one.value).add(one.description)
  const hasRegexes = rules.some(({ nodes }) => nodes.some(({ predicate }) => predicate.operator === 'regex'))
  const needed = { indicators: indicators.length > 0, regex: hasRegexes, sigma: rules.length > 0 }
  for (const feature of FEATURES) if (needed[feature]) strings.add(feature)
  return strings
}

function assemble(tables: ImageTables, pack: Uint32Array, features: Uint32Array): Uint8Array {
  const sections: Record<SectionName, Uint8Array> = {
    strings: stringSection(tables.strings),
    pack: bytesOf(pack),
    fields: bytesOf(tables.fields),
    features: bytesOf(features),
    rules: bytesOf(tables.rules),
    tags: bytesOf(tables.tags),
    nodes: bytesOf(tables.nodes),
    predicates: bytesOf(tables.predicates),
    values: bytesOf(tables.values),
    regexes: regexSection(tables.regexes),
    indicators: bytesOf(tables.indicators),
    cost: new Uint8Array(8),
  }
  const start = 4 * (HEADER_WORDS + TABLE_WORDS)
  const total = SECTIONS.reduce((sum, name) => sum + sections[name].length, start)
  const cost = imageCost(tables, total)
  sections.cost = bytesOf(Uint32Array.of(cost.stepsPerCharacter, cost.memoryBytes))
  const image = new Uint8Array(total)
  const head = [IMAGE_MAGIC, IMAGE_FORMAT_VERSION, SECTIONS.length, total]
  let at = start
  for (const name of SECTIONS) {
    head.push(at, sections[name].length)
    image.set(sections[name], at)
    at += sections[name].length
  }
  image.set(bytesOf(Uint32Array.from(head)))
  return image
}

function stringSection(strings: readonly string[]): Uint8Array {
  const texts = strings.map(utf8Encode)
  const words = [strings.length, 0]
  let end = 0
  for (const text of texts) words.push((end += text.length))
  const section = new Uint8Array(4 * words.length + 4 * Math.ceil(end / 4))
  section.set(bytesOf(Uint32Array.from(words)))
  let at = 4 * words.length
  for (const text of texts) {
    section.set(text, at)
    at += text.length
  }
  return section
}

function regexSection(regexes: readonly Uint32Array[]): Uint8Array {
  const words = [regexes.length, 0]
  let end = 0
  for (const program of regexes) words.push((end += program.length))
  for (const program of regexes) for (const word of program) words.push(word)
  return bytesOf(Uint32Array.from(words))
}

/** Little-endian, whatever the machine is. */
function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true)
  return bytes
}
