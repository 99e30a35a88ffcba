/** Every limit of a Sigma rule, at it and one beyond; each a test of its own, because some are large. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CONDITION_CHARS_MAX,
  CONDITION_DEPTH_MAX,
  CONDITIONS_PER_RULE_MAX,
  CUSTOM_CHARS_MAX,
  CUSTOM_DEPTH_MAX,
  FIELD_NAME_CHARS_MAX,
  IDENTIFIERS_PER_RULE_MAX,
  ITEM_CHARS_MAX,
  NODES_PER_RULE_MAX,
  SELECTION_NAME_CHARS_MAX,
  STRING_CHARS_MAX,
  VALUE_CHARS_MAX,
  VALUES_PER_ITEM_MAX,
} from '../limits.ts'
import { readDocuments, ruleOf } from './sigma-fixture.ts'

type Plain = Parameters<typeof readDocuments>[0][number]
type Tables = NonNullable<Parameters<typeof readDocuments>[1]>

/** What is wrong with a rule of this detection, as code and message; null when nothing is. */
function problemOf(detection: Plain, tables: Tables = {}, more: { readonly [key: string]: Plain } = {}): string | null {
  const [problem] = readDocuments([ruleOf(detection, more)], tables).problems
  return problem ? `${problem.code} ${problem.message}` : null
}

function selection(value: Plain): Plain {
  return { selection: value, condition: 'selection' }
}

function texts(count: number, length = 0): readonly string[] {
  return Array.from({ length: count }, (_, i) => String(i).padStart(length, 'x'))
}

function named(names: readonly string[], condition: Plain): Plain {
  return { ...Object.fromEntries(names.map((name) => [name, { A: 'x' }])), condition }
}

const x = (count: number): string => 'x'.repeat(count)

const HUNDRED = { t: texts(100), more: texts(101), one: ['1'] }
const WIDE_COUNT = ITEM_CHARS_MAX / VALUE_CHARS_MAX
const WIDE = { many: texts(WIDE_COUNT, 3), more: texts(WIDE_COUNT + 1, 3), long: [x(VALUE_CHARS_MAX - 3)] }
/** Base64 makes four characters of three bytes, and UTF-16 two bytes of a character. */
const ENCODED_CHARS_MAX = (VALUE_CHARS_MAX / 4) * 3
const WIDE_ENCODED_CHARS_MAX = Math.floor(STRING_CHARS_MAX / 4) * 1.5
/** Five texts for each dash. */
const DASHED = ' -a'
const COMPARED = NODES_PER_RULE_MAX - VALUES_PER_ITEM_MAX

const limits: readonly (readonly [what: string, max: Plain, more: Plain, message: RegExp, tables?: Tables])[] = [
  [
    'characters of a value',
    selection({ A: x(VALUE_CHARS_MAX) }),
    selection({ A: x(VALUE_CHARS_MAX + 1) }),
    /8192 char/,
  ],
  ['characters of a keyword', selection([x(VALUE_CHARS_MAX)]), selection([x(VALUE_CHARS_MAX + 1)]), /8192 char/],
  [
    'characters of a field name',
    selection({ [x(FIELD_NAME_CHARS_MAX)]: 'x' }),
    selection({ [x(FIELD_NAME_CHARS_MAX + 1)]: 'x' }),
    /field name: expected at most 128/,
  ],
  [
    'values of an item',
    selection({ A: texts(VALUES_PER_ITEM_MAX) }),
    selection({ A: texts(VALUES_PER_ITEM_MAX + 1) }),
    /expected at most 10000 values, found 10001/,
  ],
  [
    'keywords of a selection',
    selection(texts(VALUES_PER_ITEM_MAX)),
    selection(texts(VALUES_PER_ITEM_MAX + 1)),
    /expected 1 to 10000 entries, found 10001/,
  ],
  [
    'values that modifiers make',
    selection({ 'A|expand': '%t%%t%' }),
    selection({ 'A|expand': ['%t%%t%', 'y'] }),
    /modifiers make more than 10000 values/,
    HUNDRED,
  ],
  [
    'characters that modifiers make',
    selection({ 'A|expand': '%many%%long%' }),
    selection({ 'A|expand': '%more%%long%' }),
    /modifiers make more than .* 4194304 characters/,
    WIDE,
  ],
  [
    'combinations of placeholders',
    selection({ 'A|expand': '%t%%t%' }),
    selection({ 'A|expand': '%t%%more%' }),
    /more than 10000 combinations/,
    HUNDRED,
  ],
  [
    'pieces of placeholders',
    selection({ 'A|expand': `%t%%t%${'%one%'.repeat(8)}` }),
    selection({ 'A|expand': `%t%%t%${'%one%'.repeat(9)}` }),
    /more than 100000 pieces/,
    HUNDRED,
  ],
  [
    'values of a chain of modifiers',
    selection({ 'A|windash|base64|base64offset': DASHED.repeat(5) }),
    selection({ 'A|windash|base64|base64offset|base64offset': DASHED.repeat(5) }),
    /base64offset: more than 10000 values/,
  ],
  [
    'dashes to encode',
    selection({ 'A|windash|base64': DASHED.repeat(5) }),
    selection({ 'A|windash|base64': DASHED.repeat(6) }),
    /base64: more than 10000 values/,
  ],
  [
    'characters to encode again',
    selection({ 'A|base64|base64': x(ENCODED_CHARS_MAX) }),
    selection({ 'A|base64|base64': x(ENCODED_CHARS_MAX + 1) }),
    /base64: more than 8192 characters/,
  ],
  [
    'characters of dashes to encode',
    selection({ 'A|windash|base64': DASHED.repeat(4) + x(100) }),
    selection({ 'A|windash|base64': DASHED.repeat(5) + x(1_343 - 15) }),
    /base64: more than 8192 characters, or 4194304 in all/,
  ],
  [
    'characters of an encoded value',
    selection({ 'A|wide|base64': x(WIDE_ENCODED_CHARS_MAX) }),
    selection({ 'A|wide|base64': x(WIDE_ENCODED_CHARS_MAX + 1) }),
    /modifiers make over 16386 characters/,
  ],
  [
    'characters of an expanded value',
    selection({ 'A|expand': '%max%' }),
    selection({ 'A|expand': '%over%' }),
    /modifiers make over 16386 characters/,
    { max: [x(STRING_CHARS_MAX)], over: [x(STRING_CHARS_MAX + 1)] },
  ],
  [
    'selections',
    named(texts(IDENTIFIERS_PER_RULE_MAX, 3), '1 of x*'),
    named(texts(IDENTIFIERS_PER_RULE_MAX + 1, 3), '1 of x*'),
    /at most 256 selections, found 257/,
  ],
  [
    'characters of the name of a selection',
    named([x(SELECTION_NAME_CHARS_MAX)], '1 of them'),
    named([x(SELECTION_NAME_CHARS_MAX + 1)], '1 of them'),
    /name is over 256 characters/,
  ],
  [
    'conditions',
    named(['a'], Array<string>(CONDITIONS_PER_RULE_MAX).fill('a')),
    named(['a'], Array<string>(CONDITIONS_PER_RULE_MAX + 1).fill('a')),
    /expected 1 to 256 conditions, found 257/,
  ],
  [
    'characters of a condition',
    named(['a'], 'a'.padEnd(CONDITION_CHARS_MAX)),
    named(['a'], 'a'.padEnd(CONDITION_CHARS_MAX + 1)),
    /condition/,
  ],
  [
    'depth of a condition',
    named(['a'], `${'('.repeat(CONDITION_DEPTH_MAX)}a${')'.repeat(CONDITION_DEPTH_MAX)}`),
    named(['a'], `${'not '.repeat(CONDITION_DEPTH_MAX + 1)}a`),
    /deeper than 32/,
  ],
  [
    // A leaf for the condition, one node for AND, and for each list one for OR.
    'tests',
    selection({ 'A|gt': numbers(VALUES_PER_ITEM_MAX), 'B|gt': numbers(COMPARED - 4) }),
    selection({ 'A|gt': numbers(VALUES_PER_ITEM_MAX), 'B|gt': numbers(COMPARED - 3) }),
    /more than 16384 tests/,
  ],
]

for (const [what, max, more, message, tables] of limits) {
  test(`as many ${what} as may be`, () => assert.equal(problemOf(max, tables), null))
  test(`no more ${what} than may be`, () => {
    const problem = problemOf(more, tables) ?? ''
    assert.match(problem, /^content\/(limit|schema) /)
    assert.match(problem, message)
  })
}

test('as many alternatives of a list as may be, and no more', () => {
  const maps = (count: number): Plain => texts(count).map((one) => ({ A: one }))
  assert.match(problemOf(selection(maps(VALUES_PER_ITEM_MAX + 1))) ?? '', /expected 1 to 10000 entries, found 10001/)
})

test('custom attributes: so deep and so long, and no more', () => {
  const deep = (levels: number): Plain => Array.from({ length: levels }).reduce<Plain>((inner) => [inner], 'x')
  const rule = named(['a'], 'a')
  assert.equal(problemOf(rule, {}, { mine: deep(CUSTOM_DEPTH_MAX), other: 'x' }), null)
  assert.match(problemOf(rule, {}, { flat: 'x', mine: ['x', deep(CUSTOM_DEPTH_MAX)] }) ?? '', /deeper than 16/)
  const around = '{"mine":""}'.length
  assert.equal(problemOf(rule, {}, { mine: x(CUSTOM_CHARS_MAX - around) }), null)
  assert.match(problemOf(rule, {}, { mine: x(CUSTOM_CHARS_MAX - around + 1) }) ?? '', /over 20000 characters/)
})

test('custom attributes are in the order of their keys', () => {
  const attributes = { zeta: 1, alpha: { d: 1, c: [true, null] }, mid: 'x' }
  const [rule] = readDocuments([ruleOf(named(['a'], 'a'), attributes)]).rules
  assert.equal(rule?.custom, '{"alpha":{"c":[true,null],"d":1},"mid":"x","zeta":1}')
})

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i)
}
