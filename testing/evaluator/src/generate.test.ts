import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { compareEngines, type Engine } from './compare.ts'
import { DECIDED_VECTORS } from './decided-vectors.ts'
import { createPlainEvaluator } from './evaluator.ts'
import { parseEvent } from './event.ts'
import { generateEvent, generateEvents } from './generate.ts'
import { Random } from './random.ts'
import { sampleRegex } from './sample-regex.ts'
import { VECTOR_RULE } from './vector.ts'

const SEED = 20260805
const EVENTS_PER_RULE = 100
const placeholders = { nets: ['10.0.0.0/8', '::1'], words: ['a*', 'b.c'], field: ['G'] }

/** One rule of each vector, told apart by its number. */
const RULES: readonly unknown[] = DECIDED_VECTORS.flatMap(({ yaml }, at) =>
  parseAllDocuments(yaml.replaceAll(VECTOR_RULE, `rule-${at}`)).map((document) => document.toJS() as unknown),
).filter((rule) => typeof rule === 'object' && rule !== null && 'detection' in rule)

function engineOf(rules: readonly unknown[]): Engine {
  const evaluator = createPlainEvaluator(rules, { placeholders })
  assert.deepEqual(evaluator.rejected, [])
  return ({ json, source }) => evaluator.evaluate(parseEvent(json), source ?? undefined)
}

void describe('generated events', () => {
  const count = RULES.length * EVENTS_PER_RULE
  const events = [...generateEvents(RULES, SEED, count, placeholders)]

  void test('replay from the seed, all of them and each alone', () => {
    assert.equal(events.length, count)
    assert.deepEqual([...generateEvents(RULES, SEED, 50, placeholders)], events.slice(0, 50))
    assert.deepEqual(generateEvent(RULES, SEED, 1_234, placeholders), events[1_234])
    assert.notDeepEqual([...generateEvents(RULES, SEED + 1, 50, placeholders)], events.slice(0, 50))
    assert.deepEqual([...generateEvents([], SEED, 1)], [])
  })

  void test('match nearly every rule, and leave it nearly as often', () => {
    const rules = RULES as readonly { readonly id: string }[]
    const evaluate = engineOf(RULES)
    const own = events.map((event) => evaluate(event).includes(rules[event.rule]?.id ?? ''))
    const matched = new Set(events.filter((_, at) => own[at]).map(({ rule }) => rule))
    const left = new Set(events.filter((_, at) => !own[at]).map(({ rule }) => rule))
    assert.ok(matched.size > RULES.length * 0.95, `${matched.size} of ${RULES.length}`)
    assert.ok(left.size > RULES.length * 0.9, `${left.size} of ${RULES.length}`)
  })

  void test('an engine agrees with itself', () => {
    const { differing, agreed, differences } = compareEngines(engineOf(RULES), engineOf(RULES), events.slice(0, 2_000))
    assert.equal(differing, 0)
    assert.deepEqual(differences, [])
    assert.ok(agreed > 500, `${agreed} pairs`)
  })
})

/** A rule, and what a wrong engine would take it for. */
const PLANTED: readonly (readonly [name: string, right: object, wrong: object])[] = [
  ['case', { F: 'abc' }, { 'F|cased': 'abc' }],
  ['position', { 'F|contains': 'abc' }, { 'F|startswith': 'abc' }],
  ['any for all', { 'F|contains|all': ['abc', 'xyz'] }, { 'F|contains': ['abc', 'xyz'] }],
  ['windash forgotten', { 'F|windash|contains': ' -enc' }, { 'F|contains': ' -enc' }],
  ['null is empty', { F: null }, { F: '' }],
  ['null is absent only', { F: null, G: 'x' }, { 'F|exists': false, G: 'x' }],
  ['a wildcard to the letter', { F: 'a*c' }, { F: 'a\\*c' }],
  ['? is any run', { F: 'a?c' }, { F: 'a*c' }],
  ['regex without case', { 'F|re': 'a[b-y]c' }, { 'F|re|i': 'a[b-y]c' }],
  [
    '. is a newline too',
    { 'F|contains': ['a', '\n', 'a\nc'], 'F|re': 'a.*c' },
    { 'F|contains': ['a', '\n', 'a\nc'], 'F|re|s': 'a.*c' },
  ],
  ['two of three offsets', { 'F|base64offset|contains': 'foobar' }, { 'F|contains': ['Zm9vYmFy', 'Zvb2Jhc'] }],
  ['a boundary', { 'F|lt': 10 }, { 'F|lte': 10 }],
  ['a prefix', { 'F|cidr': '10.0.0.0/24' }, { 'F|cidr': '10.0.0.0/25' }],
  ['a reference as text', { 'F|fieldref': 'G' }, { F: 'G' }],
  ['neq needs the field', { 'F|neq': 'x', G: 'y' }, { 'F|neq': ['x', null].slice(0, 1), 'F|exists': true, G: 'y' }],
]

void describe('bugs that are planted', () => {
  for (const [name, right, wrong] of PLANTED) {
    void test(`${name} is caught`, () => {
      const [good, bad] = [right, wrong].map((selection) => ({
        id: 'x',
        logsource: { product: 'linux' },
        detection: { selection, condition: 'selection' },
      }))
      const events = generateEvents([good], SEED, 500)
      const { differing, differences } = compareEngines(engineOf([good]), engineOf([bad]), events, 10)
      assert.ok(differing > 0)
      assert.equal(differences.length, Math.min(differing, 10))
    })
  }

  void test('a rule that is lost is named with its event', () => {
    const events = [{ json: '{}', source: undefined }]
    assert.deepEqual(
      compareEngines(
        () => ['b', 'a'],
        () => ['a', 'c'],
        events,
      ),
      {
        events: 1,
        agreed: 1,
        rules: new Set(['a']),
        differing: 2,
        differences: [
          { at: 0, event: events[0], rule: 'b', matches: 'first' },
          { at: 0, event: events[0], rule: 'c', matches: 'second' },
        ],
      },
    )
  })
})

void describe('texts for regular expressions', () => {
  const patterns = [
    'abc',
    'a|bc',
    '[a-c]{2,3}x?',
    String.raw`\d+\s\w\\`,
    '(?:a(b|c))+',
    '[^a-z/]{4}$',
    '.{1000,}',
    '(?i)^a.c$',
    'a{0}b',
  ]
  for (const pattern of patterns) {
    void test(pattern, () => {
      const regex = new RegExp(pattern.replace(/^\(\?i\)/, ''), 'u')
      const random = new Random(SEED)
      for (let at = 0; at < 100; at++) assert.match(sampleRegex(pattern, random), regex)
    })
  }
})
