import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type FieldTest,
  parsePack,
  type Position,
  type SigmaRule,
  type SourceNode,
  toSourceNode,
  verifyImage,
} from '@firebreak/content'
import { createEngine, OPEN_CONTRACT } from '@firebreak/detect'
import { parseYamlDocuments, readPackFolder } from '@firebreak/pack-folder'
import { executionCases } from '../execution/execution.ts'
import { type Plain, type PlainMap, ruleId, ruleTest, sourceOf } from '../gate-fixture.ts'
import { coverageOf, describeTest, type FieldTestCoverage, isDecided, totalsOf } from './coverage.ts'
import { testsIn } from './judged-events.ts'
import { placesOf } from './places.ts'
import { compileProbes, probeId, probeRules } from './probe.ts'

function ruleOf(detection: PlainMap): Plain {
  const logsource = { category: 'process_creation', product: 'linux' }
  return { title: 'Rule 1', id: ruleId(1), level: 'high', logsource, detection }
}

/** `field AN`: A, it would be noticed if the test always held; N, if it never held. */
function noticed({ field, noticesAlways, noticesNever }: FieldTestCoverage): string {
  return `${field ?? 'keywords'} ${noticesAlways ? 'A' : '-'}${noticesNever ? 'N' : '-'}`
}

const AND = { s: { A: 'a', B: 'b' }, condition: 's' }
const FILTER = { s: { A: 'a' }, f: { B: 'b' }, condition: 's and not f' }

interface Row {
  readonly name: string
  readonly detection: PlainMap
  readonly match: readonly PlainMap[]
  readonly ignore: readonly PlainMap[]
  readonly expected: string
}

const rows: readonly Row[] = [
  {
    name: 'one field with the right value and with another',
    detection: { s: { A: 'a' }, condition: 's' },
    match: [{ A: 'a' }],
    ignore: [{ A: 'x' }],
    expected: 'A AN',
  },
  {
    name: 'an event without the field says nothing about its value',
    detection: { s: { A: 'a' }, condition: 's' },
    match: [{ A: 'a' }],
    ignore: [{}, { B: 'x' }, { A: null }],
    expected: 'A -N',
  },
  {
    name: 'an event that differs in everything decides nothing',
    detection: AND,
    match: [{ A: 'a', B: 'b' }],
    ignore: [{ A: 'x', B: 'x' }],
    expected: 'A -N, B -N',
  },
  {
    name: 'near misses decide one test each',
    detection: AND,
    match: [{ A: 'a', B: 'b' }],
    ignore: [
      { A: 'a', B: 'x' },
      { A: 'x', B: 'b' },
    ],
    expected: 'A AN, B AN',
  },
  {
    name: 'an alternative is decided where no other one holds',
    detection: { s: [{ A: 'a' }, { B: 'b' }], condition: 's' },
    match: [
      { A: 'a', B: 'x' },
      { A: 'a', B: 'b' },
    ],
    ignore: [{ A: 'x', B: 'x' }],
    expected: 'A AN, B A-',
  },
  {
    name: 'a filter is decided by what it takes away, and by what it leaves although it has the field',
    detection: FILTER,
    match: [{ A: 'a', B: 'x' }],
    ignore: [
      { A: 'a', B: 'b' },
      { A: 'x', B: 'x' },
    ],
    expected: 'A AN, B AN',
  },
  {
    name: 'a filter that no event meets',
    detection: FILTER,
    match: [{ A: 'a', B: 'x' }],
    ignore: [{ A: 'x', B: 'x' }],
    expected: 'A AN, B A-',
  },
  {
    name: 'a field that has to be there, or has to be absent, is decided by its absence',
    detection: { s: { 'A|exists': true, B: null }, condition: 's' },
    match: [{ A: 'a' }],
    ignore: [{}, { A: 'a', B: 'b' }],
    expected: 'A AN, B AN',
  },
  {
    name: 'a comparison of two fields needs both',
    detection: { s: { 'A|fieldref': 'B' }, condition: 's' },
    match: [{ A: 'a', B: 'a' }],
    ignore: [{ A: 'a' }, { B: 'a' }],
    expected: 'A -N',
  },
  {
    name: 'keywords, in any field',
    detection: { s: ['evil'], condition: 's' },
    match: [{ A: 'an evil word' }],
    ignore: [{ A: 'a good word' }],
    expected: 'keywords AN',
  },
  {
    name: 'two tests of one value in two selections are two tests',
    detection: { s: { A: 'a', B: 'b' }, t: { A: 'a', B: 'c' }, condition: '1 of them' },
    match: [{ A: 'a', B: 'b' }],
    ignore: [
      { A: 'x', B: 'b' },
      { A: 'a', B: 'x' },
    ],
    expected: 'A AN, B AN, A --, B A-',
  },
]

for (const { name, detection, match, ignore, expected } of rows) {
  test(`what decides: ${name}`, () => {
    const pack = parsePack(sourceOf([ruleOf(detection)], [ruleTest(1, match, ignore)]))
    assert.deepEqual(pack.diagnostics, [])
    const [rule] = coverageOf(pack).rules
    assert.ok(rule)
    assert.deepEqual([rule.matchEvents, rule.ignoreEvents, rule.contradicted.length], [match.length, ignore.length, 0])
    assert.equal(rule.tests.map(noticed).join(', '), expected)
  })
}

test('events that come out wrong are named, and a rule without tests has all of its own undecided', () => {
  const rules = [ruleOf(AND), { ...(ruleOf(AND) as PlainMap), id: ruleId(2) }]
  const pack = parsePack(sourceOf(rules, [ruleTest(1, [{ A: 'x' }], [{ A: 'a', B: 'b' }])]))
  const coverage = coverageOf(pack)
  assert.deepEqual(
    coverage.rules.map((one) => one.contradicted.map(({ name }) => name)),
    [['Rule 1: match event 1', 'Rule 1: ignore event 1'], []],
  )
  assert.deepEqual(coverage.rules[1]?.tests.map(noticed), ['A --', 'B --'])
  assert.deepEqual(totalsOf(coverage), { tests: 4, decided: 0 })
})

const PLACED = `title: Placed
id: ${ruleId(1)}
logsource: {category: process_creation}
detection:
  map:
    A|contains|all:
      - one
      - two
    B|neq: three
  list:
    - word
    - C: c
      D: [d, '*?d']
    - other
  only:
    - E|re: e
  condition: all of them
`

test('field tests are where their item is written; without a source, where the rule begins', () => {
  const source = { ...sourceOf([], []), rules: [{ file: 'r.yml', nodes: parseYamlDocuments(PLACED, 'r.yml') }] }
  const pack = parsePack(source)
  assert.deepEqual(pack.diagnostics, [])
  const places = (one: Parameters<typeof coverageOf>[1]): readonly string[] =>
    coverageOf(pack, one).rules.flatMap(({ tests }) => tests.map(({ field, at }) => `${field} ${at.line}:${at.column}`))
  assert.deepEqual(places(source), ['A 6:5', 'A 6:5', 'B 9:5', 'null 11:7', 'C 12:7', 'D 13:7', 'E 16:7'])
  assert.deepEqual(new Set(places(null).map((one) => one.split(' ')[1])), new Set(['1:1']))
})

test('the selections of a filter of the pack are where the rule begins', () => {
  const filter = {
    title: 'Filter',
    logsource: { category: 'process_creation', product: 'linux' },
    filter: { rules: [ruleId(1)], f: { C: 'c' }, condition: 'not f' },
  }
  const source = sourceOf([ruleOf(AND), filter], [])
  const pack = parsePack({ ...source, rules: source.rules.map((one) => ({ ...one, nodes: one.nodes })) })
  assert.deepEqual(
    coverageOf(pack, source).rules[0]?.tests.map(({ selection, field }) => `${selection} ${field}`),
    ['s A', 's B', '_f C'],
  )
})

const STARTER_PACK = join(import.meta.dirname, '../../../../content/linux-baseline')
// A copy of the core alone, as mutation testing makes it, has no content.
const skip = existsSync(STARTER_PACK) ? false : 'no content beside the core'

test(
  'what coverage says of the starter pack would be noticed is noticed: each field test replaced by always, and by never',
  { skip },
  async () => {
    const pack = parsePack(await readPackFolder(STARTER_PACK))
    const mutants = pack.rules.flatMap(mutantsOf)
    const cases = Map.groupBy(executionCases(pack), ({ ruleId: id }) => id)
    const rules = probeRules(
      mutants.map(({ rule: { title, logsource, at }, test: one }) => ({ title, logsource, test: one, at })),
    )
    const whole = rules.map((probe, i) => ({ ...probe, ...detectionOf(mutants[i] as Mutant) }))
    const engine = createEngine(verifyImage(compileProbes(whole)), OPEN_CONTRACT)
    const coverage = new Map(coverageOf(pack).rules.map((one) => [one.rule.id, one.tests]))
    const fired = new Map(
      [...cases.values()]
        .flat()
        .map((one) => [one, new Set(engine.evaluate(one.event, 'every-match').map(({ ruleId: id }) => id))]),
    )
    let claims = 0
    for (const [i, { rule, position, value }] of mutants.entries()) {
      const said = coverage.get(rule.id)?.[position]
      const claim = value === 'always' ? said?.noticesAlways : said?.noticesNever
      const differs = (cases.get(rule.id) ?? []).some(
        (one) => fired.get(one)?.has(probeId(i)) !== (one.expect === 'match'),
      )
      if (claim === true) assert.ok(differs, `${rule.title}: test ${position} replaced by ${value}`)
      // An absent field decides, and does not count: so the other way round it is true of "never" only.
      if (value === 'never') assert.equal(differs, claim, `${rule.title}: test ${position} replaced by ${value}`)
      claims += claim === true ? 1 : 0
    }
    assert.ok(claims > mutants.length / 2, `${claims} of ${mutants.length}`)
  },
)

test(
  'the tests of the starter pack decide every field test, each of which is found at its place',
  { skip },
  async () => {
    const source = await readPackFolder(STARTER_PACK)
    const coverage = coverageOf(parsePack(source), source)
    const all = coverage.rules.flatMap(({ tests }) => tests)
    assert.deepEqual(
      all.filter((one) => !isDecided(one)).map(({ at }) => `${at.file}:${at.line}`),
      [],
    )
    assert.ok(new Set(all.map(({ at }) => place(at))).size > 150)
  },
)

function place({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`
}

interface Mutant {
  readonly rule: SigmaRule
  readonly test: FieldTest
  /** Among the field tests of the rule. */
  readonly position: number
  readonly value: 'always' | 'never'
}

function mutantsOf(rule: SigmaRule): readonly Mutant[] {
  const tests = rule.selections.flatMap((one) => testsIn(one.test))
  return tests.flatMap((one, position) =>
    (['always', 'never'] as const).map((value) => ({ rule, test: one, position, value })),
  )
}

/** The rule with `x or not x`, or with `x and not x`, in place of the test x. */
function detectionOf({ rule, test: replaced, value }: Mutant): Pick<SigmaRule, 'selections' | 'condition'> {
  const kind = value === 'always' ? 'any' : 'all'
  const change = (tree: SigmaRule['selections'][number]['test']): typeof tree => {
    if (tree === replaced) return { kind, children: [tree, { kind: 'not', child: tree }] }
    if (tree.kind === 'test') return tree
    if (tree.kind === 'not') return { kind: 'not', child: change(tree.child) }
    return { kind: tree.kind, children: tree.children.map(change) }
  }
  return {
    selections: rule.selections.map(({ name, test: one }) => ({ name, test: change(one) })),
    condition: rule.condition,
  }
}

test('keywords are read in any field that has a value', () => {
  const detection = { words: ['evil'], condition: 'words' }
  const noticesAlways = (event: PlainMap): boolean | undefined => {
    const pack = parsePack(sourceOf([ruleOf(detection)], [ruleTest(1, [{ A: 'evil' }], [event])]))
    return coverageOf(pack).rules[0]?.tests[0]?.noticesAlways
  }
  assert.deepEqual([{ A: 'good', B: null }, { A: null, B: 'good' }, { A: null }, {}].map(noticesAlways), [
    true,
    true,
    false,
    false,
  ])
})

test('a field test is described with the mistakes that nobody would notice', () => {
  const described = (noticesAlways: boolean, noticesNever: boolean): string => {
    const at = { file: 'r.yml', line: 1, column: 1 }
    return describeTest({ selection: 's', field: 'A', kinds: ['equals', 'glob'], at, noticesAlways, noticesNever })
  }
  assert.deepEqual(
    [described(true, true), described(false, true), described(true, false), described(false, false)],
    [
      's: A equals, glob',
      's: A equals, glob (could always hold)',
      's: A equals, glob (could never hold)',
      's: A equals, glob (could always or never hold)',
    ],
  )
})

test('places are those of the rule with that id, among other documents of its file', () => {
  const documents = [
    { title: 'No id' },
    { ...(ruleOf(AND) as PlainMap), id: 7 },
    { ...(ruleOf(AND) as PlainMap), id: ruleId(2) },
    { ...(ruleOf(AND) as PlainMap), id: '0000000A-0000-4000-8000-000000000001'.toUpperCase() },
  ]
  const nodes = documents.map((one, i) => {
    const node = toSourceNode(one, 'r.yml')
    return i === 3 ? moved(node) : node
  })
  const source = { ...sourceOf([], []), rules: [{ file: 'r.yml', nodes }] }
  const [parsed] = parsePack({ ...source, rules: [{ file: 'r.yml', nodes: nodes.slice(3) }] }).rules
  assert.ok(parsed)
  assert.deepEqual(
    [...placesOf(parsed, source).values()].map(({ line }) => line),
    [77, 77],
  )
})

function moved(node: SourceNode): SourceNode {
  if (node.kind !== 'mapping') return node
  const entries = node.entries.map((one) => ({ ...one, keyAt: { ...one.keyAt, line: 77 }, value: moved(one.value) }))
  return { ...node, entries }
}

test('a source without its rule leaves places out', () => {
  const pack = parsePack(sourceOf([ruleOf(AND)], []))
  const foreign = { ...sourceOf([], []), rules: [{ file: 'rules/0.yml', nodes: [toSourceNode(null, 'rules/0.yml')] }] }
  assert.deepEqual(
    coverageOf(pack, foreign).rules[0]?.tests.map(({ at }) => at.line),
    [1, 1],
  )
})
