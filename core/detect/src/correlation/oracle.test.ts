import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type NamedHit, run, type TestEvent, TestImage } from './correlation-fixture.ts'

/** A correlation as its author would write it. */
interface Document {
  readonly title: string
  readonly generate: boolean
  readonly correlation: {
    readonly type: string
    readonly rules: readonly string[]
    readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>
    readonly 'group-by': readonly string[]
    readonly timespan: string
    readonly condition: Readonly<Record<string, number | string | readonly string[]>>
  }
}

/** What the oracle can be made to get wrong, to prove that the comparison bites. */
type Mistake =
  | 'start-excluded'
  | 'armed-by-events-only'
  | 'fires-every-time'
  | 'order-ignored'
  | 'absent-is-empty'
  | 'threshold-rounded'
  | 'inner-aliases-hidden'
  | 'late-kept'
  | 'arrival-order'

interface Entry {
  readonly timeMs: number
  readonly rule: number
  readonly values: readonly string[]
  readonly reference: number
}

/** An event, or a correlation that became true by `cause`. */
interface Signal {
  readonly name: string
  readonly cause: Signal | null
}

/**
 * The oracle: slow, obvious, over the documents as they are written. For each event it looks at the whole past of the group
 * again, and to see whether the condition was false since it last fired at every moment at which it could have changed.
 */
class Oracle {
  readonly #documents: readonly Document[]
  readonly #mistake: Mistake | null
  readonly #past = new Map<string, { readonly entries: Entry[]; fired: number }>()

  constructor(documents: readonly Document[], mistake: Mistake | null) {
    this.#documents = documents
    this.#mistake = mistake
  }

  hits(events: readonly TestEvent[], latenessMs: number): readonly NamedHit[] {
    const known = new Set(this.#documents.flatMap(({ correlation }) => correlation.rules))
    // Events of rules that nothing refers to don't exist, so they don't tell the time either.
    const indexed = events.map((event, reference) => ({ ...event, reference })).filter(({ rule }) => known.has(rule))
    // A late event never is the latest, so it makes nothing else late.
    const inTime = indexed.filter(
      ({ timeMs }, i) =>
        this.#mistake === 'late-kept' || indexed.slice(0, i).every((other) => timeMs >= other.timeMs - latenessMs),
    )
    const sorted = this.#mistake === 'arrival-order' ? inTime : inTime.toSorted((a, b) => a.timeMs - b.timeMs)
    return sorted.flatMap((event) => this.#judge(event, event.reference))
  }

  #judge(event: TestEvent, reference: number): readonly NamedHit[] {
    const hits: NamedHit[] = []
    const signals: Signal[] = [{ name: event.rule, cause: null }]
    for (const signal of signals) {
      for (const document of this.#documents) {
        const rule = document.correlation.rules.indexOf(signal.name)
        if (rule < 0) continue
        const hit = this.#add(document, rule, signal, event, reference)
        if (hit === null) continue
        hits.push(hit)
        signals.push({ name: document.title, cause: signal })
      }
    }
    return hits
  }

  #add(document: Document, rule: number, signal: Signal, event: TestEvent, reference: number): NamedHit | null {
    const { correlation, title } = document
    const field = correlation.condition['field'] ?? []
    const fields = typeof field === 'string' ? [field] : (field as readonly string[])
    const group = correlation['group-by'].map((name) => this.#value(document, name, signal, event))
    const values = fields.map((name) => this.#value(document, name, signal, event))
    if ([...group, ...values].includes(null)) return null
    if (correlation.type.match(/sum|avg|percentile/) && !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(values[0] ?? ''))
      return null
    const key = JSON.stringify([title, group])
    const past = this.#past.get(key) ?? { entries: [], fired: -1 }
    this.#past.set(key, past)
    past.entries.push({ timeMs: event.timeMs, rule, values: values as string[], reference })
    const last = past.entries.length - 1
    const window = this.#window(document, past.entries, last, event.timeMs)
    if (!this.#holds(document, window)) return null
    if (past.fired >= 0 && !this.#wasFalse(document, past.entries, past.fired, last)) return null
    past.fired = last
    const used = this.#used(document, window)
    const value = this.#valueOf(document, window)
    const references = used.map((one) => one.reference)
    return { correlation: title, timeMs: event.timeMs, group: group as string[], value, reference, references }
  }

  #value(document: Document, name: string, signal: Signal, event: TestEvent): string | null {
    const field = document.correlation.aliases[name]?.[signal.name] ?? name
    const inner = this.#documents.find(({ title }) => title === signal.name)
    if (inner !== undefined && signal.cause !== null && this.#mistake !== 'inner-aliases-hidden') {
      const known = [...inner.correlation['group-by'], ...[inner.correlation.condition['field'] ?? []].flat()]
      if (known.includes(field) || field in inner.correlation.aliases) {
        return this.#value(inner, field, signal.cause, event)
      }
    }
    return event.fields[field] ?? (this.#mistake === 'absent-is-empty' ? '' : null)
  }

  #window({ correlation }: Document, entries: readonly Entry[], last: number, nowMs: number): readonly Entry[] {
    const startMs = nowMs - 1_000 * Number.parseInt(correlation.timespan, 10)
    return entries
      .slice(0, last + 1)
      .filter(({ timeMs }) => (this.#mistake === 'start-excluded' ? timeMs > startMs : timeMs >= startMs))
  }

  #wasFalse(document: Document, entries: readonly Entry[], from: number, to: number): boolean {
    if (this.#mistake === 'fires-every-time') return true
    for (let last = from; last < to; last++) {
      const now = entries[last] as Entry
      const next = entries[last + 1] as Entry
      const window = this.#window(document, entries, last, now.timeMs)
      if (!this.#holds(document, window)) return true
      if (this.#mistake === 'armed-by-events-only') continue
      const spanMs = 1_000 * Number.parseInt(document.correlation.timespan, 10)
      for (const gone of window) {
        if (gone.timeMs + spanMs >= next.timeMs) continue
        const rest = window.filter(({ timeMs }) => timeMs > gone.timeMs)
        if (!this.#holds(document, rest)) return true
      }
    }
    return false
  }

  #holds(document: Document, window: readonly Entry[]): boolean {
    if (window.length === 0) return false
    const value = this.#valueOf(document, window)
    return Object.entries(document.correlation.condition).every(([key, given]) => {
      const threshold = this.#mistake === 'threshold-rounded' ? Math.trunc(Number(given)) : Number(given)
      if (key === 'gt') return value > threshold
      if (key === 'gte') return value >= threshold
      if (key === 'lt') return value < threshold
      if (key === 'lte') return value <= threshold
      if (key === 'eq') return value === threshold
      return key === 'neq' ? value !== threshold : true
    })
  }

  #valueOf(document: Document, window: readonly Entry[]): number {
    const { type, condition } = document.correlation
    const numbers = window.map(({ values }) => Number(values[0])).toSorted((a, b) => a - b)
    switch (type) {
      case 'value_sum':
        return exactSum(numbers)
      case 'value_avg':
        return exactSum(numbers) / numbers.length
      case 'value_percentile': {
        const rank = ((numbers.length - 1) * Number(condition['percentile'])) / 100
        const share = rank - Math.trunc(rank)
        return (numbers[Math.trunc(rank)] ?? 0) * (1 - share) + (numbers[Math.ceil(rank)] ?? 0) * share
      }
      default:
        return this.#used(document, window).length
    }
  }

  /** The entries that the value comes from. */
  #used(document: Document, window: readonly Entry[]): readonly Entry[] {
    const { type } = document.correlation
    const isLast = (key: (entry: Entry) => string): readonly Entry[] =>
      window.filter((one, i) => !window.slice(i + 1).some((other) => key(other) === key(one)))
    if (type === 'value_count') return isLast(({ values }) => JSON.stringify(values))
    if (type === 'temporal' || (type === 'temporal_ordered' && this.#mistake === 'order-ignored')) {
      return isLast(({ rule }) => String(rule))
    }
    return type === 'temporal_ordered' ? longestInOrder(window) : window
  }
}

/** Tries every subset. Of several as long, the choice of events is free: the caller does not compare them. */
function longestInOrder(window: readonly Entry[]): readonly Entry[] {
  let best: readonly Entry[] = []
  const grow = (chain: readonly Entry[], from: number): void => {
    if (chain.length > best.length) best = chain
    for (let i = from; i < window.length; i++) {
      const next = window[i] as Entry
      if (next.rule > (chain.at(-1)?.rule ?? -1)) grow([...chain, next], i + 1)
    }
  }
  grow([], 0)
  return best
}

/** In units of 2^-1074, of which every double is a whole number. */
function exactSum(numbers: readonly number[]): number {
  return Number(numbers.reduce((sum, one) => sum + scaled(one), 0n)) / 2 ** 40
}

/** The streams use numbers that are whole in units of 2^-40 and stay below 2^53 of them where they don't cancel. */
function scaled(value: number): bigint {
  return BigInt(value * 2 ** 40)
}

const RULES = ['r0', 'r1', 'r2']
const ruleList = fc.subarray(RULES, { minLength: 1 }).chain((list) => fc.shuffledSubarray(list, { minLength: 1 }))
const groupBy = fc.constantFrom<readonly string[]>(['A'], ['A', 'B'], [], ['alias'], ['B', 'alias'])
const aliases = fc.constantFrom<Document['correlation']['aliases']>(
  {},
  { alias: { r0: 'A', r1: 'B' } },
  { alias: { r0: 'B' } },
)
const bound = fc.constantFrom(1, 2, 3, 1.5, 2.5, 4)
const range = fc.oneof(
  bound.map((gte) => ({ gte })),
  bound.map((gt) => ({ gt })),
  bound.map((eq) => ({ eq: Math.floor(eq) })),
  bound.map((gt) => ({ gt, lte: gt + 2 })),
  bound.map((gte) => ({ gte, neq: Math.ceil(gte) + 1 })),
)
const timespan = fc.constantFrom('1s', '2s', '5s')

function document(type: string, condition: fc.Arbitrary<object>, rules: fc.Arbitrary<readonly string[]> = ruleList) {
  return fc.record({
    type: fc.constant(type),
    rules,
    aliases,
    'group-by': groupBy,
    timespan,
    condition: condition as fc.Arbitrary<Document['correlation']['condition']>,
  })
}

/** All rules, or any two of them. */
function temporal(type: string): fc.Arbitrary<Document['correlation']> {
  return ruleList.chain((rules) =>
    document(type, fc.constantFrom({ gte: rules.length }, { gte: Math.min(2, rules.length) }), fc.constant(rules)),
  )
}

const withField = (fields: readonly (string | readonly string[])[], extra: object = {}): fc.Arbitrary<object> =>
  fc.tuple(range, fc.constantFrom(...fields)).map(([one, field]) => ({ ...one, ...extra, field }))

const TYPES: Readonly<Record<string, fc.Arbitrary<Document['correlation']>>> = {
  event_count: document('event_count', range),
  value_count: document('value_count', withField(['B', ['A', 'N'], 'alias'])),
  temporal: temporal('temporal'),
  temporal_ordered: temporal('temporal_ordered'),
  value_sum: document('value_sum', withField(['N'])),
  value_avg: document('value_avg', withField(['N'])),
  value_percentile: fc
    .constantFrom(0, 25, 50, 90, 100)
    .chain((percentile) => document('value_percentile', withField(['N'], { percentile }))),
}

/** Some steps are a whole timespan, so that events lie exactly on the ends of windows; some go back. */
const step = fc.constantFrom(0, 0, 1, 250, 500, 999, 1_000, 1_001, 2_000, 5_000, -1, -250, -1_000, -3_000)
const fields = fc.record(
  {
    A: fc.constantFrom('x', 'y'),
    B: fc.constantFrom('x', 'y', ''),
    N: fc.constantFrom('0', '1', '2', '3.5', '-1', '2.25', '0x1', '4503599627370496', '-4503599627370496', '1e0'),
    alias: fc.constantFrom('x', 'y'),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const steps = fc.array(fc.record({ rule: fc.constantFrom(...RULES), step, fields }), { maxLength: 14 })

function eventsOf(given: readonly { rule: string; step: number; fields: Partial<TestEvent['fields']> }[]): TestEvent[] {
  let timeMs = 1_000_000
  return given.map(({ rule, step, fields }) => {
    timeMs += step
    return { rule, timeMs, fields: fields as TestEvent['fields'] }
  })
}

function property(correlations: fc.Arbitrary<readonly Document['correlation'][]>, mistake: Mistake | null) {
  const lateness = fc.constantFrom(0, 1, 1_000, 100_000)
  return fc.property(correlations, steps, lateness, (given, stream, latenessMs) => {
    agree(given, stream, latenessMs, mistake)
  })
}

function agree(
  given: readonly Document['correlation'][],
  stream: Parameters<typeof eventsOf>[0],
  latenessMs: number,
  mistake: Mistake | null,
): void {
  const documents = given.map((one, i) => ({ title: `c${i}`, generate: true, correlation: withKnownAliases(one) }))
  const events = eventsOf(stream)
  const found = run(new TestImage(RULES, documents), events, { latenessMs })
  const expected = new Oracle(documents, mistake).hits(events, latenessMs)
  assert.deepEqual(comparable(found.hits, documents), comparable(expected, documents))
}

/** An alias may only name rules of its correlation. */
function withKnownAliases(correlation: Document['correlation']): Document['correlation'] {
  const known = Object.entries(correlation.aliases).map(([alias, byRule]) => {
    const kept = Object.entries(byRule).filter(([rule]) => correlation.rules.includes(rule))
    return [alias, Object.fromEntries(kept)]
  })
  return { ...correlation, aliases: Object.fromEntries(known) as Document['correlation']['aliases'] }
}

/** Of chains in order several may be as long, so their events are not compared; nor the last bits of percentiles. */
function comparable(hits: readonly NamedHit[], documents: readonly Document[]): readonly object[] {
  return hits.map((hit) => {
    const type = documents.find(({ title }) => title === hit.correlation)?.correlation.type
    const value = Number(hit.value.toPrecision(12))
    return { ...hit, value, references: type === 'temporal_ordered' ? hit.references.length : hit.references }
  })
}

for (const [type, correlation] of Object.entries(TYPES)) {
  test(`${type} fires as the oracle does`, () => {
    fc.assert(
      property(
        correlation.map((one) => [one]),
        null,
      ),
      { numRuns: 1_500 },
    )
  })
}

/** Two layers: the outer one refers to the inner one by its title, and to rules. */
const chained = fc
  .tuple(
    fc.constantFrom(...Object.values(TYPES)).chain((one) => one),
    fc.constantFrom('event_count', 'temporal', 'temporal_ordered', 'value_count'),
  )
  .chain(([inner, type]) => {
    const outer =
      type === 'value_count' ? document(type, withField(['B', 'alias'])) : document(type, fc.constant({ gte: 2 }))
    const rules = fc.constantFrom<readonly string[]>(['c0', 'r2'], ['r1', 'c0'])
    const outerAliases = fc.constantFrom<Document['correlation']['aliases']>(
      {},
      { alias: { c0: 'alias', r1: 'A' } },
      { B: { c0: 'alias' } },
    )
    return fc.tuple(outer, rules, outerAliases).map(([one, list, aliases]) => [inner, { ...one, rules: list, aliases }])
  })
const either = fc.oneof(chained, ...Object.values(TYPES).map((one) => one.map((correlation) => [correlation])))

test('chained correlations fire as the oracle does', () => {
  fc.assert(property(chained, null), { numRuns: 2_000 })
})

const MISTAKES: readonly Mistake[] = [
  'start-excluded',
  'armed-by-events-only',
  'fires-every-time',
  'order-ignored',
  'absent-is-empty',
  'threshold-rounded',
  'inner-aliases-hidden',
  'late-kept',
  'arrival-order',
]
for (const mistake of MISTAKES) {
  test(`the comparison finds a planted bug: ${mistake}`, () => {
    const { counterexample } = fc.check(property(either, mistake), { numRuns: 20_000, endOnFailure: true })
    assert.ok(counterexample !== null, 'the oracle is wrong on purpose and nothing noticed')
    // It is the planted bug that was found, and nothing else.
    assert.throws(() => agree(...counterexample, mistake), { code: 'ERR_ASSERTION' })
    agree(...counterexample, null)
  })
}
