import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Match, parsePack } from '@firebreak/content'
import { createPlainEvaluator } from '@firebreak/plain-evaluator'
import * as fc from 'fast-check'
import { type PlainMap, rule, ruleId, sourceOf } from '../../gate-fixture.ts'
import { testsIn } from '../judged-events.ts'
import { alternativesOf, kindsOf } from './alternatives.ts'
import { asSigma } from './sigma-fixture.ts'
import { textWitness } from './text-witness.ts'
import { timeWitness } from './time-witness.ts'
import { witnessOf } from './witness.ts'

function alternatives(selection: PlainMap) {
  const pack = parsePack(sourceOf([rule(1, selection)], []))
  assert.deepEqual(pack.diagnostics, [], JSON.stringify(selection))
  return pack.rules.flatMap(({ selections }) => selections.flatMap((one) => testsIn(one.test)).flatMap(alternativesOf))
}

const JULY = '2021-07-01T00:00:00Z'

/** Item of a selection, kind, value or event that must match, the same that must not. */
const rows: readonly (readonly [item: string, value: PlainMap[string], kind: string, match: unknown, miss: unknown])[] =
  [
    ['F', 'abc', 'equals', 'abc', 'ab\ue000'],
    ['F', '', 'equals', '', 'x'],
    ['F', 'a\ue000', 'equals', 'a\ue000', 'a\ue001'],
    ['F|cased', 'Abc', 'equals cased', 'Abc', 'Ab\ue000'],
    ['F|contains', 'abc', 'contains', 'xabcx', 'ab\ue000'],
    ['F', '*', 'contains', 'xx', null],
    ['F|startswith', 'abc', 'starts-with', 'abcx', 'ab\ue000'],
    ['F|endswith', 'abc', 'ends-with', 'xabc', 'ab\ue000'],
    ['F', 'a*b?c*', 'glob', 'axbxcx', 'abx\ue000'],
    ['F', '??', 'glob', 'xx', ''],
    ['F', '?*', 'glob', 'xx', ''],
    ['F', 'a\\*b', 'equals', 'a*b', 'a*\ue000'],
    ['F', 'ab\ue000', 'equals', 'ab\ue000', 'ab\ue001'],
    ['F', 'a\ue000b', 'equals', 'a\ue000b', 'a\ue000\ue000'],
    ['F|contains|windash', ' -x ', 'glob', 'x -x x', ' -x\ue000'],
    ['F|re', 'ab+c?$', 'regex', 'ab', '\ue000b'],
    ['F|re', '.*', 'regex', '', null],
    ['F|re', '[b-w]', 'regex', 'e', '\ue000'],
    ['F|re', '[\u0410-\u0420]', 'regex', '\u0410', '\ue000'],
    ['F|re', '[\u{10fff0}-\u{10ffff}]', 'regex', '\u{10fff0}', '\ue000'],
    ['F|re', String.raw`[\x{d800}-\x{dfff}\x{f000}]\x{f000}?`, 'regex', '\uf000', '\ue000'],
    ['F|re', String.raw`[\x{dfff}\x{f000}]\x{f000}?`, 'regex', '\uf000', '\ue000'],
    ['F|re', '[^\u0000-\ud7ff]', 'regex', '\ue000', ''],
    ['F|re', String.raw`\Ba\B`, 'regex', 'aaa', '\ue000aa'],
    ['F|re', String.raw`\b-\b`, 'regex', 'a-a', '\ue000-a'],
    ['F|re', String.raw`(?m)x$\n^y`, 'regex', 'x\ny', '\ue000\ny'],
    ['F|re', '^.{8}x', 'regex', 'aaaaaaaax', 'aaaaaaaa'],
    ['F|re', '^$', 'regex', '', '\ue000'],
    ['F|re', '^\ue000?$', 'regex', '', 'x'],
    ['F|re', '^[\ue000xa-z]?$', 'regex', '', '0'],
    ['F|re', 'a{40}(b|c)d', 'regex', `${'a'.repeat(40)}cd`, `\ue000${'a'.repeat(39)}cd`],
    ['F', null, 'is-null', null, 'x'],
    ['F|exists', true, 'exists', 'x', undefined],
    ['F|lt', 5, 'lt', 4, 5],
    ['F|lte', 5, 'lte', 5, 6],
    ['F|gt', -1.5, 'gt', -0.5, -1.5],
    ['F|gte', 9_007_199_254_740_991, 'gte', 9_007_199_254_740_991, 9_007_199_254_740_990],
    ['F|cidr', '10.1.0.0/16', 'cidr', '10.1.0.1', '10.0.0.0'],
    ['F|cidr', '192.0.2.7/32', 'cidr', '192.0.2.7', '192.0.2.6'],
    ['F|cidr', '2001:db8::/32', 'cidr', '2001:db8::1', '2001:db9::'],
    ['F|cidr', '::/0', 'cidr', '::1', null],
    ['F|cidr', '2001:0:ffff::7/128', 'cidr', '2001:0:ffff::7', '2001:0:ffff::6'],
    ['F|cidr', '::1:0:0/96', 'cidr', '::1:0:1', '::'],
    ['F|cidr', '2001:db8::ffff:102:304/128', 'cidr', '2001:db8::ffff:102:304', '2001:db8::ffff:102:305'],
    ['F|cidr', '0:0:0:1:0:ffff:102:304/128', 'cidr', '::1:0:ffff:102:304', '::1:0:ffff:102:305'],
    ['F|minute', 59, 'minute', '2021-01-04T00:59:00Z', '2021-01-04T00:00:00Z'],
    ['F|hour', 0, 'hour', '2021-01-04T00:00:00Z', '2021-01-04T01:00:00Z'],
    ['F|day', 31, 'day', '2021-01-31T00:00:00Z', '2021-01-01T00:00:00Z'],
    ['F|week', 53, 'week', '2020-12-31T00:00:00Z', '2021-01-04T00:00:00Z'],
    ['F|week', 1, 'week', '2021-01-04T00:00:00Z', '2021-01-11T00:00:00Z'],
    ['F|week', 5, 'week', '2021-02-01T00:00:00Z', '2021-01-04T00:00:00Z'],
    ['F|week', 9, 'week', '2021-03-01T00:00:00Z', '2021-01-04T00:00:00Z'],
    ['F|week', 22, 'week', '2021-05-31T00:00:00Z', '2021-01-04T00:00:00Z'],
    ['F|week', 52, 'week', '2021-12-27T00:00:00Z', '2021-01-04T00:00:00Z'],
    ['F|hour|lte', 22, 'hour', '2021-01-04T00:00:00Z', '2021-01-04T23:00:00Z'],
    ['F|month', 7, 'month', JULY, '2021-01-01T00:00:00Z'],
    ['F|year', 1999, 'year', '1999-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
  ]

for (const [item, value, kind, match, miss] of rows) {
  test(`a witness of ${item}: ${JSON.stringify(value)}`, () => {
    const [only, ...others] = alternatives({ [item]: value })
    assert.ok(only && others.length === 0)
    assert.equal(only.kind, kind)
    const witness = witnessOf(only.test)
    assert.deepEqual([witness?.match['F'], witness?.miss['F']], [match, miss])
  })
}

test('witnesses of two fields, of one and itself, and of keywords', () => {
  const of = (selection: PlainMap): unknown =>
    alternatives(selection).map(({ kind, test: one }) => {
      const { match = {}, miss = {} } = witnessOf(one) ?? {}
      return [kind, { ...match }, { ...miss }]
    })
  assert.deepEqual(of({ 'F|fieldref|endswith': 'G' }), [['field-ends-with', { F: 'ax', G: 'x' }, { F: 'ay', G: 'x' }]])
  assert.deepEqual(of({ 'F|fieldref|cased': 'G' }), [['field-equals cased', { F: 'x', G: 'x' }, { F: 'y', G: 'x' }]])
  assert.deepEqual(of({ 'F|fieldref': 'F' }), [['field-equals', { F: 'x' }, { F: null }]])
  assert.deepEqual(of({ '|re': 'evil' }), [['regex', { Message: 'evil' }, { Message: '\ue000vil' }]])
})

test('no witness of a test of nothing, nor of a number without a neighbour', () => {
  const of = (match: Match): unknown => witnessOf({ kind: 'test', field: 'F', match })
  const all: readonly Match[] = [
    { kind: 'text', cased: false, patterns: [] },
    { kind: 'text', cased: false, patterns: [{ shape: 'glob', text: '\\' }] },
    { kind: 'regex', regexes: [] },
    { kind: 'cidr', networks: [] },
    { kind: 'time', part: 'hour', numbers: [] },
    { kind: 'compare', operator: 'lt', number: 1e300 },
    { kind: 'compare', operator: 'gte', number: 1e300 },
  ]
  assert.deepEqual(
    all.map(of),
    all.map(() => null),
  )
  assert.deepEqual(textWitness({ shape: 'glob', text: '\\-' }), { match: '-', miss: '' })
  const days = Array.from({ length: 31 }, (_, i) => i + 1)
  assert.deepEqual(timeWitness('day', days), { match: '2021-01-01T00:00:00Z', miss: null })
})

test('networks are probed one by one', () => {
  assert.deepEqual(
    alternatives({ 'F|cidr': ['10.0.0.0/8', '192.0.2.0/24'] }).map((one) => witnessOf(one.test)?.match['F']),
    ['10.0.0.1', '192.0.2.1'],
  )
})

test('no witness where nothing can match', () => {
  for (const [item, value] of [
    ['F|re', 'a^b'],
    ['F|re', '(?:a|bc)+^b'],
    ['F|re', String.raw`x\Bz$y`],
  ] as const) {
    const found = alternatives({ [item]: value }).map((one) => witnessOf(one.test))
    assert.deepEqual(found, [null], `${item}: ${value}`)
  }
})

test('a field test of several values is one test for each; its kinds are named once', () => {
  const all = alternatives({ F: ['a', 'b*', '*c', 'd*e', 'a', 7] })
  assert.deepEqual(
    all.map(({ kind }) => kind),
    ['equals', 'starts-with', 'ends-with', 'glob', 'equals'],
  )
  const pack = parsePack(sourceOf([rule(1, { F: ['a', 'b*', '7'] })], []))
  assert.deepEqual(
    pack.rules.flatMap(({ selections }) => selections.flatMap((one) => testsIn(one.test).map(kindsOf))),
    [['equals', 'starts-with']],
  )
})

const text = fc.string({
  unit: fc.constantFrom('a', 'B', '-', '/', '\\', '*', '?', 'é', 'İ', '\u{1f600}', ' '),
  maxLength: 8,
})
const item: fc.Arbitrary<readonly [string, string | number | readonly string[]]> = fc.oneof(
  fc.tuple(fc.constantFrom('F', 'F|contains', 'F|startswith', 'F|endswith', 'F|cased', 'F|contains|windash'), text),
  fc.tuple(fc.constantFrom('F|re', 'F|re|m', 'F|re|s'), regexSource()),
  // Of what folds into ASCII (U+212A, U+017F) the plain evaluator says it is no \w, where RE2 says that it is.
  fc.tuple(
    fc.constant('F|re|i'),
    regexSource().filter((source) => !/\\w/i.test(source)),
  ),
  fc.tuple(
    fc.constantFrom('F|lt', 'F|lte', 'F|gt', 'F|gte'),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
  ),
  fc.tuple(fc.constantFrom('F|minute', 'F|minute|gt'), fc.integer({ min: 0, max: 58 })),
  fc.tuple(fc.constantFrom('F|week', 'F|week|lte'), fc.integer({ min: 1, max: 53 })),
  fc.tuple(fc.constantFrom('F|day', 'F|day|gte'), fc.integer({ min: 1, max: 31 })),
)

/** Expressions in the syntax that RE2 and JavaScript share. */
function regexSource(): fc.Arbitrary<string> {
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'a',
        'B',
        '-',
        '.',
        '[^a]',
        '[a-f]',
        String.raw`\d`,
        String.raw`\w`,
        String.raw`\W`,
        String.raw`\.`,
      ),
      fc.constantFrom('^', '$', String.raw`\b`, String.raw`\B`),
      fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((parts) => `(?:${parts.join('|')})`),
      fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2,3}')).map(([node, times]) => `(?:${node})${times}`),
    ),
  })).node
}

test('the plain evaluator says of every witness what it must', () => {
  let witnesses = 0
  fc.assert(
    fc.property(item, ([key, value]) => {
      const pack = parsePack(sourceOf([rule(1, { [key]: value })], []))
      fc.pre(pack.diagnostics.length === 0)
      const tests = pack.rules.flatMap(({ selections }) => selections.flatMap((one) => testsIn(one.test)))
      for (const one of tests.flatMap(alternativesOf)) {
        const witness = witnessOf(one.test)
        if (witness === null) continue
        witnesses++
        const evaluator = createPlainEvaluator([rule(1, asSigma(one.test))])
        assert.deepEqual(evaluator.rejected, [])
        const source = { category: 'process_creation', product: 'linux' }
        assert.deepEqual(evaluator.evaluate(witness.match, source), [ruleId(1)], JSON.stringify(witness))
        assert.deepEqual(evaluator.evaluate(witness.miss, source), [], JSON.stringify(witness))
      }
    }),
    { numRuns: 600 },
  )
  assert.ok(witnesses > 400, `${witnesses} witnesses`)
})

const SHORT_TEXTS = ['', ...'aB- 1\n'.split('')].flatMap((a, _, all) => all.flatMap((b) => all.map((c) => a + b + c)))

test('where no witness of an expression is found, no short text matches it', () => {
  let without = 0
  fc.assert(
    fc.property(regexSource(), regexSource(), (before, after) => {
      const source = `${before}${after}`
      const found = alternatives({ 'F|re': source }).map((one) => witnessOf(one.test))
      if (!found.includes(null)) return
      without++
      assert.deepEqual(
        SHORT_TEXTS.filter((one) => new RegExp(source, 'u').test(one)),
        [],
        source,
      )
    }),
    { numRuns: 400 },
  )
  assert.ok(without > 0)
})
