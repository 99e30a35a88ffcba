import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack } from './compile.ts'
import { ContentError } from './errors.ts'
import { DIAGNOSTICS_MAX } from './limits.ts'
import { fullPack, MANIFEST, packOf, rule, ruleId } from './pack-fixture.ts'
import { toSourceNode } from './source.ts'

type Plain = Parameters<typeof toSourceNode>[0]

function shown(pack: ReturnType<typeof packOf>): readonly string[] {
  return pack.diagnostics.map((one) => `${one.code} ${one.message}`)
}

function detection(selection: Plain): Plain {
  return rule(1, { selection, condition: 'selection' })
}

test('a valid pack has no diagnostics', () => {
  const pack = fullPack()
  assert.deepEqual(shown(pack), [])
  assert.deepEqual(
    pack.rules.map((one) => one.id),
    [ruleId(1), ruleId(2), ruleId(3)],
  )
  assert.equal(pack.indicatorCount, 6)
})

test('every bad rule is refused with a code and what was expected', () => {
  const rows: readonly (readonly [what: string, rule: Plain, code: string, message: RegExp])[] = [
    ['not a map', ['x'], 'content/schema', /expected a map of keys, found a list/],
    ['no title', { ...(rule(1, { s: { a: 1 }, condition: 's' }) as object), title: '' }, 'content/schema', /title/],
    ['id', rule(1, { s: { a: 1 }, condition: 's' }, { id: 'ABC' }), 'content/schema', /expected a UUID/],
    [
      'level',
      rule(1, { s: { a: 1 }, condition: 's' }, { level: 'urgent' }),
      'content/schema',
      /expected one of informational/,
    ],
    ['no condition', rule(1, { s: { a: 1 } }), 'content/schema', /condition is missing/],
    ['bad condition', rule(1, { s: { a: 1 }, condition: 's and t' }), 'content/condition', /found "t"/],
    ['empty map', detection({}), 'content/schema', /at least one field/],
    ['empty list', detection({ Image: [] }), 'content/schema', /at least one value/],
    ['map as value', detection({ Image: { a: 1 } }), 'content/schema', /found a map/],
    ['null in list', detection({ Image: ['a', null] }), 'content/schema', /null can't be in a list/],
    ['null with modifier', detection({ 'Image|contains': null }), 'content/modifier', /no modifier but neq/],
    ['all on one value', detection({ 'Image|contains|all': 'a' }), 'content/modifier', /expected two or more values/],
    ['unknown modifier', detection({ 'Image|containz': 'a' }), 'content/modifier', /"containz": expected one of all/],
    ['two places', detection({ 'Image|contains|endswith': 'a' }), 'content/modifier', /endswith after contains/],
    ['regex flag first', detection({ 'Image|i|re': 'a' }), 'content/modifier', /belongs after re/],
    ['regex number', detection({ 'Image|re': 1 }), 'content/modifier', /expected text, found number 1/],
    ['regex syntax', detection({ 'Image|re': '(a' }), 'content/regex-syntax', /./],
    ['regex backreference', detection({ 'Image|re': '(a)\\1' }), 'content/regex-unsupported', /./],
    ['rounded number', detection({ ProcessId: 2 ** 60 }), 'content/schema', /number/],
    ['lone surrogate', detection({ Image: '\ud800' }), 'content/schema', /not well-formed/],
    ['tags', rule(1, { s: { a: 1 }, condition: 's' }, { tags: [1] }), 'content/schema', /tags: expected text/],
  ]
  for (const [what, one, code, message] of rows) {
    const { diagnostics, rules } = packOf([one])
    assert.equal(diagnostics[0]?.code, code, `${what}: ${diagnostics[0]?.message}`)
    assert.match(diagnostics[0]?.message ?? '', message, what)
    assert.equal(diagnostics[0]?.at.file, 'rules/0.yml', what)
    // A bad tag is reported, and does not hide what else the rule says.
    if (what !== 'tags') assert.deepEqual(rules, [], what)
  }
})

test('one bad rule hides neither another nor its own other mistakes', () => {
  const bad = detection({ 'Image|containz': 'a', 'User|re': '(', ProcessId: [] })
  const pack = packOf([bad, rule(2, { s: { Image: 'a' }, condition: 's' }), detection({ a: [] })])
  assert.deepEqual(pack.diagnostics.map((one) => one.code).toSorted(), [
    'content/modifier',
    'content/regex-syntax',
    'content/schema',
    'content/schema',
  ])
  assert.deepEqual(
    pack.rules.map((one) => one.id),
    [ruleId(2)],
  )
})

test('an id is used once', () => {
  const pack = packOf([detection({ a: 1 }), detection({ b: 2 })])
  assert.deepEqual(shown(pack), [`content/schema Cannot use id ${ruleId(1)} twice: rules/0.yml:1 has it`])
})

test('a bad manifest is refused', () => {
  const rows: readonly (readonly [manifest: Plain, message: RegExp])[] = [
    [{ ...MANIFEST, colour: 'red' }, /colour: expected one of name/],
    [{ ...MANIFEST, version: 1.2 }, /expected a version like 1\.2\.3/],
    [{ ...MANIFEST, name: 'Has Space' }, /lower-case letters/],
    [{ ...MANIFEST, category: '' }, /lower-case letters/],
    [{ ...MANIFEST, minimumEngine: 'latest' }, /expected a version/],
    [{ ...MANIFEST, description: 7 }, /expected text/],
    [{ name: 'x' }, /version is missing/],
    ['x', /expected a map of keys/],
  ]
  for (const [manifest, message] of rows) {
    const pack = packOf([detection({ a: 1 })], { manifest: toSourceNode(manifest, 'pack.yaml') })
    assert.equal(pack.manifest, null)
    assert.match(shown(pack).join('\n'), message)
  }
})

test('rule tests name a rule and give flat events', () => {
  const test = (value: Plain): string => {
    const source = { file: 'tests/a.yml', node: toSourceNode(value, 'tests/a.yml') }
    return shown(packOf([detection({ a: 1 })], { tests: [source] })).join('\n')
  }
  assert.equal(test({ rule: ruleId(1), match: [{ a: 1, b: true, c: null }], ignore: [{ a: '2' }] }), '')
  assert.match(test({ rule: ruleId(2), match: [] }), /no readable rule/)
  assert.match(test({ match: [] }), /rule is missing/)
  assert.match(test({ rule: ruleId(1), matches: [] }), /matches: expected one of rule, match, ignore/)
  assert.match(test({ rule: ruleId(1), match: {} }), /expected a list/)
  assert.match(test({ rule: ruleId(1), match: ['x'] }), /expected a map/)
  assert.match(test({ rule: ruleId(1), match: [{ a: ['x'] }] }), /expected a single value, found a list/)
})

test('every bad indicator row is a diagnostic at its line', () => {
  const rows = [
    'ip,1.2.3,',
    'ip,1.2.3.256,',
    'ip,not an ip,',
    'domain,nodot,',
    'domain,a..b,',
    'filename,a/b,',
    'filename,,',
  ]
  rows.push(
    'sha256,abc,',
    'md5,abc,',
    'ip,1.2.3.4',
    'ip,1.2.3.4,"open',
    'ip,1.2.3.4,a,b',
    `domain,a.${'b'.repeat(300)},`,
  )
  const text = ['type,value,description', ...rows, 'ip,1.2.3.4,good', ''].join('\r\n')
  const pack = packOf([], { indicators: [{ file: 'a.csv', text }] })
  assert.deepEqual(
    pack.diagnostics.map((one) => one.at.line),
    rows.map((_, i) => i + 2),
  )
  assert.equal(pack.indicatorCount, 1)
  assert.match(shown(packOf([], { indicators: [{ file: 'a.csv', text: 'value\n' }] })).join(), /expected the header/)
})

test('diagnostics have a limit and say what was left out', () => {
  const bad = Array.from({ length: DIAGNOSTICS_MAX + 5 }, () => 'not a rule')
  const { diagnostics } = packOf(bad)
  assert.equal(diagnostics.length, DIAGNOSTICS_MAX + 1)
  assert.match(diagnostics.at(-1)?.message ?? '', /5 more problems/)
})

test('a pack with a diagnostic, without a manifest or without content does not compile', () => {
  const code = (expected: string) => (error: unknown) => error instanceof ContentError && error.code === expected
  assert.throws(() => compilePack(packOf(['x'])), code('content/schema'))
  assert.throws(() => compilePack(packOf([])), code('content/schema'))
  assert.throws(() => compilePack(packOf([detection({ a: 1 })], { manifest: null })), code('content/schema'))
})

test('a rule of more tests than the limit is refused', () => {
  const one = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, i]))
  const selection = Array.from({ length: 200 }, (_, i) => ({ ...one, [`g${i}`]: i }))
  const pack = packOf([rule(1, { selection, condition: 'selection' })])
  assert.deepEqual(shown(pack), ['content/limit Cannot read detection: it has more than 16384 tests'])
})
