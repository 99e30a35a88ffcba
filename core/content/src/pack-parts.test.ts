import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack } from './compile.ts'
import {
  FIELD_NAME_CHARS_MAX,
  TEST_EVENTS_MAX,
  TEST_FIELDS_MAX,
  TESTS_MAX,
  YARA_FILE_BYTES_MAX,
  YARA_FILES_MAX,
} from './limits.ts'
import { NAME } from './manifest.ts'
import { MANIFEST, packOf, rule, ruleId } from './pack-fixture.ts'
import type { ParsedPack } from './pack.ts'
import type { TestEvent } from './rule-test.ts'
import { toSourceNode } from './source.ts'

type Plain = Parameters<typeof toSourceNode>[0]

const ONE = rule(1, { s: { Image: 'a' }, condition: 's' })
const codes = ({ diagnostics }: ParsedPack) => diagnostics.map(({ code, at }) => `${at.file} ${code}`)
const source = (value: Plain, file = 'tests/a.yml') => ({ file, node: toSourceNode(value, file) })
const yara = (file: string, text = '') => ({ file, text })

/** One test of rule 1 with one event to match. */
function testOf(event: Plain): ParsedPack {
  return packOf([ONE], { tests: [source({ rule: ruleId(1), match: [event] })] })
}

test('a test keeps its events as they were written, and the log source of its rule', () => {
  const event = { a: 1, b: true, c: null, d: 'x', ['e'.repeat(FIELD_NAME_CHARS_MAX)]: 'long' }
  const written = { rule: ruleId(1), match: [event, {}], ignore: [{ ['__proto__']: 'x', b: false }] }
  const pack = packOf([ONE], { tests: [source(written), source({ rule: ruleId(1) }, 'tests/b.yml')] })
  assert.deepEqual(codes(pack), [])
  const shown = (events: readonly TestEvent[]) => events.map(({ fields }) => Object.entries(fields))
  assert.deepEqual(
    pack.tests.map((one) => [one.rule, one.at.file, shown(one.match), shown(one.ignore)]),
    [
      [
        ruleId(1),
        'tests/a.yml',
        [Object.entries({ ...event, b: 'true' }), []],
        [
          [
            ['__proto__', 'x'],
            ['b', 'false'],
          ],
        ],
      ],
      [ruleId(1), 'tests/b.yml', [], []],
    ],
  )
  assert.deepEqual(pack.tests[0]?.logsource, pack.rules[0]?.logsource)
})

test('a test with anything wrong is left out, each mistake told once', () => {
  const events = (length: number) => Array.from({ length }, () => ({}))
  const event = (length: number) => Object.fromEntries(Array.from({ length }, (_, i) => [`f${i}`, i]))
  const rows: readonly (readonly [what: string, test: Plain, codes: readonly string[]])[] = [
    ['no map', 'x', ['schema']],
    ['an unknown key', { rule: ruleId(1), matches: [] }, ['schema']],
    ['no rule', { match: [] }, ['schema']],
    ['a rule that is no text', { rule: 7 }, ['schema']],
    ['a rule of a long name', { rule: 'x'.repeat(37) }, ['limit']],
    ['a rule that is not there', { rule: ruleId(2) }, ['schema']],
    ['events that are none', { rule: ruleId(1), match: 'x', ignore: { a: 1 } }, ['schema', 'schema']],
    ['an event that is none', { rule: ruleId(1), match: [7] }, ['schema']],
    ['as many events as there may be', { rule: ruleId(1), match: events(TEST_EVENTS_MAX) }, []],
    ['an event too many', { rule: ruleId(1), match: events(TEST_EVENTS_MAX + 1) }, ['schema']],
    ['as many fields as there may be', { rule: ruleId(1), match: [event(TEST_FIELDS_MAX)] }, []],
    ['a field too many', { rule: ruleId(1), match: [event(TEST_FIELDS_MAX + 1)] }, ['limit']],
    ['a field without a name', { rule: ruleId(1), match: [{ '': 1 }] }, ['schema']],
    ['a field of a long name', { rule: ruleId(1), match: [{ ['x'.repeat(FIELD_NAME_CHARS_MAX + 1)]: 1 }] }, ['schema']],
    ['values that are none', { rule: ruleId(1), match: [{ a: [1], b: { c: 1 } }] }, ['schema', 'schema']],
  ]
  for (const [what, written, expected] of rows) {
    const pack = packOf([ONE], { tests: [source(written)] })
    assert.deepEqual(
      codes(pack),
      expected.map((code) => `tests/a.yml content/${code}`),
      what,
    )
    assert.equal(pack.tests.length, expected.length === 0 ? 1 : 0, what)
  }
  assert.equal(testOf({ a: 1 }).tests[0]?.match.length, 1)
})

test('a pack has so many tests, and what is beyond them is not read', () => {
  const tests = Array.from({ length: TESTS_MAX + 1 }, () => source({ rule: ruleId(1) }))
  assert.deepEqual(codes(packOf([ONE], { tests: tests.slice(1) })), [])
  const pack = packOf([ONE], { tests: tests.with(TESTS_MAX, source('x', 'tests/last.yml')) })
  assert.deepEqual([codes(pack), pack.tests.length], [['tests/last.yml content/limit'], TESTS_MAX])
})

test('YARA files are in order, so many and so long', () => {
  const long = 'x'.repeat(YARA_FILE_BYTES_MAX)
  const pack = packOf([], { yara: [yara('b', long), yara('c'), yara('a')] })
  assert.deepEqual([codes(pack), pack.yara.map(({ file }) => file)], [[], ['a', 'b', 'c']])
  assert.deepEqual(codes(packOf([], { yara: [yara('a'), yara('b', `${long}x`)] })), ['b content/limit'])
  const files = Array.from({ length: YARA_FILES_MAX + 2 }, (_, i) => yara(`f${i}`))
  assert.deepEqual(codes(packOf([], { yara: files.slice(2) })), [])
  assert.deepEqual(codes(packOf([], { yara: files })), [`f${YARA_FILES_MAX} content/limit`])
})

test('a pack without content says so, unless something else is wrong already', () => {
  assert.deepEqual(codes(packOf([])), ['pack.yaml content/schema'])
  const diagnostics = [{ code: 'content/yaml' as const, message: 'x', at: { file: 'f', line: 1, column: 1 } }]
  assert.deepEqual(codes(packOf([], { diagnostics })), ['f content/yaml'])
  for (const more of [{ yara: [yara('a')] }, { indicators: [{ file: 'a.txt', text: '192.0.2.1' }] }])
    assert.deepEqual(codes(packOf([], more)), [])
  assert.deepEqual(codes(packOf([ONE])), [])
})

test('placeholders of the pack stand for values, and what is wrong with them is told', () => {
  const admins = rule(1, { s: { 'User|expand': '%admins%' }, condition: 's' })
  const placeholders = (value: Plain) => toSourceNode(value, 'placeholders.yml')
  assert.deepEqual(codes(packOf([admins], { placeholders: placeholders({ admins: ['root'] }) })), [])
  assert.deepEqual(codes(packOf([ONE], { placeholders: placeholders('x') })), ['placeholders.yml content/schema'])
  assert.deepEqual(codes(packOf([admins])), ['rules/0.yml content/modifier'])
})

test('a manifest has each of its keys, and no other', () => {
  const read = (value: Plain) => {
    const { manifest, diagnostics } = packOf([ONE], { manifest: toSourceNode(value, 'pack.yaml') })
    return [manifest, diagnostics.length]
  }
  assert.deepEqual(read(MANIFEST), [MANIFEST, 0])
  for (const key of Object.keys(MANIFEST)) {
    const without = Object.fromEntries(Object.entries(MANIFEST).filter(([one]) => one !== key))
    assert.deepEqual(read(without), [null, 1], key)
    assert.deepEqual(read({ ...MANIFEST, [key]: ['x'] }), [null, 1], key)
  }
  assert.deepEqual(read({ ...MANIFEST, colour: 'red' }), [null, 1])
  assert.deepEqual(read({ ...MANIFEST, description: 'x'.repeat(1_024) })[1], 0)
  assert.deepEqual(read({ ...MANIFEST, description: 'x'.repeat(1_025) }), [null, 1])
  assert.deepEqual(read({ ...MANIFEST, name: 'x'.repeat(65) }), [null, 1])
})

test('a name is lower-case letters, digits and hyphens, and begins with no hyphen', () => {
  for (const name of ['a', '0', 'a-b-', 'x'.repeat(64)]) assert.ok(NAME.test(name), name)
  for (const name of ['', '-a', 'A', 'a_b', 'a b', ' a', 'a\n', 'x'.repeat(65)]) assert.ok(!NAME.test(name), name)
})

test('what is compiled says what is in it', () => {
  const two = rule(2, { s: { Image: 'b' }, condition: 's' })
  const indicators = [{ file: 'a.txt', text: '192.0.2.1\n192.0.2.2' }]
  const pack = packOf([two, ONE], { indicators, yara: [yara('y.yar', 'rule y { condition: true }')] })
  const compiled = compilePack(pack)
  assert.deepEqual(
    compiled.rules.map(({ id, title, level, file }) => [id, title, level, file]),
    [
      [ruleId(1), 'Rule 1', 'high', 'rules/1.yml'],
      [ruleId(2), 'Rule 2', 'high', 'rules/0.yml'],
    ],
  )
  assert.deepEqual([compiled.manifest, compiled.indicatorCount], [MANIFEST, 2])
  assert.deepEqual(compiled.features, ['indicators', 'sigma', 'yara'])
  const bad =
    (...rules: readonly Plain[]) =>
    () =>
      compilePack(packOf(rules))
  assert.throws(bad('x'), (error: Error) => !error.message.includes('more)'))
  assert.throws(bad('x', 'y', 'z'), /\(and 2 more\)/)
})

test('filters of a pack narrow its rules, and what is probably not meant is told', () => {
  const filter = (rules: Plain): Plain => ({
    title: 'Backups',
    logsource: { category: 'process_creation', product: 'linux' },
    filter: { rules, backup: { 'Image|endswith': '/backup' }, condition: 'not backup' },
  })
  const alone = packOf([ONE])
  const narrowed = packOf([ONE, filter('any')])
  assert.deepEqual(codes(narrowed), [])
  assert.notDeepEqual(compilePack(narrowed).image, compilePack(alone).image)
  const correlation = { type: 'event_count', rules: [ruleId(1)], timespan: '1m', condition: { gte: 2 } }
  const advised = packOf([ONE, { title: 'c', correlation }])
  assert.deepEqual(codes(advised), [])
  assert.match(advised.advice.map(({ message }) => message).join('\n'), /^Consider group-by/)
})

test('a pack without a manifest and without content says so where the manifest would be', () => {
  assert.deepEqual(packOf([], { manifest: null }).diagnostics[0]?.at, { file: 'pack.yaml', line: 1, column: 1 })
  const manifest = { ...toSourceNode(MANIFEST, 'other.yaml'), at: { file: 'other.yaml', line: 7, column: 3 } }
  assert.deepEqual(packOf([], { manifest }).diagnostics[0]?.at, { file: 'other.yaml', line: 7, column: 3 })
})
