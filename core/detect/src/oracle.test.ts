import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Condition, ContentError, type FieldTest, verifyImage } from '@firebreak/content'
import * as fc from 'fast-check'
import { createEngine } from './engine.ts'
import { compiled, contractOf, event, image, parsedPack, type Plain, rule } from './engine-fixture.ts'
import type { HostEvent } from './events.ts'

/** The oracle: slow, obvious, over the rule as it was read. It shares no code with the engine. */
function oracle(condition: Condition, given: HostEvent): boolean {
  switch (condition.kind) {
    case 'not':
      return !oracle(condition.child, given)
    case 'all':
      return condition.children.every((child) => oracle(child, given))
    case 'any':
      return condition.children.some((child) => oracle(child, given))
    case 'text':
    case 'regex':
    case 'null':
      return oracleTest(condition, given)
    default:
      throw new Error('unknown condition')
  }
}

function oracleTest(field: FieldTest, given: HostEvent): boolean {
  const value = given.fields[field.field] ?? null
  if (field.kind === 'null' || value === null) return field.kind === 'null' && value === null
  const text = String(value)
  if (field.kind === 'regex') return field.programs.some((one) => new RegExp(one.source, 'u').test(text))
  return field.patterns.some((one) => {
    const folded = text.toLowerCase()
    switch (one.shape) {
      case 'equals':
        return folded === one.text
      case 'contains':
        return folded.split(one.text).length > 1 || one.text === ''
      case 'starts-with':
        return folded.slice(0, one.text.length) === one.text
      case 'ends-with':
        return folded.slice(folded.length - one.text.length) === one.text && folded.length >= one.text.length
      case 'glob': {
        const source = one.text.replaceAll(/\\.|[*?]/gs, (part) => (part === '*' ? '.*' : part === '?' ? '.' : part))
        return new RegExp(`^${source}$`, 'su').test(folded)
      }
      default:
        throw new Error('unknown shape')
    }
  })
}

const FIELDS = ['A', 'B', 'C'] as const
const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '1'), maxLength: 4 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '1', '*', '?'), maxLength: 4 })
const value = fc.oneof(pattern, fc.nat(12))
const item = fc.oneof(
  fc.tuple(
    fc.constantFrom('', '|contains', '|startswith', '|endswith'),
    fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })),
  ),
  fc.tuple(fc.constantFrom('|contains|all', '|all'), fc.array(value, { minLength: 2, maxLength: 3 })),
  fc.tuple(fc.constant('|re'), fc.constantFrom('a+b', '^a|b$', '[ab]1', '(a|1)*b', '^$')),
  fc.constant<[string, null]>(['', null]),
)
const selectionMap = fc
  .array(fc.tuple(fc.constantFrom(...FIELDS), item), { minLength: 1, maxLength: 3 })
  .map((items) => Object.fromEntries(items.map(([field, [modifier, one]]) => [`${field}${modifier}`, one as Plain])))
const selection: fc.Arbitrary<Plain> = fc.oneof(selectionMap, fc.array(selectionMap, { minLength: 1, maxLength: 2 }))
const condition = fc.constantFrom(
  's1',
  'not s1',
  's1 and s2',
  's1 or not s2 and s3',
  '(s1 or s2) and not s3',
  'not (s1 and not (s2 or s3))',
  '1 of s*',
  'all of them',
  'not all of s*',
  's1 and (s2 or s1) and not s2',
)
const detection = fc.record({ s1: selection, s2: selection, s3: selection, condition })
const fields = fc.record(
  { A: fc.oneof(text, fc.nat(12), fc.constant(null)), B: text, C: text },
  { requiredKeys: [], noNullPrototype: true },
)

test('the engine and the oracle agree on every event and rule', () => {
  const agree = (detections: readonly Plain[], given: readonly HostEvent['fields'][]): void => {
    const rules = detections.map((one, i) => rule(i + 1, one))
    const parsed = parsedPack(rules)
    assert.deepEqual(parsed.diagnostics, [])
    const loaded = image(rules)
    const engine = createEngine(loaded, contractOf(loaded))
    for (const one of given) {
      const found = engine.evaluate(event(one)).map((hit) => hit.ruleId)
      const expected = parsed.rules.filter((read) => oracle(read.condition, event(one))).map((read) => read.id)
      assert.deepEqual(found, expected)
    }
  }
  const rules = fc.array(detection, { minLength: 1, maxLength: 4 })
  fc.assert(fc.property(rules, fc.array(fields, { minLength: 1, maxLength: 6 }), agree), { numRuns: 1_500 })
})

test('a changed image that the verifier accepts runs on any event without a trap', () => {
  const detections: readonly Plain[] = [
    { s: { A: ['a', 'b*b', '1'], 'B|re': '(a|b)+1' }, t: { C: null }, condition: 's or not t' },
    { s: { 'A|contains|all': ['a', 'b'] }, t: [{ B: '' }, { C: '?' }], condition: 's and 1 of t*' },
  ]
  const given = { indicators: 'type,value,description\nfilename,ab,\nip,1.1.1.1,one\n' }
  const bytes = compiled(
    detections.map((one, i) => rule(i + 1, one)),
    given,
  ).image
  const events = [{}, { A: 'ab1', B: 'ab1', C: 'a' }, { A: 'BAB', B: '' }, { A: 1, C: null }].map((one) => event(one))
  let accepted = 0
  const runs = (changed: Uint8Array): void => {
    let loaded
    try {
      loaded = verifyImage(changed)
    } catch (error) {
      if (error instanceof ContentError) return
      throw error
    }
    accepted++
    const engine = createEngine(loaded, { ...contractOf(loaded), engineVersion: loaded.minimumEngine })
    for (const one of events) engine.evaluate(one)
  }
  for (let at = 0; at < bytes.length; at++) {
    for (const change of [1, 2, 0x20, 0x80]) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ change
      runs(changed)
    }
  }
  assert.ok(accepted > 0, 'some changes must be accepted, or this proves nothing')
})
