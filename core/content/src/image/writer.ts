import { unreachable } from '@firebreak/kernel'
import { writeCorrelationSection } from '../correlation/index.ts'
import { writeIndicatorSection } from '../indicators/index.ts'
import { auditRoutesFor, type Route, routesFor } from '../routing/index.ts'
import type { LogSource } from '../sigma/ast.ts'
import {
  auditChannel,
  type Feature,
  FEATURES,
  NODE,
  NONE,
  OPERATORS,
  PREDICATE,
  RULE,
  type SectionName,
  SELECTION,
  WITNESS,
  WITNESS_KINDS,
} from './format.ts'
import { assemble, runsSection, stringSection, textsSection } from './assemble.ts'
import { fieldsOf, type Predicate, type PredicateValues, type Program, type ProgramNode } from './program.ts'
import { compareRules, compareSources, type ImageRule, type ImageSource, sourceKey } from './source.ts'
import { poolOf } from './string-pool.ts'
import { indicatorCount } from './tables.ts'

/**
 * The one byte sequence of a source: strings, fields, groups and rules sorted; predicates, values and regexes in the
 * order of their first use; nothing of the time, the machine or the order of files.
 */
export function writeImage(source: ImageSource): Uint8Array {
  const texts = new Set<string>()
  const fields = new Set<string>()
  // The same walk twice: first to learn which texts and fields there are, then, knowing their numbers, to write.
  emit(
    source,
    (text) => (texts.add(text), 0),
    (field) => (fields.add(field), 0),
  )
  for (const field of fields) texts.add(field)
  const { pool, ids } = poolOf(texts)
  const sorted = [...fields].map((field) => numberOf(ids, field)).toSorted((a, b) => a - b)
  const fieldIds = new Map(sorted.map((id, i) => [pool.text(id), i]))
  const sections = emit(
    source,
    (text) => numberOf(ids, text),
    (field) => numberOf(fieldIds, field),
  )
  return assemble({ ...sections, strings: stringSection(pool), fields: Uint32Array.from(sorted) })
}

function numberOf(ids: ReadonlyMap<string, number>, text: string): number {
  return ids.get(text) ?? NONE
}

type Numbering = (text: string) => number
type Section = Uint32Array | Uint8Array
type Emitted = Readonly<Record<Exclude<SectionName, 'strings' | 'fields' | 'cost'>, Section>>

function emit(source: ImageSource, string: Numbering, field: Numbering): Emitted {
  return new Emitter(source, string, field).emit()
}

class Emitter {
  readonly #source: ImageSource
  readonly #string: Numbering
  readonly #field: Numbering
  // By content, and by object too: what thousands of nodes share is looked at once.
  readonly #predicateIds = new Map<Predicate | string, number>()
  readonly #regexIds = new Map<Uint32Array | string, number>()
  readonly #regexes: Uint32Array[] = []
  readonly #groups: number[] = []
  readonly #needs: number[] = []
  readonly #rules: number[] = []
  readonly #texts: number[] = []
  readonly #selections: number[] = []
  readonly #nodes: number[] = []
  readonly #predicates: number[] = []
  readonly #values: number[] = []
  readonly #witnesses: number[] = []
  readonly #filters: number[] = []

  constructor(source: ImageSource, string: Numbering, field: Numbering) {
    this.#source = source
    this.#string = string
    this.#field = field
  }

  emit(): Emitted {
    const { manifest, compilerVersion, filters, correlations, indicators, yara } = this.#source
    const rules = this.#source.rules.toSorted(compareRules)
    const sources = distinctSources([...rules, ...filters].map(({ logsource }) => logsource))
    const bySource = Map.groupBy(rules, ({ logsource }) => sourceKey(logsource))
    for (const [number, one] of sources.entries()) this.#emitGroup(one, number, bySource.get(sourceKey(one)) ?? [])
    const numbers = new Map(sources.map((one, i) => [sourceKey(one), i]))
    for (const filter of filters) this.#emitFilter(filter, numbers.get(sourceKey(filter.logsource)) ?? NONE)
    const ruleNumbers = new Map(rules.map(({ id }, i) => [id, i]))
    const pack = [manifest.name, manifest.version, manifest.category, manifest.minimumEngine, compilerVersion]
    return {
      pack: Uint32Array.from(pack, this.#string),
      features: Uint32Array.from(featuresOf(this.#source), this.#string),
      groups: Uint32Array.from(this.#groups),
      needs: Uint32Array.from(this.#needs),
      ...this.#routing(sources),
      rules: Uint32Array.from(this.#rules),
      texts: Uint32Array.from(this.#texts),
      selections: Uint32Array.from(this.#selections),
      nodes: Uint32Array.from(this.#nodes),
      predicates: Uint32Array.from(this.#predicates),
      values: Uint32Array.from(this.#values),
      regexes: runsSection(this.#regexes),
      witnesses: Uint32Array.from(this.#witnesses),
      filters: Uint32Array.from(this.#filters),
      correlations: writeCorrelationSection(
        correlations,
        this.#string,
        this.#field,
        (id) => ruleNumbers.get(id) ?? NONE,
      ),
      indicators: writeIndicatorSection(indicators),
      yara: textsSection(yara.flatMap(({ name, text }) => [name, text])),
    }
  }

  #emitGroup(source: LogSource, number: number, own: readonly ImageRule[]): void {
    const firstRule = this.#rules.length / RULE.words
    this.#groups.push(...this.#sourceWords(source), firstRule, own.length)
    for (const rule of own) this.#emitRule(rule)
    const fields = new Set(own.flatMap(({ program }) => fieldsOf(program)))
    const needed = [...fields].map(this.#field).toSorted((a, b) => a - b)
    for (const field of needed) this.#needs.push(number, field)
  }

  #sourceWords({ category, product, service }: LogSource): readonly number[] {
    return [category, product, service].map((part) => (part === null ? NONE : this.#string(part)))
  }

  #emitRule({ id, title, level, custom, tags, program, witnesses }: ImageRule): void {
    const texts = [id, title, level, custom].map(this.#string)
    const listed = witnesses ?? []
    const firstWitness = this.#witnesses.length / WITNESS.words
    const tagRun = this.#textRun(tags)
    const programWords = this.#emitProgram(program)
    this.#rules.push(...texts, ...tagRun, ...programWords, firstWitness, listed.length)
    for (const one of listed) {
      const field = one.field === null ? NONE : this.#field(one.field)
      this.#witnesses.push(WITNESS_KINDS.indexOf(one.kind), field, this.#string(one.text), one.offset)
    }
  }

  #emitFilter({ title, targets, program }: ImageSource['filters'][number], group: number): void {
    const run = this.#textRun(targets)
    this.#filters.push(this.#string(title), group, ...run, ...this.#emitProgram(program))
  }

  #textRun(texts: readonly string[]): readonly number[] {
    const first = this.#texts.length
    this.#texts.push(...texts.map(this.#string))
    return [first, texts.length]
  }

  /** Returns where the program's selections and nodes lie. */
  #emitProgram({ condition, selections }: Program): readonly number[] {
    const firstSelection = this.#selections.length / SELECTION.words
    const firstNode = this.#nodes.length / NODE.words
    this.#emitNodes(condition, (selection) => selection)
    for (const { name, nodes } of selections) {
      this.#selections.push(this.#string(name), this.#nodes.length / NODE.words, nodes.length)
      this.#emitNodes(nodes, (predicate) => this.#predicate(predicate))
    }
    return [firstSelection, selections.length, firstNode, condition.length]
  }

  #emitNodes<Test>(nodes: readonly ProgramNode<Test>[], number: (test: Test) => number): void {
    for (const { test, whenTrue, whenFalse } of nodes) this.#nodes.push(number(test), whenTrue, whenFalse)
  }

  #predicate(predicate: Predicate): number {
    const known = this.#predicateIds.get(predicate)
    if (known !== undefined) return known
    const number = this.#numberPredicate(predicate)
    this.#predicateIds.set(predicate, number)
    return number
  }

  #numberPredicate({ operator, cased, field, values }: Predicate): number {
    const words = this.#valueWords(values)
    const head = [OPERATORS.indexOf(operator), cased ? 1 : 0, field === null ? NONE : this.#field(field)]
    const key = `${head.join(' ')}: ${words.join(' ')}`
    const known = this.#predicateIds.get(key)
    if (known !== undefined) return known
    const number = this.#predicates.length / PREDICATE.words
    this.#predicateIds.set(key, number)
    const count = values.kind === 'network' ? values.networks.length : words.length
    this.#predicates.push(...head, this.#values.length, count)
    this.#values.push(...words)
    return number
  }

  #valueWords(values: PredicateValues): readonly number[] {
    switch (values.kind) {
      case 'text':
      case 'number':
        return values.texts.map(this.#string).toSorted((a, b) => a - b)
      case 'regex':
        return values.programs.map((one) => this.#regex(one))
      case 'network':
        return values.networks.flatMap(({ words, prefixBits }) => [...words, prefixBits])
      case 'field':
        return [this.#field(values.other)]
      case 'integer':
        return values.integers
      case 'nothing':
        return []
      default:
        return unreachable(values)
    }
  }

  #regex(program: Uint32Array): number {
    const known = this.#regexIds.get(program)
    if (known !== undefined) return known
    const key = program.join(' ')
    const number = this.#regexIds.get(key) ?? this.#regexes.push(program) - 1
    this.#regexIds.set(key, number)
    this.#regexIds.set(program, number)
    return number
  }

  /** Aliases whose name nothing reads would make every image name every field of every channel. */
  #routing(sources: readonly LogSource[]): Pick<Emitted, 'routes' | 'aliases'> {
    const read = new Set([...this.#source.rules, ...this.#source.filters].flatMap(({ program }) => fieldsOf(program)))
    const routes: number[][] = []
    const aliases = new Map<string, number[]>()
    for (const [group, source] of sources.entries()) {
      for (const { channel, eventId, when, aliases: names } of allRoutesFor(source)) {
        const at = [this.#string(channel), eventId ?? NONE]
        const condition = when ? [this.#field(when.field), this.#string(when.value)] : [NONE, NONE]
        routes.push([...at, ...condition, group])
        for (const { from, to } of names) {
          if (read.has(from)) aliases.set([...at, from].join(' '), [...at, this.#field(from), this.#field(to)])
        }
      }
    }
    return {
      routes: Uint32Array.from(routes.toSorted(byWords).flat()),
      aliases: Uint32Array.from([...aliases.values()].toSorted(byWords).flat()),
    }
  }
}

type Reached = Pick<Route, 'channel' | 'eventId' | 'when' | 'aliases'>

/** Records of Linux audit have no channel; they are routed as if their types were channels. */
function allRoutesFor(source: LogSource): readonly Reached[] {
  const audit = auditRoutesFor(source).map(({ recordType, aliases }) => {
    return { channel: auditChannel(recordType), eventId: null, when: null, aliases }
  })
  return [...routesFor(source), ...audit]
}

function featuresOf({ rules, filters, correlations, indicators, yara }: ImageSource): readonly Feature[] {
  const predicates = [...rules, ...filters].flatMap(({ program }) =>
    program.selections.flatMap(({ nodes }) => nodes.map(({ test }) => test)),
  )
  const needed: Readonly<Record<Feature, boolean>> = {
    correlation: correlations.length > 0,
    indicators: indicatorCount(indicators) > 0,
    keywords: predicates.some(({ field }) => field === null),
    regex: predicates.some(({ operator }) => operator === 'regex'),
    sigma: rules.length > 0,
    tuning: filters.length > 0,
    yara: yara.length > 0,
  }
  return FEATURES.filter((feature) => needed[feature])
}

function distinctSources(sources: readonly LogSource[]): readonly LogSource[] {
  const unique = new Map(sources.map((one) => [sourceKey(one), one]))
  return [...unique.values()].toSorted(compareSources)
}

function byWords(a: readonly number[], b: readonly number[]): number {
  for (const [i, word] of a.entries()) {
    const difference = word - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
