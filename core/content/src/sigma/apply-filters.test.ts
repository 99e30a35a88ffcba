import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILTERS_PER_RULE_MAX, IDENTIFIERS_PER_RULE_MAX, NODES_PER_RULE_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'
import { Problems } from '../problems.ts'
import { applyFilters, lintFilters } from './apply-filters.ts'
import { readDocuments, RULE_ID, ruleOf, showTree } from './sigma-fixture.ts'

type Plain = Parameters<typeof readDocuments>[0][number]

const OTHER_ID = 'df0841c0-9846-4e9f-ad8a-7df91571771b'
const LOGSOURCE = { category: 'process_creation', product: 'windows' }
const RULE = ruleOf({ selection: { A: 'x' }, condition: '1 of them' }, { name: 'first', logsource: LOGSOURCE })
const OTHER = ruleOf(
  { a: ['x'], b: ['y'], condition: 'a and b' },
  { id: OTHER_ID, name: 'other', logsource: { product: 'linux' } },
)

const CORRELATION = { title: 'x', name: 'correlated', correlation: { type: 'event_count', rules: ['first'] } }

function filterOf(filter: { readonly [key: string]: Plain }, more: { readonly [key: string]: Plain } = {}): Plain {
  const base = { rules: [RULE_ID], selection: { 'User|startswith': 'adm_' }, condition: 'not selection' }
  return { title: 'Filter', logsource: LOGSOURCE, filter: { ...base, ...filter }, ...more }
}

function apply(documents: readonly Plain[]): {
  readonly shown: readonly string[]
  readonly problems: readonly string[]
} {
  const { rules, filters, problems: wrong } = readDocuments(documents)
  assert.deepEqual(wrong, [])
  const problems = new Problems()
  const narrowed = applyFilters(rules, filters, problems)
  const shown = narrowed.map(
    ({ selections, condition }) => `${selections.map(({ name }) => name).join(' ')}: ${showTree(condition)}`,
  )
  return { shown, problems: problems.list().map(({ code, message }) => `${code} ${message}`) }
}

test('a filter is (rule) and (filter), word for word', () => {
  const rows: readonly (readonly [what: string, filters: readonly Plain[], shown: readonly string[]])[] = [
    ['by id', [filterOf({})], ['selection _selection: (#0 & !#1)', 'a b: (#0 & #1)']],
    [
      'by id in upper case',
      [filterOf({ rules: [RULE_ID.toUpperCase()] })],
      ['selection _selection: (#0 & !#1)', 'a b: (#0 & #1)'],
    ],
    ['by name', [filterOf({ rules: 'first' })], ['selection _selection: (#0 & !#1)', 'a b: (#0 & #1)']],
    [
      'by id and name',
      [filterOf({ rules: ['first', RULE_ID] })],
      ['selection _selection: (#0 & !#1)', 'a b: (#0 & #1)'],
    ],
    ['without not', [filterOf({ condition: 'selection' })], ['selection _selection: (#0 & #1)', 'a b: (#0 & #1)']],
    ['any of the log source', [filterOf({ rules: 'any' })], ['selection _selection: (#0 & !#1)', 'a b: (#0 & #1)']],
    [
      'two of one selection name',
      [filterOf({}), filterOf({ condition: 'selection' })],
      ['selection _selection __selection: (#0 & !#1 & #2)', 'a b: (#0 & #1)'],
    ],
    [
      'a wider log source',
      [filterOf({ rules: [OTHER_ID] }, { logsource: { product: 'Linux' } })],
      ['selection: #0', 'a b _selection: (#0 & #1 & !#2)'],
    ],
    [
      'any of a wider log source',
      [filterOf({ rules: 'any' }, { logsource: { product: 'windows' } })],
      ['selection _selection: (#0 & !#1)', 'a b: (#0 & #1)'],
    ],
    [
      'selections whose free names meet',
      [filterOf({}), filterOf({ selection: ['x'], _selection: ['y'], condition: '_selection and not selection' })],
      ['selection _selection __selection ___selection: (#0 & !#1 & (#3 & !#2))', 'a b: (#0 & #1)'],
    ],
    ['none', [], ['selection: #0', 'a b: (#0 & #1)']],
  ]
  for (const [what, filters, shown] of rows) {
    assert.deepEqual(apply([RULE, OTHER, ...filters]), { shown, problems: [] }, what)
  }
})

test('a filter that can not be applied is a problem, and changes nothing', () => {
  const unchanged = ['selection: #0', 'a b: (#0 & #1)']
  const rows: readonly (readonly [filter: Plain, problem: RegExp])[] = [
    [filterOf({ rules: ['unknown'] }), /^content\/schema .* no detection rule has the id or name "unknown"/],
    [filterOf({ rules: ['First'] }), /no detection rule has the id or name "First"/],
    [filterOf({ rules: ['name first'] }), /no detection rule/],
    [filterOf({ rules: ['correlated'] }), /no detection rule has the id or name "correlated"/],
    [filterOf({ rules: [OTHER_ID] }), /is not of the log source of the filter/],
    [filterOf({}, { logsource: { ...LOGSOURCE, service: 'sysmon' } }), /is not of the log source of the filter/],
  ]
  for (const [filter, problem] of rows) {
    const { shown, problems } = apply([RULE, OTHER, CORRELATION, filter])
    assert.deepEqual(shown, unchanged)
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? '', problem)
  }
  const twin = ruleOf({ a: ['x'], condition: 'a' }, { id: OTHER_ID, name: 'first', logsource: LOGSOURCE })
  assert.match(
    apply([RULE, twin, filterOf({ rules: 'first' })]).problems[0] ?? '',
    /several rules have the name "first"/,
  )
})

test('the filters of one rule are bounded', () => {
  const filters = Array<Plain>(FILTERS_PER_RULE_MAX + 2).fill(filterOf({}))
  const { problems } = apply([RULE, ...filters])
  assert.equal(problems.length, 2)
  assert.match(problems[0] ?? '', /^content\/limit /)
})

test('no filter makes a rule larger than a rule may be', () => {
  const named = (count: number): { readonly [key: string]: Plain } =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, ['x']]))
  const numbers = (count: number): Plain => Array.from({ length: count }, (_, i) => i)
  const wide = ruleOf({ ...named(IDENTIFIERS_PER_RULE_MAX - 6), condition: '1 of x*' }, { logsource: LOGSOURCE })
  const deep = ruleOf({ a: { 'A|gt': numbers(VALUES_PER_ITEM_MAX) }, condition: 'a' }, { logsource: LOGSOURCE })
  // An OR and its tests, a leaf for the condition; of the filter the same and its not; and the AND of both.
  const left = NODES_PER_RULE_MAX - (VALUES_PER_ITEM_MAX + 2) - 4
  const base = { title: 'Filter', logsource: LOGSOURCE }
  const rows: readonly (readonly [rule: Plain, filter: { readonly [key: string]: Plain }, fits: boolean])[] = [
    [wide, { ...named(6), condition: 'not 1 of x*' }, true],
    [wide, { ...named(7), condition: 'not 1 of x*' }, false],
    [deep, { b: { 'B|gt': numbers(left) }, condition: 'not b' }, true],
    [deep, { b: { 'B|gt': numbers(left + 1) }, condition: 'not b' }, false],
  ]
  for (const [rule, filter, fits] of rows) {
    const { problems } = apply([rule, { ...base, filter: { rules: [RULE_ID], ...filter } }])
    if (fits) assert.deepEqual(problems, [])
    else assert.match(problems[0] ?? '', /^content\/limit .* 256 selections or 16384 tests/)
  }
})

test('a filter document that is wrong is refused', () => {
  const rows: readonly (readonly [filter: Plain, code: string, message: RegExp])[] = [
    [{ title: 'x', logsource: LOGSOURCE, filter: 'x' }, 'content/schema', /filter: expected a map/],
    [filterOf({ rules: null }), 'content/schema', /rules is missing/],
    [filterOf({ rules: [] }), 'content/schema', /at least one rule/],
    [filterOf({ rules: [5] }), 'content/schema', /rules of filter: expected text/],
    [filterOf({ condition: 'missing' }), 'content/condition', /expected one of the selections selection/],
    [filterOf({ condition: 'rules' }), 'content/condition', /expected one of the selections selection/],
    [filterOf({ selection: {} }), 'content/schema', /expected at least one field/],
    [filterOf({}, { id: 'x' }), 'content/schema', /expected a UUID/],
    [filterOf({}, { logsource: {} }), 'content/schema', /expected at least one of category/],
    [filterOf({}, { title: null }), 'content/schema', /title: expected text/],
  ]
  for (const [filter, code, message] of rows) {
    const { filters, problems } = readDocuments([filter])
    assert.deepEqual([filters.length, problems.length, problems[0]?.code], [0, 1, code], JSON.stringify(problems))
    assert.match(problems[0]?.message ?? '', message)
  }
})

test('what is allowed and odd is a warning', () => {
  const rows: readonly (readonly [filter: Plain, warnings: readonly RegExp[]])[] = [
    [filterOf({}), []],
    [filterOf({ condition: 'selection' }), [/has no not: its rules will only match/]],
    [filterOf({ selection: { 'User|neq': 'x' }, condition: 'selection' }), []],
    [filterOf({ selection: { 'User|neq': 'x' }, other: ['y'], condition: 'selection and other' }), []],
    [filterOf({ selection: { A: 1, 'User|neq': 'x' }, condition: 'selection' }), []],
    [filterOf({ rules: 'any' }), []],
    [filterOf({ rules: 'any' }, { logsource: { product: 'linux' } }), []],
    [filterOf({ rules: 'any' }, { logsource: { product: 'macos' } }), [/a log source that no rule has/]],
  ]
  for (const [filter, warnings] of rows) {
    const { rules, filters } = readDocuments([RULE, OTHER, filter])
    const found = lintFilters(rules, filters)
    assert.equal(found.length, warnings.length)
    for (const [i, warning] of warnings.entries()) assert.match(found[i]?.message ?? '', warning)
  }
})
