import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problems } from '../problems.ts'
import { INDICATOR_FILE_CHARS_MAX, INDICATOR_ROW_CHARS_MAX, INDICATORS_MAX, STIX_PATTERN_CHARS_MAX } from './limits.ts'
import { MD5, parse } from './list.fixture.ts'
import { IndicatorList } from './list.ts'
import { refang } from './normal-form.ts'
import { parseIndicatorFile } from './parse.ts'
import { parseStixPattern } from './stix-pattern.ts'

/** Problems of a file as `line:column message`. */
function told(file: string, text: string, list: IndicatorList = new IndicatorList()): readonly string[] {
  const problems = new Problems()
  parseIndicatorFile(file, text, list, problems)
  return problems.list().map(({ message, at }) => `${at.line}:${at.column} ${message}`)
}

test('what has no shape is refused as a line; what has one, and is none, at its value', () => {
  const shapeless = [
    `x${'0'.repeat(31)}`,
    `${'0'.repeat(31)}x`,
    '12ab',
    'g0::1',
    'x1.2.3.4/24',
    '1.2.3.0/24x',
    'rel/ative',
    'ac:/x',
    'a.exe',
  ]
  for (const value of shapeless) assert.deepEqual(parse('a.txt', `  ${value}`).problems, ['a.txt:1:1 content/schema'])
  for (const value of ['1.2.3', '::1::', '1.2.3.4/99', 'http://', '/tmp/', 'a..b'])
    assert.deepEqual(parse('a.txt', `  ${value}`).problems, ['a.txt:1:3 content/schema'], value)
})

test('what is no value is passed over', () => {
  for (const text of ['   ', '  # a note', '\t; a note', '\r\n', `#${'x'.repeat(INDICATOR_ROW_CHARS_MAX - 1)}`])
    assert.deepEqual(parse('a.txt', text).problems, [], JSON.stringify(text))
})

test('a refusal shows what it found, as far as a line goes', () => {
  const [message = ''] = told('a.txt', `evil${'x'.repeat(200)}`)
  assert.match(message, /expected an address, network, digest.*found "evilx{76}"; other file names go into CSV$/)
  assert.match(told('a.csv', `type,value,description\n${'y'.repeat(90)},1,`)[0] ?? '', /found "y{40}"$/)
  assert.match(told('a.csv', `type,value,description\nip,${'z'.repeat(90)},`)[0] ?? '', /found "z{80}"$/)
  assert.match(told('a.xml', '')[0] ?? '', /ends in \.csv, \.txt, \.json, \.hdb, \.hsb$/)
  assert.match(told('a.hdb', 'x')[0] ?? '', /digest:size:name$/)
})

test('a quoted value ends with its quote', () => {
  for (const row of ['ip,"1.2.3.4"x', 'ip,"1.2.3.4"x,', 'ip,1.2.3.4,"a"b'])
    assert.deepEqual(parse('a.csv', `type,value,description\n${row}`).problems, ['a.csv:2:1 content/schema'], row)
})

test('a ClamAV signature is a whole line', () => {
  for (const line of [`x:${MD5}:0:name`, `${MD5}:0:name:73:99:1`, `${MD5}:x:name`])
    assert.equal(parse('a.hdb', line).list.count, 0, line)
})

test('only the scheme is made whole again', () => {
  assert.equal(refang('hxxps://a[.]b/hxxp'), 'https://a.b/hxxp')
  assert.equal(refang('http://a[.]b/hxxp'), 'http://a.b/hxxp')
  assert.equal(refang('a[dot]b(.)c[:]80'), 'a.b.c:80')
})

test('a file, and a pack, are no longer than they may be', () => {
  const long = 'x'.repeat(INDICATOR_FILE_CHARS_MAX + 1)
  assert.match(told('a.txt', long)[0] ?? '', /^1:1 .*at most 268435456 characters$/)
  const line = { startsWith: () => false, indexOf: () => -1, charCodeAt: () => 0, slice: () => '#' }
  assert.deepEqual(told('a.txt', { length: INDICATOR_FILE_CHARS_MAX, ...line } as unknown as string), [])
  const full = { count: INDICATORS_MAX, add: () => null } as unknown as IndicatorList
  const last = { count: INDICATORS_MAX - 1, add: () => null } as unknown as IndicatorList
  const files = [
    ['a.txt', '192.0.2.1\n192.0.2.2'],
    ['a.json', bundle(indicator("[file:name = 'x']"), indicator("[file:name = 'y']", { id: OTHER }))],
  ] as const
  for (const [file, text] of files) {
    assert.match(told(file, text, full).join('\n'), /^1:1 .*at most 2000000 indicators in a pack$/, file)
    assert.deepEqual(told(file, text, last), [], file)
  }
})

const ID = 'indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f'
const OTHER = ID.replace('8e', '9f')

function bundle(...objects: readonly object[]): string {
  return JSON.stringify({ type: 'bundle', id: 'bundle--1', objects })
}

function indicator(pattern: unknown, more: object = {}): object {
  return { type: 'indicator', id: ID, name: 'Bad', pattern_type: 'stix', pattern, ...more }
}

test('STIX: objects may be absent; what they are has to be right in every part', () => {
  assert.deepEqual(told('a.json', '{"type":"bundle"}'), [])
  const good = "[file:name = 'x']"
  const filled = good.padEnd(STIX_PATTERN_CHARS_MAX)
  const rows: readonly (readonly [what: string, object: object, why: RegExp | null])[] = [
    ['another language', indicator(good, { pattern_type: 'yara' }), /expected pattern_type "stix", found "yara"$/],
    ['no language', indicator(good, { pattern_type: undefined }), /found nothing$/],
    ['a long language', indicator(good, { pattern_type: 'y'.repeat(99) }), /found "y{59}$/],
    ['a pattern in a list', indicator([good]), /expected a pattern of at most/],
    ['a pattern that is too long', indicator(`${filled} `), /expected a pattern of at most/],
    ['a pattern as long as may be', indicator(filled), null],
    ['an id in a list', indicator(good, { id: [ID] }), /expected an id like/],
    ['an id with more before it', indicator(good, { id: `x${ID}` }), /expected an id like/],
    ['an id with more behind it', indicator(good, { id: `${ID}x` }), /expected an id like/],
  ]
  for (const [what, object, why] of rows) {
    const list = new IndicatorList()
    const problems = told('a.json', bundle(object), list)
    assert.equal(list.count, why === null ? 1 : 0, what)
    assert.equal(problems.length, why === null ? 0 : 1, what)
    if (why !== null) assert.match(problems[0] ?? '', why, what)
  }
  assert.equal(told('a.json', bundle(indicator(good)).replace('"bundle"', '"bundles"')).length, 1)
})

test('STIX: the line is that of the object whose id it is, not of one that names it', () => {
  const bad = `"pattern_type":"stix","pattern":""}`
  const named = [
    '{"type":"bundle","objects":[',
    `{"type":"report","object_refs":["${ID}"]},`,
    `{"type":"sighting","id": "s--1","ref":"${ID}"},`,
    `{"type":"indicator","id" :  "${ID}",${bad},`,
    `{"type":"indicator","id":"${OTHER}",${bad}]}`,
  ]
  const lines = (text: readonly string[]) => told('a.json', text.join('\n')).map((one) => one.split(' ', 1)[0])
  assert.deepEqual(lines(named), ['4:1', '5:1'])
  const hidden = named.with(3, (named[3] ?? '').replace('"indicator--', '"\\u0069ndicator--'))
  assert.deepEqual(lines(hidden), ['1:1', '1:1'], 'once an id is not found, no more is searched')
})

test('STIX: a pattern is refused at its character, with what was expected', () => {
  const rows: readonly (readonly [pattern: string, offset: number, why: RegExp])[] = [
    ["x file:name = 'x']", 0, /^expected \[, found "x"$/],
    ["'['file:name = 'x']", 0, /^expected \[, found "\["$/],
    ["[file:name '=' 'x']", 11, /^expected =, found "="$/],
    ["[file:name = 'x' 'OR' file:name = 'y']", 17, /^expected OR or \], found "OR"$/],
    ["[file:name = 'x' ']'", 17, /^expected OR or \], found "\]"$/],
    ["[file:name = 'x'] 'OR' [file:name = 'y']", 18, /^expected OR or the end, found "OR"$/],
    ["['file:name' = 'x']", 1, /^expected one of file:hashes\.'MD5', .*, found "file:name"$/],
    ["[file:name ISSUBSET 'x']", 11, /^expected =, found "ISSUBSET"$/],
    ["[ipv4-addr:value LIKE 'x']", 17, /^expected = or ISSUBSET, found "LIKE"$/],
    ["[file:name = 'x'", 16, /^expected OR or \], found the end$/],
    ["[file:name = 'x'   AND", 19, /^expected OR or \], found "AND"$/],
    [`[ ${'x'.repeat(90)}`, 2, /found "x{60}"$/],
  ]
  for (const [pattern, offset, why] of rows) {
    const refusal = parseStixPattern(pattern)
    assert.ok('why' in refusal, pattern)
    assert.equal(refusal.offset, offset, pattern)
    assert.match(refusal.why, why, pattern)
  }
  assert.match(told('a.json', bundle(indicator('x')))[0] ?? '', /pattern, character 1: /)
})
