import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError, type ImageTables, MATCH, RULE, RULE_WORDS } from '@firebreak/content'
import * as fc from 'fast-check'
import { event, image, rule } from './engine-fixture.ts'
import { DetectError } from './errors.ts'
import { IndicatorIndex } from './indicators.ts'
import { Interpreter } from './interpreter.ts'
import { Routes } from './routes.ts'

// These tables never met the verifier after they were damaged: the interpreter has to protect itself.
const { tables } = image(
  [
    rule(1, { a: { A: ['x', 'y*'], 'B|re': 'z+' }, b: { C: null, D: 'a*b?c' }, condition: 'a and not b' }),
    rule(2, { a: { A: 'x' }, condition: 'a' }, { logsource: { category: 'file_event' } }),
  ],
  { indicators: 'type,value,description\nfilename,x,\n' },
)
const EVENTS = [event({ A: 'x', B: 'zz', D: 'aXbYc' }), event({ C: 'c' }), event({})]
const PARTS = ['fields', 'rules', 'nodes', 'predicates', 'values', 'indicators'] as const

function damaged(part: (typeof PARTS)[number], at: number, word: number): ImageTables {
  const words = tables[part].slice()
  words[at % words.length] = word
  return { ...tables, [part]: words }
}

function run(given: ImageTables): void {
  const interpreter = new Interpreter(given)
  const routes = new Routes(given)
  const indicators = new IndicatorIndex(given)
  for (const one of EVENTS) {
    interpreter.begin(one)
    for (const number of routes.rulesFor(one.category, one.product)) interpreter.judge(number)
    indicators.find(one)
  }
}

const trapped = (error: unknown): boolean => error instanceof DetectError && error.code === 'detect/trap'

test('undamaged tables run', () => run(tables))

test('damage that is met is a trap, never undefined', () => {
  const rows: readonly (readonly [what: string, tables: ImageTables])[] = [
    ['predicate outside', damaged('nodes', 0, 99)],
    ['jump outside', damaged('nodes', 1, 99)],
    ['jump to itself', damaged('nodes', 1, 0)],
    ['field outside', damaged('predicates', 1, 99)],
    ['operator outside', damaged('predicates', 0, 99)],
    ['values outside', damaged('predicates', 3, 99)],
    ['string outside', damaged('values', 0, 99_999)],
    ['field name outside', damaged('fields', 1, 99_999)],
    ['category outside', damaged('rules', RULE.category, 99_999)],
    ['nodes outside', damaged('rules', RULE.firstNode, 99)],
    ['indicator type', damaged('indicators', 0, 9)],
    ['no nodes', { ...tables, nodes: new Uint32Array(0) }],
    ['no strings', { ...tables, strings: [] }],
    ['no regexes', { ...tables, regexes: [] }],
  ]
  for (const [what, given] of rows) assert.throws(() => run(given), trapped, what)
})

test('a rule outside the image is a trap', () => {
  const interpreter = new Interpreter(tables)
  interpreter.begin(event({}))
  assert.throws(() => interpreter.judge(tables.rules.length / RULE_WORDS), trapped)
  assert.throws(() => interpreter.judge(-1), trapped)
  assert.throws(() => interpreter.judge(0.5), trapped)
})

test('whatever the damage, it ends with an answer or a trap', () => {
  const words = fc.oneof(fc.nat(40), fc.constantFrom(MATCH, MATCH - 1, MATCH - 2, 0x7fffffff))
  const runsOrTraps = (part: (typeof PARTS)[number], at: number, word: number): void => {
    try {
      run(damaged(part, at, word))
    } catch (error) {
      if (!trapped(error)) throw error
    }
  }
  fc.assert(fc.property(fc.constantFrom(...PARTS), fc.nat(500), words, runsOrTraps), { numRuns: 3_000 })
})

test('a damaged regular expression is refused when the engine is made', () => {
  const regexes = [Uint32Array.of(0xffffffff)]
  assert.throws(
    () => new Interpreter({ ...tables, regexes }),
    (error) => error instanceof ContentError && error.code === 'content/image-regex',
  )
})
