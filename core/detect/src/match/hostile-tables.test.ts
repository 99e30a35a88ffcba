import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GROUP, type ImageTables, NODE, PREDICATE, RULE, SELECTION, WITNESS } from '@firebreak/content'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { engineFields } from '../engine-fields.ts'
import { image, rule } from '../engine-fixture.ts'
import { DetectError } from '../errors.ts'
import { EventColumns, FieldNames, readJsonEvent } from '../event/index.ts'
import { Predicates } from './predicates.ts'
import { Programs } from './programs.ts'
import { RuleIndex } from './rule-index.ts'

// These tables never met the verifier after they were damaged: whoever reads them has to protect itself.
const { tables } = image([
  rule(1, {
    a: { A: ['x', 'y*'], 'B|re': 'z+', 'N|gt': 5 },
    b: { C: null, D: 'a*b?c', 'IP|cidr': '10.0.0.0/8', 'A|fieldref': 'B' },
    condition: 'a and not b or b',
  }),
  rule(
    2,
    { a: { 'A|contains': ['long enough', 'not short'] }, condition: 'a' },
    { logsource: { category: 'file_event' } },
  ),
])
const EVENTS = [{ A: 'x', B: 'zz', N: 7, D: 'aXbYc', IP: '10.0.0.1' }, { C: 'c', A: 'is long enough' }, {}]
const PARTS = ['groups', 'rules', 'selections', 'nodes', 'predicates', 'values', 'witnesses'] as const
type Part = (typeof PARTS)[number]

function damaged(part: Part, at: number, word: number): ImageTables {
  const words = tables[part].slice()
  words[at % words.length] = word
  return { ...tables, [part]: words }
}

/** Runs everything there is over each event, without asking the index first. */
function run(given: ImageTables): void {
  const names = new FieldNames(engineFields(tables))
  const columns = new EventColumns(names)
  const predicates = new Predicates(given, columns)
  const programs = new Programs(given, predicates)
  const index = new RuleIndex(given, columns)
  for (const one of EVENTS) {
    const bytes = utf8Encode(JSON.stringify(one))
    assert.equal(readJsonEvent(columns, bytes, 0, bytes.length), 'ok')
    for (let group = 0; group < given.groups.length / GROUP.words; group++) {
      index.candidates(group, (rule) => void programs.ruleMatches(rule))
    }
    for (let rule = 0; rule < given.rules.length / RULE.words; rule++) programs.ruleMatches(rule)
    for (let one = 0; one < given.predicates.length / PREDICATE.words; one++) predicates.holds(one)
  }
}

const trapped = (error: unknown): boolean => error instanceof DetectError && error.code === 'detect/trap'
const FAR = 99_999

describe('tables that no verifier saw', () => {
  test('undamaged, they run', () => run(tables))

  const rows: readonly (readonly [what: string, tables: ImageTables])[] = [
    ['test outside', damaged('nodes', NODE.test, FAR)],
    ['jump outside', damaged('nodes', NODE.whenTrue, FAR)],
    ['jump to itself', damaged('nodes', NODE.whenTrue, 0)],
    ['operator outside', damaged('predicates', PREDICATE.operator, FAR)],
    ['values outside', damaged('predicates', PREDICATE.valueCount, FAR)],
    ['first value outside', damaged('predicates', PREDICATE.firstValue, FAR)],
    ['string outside', { ...tables, values: tables.values.map(() => FAR) }],
    ['nodes outside', damaged('rules', RULE.firstNode, FAR)],
    ['no nodes of a rule', damaged('rules', RULE.nodeCount, 0)],
    ['selection outside', damaged('rules', RULE.firstSelection, FAR)],
    ['nodes of a selection outside', damaged('selections', SELECTION.firstNode, FAR)],
    ['no nodes of a selection', damaged('selections', SELECTION.nodeCount, 0)],
    ['rules of a group outside', damaged('groups', GROUP.ruleCount, FAR)],
    ['witness kind', damaged('witnesses', WITNESS.kind, FAR)],
    ['witness text', damaged('witnesses', WITNESS.text, FAR)],
    ['no nodes', { ...tables, nodes: new Uint32Array(0) }],
    ['no regexes', { ...tables, regexes: [] }],
  ]
  for (const [what, given] of rows) test(`${what}: a trap`, () => assert.throws(() => run(given), trapped))

  test('any word of any table: a trap, or a run that ends', () => {
    const word = fc.oneof(fc.nat(20), fc.constantFrom(0xffffffff, 0xfffffffe, 0x7fffffff), fc.nat(FAR))
    fc.assert(
      fc.property(fc.constantFrom(...PARTS), fc.nat(500), word, (part, at, value) => {
        try {
          run(damaged(part, at, value))
        } catch (error) {
          if (!trapped(error)) throw error
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
