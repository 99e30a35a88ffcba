import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack } from '../compile.ts'
import { NODES_PER_RULE_MAX } from '../limits.ts'
import { packOf, rule } from '../pack-fixture.ts'
import type { FieldTest } from '../sigma/ast.ts'
import type { toSourceNode } from '../source.ts'
import { bytesOf, runsSection, stringSection, textsSection } from './assemble.ts'
import { type Costed, imageCost } from './cost.ts'
import { FAIL, MATCH, type Operator, OPERATORS, PREDICATE } from './format.ts'
import { compileProgram, fieldsOf, type Predicate } from './program.ts'
import { StringPool } from './string-pool.ts'
import { verifyImage } from './verify-image.ts'

type Plain = Parameters<typeof toSourceNode>[0]

const target = (to: number): string => (to === MATCH ? 'match' : to === FAIL ? 'fail' : `${to}`)

function testText({ operator, cased, field, values }: Predicate): string {
  const said = 'texts' in values ? values.texts.join() : 'integers' in values ? values.integers.join() : ''
  return `${field ?? '*'} ${operator}${cased ? ' cased' : ''} ${said}`.trimEnd()
}

function programOf(detection: Plain) {
  const [one] = packOf([rule(1, detection)]).rules
  assert.ok(one)
  return compileProgram(one.selections, one.condition, one.at)
}

/** Each node as `what ? where to : where else`. */
function told(detection: Plain): readonly string[] {
  const { condition, selections } = programOf(detection)
  return [
    condition.map((node) => `${node.test}?${target(node.whenTrue)}:${target(node.whenFalse)}`).join(' '),
    ...selections.flatMap(({ nodes }) =>
      nodes.map((node) => `${testText(node.test)} ? ${target(node.whenTrue)} : ${target(node.whenFalse)}`),
    ),
  ]
}

const three = { a: { A: '1' }, b: { B: '2' }, c: { C: '3' } }
const ofThree = ['A equals 1 ? match : fail', 'B equals 2 ? match : fail', 'C equals 3 ? match : fail']
const rows: readonly (readonly [what: string, detection: Plain, nodes: readonly string[]])[] = [
  ['all and any', { ...three, condition: 'a and (b or not c)' }, ['0?1:fail 1?match:2 2?fail:match', ...ofThree]],
  ['not of any', { ...three, condition: 'not (a or b) and not c' }, ['0?fail:1 1?fail:2 2?fail:match', ...ofThree]],
  [
    'the cheap first, and a search before a regex',
    {
      s: { 'A|re': 'abc', 'B|contains': 'abcd', 'C|contains': 'ab', D: 'e', E: 'a*b?c', 'F|contains|cased': 'abcd' },
      condition: 's',
    },
    [
      '0?match:fail',
      'D equals e ? 1 : fail',
      'B contains abcd ? 2 : fail',
      'C contains ab ? 3 : fail',
      'E glob a*b?c ? 4 : fail',
      'F contains cased abcd ? 5 : fail',
      'A regex ? match : fail',
    ],
  ],
  [
    'a list of maps, by what they cost together',
    { s: [{ 'A|re': ['abc', 'd'] }, { B: 'x', C: 'y' }], condition: 's' },
    ['0?match:fail', 'B equals x ? 1 : 2', 'C equals y ? match : 2', 'A regex ? match : fail'],
  ],
  [
    'keywords last',
    { s: ['zz', { 'A|re': ['abc', 'd', 'e', 'f'] }], condition: 's' },
    ['0?match:fail', 'A regex ? match : 1', '* contains zz ? match : fail'],
  ],
  [
    'searches, by whether grams rule them out',
    { s: { 'C|contains': 'ab', 'B|contains': 'abcd', 'A|neq': 'x' }, condition: 's' },
    ['0?match:fail', 'A equals x ? fail : 1', 'B contains abcd ? 2 : fail', 'C contains ab ? match : fail'],
  ],
  [
    'regexes and keywords, by their number and length',
    { s: { 'A|re': ['abc', 'd'], 'B|re': 'x' }, k: { '|all': ['zz', 'needle'] }, condition: 's or k' },
    [
      '0?match:1 1?match:fail',
      'B regex ? 1 : fail',
      'A regex ? match : fail',
      '* contains needle ? 1 : fail',
      '* contains zz ? match : fail',
    ],
  ],
  [
    'texts by their shapes, sorted',
    { s: { A: ['q', 'b*', '*c', '*d*', 'e*f', 'B'] }, condition: 's' },
    [
      '0?match:fail',
      'A equals b,q ? match : 1',
      'A starts-with b ? match : 2',
      'A ends-with c ? match : 3',
      'A contains d ? match : 4',
      'A glob e*f ? match : fail',
    ],
  ],
  [
    'every other kind of test',
    {
      s: {
        'A|cidr': '10.0.0.0/8',
        'B|lt': 5,
        'C|exists': true,
        'D|hour': [9, 7, 7],
        'E|fieldref|startswith|cased': 'F',
        G: null,
      },
      condition: 's',
    },
    [
      '0?match:fail',
      'A cidr ? 1 : fail',
      'B lt 5 ? 2 : fail',
      'C exists ? 3 : fail',
      'D hour 7,9 ? 4 : fail',
      'E field-starts-with cased ? 5 : fail',
      'G is-null ? match : fail',
    ],
  ],
]
for (const [what, detection, nodes] of rows) {
  test(`a program of ${what}`, () => assert.deepEqual(told(detection), nodes))
}

test('a rule has so many tests, all together', () => {
  const exists: FieldTest = { kind: 'test', field: 'A', match: { kind: 'exists' } }
  const place = { file: 'a.yml', line: 7, column: 1 }
  const compile = (...sizes: readonly number[]) => {
    const selections = sizes.map((size, i) => ({
      name: `${i}`,
      test: { kind: 'any', children: Array.from({ length: size }, () => exists) } as const,
    }))
    return () => compileProgram(selections, { kind: 'selection', selection: 0 }, place)
  }
  const half = NODES_PER_RULE_MAX / 2
  assert.doesNotThrow(compile(half, half - 1))
  for (const sizes of [[half, half], [NODES_PER_RULE_MAX], [NODES_PER_RULE_MAX + 1]])
    assert.throws(compile(...sizes), { code: 'content/limit', at: place })
})

test('a rule of some events of a channel is routed by what tells them apart', () => {
  const logsource = { category: 'registry_add', product: 'windows' }
  const pack = packOf([rule(1, { s: { TargetObject: 'x' }, condition: 's' }, { logsource })])
  const { tables } = verifyImage(compilePack(pack).image)
  const [channel = 0, eventId, field = 0, value = 0] = tables.routes
  const said = [
    tables.strings.text(channel),
    eventId,
    tables.strings.text(tables.fields[field] ?? 0),
    tables.strings.text(value),
  ]
  assert.deepEqual(said, ['microsoft-windows-sysmon/operational', 12, 'EventType', 'createkey'])
})

test('a program reads the fields of its tests, and those that they are compared with', () => {
  assert.deepEqual(fieldsOf(programOf({ s: { A: '1', 'B|fieldref': 'C' }, k: ['word'], condition: 's or k' })), [
    'A',
    'B',
    'C',
  ])
})

test('sections are counted, then offsets, then what they hold, to whole words', () => {
  assert.deepEqual([...bytesOf(Uint32Array.of(0x04030201, 5))], [1, 2, 3, 4, 5, 0, 0, 0])
  const pool = new StringPool(Uint32Array.of(0, 1, 3), Uint8Array.of(97, 98, 99))
  const strings = [...bytesOf(Uint32Array.of(2, 0, 1, 3)), 97, 98, 99, 0]
  assert.deepEqual([...stringSection(pool)], strings)
  assert.deepEqual([...textsSection(['a', 'bc'])], strings)
  assert.deepEqual([...textsSection([])], [...bytesOf(Uint32Array.of(0, 0))])
  assert.deepEqual([...runsSection([Uint32Array.of(7), Uint32Array.of(8, 9)])], [2, 0, 1, 3, 7, 8, 9])
  assert.deepEqual(
    [pool.count, pool.text(1), pool.text(9), pool.find('bc'), pool.find('a'), pool.find('b')],
    [2, 'bc', '', 1, 0, -1],
  )
})

/** Strings of 1, 2 and 4 bytes; nothing else. */
const NOTHING: Costed = {
  strings: new StringPool(Uint32Array.of(0, 1, 3, 7), new Uint8Array(7)),
  predicates: new Uint32Array(),
  values: new Uint32Array(),
  nodes: new Uint32Array(),
  rules: new Uint32Array(),
  witnesses: new Uint32Array(),
  regexes: [],
  imageBytes: 100,
}
const steps = (change: Partial<Costed>) => imageCost({ ...NOTHING, ...change }).stepsPerByte - 16
const memory = (change: Partial<Costed>) => imageCost({ ...NOTHING, ...change }).memoryBytes - 2 * 100 - 3 * 16

test('what an event costs at most', () => {
  assert.deepEqual([steps({}), memory({})], [0, 0])
  assert.deepEqual([steps({ nodes: new Uint32Array(3 * 5) }), memory({ nodes: new Uint32Array(15) })], [5, 0])
  assert.deepEqual([steps({ rules: new Uint32Array(12 * 2) }), memory({ rules: new Uint32Array(24) })], [2, 64])
  // A witness looks for its text at each byte: of strings 1 and 2.
  const witnesses = Uint32Array.of(0, 0, 1, 0, 0, 0, 2, 0)
  assert.deepEqual([steps({ witnesses }), memory({ witnesses })], [2 + 4, 96])
  const program = Uint32Array.of(1, 2, 3)
  assert.equal(memory({ regexes: [program, program] }), 6 * 64)
  const predicates = (operator: Operator, first: number, count: number) => {
    const words = new Uint32Array(2 * PREDICATE.words)
    words.set([OPERATORS.indexOf('is-null'), 0, 0, 0, 0])
    words.set([OPERATORS.indexOf(operator), 0, 0, first, count], PREDICATE.words)
    return words
  }
  const values = Uint32Array.of(9, 0, 2, 1)
  const cost = (operator: Operator, first: number, count: number) =>
    steps({ predicates: predicates(operator, first, count), values }) - 1
  assert.equal(memory({ predicates: predicates('exists', 0, 0) }), 2 * 64)
  // One, and for each text one and its length.
  assert.deepEqual(
    [cost('equals', 1, 2), cost('contains', 3, 1), cost('glob', 1, 3)],
    [1 + 2 + 5, 1 + 3, 1 + 2 + 5 + 3],
  )
  assert.deepEqual([cost('hour', 1, 3), cost('cidr', 1, 2), cost('lt', 1, 1), cost('exists', 1, 0)], [4, 3, 2, 1])
  for (const operator of OPERATORS.filter((one) => one.startsWith('field-'))) assert.equal(cost(operator, 1, 1), 4)
})
