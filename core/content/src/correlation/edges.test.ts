import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { Problems } from '../problems.ts'
import { type SourceNode, toSourceNode } from '../source.ts'
import { conditionFault } from './condition.ts'
import { body, compiled, parsed } from './correlation-fixture.ts'
import { type CorrelationRecord, correlationFields, correlationStrings, encodeCorrelations } from './image.ts'
import { parseCorrelations, readCorrelationSection } from './index.ts'
import { CORRELATION_REFERENCES_MAX, CORRELATION_RULES_MAX, ORDERED_RULES_MAX } from './limits.ts'

const { correlations } = parsed([
  { title: 'a', own: 1, tags: ['attack.t1110'], correlation: body() },
  { title: 'b', correlation: body({ type: 'value_percentile', condition: { gt: 1, field: 'N', percentile: 99.5 } }) },
  { title: 'c', correlation: body({ rules: ['a', 'successful_login'], 'group-by': ['User'] }) },
])
const { records, strings, fields, counts } = compiled(correlations)
const [A, B, C] = records
assert.ok(A && B && C)

/** The word at which records are refused; null: they are accepted. Of so many rules as are allowed. */
function refusedAt(all: readonly CorrelationRecord[]): number | null {
  try {
    readCorrelationSection(encodeCorrelations(all), { ...counts, rules: CORRELATION_RULES_MAX })
  } catch (error) {
    assert.ok(error instanceof ContentError)
    return Number(error.details['offset']) / 4
  }
  return null
}

test('a record names its strings and fields', () => {
  const named = (record: CorrelationRecord) => correlationStrings(record).map((one) => strings[one])
  assert.deepEqual(named(A), ['a', 'a', '{"own":1}', 'attack.t1110', 'User'])
  assert.deepEqual(named(B), ['b', 'b', 'User', 'N'])
  const read = (record: CorrelationRecord) => correlationFields(record).map((one) => fields[one])
  assert.deepEqual([read(A), read(B), read(C)], [['User'], ['User', 'N'], ['User']])
  assert.deepEqual([A.percentile, B.percentile, A.custom !== null, B.custom], [null, 99.5, true, null])
})

test('records are read as they were written', () => {
  assert.deepEqual(readCorrelationSection(encodeCorrelations(records), counts), records)
})

/** With so many references to different rules. */
function wide(record: CorrelationRecord, count: number): CorrelationRecord {
  const sources = record.columns.map(() => ({ kind: 'field', number: 0 }) as const)
  const references = Array.from({ length: count }, (_, number) => ({ kind: 'rule', number, sources }) as const)
  return { ...record, references }
}

test('a section refers to so many rules, and a correlation in order to fewer', () => {
  const full = wide(A, CORRELATION_RULES_MAX)
  const most = CORRELATION_REFERENCES_MAX / CORRELATION_RULES_MAX
  assert.equal(refusedAt(Array.from({ length: most }, () => full)), null)
  const size = encodeCorrelations([full]).length
  assert.equal(refusedAt(Array.from({ length: most + 1 }, () => full)), most * size)
  const ordered = { ...A, type: 'temporal_ordered' } as const
  assert.equal(refusedAt([wide(ordered, ORDERED_RULES_MAX)]), null)
  assert.equal(refusedAt([wide(ordered, ORDERED_RULES_MAX + 1)]), 11)
  assert.equal(refusedAt([wide(A, ORDERED_RULES_MAX + 1)]), null)
})

test('a pack refers to so many rules', () => {
  const rules = Array.from({ length: CORRELATION_RULES_MAX }, (_, i) => ({ id: `r${i}`, name: null }))
  const names = rules.map(({ id }) => id)
  const most = CORRELATION_REFERENCES_MAX / CORRELATION_RULES_MAX
  const nodes = Array.from({ length: most + 1 }, (_, i) =>
    toSourceNode({ title: `${i}`, correlation: body({ rules: names }) }, `${i}.yml`),
  )
  const problems = new Problems()
  assert.equal(parseCorrelations(nodes.slice(1), rules, problems).length, most)
  assert.equal(problems.total, 0)
  assert.equal(parseCorrelations(nodes, rules, problems).length, most)
  assert.equal(problems.total, 1)
})

test('a percentile is from 0 to 100', () => {
  const at = (percentile: number) => refusedAt([{ ...B, percentile }])
  assert.deepEqual([at(0), at(100), at(-1), at(100.5)], [null, null, 7, 7])
})

test('a range of one end open is empty where its ends meet', () => {
  const range = (low: 'gt' | 'gte', high: 'lt' | 'lte') =>
    conditionFault(
      'value_avg',
      [
        { operator: low, threshold: 5 },
        { operator: high, threshold: 5 },
      ],
      1,
    )
  assert.equal(range('gte', 'lte'), null)
  for (const [low, high] of [
    ['gt', 'lte'],
    ['gte', 'lt'],
    ['gt', 'lt'],
  ] as const)
    assert.match(range(low, high) ?? '', /exclude each other/)
})

/** The same tree with a line of its own for each node, counted as they are met. */
function onLines(node: SourceNode): SourceNode {
  let line = 0
  const next = () => ({ file: 'a.yml', line: ++line, column: 1 })
  const place = (one: SourceNode): SourceNode => {
    const at = next()
    if (one.kind === 'scalar') return { ...one, at }
    if (one.kind === 'sequence') return { ...one, at, items: one.items.map(place) }
    return { ...one, at, entries: one.entries.map((entry) => ({ ...entry, keyAt: next(), value: place(entry.value) })) }
  }
  return place(node)
}

test('what is referred to twice is told at the first reference', () => {
  const rules = ['failed_login', '53ba33fd-3a50-4468-a5ef-c583635cfa92']
  const node = onLines(toSourceNode({ title: 'c', correlation: body({ rules }) }, 'a.yml'))
  const problems = new Problems()
  parseCorrelations([node], [{ id: rules[1] ?? '', name: 'failed_login' }], problems)
  // The document, its title with its key, the key of the correlation, itself, its type with its key, the key of the rules, the list.
  assert.deepEqual(
    problems.list().map(({ at, message }) => [at.line, message]),
    [[10, 'Cannot read rules: one is referred to twice']],
  )
})

test('an id that is a title is found as it is written', () => {
  const { correlations: read, diagnostics } = parsed([
    { title: 'Recon', correlation: body() },
    { title: 'c', correlation: body({ rules: ['Recon'] }) },
  ])
  assert.deepEqual([diagnostics, read.map(({ id }) => id)], [[], ['Recon', 'c']])
})
