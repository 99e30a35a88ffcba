import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from './errors.ts'
import { type Expression, parseCondition } from './sigma-condition.ts'

const NAMES = ['a', 'b', 'selection_one', 'selection_two', 'one_in_two', '_hidden']

function show(expression: Expression): string {
  if (expression.kind === 'identifier') return expression.name
  if (expression.kind === 'not') return `!${show(expression.child)}`
  return `(${expression.children.map(show).join(expression.kind === 'all' ? ' & ' : ' | ')})`
}

test('conditions bind as Sigma says', () => {
  const rows: readonly (readonly [source: string, shown: string])[] = [
    ['a', 'a'],
    ['a or b and a', '(a | (b & a))'],
    ['(a or b) and a', '((a | b) & a)'],
    ['not a and b', '(!a & b)'],
    ['not not a', '!!a'],
    ['not (a or b)', '!(a | b)'],
    ['1 of selection_*', '(selection_one | selection_two)'],
    ['all of selection_* and not 1 of _*', '((selection_one & selection_two) & !_hidden)'],
    ['not all of *_two', '!(selection_two & one_in_two)'],
    ['1 of s*_o*e', 'selection_one'],
    ['all of them', '(a & b & selection_one & selection_two & one_in_two)'],
    ['all of a', 'a'],
    ['  a\n and\tb ', '(a & b)'],
  ]
  for (const [source, shown] of rows) assert.equal(show(parseCondition(source, NAMES)), shown, source)
})

test('what is not a condition is refused, with the place and what was expected', () => {
  const rows: readonly (readonly [source: string, code: string, message: RegExp])[] = [
    ['', 'content/condition', /expected an identifier.*found the end at character 1/],
    ['a and', 'content/condition', /found the end at character 6/],
    ['a b', 'content/condition', /expected and, or or the end, found "b" at character 3/],
    ['(a', 'content/condition', /expected \)/],
    ['a)', 'content/condition', /found "\)" at character 2/],
    ['missing', 'content/condition', /expected one of the identifiers a, b/],
    ['a and missing', 'content/condition', /found "missing" at character 7/],
    ['1 of missing*', 'content/condition', /expected a pattern that selects/],
    ['2 of them', 'content/condition', /expected 1 of or all of, found "2"/],
    ['any of them', 'content/condition', /expected 1 of or all of/],
    ['1 of', 'content/condition', /expected them or a name after of/],
    ['of', 'content/condition', /expected an identifier/],
    ['not', 'content/condition', /found the end/],
    ['a AND b', 'content/condition', /found "AND"/],
    ['a | count() > 5', 'content/condition', /aggregation \(after "\|"\) is not supported/],
    [`${'('.repeat(40)}a`, 'content/limit', /nested deeper than 32/],
    [`${'not '.repeat(40)}a`, 'content/limit', /nested deeper than 32/],
    ['a or '.repeat(2_000), 'content/limit', /at most 8192 characters/],
  ]
  for (const [source, code, message] of rows) {
    const refused = (error: unknown): boolean =>
      error instanceof ContentError && error.code === code && message.test(error.message)
    assert.throws(() => parseCondition(source, NAMES), refused, source)
  }
})
