import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIELD_NAME_CHARS_MAX, RULE_NAME_CHARS_MAX } from '../limits.ts'
import { Problems } from '../problems.ts'
import { toSourceNode } from '../source.ts'
import { body, compiled, type Fields, parsed, type Plain, RULES } from './correlation-fixture.ts'
import { lintCorrelations, parseCorrelations } from './index.ts'
import { CORRELATION_RULES_MAX, CORRELATIONS_MAX, GROUP_FIELDS_MAX, VALUE_FIELDS_MAX } from './limits.ts'

const ID = '0e95725d-7320-415d-80f7-004da920fc11'

function one(document: Fields) {
  const { correlations, diagnostics } = parsed([{ title: 'c', correlation: body(), ...document }])
  assert.deepEqual(diagnostics, [])
  const [only] = correlations
  assert.ok(only)
  return only
}

function messages(...documents: readonly Plain[]): readonly string[] {
  return parsed(documents).diagnostics.map(({ message }) => message)
}

test('a document is known by its id, else by its name, else by its title', () => {
  const { id, name, title } = one({ id: ID, name: 'n' })
  assert.deepEqual([id, name, title], [ID, 'n', 'c'])
  assert.deepEqual([one({ name: 'n' }).id, one({}).id, one({ name: '' }).id], ['n', 'c', 'c'])
  assert.deepEqual([one({}).name, one({ name: '' }).name], [null, null])
})

test('what a document does not say has a default', () => {
  const { description, status, level, tags, custom, generate, aliases, at } = one({})
  assert.deepEqual(
    [description, status, level, tags, custom, generate, aliases],
    ['', null, 'informational', [], null, false, []],
  )
  assert.deepEqual(at, { file: '0.yml', line: 1, column: 1 })
  const said = one({
    description: 'd',
    status: 'test',
    level: 'high',
    tags: ['attack.t1110'],
    reference: ['https://example.com'],
    generate: true,
    own: { a: 1 },
  })
  assert.deepEqual(
    [said.description, said.status, said.level, said.tags, said.generate, said.custom],
    ['d', 'test', 'high', ['attack.t1110'], true, '{"own":{"a":1}}'],
  )
})

test('a reference to what has errors says so, by whatever name', () => {
  const broken = { title: 't', name: 'n', id: ID, correlation: {} }
  for (const name of ['t', 'n', ID]) {
    const found = messages(broken, { title: 'c', correlation: body({ rules: [name] }) })
    assert.ok(found.includes(`Cannot refer to "${name}": it has errors`), found.join('\n'))
  }
  const others = [7, { title: 7, correlation: {} }, { title: ['x'], correlation: {} }]
  const found = messages(...others, { title: 'c', correlation: body({ rules: ['x'] }) })
  assert.ok(found.includes('Cannot refer to "x": unknown'), found.join('\n'))
})

test('an id comes before a name, and a name of two things is refused', () => {
  const { correlations } = parsed([
    { title: 'a', name: 'recon_cmd_a_alias', id: ID, correlation: body() },
    { title: 'b', name: ID.toUpperCase(), correlation: body() },
    { title: 'c', correlation: body({ rules: [ID] }) },
    { title: 'd', correlation: body({ rules: ['recon_cmd_a_alias'] }) },
  ])
  assert.deepEqual(
    correlations.filter(({ title }) => title === 'c' || title === 'd').map(({ rules }) => rules),
    [[ID], [ID]],
  )
  const twins = [
    { title: 'a', name: 'failed_login', id: ID, correlation: body() },
    { title: 'c', correlation: body({ rules: ['failed_login'] }) },
  ]
  assert.equal(messages(...twins).filter((message) => message.endsWith('several have that name')).length, 2)
})

test('an alias is a name for one field of each rule', () => {
  const rules = ['failed_login', 'successful_login', 'recon_cmd_a']
  const aliases = { 'i p': { failed_login: 'source ip', recon_cmd_a: 'src' }, unused: {} }
  assert.deepEqual(one({ correlation: body({ rules, aliases }) }).aliases, [
    { name: 'ip', fields: ['sourceip', null, 'src'] },
    { name: 'unused', fields: [null, null, null] },
  ])
  const text = body({ aliases: { ip: { failed_login: 7, successful_login: 'x' } } })
  assert.deepEqual(messages({ title: 'c', correlation: text }).length, 1)
})

test('each list is as long as it may be, and no longer', () => {
  const names = (length: number) => Array.from({ length }, (_, i) => `f${i}`)
  const values = (length: number) => body({ type: 'value_count', condition: { gte: 2, field: names(length) } })
  const aliased = (length: number) => {
    const entries = names(length).map((name) => [name, 'x'] as const)
    return body({ aliases: { ip: Object.fromEntries(entries) } })
  }
  const rows: readonly (readonly [what: string, good: Plain, bad: Plain])[] = [
    ['groups', body({ 'group-by': names(GROUP_FIELDS_MAX) }), body({ 'group-by': names(GROUP_FIELDS_MAX + 1) })],
    ['values', values(VALUE_FIELDS_MAX), values(VALUE_FIELDS_MAX + 1)],
    [
      'field names',
      body({ 'group-by': 'x'.repeat(FIELD_NAME_CHARS_MAX) }),
      body({ 'group-by': 'x'.repeat(FIELD_NAME_CHARS_MAX + 1) }),
    ],
  ]
  for (const [what, good, bad] of rows) {
    assert.deepEqual(messages({ title: 'c', correlation: good }), [], what)
    assert.match(messages({ title: 'c', correlation: bad })[0] ?? '', /at most/, what)
  }
  const most = messages({ title: 'c', correlation: aliased(CORRELATION_RULES_MAX) })
  assert.ok(
    most.every((message) => message.endsWith('unknown')),
    most.join(),
  )
  assert.match(
    messages({ title: 'c', name: 'x'.repeat(RULE_NAME_CHARS_MAX + 1), correlation: body() })[0] ?? '',
    /at most/,
  )
})

test('a pack has so many correlations', () => {
  const nodes = Array.from({ length: CORRELATIONS_MAX + 1 }, (_, i) =>
    toSourceNode({ title: `${i}`, correlation: body() }, `${i}.yml`),
  )
  const problems = new Problems()
  assert.equal(parseCorrelations(nodes.slice(1), RULES, problems).length, CORRELATIONS_MAX)
  assert.equal(problems.total, 0)
  assert.equal(parseCorrelations(nodes, RULES, problems).length, CORRELATIONS_MAX)
  assert.deepEqual(
    problems.list().map(({ code, at }) => [code, at.file]),
    [['content/limit', `${CORRELATIONS_MAX}.yml`]],
  )
})

test('advice is about what has no group-by, and about nothing else', () => {
  const { correlations } = parsed([
    { title: 'a', correlation: body() },
    { title: 'b', correlation: body({ 'group-by': [] }) },
  ])
  assert.deepEqual(
    lintCorrelations(correlations).map(({ code, at }) => [code, at.file]),
    [['content/correlation', '1.yml']],
  )
})

test('a correlation over correlations reads the columns that they have', () => {
  const aliases = { who: { a: 'User', b: 'Image' } }
  const { correlations, diagnostics } = parsed([
    { title: 'a', correlation: body({ 'group-by': ['User'] }) },
    { title: 'b', correlation: body({ 'group-by': ['Image'] }) },
    {
      title: 'c',
      correlation: { type: 'temporal', rules: ['a', 'b', 'recon_cmd_a'], 'group-by': ['who'], timespan: '1h', aliases },
    },
    {
      title: 'd',
      correlation: body({ rules: ['c'], 'group-by': ['who'], type: 'value_count', condition: { gte: 2, field: 'x' } }),
    },
  ])
  assert.deepEqual(diagnostics, [])
  const { records, strings, fields } = compiled(correlations)
  assert.deepEqual(
    records.map(({ columns, references }) => [
      columns.map((name) => strings[name]),
      references.map(({ kind, sources }) => [
        kind,
        sources.map((one) => (one.kind === 'field' ? fields[one.number] : one.number)),
      ]),
    ]),
    [
      [['User'], [['rule', ['User']]]],
      [['Image'], [['rule', ['Image']]]],
      [
        ['who'],
        [
          ['correlation', [0]],
          ['correlation', [0]],
          ['rule', ['who']],
        ],
      ],
      [['who', 'x'], [['correlation', [0, 'x']]]],
    ],
  )
})
