import { unreachable } from '@firebreak/kernel'
import type { SigmaLevel } from '../sigma/ast.ts'
import {
  FILTER,
  GROUP,
  NETWORK_WORDS,
  NODE,
  NONE,
  OPERATORS,
  PREDICATE,
  RULE,
  SELECTION,
  valueKind,
  WITNESS,
  WITNESS_KINDS,
} from './format.ts'
import type { Predicate, PredicateValues, Program, ProgramNode } from './program.ts'
import { readCorrelations } from './read-correlations.ts'
import type { ImageFilter, ImageRule, ImageSource } from './source.ts'
import type { ImageTables } from './tables.ts'
import type { VerifiedImage } from './verify-image.ts'
import type { Witness } from './witness.ts'

/**
 * The parts that an image was linked from: `writeImage` of them is the same image, byte for byte, if `writeImage` made
 * it. What the linker derives from the parts (needs, routes, features, cost) is not read. Regular expressions and
 * indicators are views of the image.
 */
export function readSource(image: VerifiedImage): ImageSource {
  const { pack: name, version, category, minimumEngine, compilerVersion, tables } = image
  const reader = new SourceReader(tables)
  const rules = reader.rules()
  const ruleIds = rules.map(({ id }) => id)
  return {
    manifest: { name, version, category, minimumEngine },
    compilerVersion,
    rules,
    filters: reader.filters(),
    correlations: readCorrelations(
      tables.correlations,
      (string) => reader.text(string),
      (field) => reader.field(field),
      (rule) => ruleIds[rule] ?? '',
    ),
    indicators: tables.indicators,
    yara: tables.yara,
  }
}

/** Every number that it follows was verified: what `?? 0` stands in for is never absent. */
class SourceReader {
  readonly #tables: ImageTables
  readonly #texts: (string | undefined)[]
  readonly #predicates: readonly Predicate[]

  constructor(tables: ImageTables) {
    this.#tables = tables
    this.#texts = Array.from({ length: tables.strings.count })
    const count = tables.predicates.length / PREDICATE.words
    this.#predicates = Array.from({ length: count }, (_, i) => this.#predicate(PREDICATE.words * i))
  }

  text(string: number): string {
    return (this.#texts[string] ??= this.#tables.strings.text(string))
  }

  field(number: number): string {
    return this.text(this.#tables.fields[number] ?? 0)
  }

  rules(): readonly ImageRule[] {
    const { groups } = this.#tables
    return recordsOf(groups, GROUP.words).flatMap((at) => {
      const logsource = this.#logSource(at)
      const [first = 0, count = 0] = groups.subarray(at + GROUP.firstRule)
      return Array.from({ length: count }, (_, i) => this.#rule(RULE.words * (first + i), logsource))
    })
  }

  filters(): readonly ImageFilter[] {
    const { filters } = this.#tables
    return recordsOf(filters, FILTER.words).map((at) => ({
      title: this.#textAt(filters, at + FILTER.title),
      logsource: this.#logSource(GROUP.words * (filters[at + FILTER.group] ?? 0)),
      targets: this.#textRun(filters, at + FILTER.firstTarget),
      program: this.#program(filters, at + FILTER.firstSelection),
    }))
  }

  #rule(at: number, logsource: ImageRule['logsource']): ImageRule {
    const { rules } = this.#tables
    return {
      id: this.#textAt(rules, at + RULE.id),
      title: this.#textAt(rules, at + RULE.title),
      level: this.#textAt(rules, at + RULE.level) as SigmaLevel,
      custom: this.#textAt(rules, at + RULE.custom),
      tags: this.#textRun(rules, at + RULE.firstTag),
      logsource,
      program: this.#program(rules, at + RULE.firstSelection),
      witnesses: this.#witnesses(rules, at + RULE.firstWitness),
    }
  }

  #logSource(at: number): ImageRule['logsource'] {
    const part = (place: number): string | null => {
      const string = this.#tables.groups[at + place] ?? NONE
      return string === NONE ? null : this.text(string)
    }
    return { category: part(GROUP.category), product: part(GROUP.product), service: part(GROUP.service) }
  }

  /** @param at - where a record has the first selection and their number, the first node and their number */
  #program(record: Uint32Array, at: number): Program {
    const { selections } = this.#tables
    const [firstSelection = 0, count = 0] = record.subarray(at)
    return {
      condition: this.#nodes(record, at + 2, (selection) => selection),
      selections: Array.from({ length: count }, (_, i) => {
        const selection = SELECTION.words * (firstSelection + i)
        const predicate = (number: number): Predicate => this.#predicates[number] ?? NO_PREDICATE
        return {
          name: this.#textAt(selections, selection + SELECTION.name),
          nodes: this.#nodes(selections, selection + SELECTION.firstNode, predicate),
        }
      }),
    }
  }

  #nodes<Test>(record: Uint32Array, at: number, testOf: (number: number) => Test): readonly ProgramNode<Test>[] {
    const [first = 0, count = 0] = record.subarray(at)
    return Array.from({ length: count }, (_, i) => {
      const [test = 0, whenTrue = 0, whenFalse = 0] = this.#tables.nodes.subarray(NODE.words * (first + i))
      return { test: testOf(test), whenTrue, whenFalse }
    })
  }

  /** An image writes no witnesses as it writes none that suffice. */
  #witnesses(record: Uint32Array, at: number): readonly Witness[] | null {
    const { witnesses } = this.#tables
    const [first = 0, count = 0] = record.subarray(at)
    if (count === 0) return null
    return Array.from({ length: count }, (_, i) => {
      const [kind = 0, field = NONE, text = 0, offset = 0] = witnesses.subarray(WITNESS.words * (first + i))
      return {
        kind: WITNESS_KINDS[kind] ?? 'anywhere',
        field: field === NONE ? null : this.field(field),
        text: this.text(text),
        offset,
      }
    })
  }

  #predicate(at: number): Predicate {
    const { predicates } = this.#tables
    const operator = OPERATORS[predicates[at + PREDICATE.operator] ?? 0] ?? 'equals'
    const field = predicates[at + PREDICATE.field] ?? NONE
    return {
      operator,
      cased: predicates[at + PREDICATE.cased] === 1,
      field: field === NONE ? null : this.field(field),
      values: this.#values(valueKind(operator), at + PREDICATE.firstValue),
    }
  }

  #values(kind: ReturnType<typeof valueKind>, at: number): PredicateValues {
    const { predicates, values, regexes } = this.#tables
    const [first = 0, count = 0] = predicates.subarray(at)
    const words = [...values.subarray(first, first + count)]
    switch (kind) {
      case 'text':
      case 'number':
        return { kind, texts: words.map((string) => this.text(string)) }
      case 'regex':
        return { kind, programs: words.map((regex) => regexes[regex] ?? new Uint32Array()) }
      case 'network':
        return { kind, networks: Array.from({ length: count }, (_, i) => networkAt(values, first + NETWORK_WORDS * i)) }
      case 'field':
        return { kind, other: this.field(words[0] ?? 0) }
      case 'integer':
        return { kind, integers: words }
      case 'nothing':
        return { kind }
      default:
        return unreachable(kind)
    }
  }

  #textAt(words: Uint32Array, at: number): string {
    return this.text(words[at] ?? 0)
  }

  #textRun(record: Uint32Array, at: number): readonly string[] {
    const [first = 0, count = 0] = record.subarray(at)
    return Array.from(this.#tables.texts.subarray(first, first + count), (string) => this.text(string))
  }
}

const NO_PREDICATE: Predicate = { operator: 'exists', cased: false, field: null, values: { kind: 'nothing' } }

type Networks = Extract<PredicateValues, { kind: 'network' }>['networks']

function networkAt(values: Uint32Array, at: number): Networks[number] {
  const [a = 0, b = 0, c = 0, d = 0, prefixBits = 0] = values.subarray(at)
  return { words: [a, b, c, d], prefixBits }
}

/** Where each record starts. */
function recordsOf(table: Uint32Array, words: number): readonly number[] {
  return Array.from({ length: table.length / words }, (_, i) => words * i)
}
