import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  FIELD_NAME_CHARS_MAX,
  IDENTIFIERS_PER_RULE_MAX,
  LOGSOURCE_CHARS_MAX,
  STRING_BYTES_MAX,
  TAG_CHARS_MAX,
  TAGS_MAX,
  TITLE_CHARS_MAX,
  VALUES_PER_ITEM_MAX,
  YARA_FILE_BYTES_MAX,
  YARA_FILES_MAX,
} from '../limits.ts'
import { ruleId } from '../pack-fixture.ts'
import { sectionsOf, smallSource, verdictOn, verdictOnSource, withWord } from './forged-fixture.ts'
import { FAIL, MATCH, type Operator } from './format.ts'
import type { Predicate, PredicateValues } from './program.ts'
import type { ImageFilter, ImageRule, ImageSource } from './source.ts'
import { verifyImage } from './verify-image.ts'
import type { Witness } from './witness.ts'
import { writeImage } from './writer.ts'

const SOURCE = smallSource()
const [RULE] = SOURCE.rules
const [FILTER] = SOURCE.filters
assert.ok(RULE && FILTER)

/** An image of one rule, without what names it. */
function ruleVerdict(change: Partial<ImageRule>): string {
  return verdictOnSource({ rules: [{ ...(RULE as ImageRule), ...change }], filters: [], correlations: [] })
}

function filterVerdict(change: Partial<ImageFilter>): string {
  return verdictOnSource({ filters: [{ ...(FILTER as ImageFilter), ...change }] })
}

/** A rule whose one predicate has these values. */
function predicateVerdict(operator: Operator, values: PredicateValues, more: Partial<Predicate> = {}): string {
  const predicate: Predicate = { operator, cased: false, field: 'Image', values, ...more }
  const nodes = [{ test: predicate, whenTrue: MATCH, whenFalse: FAIL }]
  const condition = [{ test: 0, whenTrue: MATCH, whenFalse: FAIL }]
  return ruleVerdict({ program: { condition, selections: [{ name: 's', nodes }] }, witnesses: null })
}

const witness = (change: Partial<Witness>): readonly Witness[] => [
  { kind: 'whole', field: 'TargetFilename', text: 'abcd', offset: 0, ...change },
]
const part = (product: string) => ({ category: null, product, service: null })
const tags = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`)
const manifest = (change: Partial<ImageSource['manifest']>) => ({ manifest: { ...SOURCE.manifest, ...change } })
const yara = (count: number, text = '') => ({ yara: Array.from({ length: count }, (_, i) => ({ name: `${i}`, text })) })

const rows: readonly (readonly [what: string, verdict: () => string, expected: string])[] = [
  ['what the compiler makes', () => verdictOnSource({}), 'ok'],
  ['a pack that has no name', () => verdictOnSource(manifest({ name: 'A' })), 'rules@pack[0]'],
  ['a version that is none', () => verdictOnSource(manifest({ version: 'x' })), 'rules@pack[1]'],
  ['a category that is none', () => verdictOnSource(manifest({ category: 'a b' })), 'rules@pack[2]'],
  ['an engine that is none', () => verdictOnSource(manifest({ minimumEngine: '1' })), 'rules@pack[3]'],
  ['a compiler that is none', () => verdictOnSource({ compilerVersion: '' }), 'rules@pack[4]'],

  ['no UUID', () => ruleVerdict({ id: 'x' }), 'rules@rules[0]'],
  ['a rule twice', () => verdictOnSource({ rules: [...SOURCE.rules, ...SOURCE.rules] }), 'rules@rules[12]'],
  ['no title', () => ruleVerdict({ title: '' }), 'rules@rules[1]'],
  ['a title as long as may be', () => ruleVerdict({ title: 'x'.repeat(TITLE_CHARS_MAX) }), 'ok'],
  ['a title too long', () => ruleVerdict({ title: 'x'.repeat(TITLE_CHARS_MAX + 1) }), 'rules@rules[1]'],
  ['no level', () => ruleVerdict({ level: 'urgent' as ImageRule['level'] }), 'rules@rules[2]'],
  ['custom attributes as long as may be', () => ruleVerdict({ custom: 'ö'.repeat(STRING_BYTES_MAX / 2) }), 'ok'],
  ['a tag as long as may be', () => ruleVerdict({ tags: ['x'.repeat(3 * TAG_CHARS_MAX)] }), 'ok'],
  ['a tag too long', () => ruleVerdict({ tags: ['a', 'x'.repeat(3 * TAG_CHARS_MAX + 1)] }), 'rules@texts[1]'],
  ['as many tags as may be', () => ruleVerdict({ tags: tags(TAGS_MAX) }), 'ok'],
  ['a tag too many', () => ruleVerdict({ tags: tags(TAGS_MAX + 1) }), 'rules@rules[5]'],
  ['an empty product', () => ruleVerdict({ logsource: part('') }), 'rules@groups[1]'],
  ['a product as long as may be', () => ruleVerdict({ logsource: part('x'.repeat(LOGSOURCE_CHARS_MAX)) }), 'ok'],
  [
    'a product too long',
    () => ruleVerdict({ logsource: part('x'.repeat(LOGSOURCE_CHARS_MAX + 1)) }),
    'rules@groups[1]',
  ],

  ['a field without a name', () => predicateVerdict('is-null', { kind: 'nothing' }, { field: '' }), 'rules@fields[0]'],
  ['a field with a space', () => predicateVerdict('is-null', { kind: 'nothing' }, { field: 'a b' }), 'rules@fields[0]'],
  [
    'a field as long as may be',
    () => predicateVerdict('is-null', { kind: 'nothing' }, { field: 'x'.repeat(FIELD_NAME_CHARS_MAX) }),
    'ok',
  ],
  [
    'a field too long',
    () => predicateVerdict('is-null', { kind: 'nothing' }, { field: 'x'.repeat(FIELD_NAME_CHARS_MAX + 1) }),
    'rules@fields[0]',
  ],

  [
    'a text that is not folded',
    () => predicateVerdict('equals', { kind: 'text', texts: ['É'] }),
    'predicates@values[0]',
  ],
  ['the same, cased', () => predicateVerdict('equals', { kind: 'text', texts: ['É'] }, { cased: true }), 'ok'],
  ['a text twice', () => predicateVerdict('equals', { kind: 'text', texts: ['a', 'a'] }), 'predicates@values[1]'],
  ['no text', () => predicateVerdict('equals', { kind: 'text', texts: [] }), 'predicates@predicates[4]'],
  [
    'as many texts as may be',
    () => predicateVerdict('equals', { kind: 'text', texts: tags(VALUES_PER_ITEM_MAX) }),
    'ok',
  ],
  [
    'a text too many',
    () => predicateVerdict('equals', { kind: 'text', texts: tags(VALUES_PER_ITEM_MAX + 1) }),
    'predicates@predicates[4]',
  ],
  ['a glob', () => predicateVerdict('glob', { kind: 'text', texts: ['a*b'] }), 'ok'],
  ['a glob that is none', () => predicateVerdict('glob', { kind: 'text', texts: ['ab'] }), 'predicates@values[0]'],
  ['a glob with two stars', () => predicateVerdict('glob', { kind: 'text', texts: ['a**b'] }), 'predicates@values[0]'],
  [
    'a glob that ends with an escape',
    () => predicateVerdict('glob', { kind: 'text', texts: ['a*b\\'] }),
    'predicates@values[0]',
  ],
  ['keywords', () => predicateVerdict('contains', { kind: 'text', texts: ['abc'] }, { field: null }), 'ok'],
  [
    'nothing in no field',
    () => predicateVerdict('exists', { kind: 'nothing' }, { field: null }),
    'predicates@predicates[2]',
  ],
  ['cased nothing', () => predicateVerdict('exists', { kind: 'nothing' }, { cased: true }), 'predicates@predicates[1]'],
  [
    'another field, cased',
    () => predicateVerdict('field-equals', { kind: 'field', other: 'User' }, { cased: true }),
    'ok',
  ],
  ['two numbers', () => predicateVerdict('lt', { kind: 'number', texts: ['1', '2'] }), 'predicates@predicates[4]'],
  ['the largest number', () => predicateVerdict('year', { kind: 'integer', integers: [9_999] }), 'ok'],
  ['one more', () => predicateVerdict('year', { kind: 'integer', integers: [10_000] }), 'predicates@values[0]'],

  ['a whole empty literal', () => ruleVerdict({ witnesses: witness({ text: '' }) }), 'ok'],
  ['a beginning of two', () => ruleVerdict({ witnesses: witness({ kind: 'start', text: 'ab' }) }), 'ok'],
  [
    'a beginning of one',
    () => ruleVerdict({ witnesses: witness({ kind: 'start', text: 'a' }) }),
    'witnesses@witnesses[3]',
  ],
  ['an end of one', () => ruleVerdict({ witnesses: witness({ kind: 'end', text: 'a' }) }), 'witnesses@witnesses[3]'],
  ['four anywhere', () => ruleVerdict({ witnesses: witness({ kind: 'anywhere' }) }), 'ok'],
  [
    'three anywhere',
    () => ruleVerdict({ witnesses: witness({ kind: 'anywhere', text: 'abc' }) }),
    'witnesses@witnesses[3]',
  ],
  [
    'the last run of seven',
    () => ruleVerdict({ witnesses: witness({ kind: 'anywhere', text: 'abcdefghi', offset: 2 }) }),
    'ok',
  ],
  [
    'a run that ends behind',
    () => ruleVerdict({ witnesses: witness({ kind: 'anywhere', text: 'abcdefghi', offset: 3 }) }),
    'witnesses@witnesses[3]',
  ],
  [
    'a whole literal from its second byte',
    () => ruleVerdict({ witnesses: witness({ offset: 1 }) }),
    'witnesses@witnesses[3]',
  ],
  ['a literal of no field', () => ruleVerdict({ witnesses: witness({ kind: 'anywhere', field: null }) }), 'ok'],
  ['a whole value of no field', () => ruleVerdict({ witnesses: witness({ field: null }) }), 'witnesses@witnesses[1]'],
  [
    'a literal that is not folded',
    () => ruleVerdict({ witnesses: witness({ text: 'Abcd' }) }),
    'witnesses@witnesses[2]',
  ],

  ['a filter for what is no rule', () => filterVerdict({ targets: [ruleId(1), 'x'] }), 'rules@texts[4]'],
  ['a filter for a rule that is not there', () => filterVerdict({ targets: [ruleId(9)] }), 'ok'],

  ['YARA files', () => verdictOnSource(yara(3, 'ß')), 'ok'],
  ['as many as may be', () => verdictOnSource(yara(YARA_FILES_MAX)), 'ok'],
  ['a file too many', () => verdictOnSource(yara(YARA_FILES_MAX + 1)), 'yara@yara[0]'],
  ['a file as long as may be', () => verdictOnSource(yara(1, 'x'.repeat(YARA_FILE_BYTES_MAX))), 'ok'],
  ['a file too long', () => verdictOnSource(yara(1, 'x'.repeat(YARA_FILE_BYTES_MAX + 1))), 'yara@yara[2]'],
]
for (const [what, verdict, expected] of rows) test(`${what}: ${expected}`, () => assert.equal(verdict(), expected))

const numbers = (text: string) => predicateVerdict('lt', { kind: 'number', texts: [text] })
for (const text of ['0', '1', '-1', '1.5', '1e+21', '1e-7', '123456789'])
  test(`${text} is a number`, () => assert.equal(numbers(text), 'ok'))
for (const text of [
  '',
  '-0',
  '+1',
  '01',
  '1.0',
  '.5',
  '1e21',
  '1e+400',
  'NaN',
  ' 1',
  '1 ',
  'x',
  '0x1',
  '-',
  '1.',
  'Infinity',
])
  test(`'${text}' is no number, or written in another way`, () => assert.equal(numbers(text), 'predicates@values[0]'))

test('networks have no bits behind their prefix', () => {
  const verdict = (words: readonly number[], prefixBits: number) =>
    predicateVerdict('cidr', { kind: 'network', networks: [{ words, prefixBits } as never] })
  assert.equal(verdict([0, 0, 0, 0], 0), 'ok')
  assert.equal(verdict([1, 2, 3, 4], 128), 'ok')
  assert.equal(verdict([1, 2, 3, 4], 129), 'predicates@values[0]')
  assert.equal(verdict([0x80000000, 0, 0, 0], 1), 'ok')
  assert.equal(verdict([0xc0000000, 0, 0, 0], 1), 'predicates@values[0]')
  assert.equal(verdict([1, 0x80000000, 0, 0], 32), 'predicates@values[1]')
  assert.equal(verdict([1, 0x80000000, 0, 0], 33), 'ok')
  assert.equal(verdict([1, 2, 0, 1], 64), 'predicates@values[3]')
})

test('a rule has so many selections', () => {
  const [selection] = RULE.program.selections
  assert.ok(selection)
  const condition = [{ test: 0, whenTrue: MATCH, whenFalse: FAIL }]
  const verdict = (count: number) =>
    ruleVerdict({ program: { condition, selections: Array.from({ length: count }, () => selection) } })
  assert.equal(verdict(IDENTIFIERS_PER_RULE_MAX), 'ok')
  assert.equal(verdict(IDENTIFIERS_PER_RULE_MAX + 1), 'rules@rules[7]')
})

test('an image says what its tables say, and nothing more', () => {
  const image = writeImage(SOURCE)
  const verified = verifyImage(image)
  assert.deepEqual(
    [verified.ruleCount, verified.indicatorCount, verified.features],
    [3, 1, ['correlation', 'indicators', 'keywords', 'regex', 'sigma', 'tuning', 'yara']],
  )
  assert.deepEqual(
    verified.needs.map(({ logsource, fields }) => [logsource.category, fields]),
    [
      ['file_event', ['TargetFilename']],
      ['process_creation', ['CommandLine', 'Image', 'Ip', 'Owner', 'Size', 'Time', 'User']],
    ],
  )
})

test('a text in an image is UTF-8, and its padding zero', () => {
  const image = writeImage(SOURCE)
  const { strings, yara: texts } = sectionsOf(image)
  const last = strings.words.length - 1
  assert.ok((strings.words[(strings.words[0] ?? 0) + 1] ?? 0) % 4 !== 0, 'there is padding')
  const padded = withWord(image, 'strings', last, ((strings.words[last] ?? 0) | 0xff000000) >>> 0)
  assert.equal(verdictOn(padded), `strings@strings[${(strings.words[0] ?? 0) + 2}]`)
  const broken = texts.words.findIndex((word) => word >>> 16 === 0x7261 || (word & 0xffff) === 0xb6c3)
  assert.ok(broken > 0)
  assert.match(verdictOn(withWord(image, 'yara', texts.words.length - 1, 0xff)), /^yara@yara\[4\]$/)
})
