import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONDITIONS_PER_RULE_MAX, STRING_CHARS_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'
import { Problems } from '../problems.ts'
import { toSourceNode } from '../source.ts'
import { parseSigmaDocuments } from './documents.ts'
import { readDocuments, readSelection, ruleOf } from './sigma-fixture.ts'
import { joined } from './text-pattern.ts'
import { transformText } from './transform.ts'

type Plain = Parameters<typeof readDocuments>[0][number]

const DETECTION = { a: { A: 'x' }, condition: 'a' }

/** What is wrong with a document. */
function problemsOf(document: Plain): readonly string[] {
  return readDocuments([document]).problems.map(({ code, message }) => `${code} ${message}`)
}

test('too much is a limit, nothing at all is no rule', () => {
  const lists = (items: readonly Plain[]) => ruleOf({ a: items, condition: 'a' })
  const conditions = (count: number) => ruleOf({ a: { A: 'x' }, condition: Array<string>(count).fill('a') })
  for (const [document, problem] of [
    [lists([]), /^content\/schema Cannot read a: expected 1 to/],
    [lists(Array<string>(VALUES_PER_ITEM_MAX + 1).fill('x')), /^content\/limit Cannot read a: expected 1 to/],
    [conditions(0), /^content\/schema Cannot read condition/],
    [conditions(CONDITIONS_PER_RULE_MAX + 1), /^content\/limit Cannot read condition/],
  ] as const)
    assert.match(problemsOf(document).join(), problem)
})

test('a rule has only the selections that its condition names', () => {
  const { rules } = readDocuments([ruleOf({ a: { A: 'x' }, b: { B: 'y' }, c: { C: 'z' }, condition: 'c or b' })])
  const [rule] = rules
  assert.ok(rule)
  assert.deepEqual(
    [rule.selections.map(({ name }) => name), rule.unusedSelections, rule.condition],
    [
      ['b', 'c'],
      ['a'],
      {
        kind: 'any',
        children: [
          { kind: 'selection', selection: 1 },
          { kind: 'selection', selection: 0 },
        ],
      },
    ],
  )
})

test('a document without a log source or a title says so', () => {
  assert.deepEqual(problemsOf({ title: 'T', id: ruleOf({})['id'] ?? '', detection: DETECTION }), [
    'content/schema Cannot read document: logsource is missing',
  ])
  const { title: _, ...untitled } = ruleOf(DETECTION)
  assert.deepEqual(problemsOf(untitled), ['content/schema Cannot read document: title is missing'])
})

test('each document goes where its kind belongs', () => {
  const counts = (documents: readonly Plain[]) => {
    const nodes = documents.map((one) => toSourceNode(one, 'a.yml'))
    const found = parseSigmaDocuments({ file: 'a.yml', nodes }, { placeholders: new Map() }, new Problems())
    return [found.rules.length, found.filters.length, found.correlationNodes.length]
  }
  const correlation = { title: 'C', correlation: {} }
  assert.deepEqual(counts([]), [0, 0, 0])
  assert.deepEqual(counts([ruleOf(DETECTION)]), [1, 0, 0])
  assert.deepEqual(counts([correlation, ruleOf(DETECTION), correlation]), [1, 0, 2])
})

test('every text that modifiers make is so long', () => {
  const long = (chars: number) => readSelection({ 'A|expand': '%two%' }, { two: ['a', 'x'.repeat(chars)] })
  assert.match(long(STRING_CHARS_MAX), /^A equals <a>, equals <x+>$/)
  assert.equal(long(STRING_CHARS_MAX + 1), 'content/limit')
})

/** Each of five dashes is any of five. */
const DASHED = '%t%-a -a -a -a -a'

test('what all values become together is counted', () => {
  const made = (count: number) => {
    const values = new Map([['t', Array.from({ length: count }, (_, i) => `${i} `)]])
    return transformText(DASHED, ['expand', 'windash', 'utf16le'], values).length
  }
  assert.equal(made(3), 3 * 5 ** 5)
  assert.throws(() => made(4), { code: 'content/limit' })
})

test('a text of nothing is no part of a pattern', () => {
  const text = (one: string) => ({ kind: 'text', text: one }) as const
  const any = { kind: 'any' } as const
  assert.deepEqual(joined([text('')]), [])
  assert.deepEqual(joined([any, text(''), any, text('a'), text(''), text('b')]), [any, text('ab')])
})

const bad: readonly (readonly [what: string, document: Plain, problem: RegExp])[] = [
  ['timeframe', ruleOf({ timeframe: { A: 'x' }, a: { A: 'x' }, condition: 'a' }), /timeframe is not of Sigma 2/],
  ['an empty name', ruleOf({ '': { A: 'x' }, a: { A: 'x' }, condition: 'a' }), /expected a name/],
  ['half a character', ruleOf({ '\ud800': { A: 'x' }, a: { A: 'x' }, condition: 'a' }), /expected a name/],
  ['a word of conditions', ruleOf({ not: { A: 'x' }, a: { A: 'x' }, condition: 'a' }), /is a word of conditions/],
  ['no condition', ruleOf({ a: { A: 'x' } }), /condition is missing/],
  ['an id that is a list', ruleOf(DETECTION, { id: ['x'] }), /expected a UUID/],
  ['an id that is a number', ruleOf(DETECTION, { id: 5 }), /expected a UUID/],
  ['no id', { title: 'T', logsource: { product: 'linux' }, detection: DETECTION }, /id is missing/],
  ['an empty title', ruleOf(DETECTION, { title: '' }), /Cannot read title: expected text, found none/],
  ['a detection of text', ruleOf('x'), /Cannot read detection/],
]
for (const [what, document, problem] of bad)
  test(`a rule with ${what}`, () => assert.match(problemsOf(document).join(), problem))
