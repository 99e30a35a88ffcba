import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  CUSTOM_CHARS_MAX,
  IDENTIFIERS_PER_RULE_MAX,
  NODES_PER_RULE_MAX,
  SIGMA_DOCUMENTS_PER_FILE_MAX,
} from '../limits.ts'
import { Problems } from '../problems.ts'
import type { SourceNode } from '../source.ts'
import { parseSigmaDocuments } from './documents.ts'
import { readDocuments, RULE_ID, ruleOf, showTree } from './sigma-fixture.ts'

type Plain = Parameters<typeof readDocuments>[0][number]

const DETECTION = { selection: { A: 'x' }, condition: 'selection' }

test('the whoami rule of the specification', () => {
  const document = {
    title: 'Whoami Execution',
    id: RULE_ID.toUpperCase(),
    name: 'whoami',
    status: 'test',
    description: 'Detects a whoami.exe execution',
    references: ['https://example.com'],
    author: 'Florian Roth',
    date: '2019-10-23',
    tags: ['attack.t1033'],
    logsource: { category: 'Process Creation', product: 'Windows', definition: 'on', mine: 'x' },
    detection: { selection: { Image: 'C:\\Windows\\System32\\whoami.exe' }, condition: 'selection' },
    falsepositives: ['Admins'],
    level: 'high',
    simulation: [{ type: 'atomic', b: 1, a: null }],
    regression_tests_path: 'x',
  }
  const { rules, problems } = readDocuments([document])
  assert.deepEqual(problems, [])
  assert.deepEqual(rules, [
    {
      id: RULE_ID,
      name: 'whoami',
      title: 'Whoami Execution',
      description: 'Detects a whoami.exe execution',
      status: 'test',
      level: 'high',
      tags: ['attack.t1033'],
      logsource: { category: 'process_creation', product: 'windows', service: null },
      selections: [
        {
          name: 'selection',
          test: {
            kind: 'test',
            field: 'Image',
            match: {
              kind: 'text',
              cased: false,
              patterns: [{ shape: 'equals', text: 'c:\\windows\\system32\\whoami.exe' }],
            },
          },
        },
      ],
      condition: { kind: 'selection', selection: 0 },
      unusedSelections: [],
      custom: '{"regression_tests_path":"x","simulation":[{"a":null,"b":1,"type":"atomic"}]}',
      at: { file: 'test.yml', line: 1, column: 1 },
    },
  ])
})

test('what a rule may leave out', () => {
  const [rule] = readDocuments([ruleOf(DETECTION, { level: null, status: null, tags: null, name: null })]).rules
  assert.deepEqual(
    [rule?.name, rule?.description, rule?.status, rule?.level, rule?.tags, rule?.custom],
    [null, '', null, 'informational', [], null],
  )
})

test('the examples of conditions over selections', () => {
  const rows: readonly (readonly [detection: Plain, shown: string, unused?: readonly string[]])[] = [
    [{ selection: { EventID: 4738 }, filter: { P: null }, condition: 'selection and not filter' }, '(#0 & !#1)'],
    [{ main: { A: 1 }, empty1: { B: '' }, empty2: { B: null }, condition: 'main and 1 of empty*' }, '(#0 & (#1 | #2))'],
    [{ a: ['x'], b: ['y'], condition: ['a', 'a and b'] }, '(#0 | (#0 & #1))'],
    [{ a: ['x'], unused: ['y'], b: ['z'], condition: 'b or a' }, '(#1 | #0)', ['unused']],
    [{ a: { A: 1 }, _b: { B: 1 }, condition: 'all of them' }, '#0', ['_b']],
  ]
  for (const [detection, shown, unused = []] of rows) {
    const { rules, problems } = readDocuments([ruleOf(detection)])
    assert.deepEqual(problems, [])
    assert.equal(rules[0] && showTree(rules[0].condition), shown)
    assert.deepEqual(rules[0]?.unusedSelections, unused)
  }
})

test('what is wrong has a code and a reason', () => {
  const many = (count: number, value: Plain): { readonly [key: string]: Plain } =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, value]))
  const items = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, 'x']))
  const deep = (levels: number): Plain => (levels === 0 ? 1 : [deep(levels - 1)])
  const rows: readonly (readonly [document: Plain, code: string, message: RegExp])[] = [
    ['text', 'content/schema', /expected a map of keys/],
    [null, 'content/schema', /expected a map of keys/],
    [[], 'content/schema', /expected a map of keys/],
    [{ title: 'x' }, 'content/schema', /expected one of the keys detection, correlation, filter/],
    [{ action: 'global', detection: {} }, 'content/schema', /action \(global, reset, repeat\) is not of Sigma 2/],
    [{ ...ruleOf(DETECTION), correlation: {} }, 'content/schema', /it has detection and correlation, expected one/],
    [ruleOf('x'), 'content/schema', /detection: expected a map/],
    [ruleOf(DETECTION, { title: '' }), 'content/schema', /title: expected text, found none/],
    [ruleOf(DETECTION, { title: 5 }), 'content/schema', /title: expected text, found number 5/],
    [ruleOf(DETECTION, { title: 'x'.repeat(257) }), 'content/limit', /title: expected at most 256 characters/],
    [ruleOf(DETECTION, { id: 'x' }), 'content/schema', /id: expected a UUID, found text "x"/],
    [ruleOf(DETECTION, { id: null }), 'content/schema', /id: expected a UUID/],
    [{ title: 'x', logsource: { product: 'x' }, detection: DETECTION }, 'content/schema', /id is missing/],
    [ruleOf(DETECTION, { level: 'High' }), 'content/schema', /level: expected one of informational, low/],
    [ruleOf(DETECTION, { status: 'new' }), 'content/schema', /status: expected one of stable, test/],
    [ruleOf(DETECTION, { taxonomy: 'ecs' }), 'content/schema', /taxonomy: only sigma is known/],
    [ruleOf(DETECTION, { tags: [5] }), 'content/schema', /tags: expected text/],
    [ruleOf(DETECTION, { name: [] }), 'content/schema', /name: expected text/],
    [ruleOf(DETECTION, { logsource: 'windows' }), 'content/schema', /logsource: expected a map/],
    [
      ruleOf(DETECTION, { logsource: { definition: 'x' } }),
      'content/schema',
      /at least one of category, product, serv/,
    ],
    [ruleOf(DETECTION, { logsource: { product: '' } }), 'content/schema', /logsource product: expected text/],
    [ruleOf(DETECTION, { logsource: { product: ['x'] } }), 'content/schema', /logsource product: expected text/],
    [ruleOf({ selection: { A: 1 } }), 'content/schema', /condition is missing/],
    [ruleOf({ condition: 'selection' }), 'content/condition', /expected one of the selections/],
    [ruleOf({ ...DETECTION, condition: [] }), 'content/schema', /expected 1 to 256 conditions/],
    [ruleOf({ ...DETECTION, condition: 5 }), 'content/schema', /condition: expected text/],
    [ruleOf({ ...DETECTION, condition: 'selection | count() > 5' }), 'content/condition', /aggregation/],
    [ruleOf({ ...DETECTION, timeframe: '5m' }), 'content/schema', /timeframe is not of Sigma 2/],
    [ruleOf({ ...DETECTION, them: ['x'] }), 'content/schema', /the name is a word of conditions/],
    [ruleOf({ ...DETECTION, '': ['x'] }), 'content/schema', /expected a name/],
    [ruleOf({ ...DETECTION, ['x'.repeat(257)]: ['x'] }), 'content/schema', /the name is over 256 characters/],
    [
      ruleOf({ ...many(IDENTIFIERS_PER_RULE_MAX + 1, 'x'), condition: '1 of them' }),
      'content/limit',
      /at most 256 sel/,
    ],
    [
      ruleOf({ s: Array<Plain>(Math.ceil(NODES_PER_RULE_MAX / 40)).fill(items), condition: 's' }),
      'content/limit',
      /more than 16384 tests/,
    ],
    [ruleOf(DETECTION, { mine: 'x'.repeat(CUSTOM_CHARS_MAX) }), 'content/limit', /custom attributes: over/],
    [ruleOf(DETECTION, { mine: deep(30) }), 'content/limit', /custom attributes: nested deeper/],
  ]
  for (const [document, code, message] of rows) {
    const { rules, problems } = readDocuments([document])
    assert.equal(rules.length, 0)
    assert.deepEqual([problems[0]?.code, problems.length], [code, 1], JSON.stringify(problems).slice(0, 300))
    assert.match(problems[0]?.message ?? '', message)
  }
})

test('what YAML refuses is refused in a tree of any other origin, too', () => {
  const at = { file: 'f', line: 1, column: 1 }
  const map = (entries: readonly (readonly [string, SourceNode])[]): SourceNode => ({
    kind: 'mapping',
    entries: entries.map(([key, value]) => ({ key, keyAt: at, value })),
    at,
  })
  const text = (value: string): SourceNode => ({ kind: 'scalar', value, at })
  const detection = map([
    ['a', text('x')],
    ['a', text('y')],
    ['condition', text('a')],
  ])
  const base = [
    ['title', text('x')],
    ['id', text(RULE_ID)],
    ['logsource', map([['product', text('x')]])],
  ] as const
  const read = (node: SourceNode): readonly string[] => {
    const problems = new Problems()
    parseSigmaDocuments({ file: 'f', nodes: [node] }, { placeholders: new Map() }, problems)
    return problems.list().map(({ message }) => message)
  }
  assert.deepEqual(read(map([...base, ['detection', detection]])), [
    'Cannot read selection "a": the name is there twice',
  ])
  assert.deepEqual(read(map([...base, ['title', text('y')], ['detection', detection]])), [
    'Cannot read document: "title" is there twice',
  ])
})

test('a hundred errors are shown as a hundred, and hide no good rule', () => {
  const bad = ruleOf(
    Object.fromEntries([...Array.from({ length: 100 }, (_, i) => [`s${i}`, { 'A|bad': i }]), ['condition', 's0']]),
  )
  const { rules, problems } = readDocuments([bad, ruleOf(DETECTION), bad])
  assert.equal(problems.length, 200)
  assert.equal(rules.length, 1)
  const values = Array.from({ length: 100 }, () => '(')
  assert.equal(readDocuments([ruleOf({ s: { 'A|re': values }, condition: 's' })]).problems.length, 100)
})

test('one file may hold documents of all kinds, and a bounded number', () => {
  const filter = {
    title: 'f',
    logsource: { product: 'x' },
    filter: { rules: 'any', s: { A: 1 }, condition: 'not s' },
  }
  const documents = [ruleOf(DETECTION), { title: 'c', correlation: { type: 5 } }, filter]
  const problems = new Problems()
  const { rules, filters } = readDocuments(documents)
  assert.deepEqual([rules.length, filters.length, problems.total], [1, 1, 0])
  const many = readDocuments(Array<Plain>(SIGMA_DOCUMENTS_PER_FILE_MAX + 1).fill(ruleOf(DETECTION)))
  assert.equal(many.rules.length, SIGMA_DOCUMENTS_PER_FILE_MAX)
  assert.deepEqual(
    many.problems.map(({ code }) => code),
    ['content/limit'],
  )
})

const WORDS =
  'title id logsource detection filter correlation condition rules any selection level A|contains A|re A|cidr A|expand ' +
  `|all A|hour|gte A|exists A|base64offset name action ( %x% 10.0.0.0/8 ${RULE_ID} * \\ product timeframe`
const words = fc.constantFrom(...WORDS.split(' '), '1 of them', '', '\ud800')
const tree = fc.letrec<{ node: Plain }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'medium' },
    words,
    fc.constantFrom<Plain>(null, true, 0, -1, 1.5, NaN, Infinity, 2 ** 60),
    fc.string({ unit: 'binary' }),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(words, fc.string()), tie('node'), { maxKeys: 6 }),
  ),
})).node

test('any tree at all gives rules or diagnostics, and never throws', () => {
  const detection = fc.dictionary(words, tree, { maxKeys: 5 })
  const document = fc.oneof(
    tree,
    detection.map((one) => ruleOf({ selection: { A: 'x' }, condition: 'selection', ...one })),
    detection.map((filter) => ({ title: 'x', logsource: { product: 'x' }, filter: { rules: 'any', ...filter } })),
  )
  fc.assert(
    fc.property(fc.array(document, { maxLength: 3 }), (documents) => {
      const { rules, filters, problems } = readDocuments(documents, { x: ['y*', '10.0.0.0/8'] })
      assert.ok(rules.length + filters.length + problems.length > 0 || documents.every(isCorrelation))
    }),
    { numRuns: 1_000 },
  )
})

function isCorrelation(document: Plain): boolean {
  return document !== null && typeof document === 'object' && 'correlation' in document
}
