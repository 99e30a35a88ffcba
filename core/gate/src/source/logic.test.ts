import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Plain } from '../gate-fixture.ts'
import { constantOf, logicOf } from './logic.ts'
import { cleanRule, readDocuments } from './source-fixture.ts'

const NAMES = ['a', 'b', 'c', 'd'] as const

const conditions: fc.Arbitrary<string> = fc.letrec<{ readonly tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...NAMES),
    tie('tree').map((one) => `not (${one})`),
    fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `(${one}) and (${other})`),
    fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `(${one}) or (${other})`),
  ),
})).tree

/** By JavaScript itself, over all sixteen cases. */
function constantByTrying(condition: string): 'never' | 'always' | null {
  const words = condition.replaceAll('not', '!').replaceAll('and', '&&').replaceAll('or', '||')
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-type-assertion -- of words of our own
  const decide = new Function(...NAMES, `return ${words}`) as (...values: readonly boolean[]) => boolean
  const outcomes = Array.from({ length: 16 }, (_, bits) => decide(...NAMES.map((_name, i) => ((bits >> i) & 1) === 1)))
  return outcomes.every(Boolean) ? 'always' : outcomes.some(Boolean) ? null : 'never'
}

function ruleOf(condition: Plain, selections: { readonly [name: string]: Plain }) {
  const { pack } = readDocuments([cleanRule(1, { detection: { ...selections, condition } })])
  const [rule] = pack.rules
  assert.ok(rule !== undefined, JSON.stringify(pack.diagnostics))
  return rule
}

test('a condition is constant exactly if every case says so', () => {
  const selections = Object.fromEntries(NAMES.map((name) => [name, { User: name }]))
  let constants = 0
  fc.assert(
    fc.property(conditions, (condition) => {
      const found = constantOf(ruleOf(condition, selections))
      if (found !== null) constants++
      assert.equal(found, constantByTrying(condition))
    }),
    { numRuns: 300, seed: 7 },
  )
  assert.ok(constants > 10, `${constants} constants`)
})

test('constants of each sort', () => {
  const selections = Object.fromEntries(NAMES.map((name) => [name, { User: name }]))
  const rows: readonly (readonly [condition: string, expected: 'never' | 'always' | null])[] = [
    ['a', null],
    ['not a', null],
    ['(a or b) and not (a and b)', null],
    ['(a and b) or not a or not b', 'always'],
    ['(a or b) and not a and not b', 'never'],
    ['a and (b or not b)', null],
    ['(a or not a) and (b or not b)', 'always'],
    ['(a and not a) or (b and not b)', 'never'],
    ['(a and not b) or (b and not a)', null],
    ['c and not (a and not a)', null],
  ]
  for (const [condition, expected] of rows) {
    assert.equal(constantOf(ruleOf(condition, selections)), expected, condition)
    assert.equal(constantByTrying(condition), expected, condition)
  }
})

test('selections that ask the same are one, whatever their names', () => {
  const same = { one: { User: ['x', 'y'] }, two: { User: ['Y', 'x'] } }
  assert.equal(constantOf(ruleOf('one and not two', same)), 'never')
  assert.equal(constantOf(ruleOf('one or not two', same)), 'always')
  assert.equal(constantOf(ruleOf('one and not two', { one: { User: 'x' }, two: { 'User|cased': 'x' } })), null)
})

test('too many cases are not tried', () => {
  const constantOfMany = (count: number) => {
    const names = Array.from({ length: count }, (_, i) => `s${i}`)
    const selections = Object.fromEntries(names.map((name) => [name, { User: name }]))
    return constantOf(ruleOf(names.map((name) => `(${name} and not ${name})`).join(' or '), selections))
  }
  assert.deepEqual([1, 12, 13].map(constantOfMany), ['never', 'never', null])
  const names = Array.from({ length: 13 }, (_, i) => `s${i}`)
  const selections = Object.fromEntries([...names, 'a'].map((name) => [name, { User: name }]))
  assert.equal(constantOf(ruleOf(`a or not a or ${names.join(' or ')}`, selections)), 'always')
})

test('the logic of a rule is what it asks, not how it is written', () => {
  const logic = (selection: Plain, condition = 'selection') => logicOf(ruleOf(condition, { selection }))
  assert.equal(logic({ Image: 'a', User: 'b' }), logic({ User: 'B', Image: 'A' }))
  assert.equal(logic({ Image: ['a', 'b'] }), logic([{ Image: ['b', 'a', 'b'] }]))
  assert.equal(logic({ 'Image|re': 'a' }), logic({ 'Image|re': 'a' }))
  const different = [
    { Image: 'a' },
    { User: 'a' },
    { 'Image|contains': 'a' },
    { 'Image|re': 'a' },
    { 'Image|re|i': 'a' },
    { 'Image|fieldref': 'a' },
    { 'Image|fieldref': 'b' },
    { 'Image|gt': 1 },
    { 'Image|lt': 1 },
    { 'Image|neq': 'a' },
  ]
  assert.equal(new Set(different.map((one) => logic(one))).size, different.length)
})
