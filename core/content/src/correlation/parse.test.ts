import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContentErrorCode } from '../errors.ts'
import { body, compiled, type Fields, parsed, type Plain } from './correlation-fixture.ts'
import { type Correlation, lintCorrelations } from './index.ts'
import {
  ALIASES_MAX,
  CORRELATION_DEPTH_MAX,
  CORRELATION_REFERENCES_MAX,
  CORRELATION_RULES_MAX,
  CORRELATIONS_MAX,
  ORDERED_RULES_MAX,
  TIMESPAN_SECONDS_MAX,
} from './limits.ts'

const FAILED_LOGIN = '53ba33fd-3a50-4468-a5ef-c583635cfa92'

const counting = (condition: Fields): Fields => body({ condition })

function metric(type: string, condition: Fields): Fields {
  return body({ type, condition })
}

/** Name, the `correlation` of a document that is fine otherwise, code, message. */
const REFUSED: readonly (readonly [name: string, correlation: Plain, code: ContentErrorCode, message: RegExp])[] = [
  ['a correlation that is text', 'x', 'content/schema', /expected a map of keys/],
  ['a type missing', body({ type: null }), 'content/schema', /expected event_count/],
  ['an unknown type', body({ type: 'near' }), 'content/schema', /expected event_count/],
  ['an extension of pySigma', body({ type: 'temporal_extended' }), 'content/correlation', /not of Sigma 2.1.0/],
  ['an extension of others', body({ type: 'value_median' }), 'content/correlation', /not of Sigma 2.1.0/],
  ['an expression as condition', body({ condition: 'a and b' }), 'content/correlation', /an expression over rules/],
  ['a misspelt key', body({ groupby: ['User'] }), 'content/correlation', /unknown key groupby/],
  ['no rules', body({ rules: [] }), 'content/schema', /at least one/],
  ['a rule that is no text', body({ rules: [1] }), 'content/schema', /expected text, found number/],
  ['an unknown rule', body({ rules: ['nobody'] }), 'content/correlation', /"nobody": unknown/],
  ['a name that two rules have', body({ rules: ['twin'] }), 'content/correlation', /several have that name/],
  [
    'one rule by name and by id',
    body({ rules: ['failed_login', '53ba33fd-3a50-4468-a5ef-c583635cfa92'] }),
    'content/correlation',
    /referred to twice/,
  ],
  [
    'too many rules',
    body({ rules: Array.from({ length: CORRELATION_RULES_MAX + 1 }, (_, i) => `r${i}`) }),
    'content/limit',
    /at most 64/,
  ],
  [
    'too many rules in order',
    body({ type: 'temporal_ordered', rules: Array.from({ length: ORDERED_RULES_MAX + 1 }, (_, i) => `r${i}`) }),
    'content/limit',
    /at most 16/,
  ],
  ['a group field twice', body({ 'group-by': ['User', 'U ser'] }), 'content/schema', /given twice/],
  ['an empty group field', body({ 'group-by': [' '] }), 'content/schema', /empty/],
  ['no timespan', body({ timespan: null }), 'content/schema', /expected text/],
  ['a timespan without unit', body({ timespan: 60 }), 'content/schema', /expected text/],
  ['a timespan in capitals', body({ timespan: '1H' }), 'content/schema', /from 1s to 30d/],
  ['months', body({ timespan: '1M' }), 'content/schema', /from 1s to 30d/],
  ['a timespan of nothing', body({ timespan: '0s' }), 'content/schema', /from 1s to 30d/],
  ['a fraction of a timespan', body({ timespan: '1.5h' }), 'content/schema', /from 1s to 30d/],
  ['a timespan that is too long', body({ timespan: '31d' }), 'content/limit', /from 1s to 30d/],
  ['no condition', body({ condition: null }), 'content/schema', /a map of keys/],
  ['an empty condition', counting({}), 'content/correlation', /one or two of/],
  ['three comparisons', counting({ gt: 1, lt: 9, neq: 3 }), 'content/correlation', /found 3/],
  ['an unknown operator', counting({ gte: 1, between: 2 }), 'content/correlation', /unknown key between/],
  ['a threshold as text', counting({ gte: '10' }), 'content/correlation', /expected a number, found text/],
  ['a threshold that is no number', counting({ gte: Number.NaN }), 'content/correlation', /expected a number/],
  ['lt alone', counting({ lt: 5 }), 'content/correlation', /without a lower bound/],
  ['lte alone', counting({ lte: 5 }), 'content/correlation', /without a lower bound/],
  ['neq alone', counting({ neq: 5 }), 'content/correlation', /without a lower bound/],
  ['no lower bound of an average', metric('value_avg', { field: 'N', lt: 5 }), 'content/correlation', /lower bound/],
  ['a bound that nothing meets', counting({ gte: 0 }), 'content/correlation', /with no event at all/],
  ['a negative bound', counting({ gt: -1 }), 'content/correlation', /with no event at all/],
  ['an empty range', counting({ gt: 5, lt: 3 }), 'content/correlation', /exclude each other/],
  ['an empty range at one point', counting({ gte: 5, lt: 5 }), 'content/correlation', /exclude each other/],
  ['eq and not eq', counting({ eq: 5, neq: 5 }), 'content/correlation', /exclude each other/],
  ['no whole number between', counting({ gt: 2, lt: 3 }), 'content/correlation', /no count from 1/],
  ['a count that is a fraction', counting({ eq: 2.5 }), 'content/correlation', /no count from 1/],
  ['more than a window keeps', counting({ gte: 10_000 }), 'content/correlation', /keeps 10000 entries/],
  [
    'more rules than there are',
    body({ type: 'temporal', condition: { gte: 2 } }),
    'content/correlation',
    /no count from 1 to 1/,
  ],
  ['a field for a count of events', counting({ gte: 1, field: 'User' }), 'content/correlation', /reads no field/],
  [
    'a percentile for a sum',
    metric('value_sum', { field: 'N', gt: 1, percentile: 5 }),
    'content/correlation',
    /no perc/,
  ],
  ['a count of values of no field', metric('value_count', { gte: 2 }), 'content/correlation', /needs a field/],
  ['a list of no fields', metric('value_count', { gte: 2, field: [] }), 'content/correlation', /needs a field/],
  ['a sum of two fields', metric('value_sum', { gt: 1, field: ['A', 'B'] }), 'content/correlation', /with one field/],
  ['no percentile', metric('value_percentile', { gt: 1, field: 'N' }), 'content/correlation', /needs percentile/],
  [
    'a percentile beyond 100',
    metric('value_percentile', { gt: 1, field: 'N', percentile: 101 }),
    'content/correlation',
    /from 0 to 100/,
  ],
  // The specification's own example: no percentile, and a field that is no number.
  ['lte: 1 of a name', metric('value_percentile', { field: 'image', lte: 1 }), 'content/correlation', /percentile/],
  ['an alias that is text', body({ aliases: { ip: 'source.ip' } }), 'content/schema', /a map of keys/],
  [
    'an alias of a rule that is not there',
    body({ aliases: { ip: { nobody: 'a' } } }),
    'content/correlation',
    /unknown/,
  ],
  [
    'an alias of another rule',
    body({ aliases: { ip: { successful_login: 'a' } } }),
    'content/correlation',
    /not one of the rules/,
  ],
  [
    'an alias twice of one rule',
    body({ aliases: { ip: { failed_login: 'a', '53ba33fd-3a50-4468-a5ef-c583635cfa92': 'b' } } }),
    'content/correlation',
    /given twice/,
  ],
  ['an alias without field', body({ aliases: { ip: { failed_login: ' ' } } }), 'content/schema', /is empty/],
  [
    'too many aliases',
    body({ aliases: Object.fromEntries(Array.from({ length: ALIASES_MAX + 1 }, (_, i) => [`a${i}`, {}])) }),
    'content/limit',
    /at most 16/,
  ],
  ['an alias without a name', body({ aliases: { ' ': { failed_login: 'a' } } }), 'content/schema', /a name is empty/],
  ['an alias twice', body({ aliases: { ip: {}, 'i p': {} } }), 'content/schema', /a name is given twice/],
  ['an alias name that is too long', body({ aliases: { ['x'.repeat(129)]: {} } }), 'content/limit', /field name/],
  [
    'an alias of too many rules',
    body({ aliases: { ip: many(CORRELATION_RULES_MAX + 1) } }),
    'content/limit',
    /at most 64 rules/,
  ],
  ['aliases that are text', body({ aliases: 'ip' }), 'content/schema', /aliases: expected a map/],
  [
    'a timespan of a second too long',
    body({ timespan: `${TIMESPAN_SECONDS_MAX + 1}s` }),
    'content/limit',
    /from 1s to 30d/,
  ],
  ['two units', body({ timespan: '1h5' }), 'content/schema', /from 1s to 30d/],
  [
    'a percentile below 0',
    metric('value_percentile', { gt: 1, field: 'N', percentile: -1 }),
    'content/correlation',
    /from 0 to 100/,
  ],
  ['a threshold that is a truth', counting({ gte: true }), 'content/correlation', /expected a number/],
  ['a threshold that is a list', counting({ gte: [5] }), 'content/correlation', /expected a number/],
  ['generate that is text', body({ generate: 'yes' }), 'content/schema', /true or false/],
]

const without = (key: string): Fields => Object.fromEntries(Object.entries(body()).filter(([one]) => one !== key))

for (const key of ['type', 'rules', 'timespan', 'condition']) {
  test(`refuses a correlation without ${key}`, () => {
    const { correlations, diagnostics } = parsed([{ title: 'c', correlation: without(key) }])
    assert.deepEqual(correlations, [])
    assert.equal(diagnostics[0]?.code, 'content/schema')
    assert.match(diagnostics[0].message, key === 'condition' ? /needs a condition/ : new RegExp(`${key} is missing`))
  })
}

const SEVEN = [
  'recon_cmd_a',
  'recon_cmd_b',
  'recon_cmd_c',
  'website_access',
  'internal_error',
  'failed_login',
  'successful_login',
]

/** Name, the `correlation` of a document, and what it reads as. */
const TAKEN: readonly (readonly [name: string, correlation: Fields, reads: Partial<Correlation>])[] = [
  ['one rule that is no list', body({ rules: 'failed_login' }), { rules: [FAILED_LOGIN] }],
  ['an id in upper case', body({ rules: [FAILED_LOGIN.toUpperCase()] }), { rules: [FAILED_LOGIN] }],
  ['no aliases', body({ aliases: null }), { aliases: [] }],
  ['no group', body({ 'group-by': null }), { groupBy: [] }],
  ['as many aliases as may be', body({ aliases: many(ALIASES_MAX, {}) }), {}],
  ['a second', body({ timespan: '1s' }), { timespanSeconds: 1 }],
  ['minutes', body({ timespan: '90m' }), { timespanSeconds: 5_400 }],
  ['hours', body({ timespan: '36h' }), { timespanSeconds: 129_600 }],
  ['as long as may be', body({ timespan: '30d' }), { timespanSeconds: TIMESPAN_SECONDS_MAX }],
  ['percentile 0', metric('value_percentile', { gt: 1, field: 'N', percentile: 0 }), { percentile: 0 }],
  ['percentile 100', metric('value_percentile', { gt: 1, field: 'N', percentile: 100 }), { percentile: 100 }],
  [
    'temporal without a condition: all of its rules',
    { type: 'temporal', rules: SEVEN, timespan: '1m' },
    { comparisons: [{ operator: 'gte', threshold: SEVEN.length }] },
  ],
  [
    'temporal_ordered without a condition',
    { type: 'temporal_ordered', rules: SEVEN.slice(0, 3), timespan: '1m' },
    { comparisons: [{ operator: 'gte', threshold: 3 }] },
  ],
]

for (const [name, correlation, reads] of TAKEN) {
  test(`reads ${name}`, () => {
    const { correlations, diagnostics } = parsed([{ title: 'c', correlation }])
    assert.deepEqual(diagnostics, [])
    assert.deepEqual({ ...correlations[0], ...reads }, correlations[0])
  })
}

test('takes as many rules as may be', () => {
  for (const [type, most] of [
    ['event_count', CORRELATION_RULES_MAX],
    ['temporal_ordered', ORDERED_RULES_MAX],
  ] as const) {
    const rules = Array.from({ length: most }, (_, i) => `r${i}`)
    const { diagnostics } = parsed([{ title: 'c', correlation: body({ type, rules }) }])
    // Every one of them is looked up, and nobody knows it.
    assert.equal(diagnostics.length, most)
    assert.ok(diagnostics.every(({ message }) => message.endsWith('unknown')))
  }
})

test('correlations come by depth, and then by id', () => {
  const of = (title: string, rules: readonly string[]): Plain => ({ title, correlation: body({ rules }) })
  const documents = [
    of('z', ['failed_login']),
    of('b', ['a']),
    of('a', ['failed_login']),
    of('c', ['z']),
    of('m', ['b']),
  ]
  for (const order of [documents, documents.toReversed()]) {
    assert.deepEqual(
      parsed(order).correlations.map(({ id }) => id),
      ['a', 'z', 'b', 'c', 'm'],
    )
  }
})

function many(count: number, value: Plain = 'a'): Fields {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${i}`, value]))
}

for (const [name, correlation, code, message] of REFUSED) {
  test(`refuses ${name}`, () => {
    const { correlations, diagnostics } = parsed([{ title: 'c', correlation }])
    assert.deepEqual(correlations, [])
    const found = diagnostics.find((one) => one.code === code && message.test(one.message))
    assert.ok(found, JSON.stringify(diagnostics))
    assert.equal(diagnostics.length, /too many rules in|a threshold/.test(name) ? 2 : 1)
  })
}

/** Name, whole documents, code, message, and how many remain. */
const DOCUMENTS: readonly (readonly [string, readonly Plain[], ContentErrorCode, RegExp, number])[] = [
  ['a document that is a list', [[]], 'content/schema', /expected a map/, 0],
  ['no title', [{ correlation: body() }], 'content/schema', /title is missing/, 0],
  ['no correlation', [{ title: 'c' }], 'content/schema', /correlation is missing/, 0],
  ['an id that is no UUID', [{ title: 'c', id: 'x', correlation: body() }], 'content/schema', /UUID/, 0],
  ['an unknown level', [{ title: 'c', level: 'bad', correlation: body() }], 'content/schema', /level/, 0],
  ['another taxonomy', [{ title: 'c', taxonomy: 'ecs', correlation: body() }], 'content/schema', /taxonomy/, 0],
  [
    'generate in both places',
    [{ title: 'c', generate: true, correlation: body({ generate: true }) }],
    'content/correlation',
    /beside correlation and inside/,
    0,
  ],
  [
    'the title of another, where neither has an id',
    [
      { title: 'c', correlation: body() },
      { title: 'c', correlation: body() },
    ],
    'content/correlation',
    /another has the id c/,
    1,
  ],
  ['itself', [{ title: 'c', correlation: body({ rules: ['c'] }) }], 'content/correlation', /in a circle/, 0],
  [
    'a circle, and what leads into it, but not the rest',
    [
      { title: 'a', correlation: body({ rules: ['b'] }) },
      { title: 'b', correlation: body({ rules: ['a'] }) },
      { title: 'c', correlation: body({ rules: ['a'] }) },
      { title: 'd', correlation: body() },
    ],
    'content/correlation',
    /in a circle/,
    1,
  ],
  [
    'a reference to one that has errors',
    [
      { title: 'a', correlation: body({ type: 'x' }) },
      { title: 'b', correlation: body({ rules: ['a'] }) },
    ],
    'content/correlation',
    /"a": it has errors/,
    0,
  ],
  [
    'a chain that is too long',
    Array.from({ length: CORRELATION_DEPTH_MAX + 1 }, (_, i) => ({
      title: `c${i}`,
      correlation: body(i === 0 ? {} : { rules: [`c${i - 1}`] }),
    })),
    'content/limit',
    /deeper than 8/,
    CORRELATION_DEPTH_MAX,
  ],
]

for (const [name, documents, code, message, left] of DOCUMENTS) {
  test(`refuses ${name}`, () => {
    const { correlations, diagnostics } = parsed(documents)
    assert.ok(
      diagnostics.some((one) => one.code === code && message.test(one.message)),
      JSON.stringify(diagnostics),
    )
    assert.equal(correlations.length, left)
  })
}

test('refuses what all together is too much, and keeps the rest', () => {
  const rules = ['recon_cmd_a', 'recon_cmd_b', 'recon_cmd_c', 'website_access', 'internal_error', 'failed_login']
  const wide = (i: number): Plain => ({
    title: `c${i}`,
    correlation: body({ rules: [...rules, 'successful_login', 'new_network_connection', 'twin_a'] }),
  })
  const most = Math.floor(CORRELATION_REFERENCES_MAX / 9)
  const { correlations, diagnostics } = parsed(Array.from({ length: CORRELATIONS_MAX + 1 }, (_, i) => wide(i)))
  assert.equal(correlations.length, most)
  assert.ok(diagnostics.every(({ code }) => code === 'content/limit'))
  assert.equal(diagnostics.length, CORRELATIONS_MAX - most + 1)
})

test('reads generate beside correlation and, as pySigma, inside it', () => {
  const { correlations } = parsed([
    { title: 'a', correlation: body() },
    { title: 'b', generate: true, correlation: body() },
    { title: 'c', correlation: body({ generate: true }) },
  ])
  assert.deepEqual(
    correlations.map(({ generate }) => generate),
    [false, true, true],
  )
})

test('keeps fractions, and writes -0 as 0', () => {
  const { correlations } = parsed([
    { title: 'a', correlation: metric('value_avg', { field: 'N', gt: -0, lt: 0.5 }) },
    { title: 'b', correlation: counting({ gte: 1.5 }) },
  ])
  const thresholds = correlations.flatMap(({ comparisons }) => comparisons.map(({ threshold }) => threshold))
  assert.deepEqual(thresholds, [0, 0.5, 1.5])
})

test('advises where there is no group-by', () => {
  const { correlations, diagnostics } = parsed([{ title: 'c', correlation: body({ 'group-by': null }) }])
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(
    lintCorrelations(correlations).map(({ message }) => message),
    ['Consider group-by: without it the events of all users and programs are one group'],
  )
})

test('asks for the fields that are read and for no others', () => {
  const aliases = { ip: { failed_login: 'source.ip' }, unused: { failed_login: 'nothing' } }
  const { correlations } = parsed([
    { title: 'inner', correlation: body({ aliases, 'group-by': ['User Name'] }) },
    {
      title: 'outer',
      correlation: body({
        rules: ['inner', 'successful_login'],
        'group-by': ['ip'],
        type: 'temporal',
        condition: { gte: 2 },
      }),
    },
  ])
  const { fields, records, strings } = compiled(correlations)
  assert.deepEqual(fields.toSorted(), ['UserName', 'ip', 'source.ip'])
  assert.deepEqual(
    records.map(({ columns }) => columns.map((name) => strings[name])),
    [['UserName', 'ip'], ['ip']],
  )
  const [inner, other] = records[1]?.references ?? [] // the alias of one, a field of the other
  assert.deepEqual(inner?.sources, [{ kind: 'column', number: 1 }])
  assert.deepEqual(other?.sources, [{ kind: 'field', number: fields.indexOf('ip') }])
})
