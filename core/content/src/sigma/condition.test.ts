import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ContentError } from '../errors.ts'
import { NODES_PER_RULE_MAX } from '../limits.ts'
import type { Condition } from './ast.ts'
import { parseCondition } from './condition.ts'

const NAMES = ['a', 'b', 'selection_one', 'selection_two', 'one_in_two', '_hidden']

function show(condition: Condition): string {
  if (condition.kind === 'selection') return NAMES[condition.selection] ?? '?'
  if (condition.kind === 'not') return `!${show(condition.child)}`
  return `(${condition.children.map(show).join(condition.kind === 'all' ? ' & ' : ' | ')})`
}

test('conditions of the specification', () => {
  const rows: readonly (readonly [source: string, shown: string])[] = [
    ['a or b', '(a | b)'],
    ['a or b and a', '(a | (b & a))'],
    ['(a or b) and a', '((a | b) & a)'],
    ['not a and b', '(!a & b)'],
    ['not a or b', '(!a | b)'],
    ['not not a', '!!a'],
    ['not (a or b)', '!(a | b)'],
    ['a and (b or not (a and b))', '(a & (b | !(a & b)))'],
    ['1 of them', '(a | b | selection_one | selection_two | one_in_two)'],
    ['all of them', '(a & b & selection_one & selection_two & one_in_two)'],
    ['1 of selection* and a', '((selection_one | selection_two) & a)'],
    ['1 of selection_*', '(selection_one | selection_two)'],
    ['all of selection_* and not 1 of _*', '((selection_one & selection_two) & !_hidden)'],
    ['not all of *_two', '!(selection_two & one_in_two)'],
    ['not 1 of *_two', '!(selection_two | one_in_two)'],
    ['1 of s*_o*e', 'selection_one'],
    ['1 of *o*o*', '(selection_one | selection_two | one_in_two)'],
    ['1 of *', '(a | b | selection_one | selection_two | one_in_two | _hidden)'],
    ['all of a', 'a'],
    ['  a\n and\tb ', '(a & b)'],
    ['((((a))))', 'a'],
  ]
  for (const [source, shown] of rows) assert.equal(show(parseCondition(source, NAMES)), shown, source)
})

test('the pieces of a pattern do not overlap', () => {
  const names = ['aba', 'abab', 'ababa']
  const rows: readonly (readonly [pattern: string, selected: readonly number[]])[] = [
    ['aba*aba', []],
    ['ab*ba', [2]],
    ['ab*ab', [1]],
    ['ab*b*a', [2]],
    ['aba*', [0, 1, 2]],
    ['*aba', [0, 2]],
    ['aba', [0]],
    ['a*ba', [0, 2]],
    ['*ab*ab*', [1, 2]],
    ['ab*ab*b', []],
  ]
  for (const [pattern, selected] of rows) {
    const read = (): Condition => parseCondition(`1 of ${pattern}`, names)
    if (selected.length === 0) assert.throws(read, { code: 'content/condition' }, pattern)
    else {
      const leaves = selected.map((selection): Condition => ({ kind: 'selection', selection }))
      assert.deepEqual(read(), leaves.length === 1 ? leaves[0] : { kind: 'any', children: leaves }, pattern)
    }
  }
})

test('of many selections a message names the first ten', () => {
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `s${i}`)
  assert.throws(() => parseCondition('x', names(10)), { message: /s0, .*, s9, found/ })
  assert.throws(() => parseCondition('x', names(11)), { message: /s0, .*, s9, \.\.\., found/ })
})

test('what is no condition is refused with its place', () => {
  const rows: readonly (readonly [source: string, code: string, message: RegExp])[] = [
    ['', 'content/condition', /expected a selection.*found the end at character 1 /],
    ['a and', 'content/condition', /found the end at character 6 /],
    ['a b', 'content/condition', /expected and, or or the end, found "b" at character 3 /],
    ['and a', 'content/condition', /found "and" at character 1 /],
    ['(a', 'content/condition', /expected \)/],
    ['a)', 'content/condition', /found "\)" at character 2 /],
    ['()', 'content/condition', /found "\)"/],
    ['missing', 'content/condition', /expected one of the selections a, b/],
    ['a and missing', 'content/condition', /found "missing" at character 7 /],
    ['A', 'content/condition', /found "A"/],
    ['1 of missing*', 'content/condition', /expected a pattern that selects/],
    ['1 of a*b*a', 'content/condition', /expected a pattern that selects/],
    ['1 of one*_two*two', 'content/condition', /expected a pattern that selects/],
    ['2 of them', 'content/condition', /expected 1 of or all of, found "2"/],
    ['0 of them', 'content/condition', /expected 1 of or all of/],
    ['any of them', 'content/condition', /expected 1 of or all of/],
    ['1 of', 'content/condition', /expected a pattern that selects|found the end/],
    ['1 of (a)', 'content/condition', /expected them or a name after of/],
    ['them', 'content/condition', /expected one of the selections/],
    ['of', 'content/condition', /expected a selection/],
    ['not', 'content/condition', /found the end/],
    ['a AND b', 'content/condition', /found "AND"/],
    ['a | count() > 5', 'content/condition', /an aggregation \(after "\|"\) is not of Sigma 2/],
    ['| a', 'content/condition', /expected a selection/],
    [`${'('.repeat(40)}a`, 'content/limit', /nested deeper than 32/],
    [`${'not '.repeat(40)}a`, 'content/limit', /nested deeper than 32/],
    ['a or '.repeat(2_000), 'content/limit', /at most 8192 characters/],
  ]
  for (const [source, code, message] of rows) {
    const refused = (error: unknown): boolean =>
      error instanceof ContentError && error.code === code && message.test(error.message)
    assert.throws(() => parseCondition(source, NAMES), refused, source.slice(0, 60))
  }
  assert.throws(() => parseCondition('1 of them', ['_a', '_b']), { code: 'content/condition' })
})

test('a short condition can not name selections without bound', () => {
  const names = Array.from({ length: 256 }, (_, i) => `s${i}`)
  const most = Array<string>(64).fill('1 of them').join(' or ')
  assert.equal(64 * names.length, NODES_PER_RULE_MAX)
  parseCondition(most, names)
  assert.throws(() => parseCondition(`${most} or s0`, names), { code: 'content/limit' })
  assert.throws(() => parseCondition(Array<string>(500).fill('1 of them').join(' or '), names), {
    code: 'content/limit',
  })
})

const leaf: fc.Arbitrary<Condition> = fc.nat(NAMES.length - 1).map((selection) => ({ kind: 'selection', selection }))
const condition = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    leaf,
    tie('tree').map((child): Condition => ({ kind: 'not', child })),
    fc
      .tuple(fc.constantFrom('all' as const, 'any' as const), fc.array(tie('tree'), { minLength: 2, maxLength: 3 }))
      .map(([kind, children]): Condition => ({ kind, children })),
  ),
})).tree

function write(one: Condition): string {
  if (one.kind === 'selection') return NAMES[one.selection] ?? '?'
  if (one.kind === 'not') return `not (${write(one.child)})`
  return one.children.map((child) => `(${write(child)})`).join(one.kind === 'all' ? ' and ' : ' or ')
}

test('a condition that is written with parentheses is read as it was', () => {
  fc.assert(fc.property(condition, (one) => assert.deepEqual(parseCondition(write(one), NAMES), one)))
})

test('any words give a condition or an error of ours', () => {
  const words = fc.array(
    fc.constantFrom('a', 'b', '(', ')', 'not', 'and', 'or', '1', 'all', 'of', 'them', 's*', '|', '*'),
  )
  fc.assert(
    fc.property(words, (source) => {
      try {
        parseCondition(source.join(' '), NAMES)
      } catch (error) {
        assert.ok(error instanceof ContentError)
      }
    }),
  )
})
