import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ContentError } from '../errors.ts'
import { TAGS_MAX } from '../limits.ts'
import { body, compiled, parsed } from './correlation-fixture.ts'
import { encodeCorrelations, readCorrelationSection } from './index.ts'
import { CORRELATION_REFERENCES_MAX, CORRELATIONS_MAX, TIMESPAN_SECONDS_MAX } from './limits.ts'

/** An inner correlation with an alias, an outer one over it and a rule, and a percentile. */
const { correlations, diagnostics } = parsed([
  {
    title: 'a',
    tags: ['attack.t1110'],
    own: 1,
    correlation: body({ aliases: { ip: { failed_login: 'source.ip' } }, condition: { gt: 1, lte: 4.5 } }),
  },
  {
    title: 'b',
    correlation: body({
      type: 'value_percentile',
      condition: { gt: 0.25, field: 'N', percentile: 99.5 },
      generate: true,
    }),
  },
  {
    title: 'c',
    correlation: { type: 'temporal', rules: ['a', 'successful_login'], 'group-by': ['ip'], timespan: '1h' },
  },
])
const { words: GOOD, records, counts } = compiled(correlations)
const A = 0
const B = encodeCorrelations(records.slice(0, 1)).length
const C = encodeCorrelations(records.slice(0, 2)).length
const [TAG, COMPARISON, RULE] = [A + 15, A + 16, A + 22]

test('the words say all that the documents do', () => {
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(encodeCorrelations(records), GOOD)
  const [a, b, c] = records
  assert.deepEqual(a?.comparisons, [
    { operator: 'gt', threshold: 1 },
    { operator: 'lte', threshold: 4.5 },
  ])
  assert.deepEqual([a?.type, a?.timespanSeconds, a?.generate, a?.tags.length], ['event_count', 60, false, 1])
  assert.deepEqual([b?.type, b?.percentile, b?.generate, b?.custom], ['value_percentile', 99.5, true, null])
  assert.deepEqual(
    c?.references.map(({ kind, number }) => [kind, number]),
    [
      ['correlation', 0],
      ['rule', 2],
    ],
  )
  assert.deepEqual(c?.references[0]?.sources, [{ kind: 'column', number: 1 }])
})

test('the section of no correlations is empty', () => {
  assert.equal(compiled([]).words.length, 0)
  assert.deepEqual(readCorrelationSection(new Uint32Array(), counts), [])
})

function offsetOf(words: Uint32Array): unknown {
  try {
    readCorrelationSection(words, counts)
  } catch (error) {
    assert.ok(error instanceof ContentError)
    assert.equal(error.code, 'content/image-correlations')
    return error.details['offset']
  }
  return assert.fail('the words were accepted')
}

/** Name, word to change, new value, word at which it is found. */
const forgeries: readonly (readonly [name: string, word: number, value: number, found: number])[] = [
  ['an id that is no string', A, counts.strings, A],
  ['a title that is no string', A + 1, counts.strings, A + 1],
  ['custom attributes that are no string', A + 2, counts.strings, A + 2],
  ['an unknown type', A + 3, 7, A + 3],
  ['a type without its condition', A + 3, 2, A],
  ['an unknown level', A + 4, 5, A + 4],
  ['generate that is neither', A + 5, 2, A + 5],
  ['no timespan', A + 6, 0, A + 6],
  ['a timespan that is too long', A + 6, TIMESPAN_SECONDS_MAX + 1, A + 6],
  ['a percentile that nothing reads', A + 8, 0x3ff00000, A + 7],
  ['a percentile beyond 100', B + 8, 0x40600000, B + 7],
  ['a percentile that is no number', B + 8, 0x7ff80000, B + 7],
  ['a percentile of -0', B + 8, 0x80000000, B + 7],
  ['too many tags', A + 9, TAGS_MAX + 1, A + 9],
  ['more tags than words', A + 9, TAGS_MAX, A + 15],
  ['no comparison', A + 10, 0, A + 10],
  ['three comparisons', A + 10, 3, A + 10],
  ['no rules', A + 11, 0, A + 11],
  ['too many rules', A + 11, 65, A + 11],
  ['rules that are not there', A + 11, 0xffffffff, A + 11],
  ['too many group columns', A + 12, 17, A + 12],
  ['value columns of a type that reads none', A + 13, 1, A + 13],
  ['no value column of one that does', B + 13, 0, B + 13],
  ['too many other columns', A + 14, 17, A + 14],
  ['a tag that is no string', TAG, counts.strings, TAG],
  ['an unknown operator', COMPARISON, 6, COMPARISON],
  ['operators out of order', COMPARISON, 4, COMPARISON + 3],
  ['an infinite threshold', COMPARISON + 2, 0x7ff00000, COMPARISON + 1],
  ['a threshold that is no number', COMPARISON + 2, 0xffffffff, COMPARISON + 1],
  ['a condition that always holds', COMPARISON + 2, 0xbff00000, A],
  ['a condition that never holds', COMPARISON + 2, 0x40400000, A],
  ['a rule that is not there', RULE, counts.rules, RULE],
  ['a correlation that refers to itself', RULE, 0x80000000, RULE],
  ['a correlation that refers to a later one', RULE, 0x80000001, RULE],
  ['one that refers to the same twice', C + 18, GOOD[C + 19] as number, C + 19],
  ['a column of a name that is no string', RULE + 1, counts.strings, RULE + 1],
  ['a field that is not there', RULE + 3, counts.fields, RULE + 3],
  ['a column of a rule', RULE + 3, 0x80000000, RULE + 3],
  ['a column that the inner one has not', GOOD.length - 2, 0x80000002, GOOD.length - 2],
]

for (const [name, at, value, found] of forgeries) {
  test(`refuses ${name}`, () => assert.equal(offsetOf(GOOD.with(at, value)), 4 * found))
}

test('refuses what is cut off within a record, or goes on behind the last', () => {
  for (let length = 0; length < GOOD.length; length++) {
    if (length === A || length === B || length === C) continue
    offsetOf(GOOD.subarray(0, length))
  }
  offsetOf(Uint32Array.from([...GOOD, 0]))
})

test('refuses a chain that is too deep, too many correlations, and too many references', () => {
  const [a, , c] = records
  assert.ok(a && c)
  const [inner, rule] = c.references
  assert.ok(inner && rule)
  const column = { kind: 'column', number: 0 } as const
  const wideSources = a.columns.map(() => ({ kind: 'field', number: 0 }) as const)
  const chain = Array.from({ length: 9 }, (_, i) =>
    i === 0 ? a : { ...c, references: [{ kind: 'correlation' as const, number: i - 1, sources: [column] }, rule] },
  )
  assert.equal(readCorrelationSection(encodeCorrelations(chain.slice(0, 8)), counts).length, 8)
  assert.equal(offsetOf(encodeCorrelations(chain)), 4 * encodeCorrelations(chain.slice(0, 8)).length)
  const many = encodeCorrelations(Array.from({ length: CORRELATIONS_MAX + 1 }, () => a))
  assert.equal(offsetOf(many), 4 * CORRELATIONS_MAX * B)
  const wide = {
    ...a,
    references: Array.from({ length: 9 }, (_, number) => ({ ...rule, number, sources: wideSources })),
  }
  const most = Math.floor(CORRELATION_REFERENCES_MAX / 9)
  const size = encodeCorrelations([wide]).length
  assert.equal(offsetOf(encodeCorrelations(Array.from({ length: most + 1 }, () => wide))), 4 * most * size)
})

/** Accepted words are the only ones that say what they say; refused ones are refused with our error. */
function acceptedOrRefused(words: Uint32Array): boolean {
  let read
  try {
    read = readCorrelationSection(words, counts)
  } catch (error) {
    assert.ok(error instanceof ContentError && error.code === 'content/image-correlations', String(error))
    return false
  }
  assert.deepEqual(encodeCorrelations(read), words)
  return true
}

test('any change of a word is refused, or says something else in the only way', () => {
  let accepted = 0
  for (let at = 0; at < GOOD.length; at++) {
    for (const value of [0, 1, 2, 3, 0x3ff00000, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff]) {
      if (acceptedOrRefused(GOOD.with(at, value))) accepted++
    }
  }
  assert.ok(accepted > 50, 'too few were accepted to prove anything')
})

test('any words are accepted or refused', () => {
  const word = fc.oneof(fc.nat(20), fc.constantFrom(0x3ff00000, 0x40000000, 0x80000000, 0xffffffff))
  const change = fc.array(fc.tuple(fc.nat(GOOD.length - 1), word), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(change, (changes) => {
      const words = GOOD.slice()
      for (const [at, value] of changes) words[at] = value
      acceptedOrRefused(words)
    }),
    { numRuns: 5_000 },
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      acceptedOrRefused(Uint32Array.from(words))
    }),
    { numRuns: 2_000 },
  )
})
