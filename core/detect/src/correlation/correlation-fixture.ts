import {
  type Correlation,
  type CorrelationCounts,
  type CorrelationRecord,
  parseCorrelations,
  Problems,
  readCorrelationSection,
  type SourceNode,
  toSourceNode,
  writeCorrelationSection,
} from '@firebreak/content'
import { type CorrelationHit, Correlator, type CorrelatorLimits } from './index.ts'

type Plain = Parameters<typeof toSourceNode>[0]

/** An event that matched a rule, which is given by its name. A field that is not there is absent. */
export interface TestEvent {
  readonly rule: string
  readonly timeMs: number
  readonly fields: Readonly<Record<string, string>>
}

/** A hit in words. */
export interface NamedHit {
  readonly correlation: string
  readonly timeMs: number
  readonly group: readonly string[]
  readonly value: number
  readonly reference: number
  readonly references: readonly number[]
}

/** Correlations from document to records and back to words, with the numbering of an image. */
export class TestImage {
  readonly correlations: readonly Correlation[]
  readonly records: readonly CorrelationRecord[]
  readonly words: Uint32Array
  readonly counts: CorrelationCounts
  readonly #fields: string[] = []
  readonly #rules: readonly string[]

  /** @param rules - names of detection rules; their ids are the same */
  constructor(rules: readonly string[], documents: readonly Plain[]) {
    const problems = new Problems()
    const nodes: readonly SourceNode[] = documents.map((one, i) => toSourceNode(one, `${i}.yml`))
    this.#rules = rules
    this.correlations = parseCorrelations(
      nodes,
      rules.map((name) => ({ id: name, name })),
      problems,
    )
    const [wrong] = problems.list()
    if (wrong !== undefined) throw new Error(`the fixture has errors: ${wrong.message}`)
    const strings: string[] = []
    this.words = writeCorrelationSection(
      this.correlations,
      (text) => numberOf(strings, text),
      (field) => numberOf(this.#fields, field),
      (id) => rules.indexOf(id),
    )
    this.counts = { strings: strings.length, fields: this.#fields.length, rules: rules.length }
    this.records = readCorrelationSection(this.words, this.counts)
  }

  rule(name: string): number {
    return this.#rules.indexOf(name)
  }

  valuesOf(fields: TestEvent['fields']): (field: number) => string | null {
    return (field) => fields[this.#fields[field] ?? ''] ?? null
  }

  named({ correlation, timeMs, group, value, reference, references }: CorrelationHit): NamedHit {
    return { correlation: this.correlations[correlation]?.id ?? '', timeMs, group, value, reference, references }
  }
}

/** All hits of a stream of events, whose references are their places in it. */
export function run(
  image: TestImage,
  events: readonly TestEvent[],
  limits: Partial<CorrelatorLimits> = {},
): { readonly hits: readonly NamedHit[]; readonly correlator: Correlator } {
  const correlator = new Correlator(image.records, limits)
  const hits = events.flatMap(({ rule, timeMs, fields }, i) =>
    correlator.observe(image.rule(rule), timeMs, image.valuesOf(fields), i),
  )
  return { hits: [...hits, ...correlator.flush()].map((hit) => image.named(hit)), correlator }
}

function numberOf(list: string[], text: string): number {
  const known = list.indexOf(text)
  return known >= 0 ? known : list.push(text) - 1
}
