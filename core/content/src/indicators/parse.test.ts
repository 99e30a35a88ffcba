import { utf8Decode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problems } from '../problems.ts'
import { buildIndicatorTables } from './build.ts'
import { INDICATOR_DESCRIPTION_BYTES_MAX, INDICATOR_ROW_CHARS_MAX, INDICATOR_VALUE_BYTES_MAX } from './limits.ts'
import { IndicatorList } from './list.ts'
import { parseIndicatorFile } from './parse.ts'
import { writeIndicatorSection } from './section.ts'
import { INDICATOR_TABLES, type IndicatorTables, tableCount, type TextPool } from './tables.ts'
import type { IndicatorType } from './types.ts'

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e'
const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

function parse(file: string, text: string): { readonly list: IndicatorList; readonly problems: readonly string[] } {
  const list = new IndicatorList()
  const problems = new Problems()
  parseIndicatorFile(file, text, list, problems)
  const shown = problems.list().map(({ code, at }) => `${at.file}:${at.line}:${at.column} ${code}`)
  return { list, problems: shown }
}

/** The same indicators, given one by one: what every format has to amount to. */
function sectionOf(rows: readonly (readonly [IndicatorType, string, string?])[]): Uint32Array {
  const list = new IndicatorList()
  for (const [type, value, description = ''] of rows) assert.equal(list.add(type, value, description), null)
  return writeIndicatorSection(buildIndicatorTables(list))
}

function assertReads(file: string, text: string, rows: readonly (readonly [IndicatorType, string, string?])[]): void {
  const { list, problems } = parse(file, text)
  assert.deepEqual(problems, [])
  assert.deepEqual(writeIndicatorSection(buildIndicatorTables(list)), sectionOf(rows))
}

function texts(pool: TextPool): readonly string[] {
  return Array.from({ length: pool.offsets.length - 1 }, (_, i) =>
    utf8Decode(pool.bytes.subarray(pool.offsets[i], pool.offsets[i + 1])),
  )
}

function counts(tables: IndicatorTables): readonly number[] {
  return INDICATOR_TABLES.map((name) => tableCount(tables, name))
}

const H = 'type,value,description'

test('CSV', () => {
  const text = [
    `\uFEFF${H}`,
    'ip,192.0.2.1,"says ""hi"", once"',
    'ip,2001:DB8::1,',
    'network,198.51.100.0/24,',
    'network,2001:db8::/32,',
    `md5,${MD5.toUpperCase()},`,
    `sha1,${SHA1},`,
    `sha256,${SHA256},`,
    'domain,Evil.Example.,',
    '',
    'url,hxxps://evil[.]example/,',
    'filename,C:\\Temp\\EVIL.exe,',
    'filename,"a, b.sh",',
  ]
  assertReads('a.csv', text.join('\r\n'), [
    ['ip', '192.0.2.1', 'says "hi", once'],
    ['ip', '2001:db8::1'],
    ['network', '198.51.100.0/24'],
    ['network', '2001:db8::/32'],
    ['md5', MD5],
    ['sha1', SHA1],
    ['sha256', SHA256],
    ['domain', 'evil.example'],
    ['url', 'https://evil.example'],
    ['filename', 'c:\\temp\\evil.exe'],
    ['filename', 'a, b.sh'],
  ])
})

test('plain text: LOKI, Spamhaus, defanged, comments', () => {
  const text = [
    '# a list',
    '; another',
    '',
    '192.0.2.1;C2 of somebody; and more',
    ' 198.51.100.0/24 ; SBL1',
    '192.0.2[.]77',
    '2001:db8::5',
    '2001:db8::/32',
    `${MD5};empty`,
    SHA1,
    SHA256.toUpperCase(),
    'evil[.]example',
    'hxxp[://]evil(.)example/x?y=z',
    '/tmp/.X11/evil',
    'C:\\Users\\Public\\x.bin',
  ]
  assertReads('a.TXT', text.join('\n'), [
    ['ip', '192.0.2.1', 'C2 of somebody; and more'],
    ['network', '198.51.100.0/24', 'SBL1'],
    ['ip', '192.0.2.77'],
    ['ip', '2001:db8::5'],
    ['network', '2001:db8::/32'],
    ['md5', MD5, 'empty'],
    ['sha1', SHA1],
    ['sha256', SHA256],
    ['domain', 'evil.example'],
    ['url', 'http://evil.example/x?y=z'],
    ['filename', '/tmp/.x11/evil'],
    ['filename', 'c:\\users\\public\\x.bin'],
  ])
})

test('ClamAV', () => {
  const text = `# c\n${MD5}:0:Empty.File\n${SHA1}:*:Empty.Star:73\n${SHA256}:12:Empty.Levels:73:99\n`
  const rows = [
    ['md5', MD5, 'Empty.File'],
    ['sha1', SHA1, 'Empty.Star'],
    ['sha256', SHA256, 'Empty.Levels'],
  ] as const
  assertReads('a.hdb', text, rows)
  assertReads('a.hsb', text, rows)
})

const ID = 'indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f'

function bundle(...objects: readonly object[]): string {
  return JSON.stringify({ type: 'bundle', id: 'bundle--1', objects }, null, 1)
}

function indicator(pattern: unknown, more: object = {}): object {
  return { type: 'indicator', spec_version: '2.1', id: ID, name: 'Bad', pattern_type: 'stix', pattern, ...more }
}

test('STIX: every path, OR inside and outside, other objects, a withdrawn one', () => {
  const pattern = `[file:hashes.'SHA-256' = '${SHA256}' OR file:hashes.MD5='${MD5}'] OR [file:hashes.'SHA-1' = '${SHA1}']
    OR [ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value ISSUBSET '198.51.100.0/24' OR ipv6-addr:value='2001:db8::/32']
    OR [domain-name:value = 'evil.example'] OR [url:value = 'http://evil.example/it\\'s'] OR [file:name = 'a\\\\b']`
  const withdrawn = indicator('nonsense', { id: ID.replace('8e', '00'), revoked: true })
  const good = pattern.replace('a\\\\b', 'evil.exe')
  assertReads('a.json', bundle({ type: 'malware' }, withdrawn, indicator(good)), [
    ['sha256', SHA256, 'Bad'],
    ['md5', MD5, 'Bad'],
    ['sha1', SHA1, 'Bad'],
    ['ip', '192.0.2.1', 'Bad'],
    ['network', '198.51.100.0/24', 'Bad'],
    ['network', '2001:db8::/32', 'Bad'],
    ['domain', 'evil.example', 'Bad'],
    ['url', "http://evil.example/it's", 'Bad'],
    ['filename', 'evil.exe', 'Bad'],
  ])
})

for (const name of [undefined, 7, 'two\nlines', 'x'.repeat(600)]) {
  test(`STIX: an indicator named ${JSON.stringify(name)?.slice(0, 20)} is described by its id`, () => {
    assertReads('a.json', bundle(indicator(`[file:name = 'x']`, { name })), [['filename', 'x', ID]])
  })
}

const refusedPatterns: readonly string[] = [
  '',
  '[',
  `[file:name = 'x'`,
  `file:name = 'x'`,
  `[file:name != 'x']`,
  `[file:name LIKE 'x%']`,
  `[file:name MATCHES '^x']`,
  `[file:name IN ('x', 'y')]`,
  `[NOT file:name = 'x']`,
  `[file:name NOT = 'x']`,
  `[file:name = 'x' AND file:hashes.MD5 = '${MD5}']`,
  `[(file:name = 'x')]`,
  `[file:name = 'x'] AND [file:name = 'y']`,
  `[file:name = 'x'] FOLLOWEDBY [file:name = 'y']`,
  `[file:name = 'x'] REPEATS 5 TIMES`,
  `[file:name = 'x'] WITHIN 5 SECONDS`,
  `[file:name = 'x'] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'`,
  `[file:name ISSUBSET 'x']`,
  `[ipv4-addr:value ISSUPERSET '192.0.2.0/24']`,
  `[file:size = 5]`,
  `[file:name = 5]`,
  `[file:name = "x"]`,
  `[file:name = 'x]`,
  `[file:hashes.'SHA-512' = 'x']`,
  `[process:command_line = 'x']`,
  `[file:name = 'x' OR]`,
  `[]`,
]
for (const pattern of refusedPatterns) {
  test(`STIX refuses the pattern ${pattern}`, () => {
    const { list, problems } = parse('a.json', bundle({ type: 'malware' }, indicator(pattern)))
    assert.deepEqual([list.count, problems], [0, ['a.json:11:1 content/schema']])
  })
}

const badFiles: readonly (readonly [name: string, file: string, text: string, problems: readonly string[]])[] = [
  ['an unknown format', 'a.xml', '', ['a.xml:1:1 content/schema']],
  ['a format that an object has', 'a.constructor', '', ['a.constructor:1:1 content/schema']],
  ['an empty CSV', 'a.csv', '', ['a.csv:1:1 content/schema']],
  ['a longer header', 'a.csv', `${H},x\nip,1.2.3.4,`, ['a.csv:1:1 content/schema']],
  [
    'every bad row of a CSV',
    'a.csv',
    `${H}\nip,1.2.3.4\nip,1.2.3,\n\nno,1,\nip,1.2.3.4,ok\nip,"1.2.3.4,\nip,"1.2.3.4"x,\nip,1,2,3\nip,1.2.3.4,\u0007`,
    [
      'a.csv:2:1 content/schema',
      'a.csv:3:4 content/schema',
      'a.csv:5:1 content/schema',
      'a.csv:7:1 content/schema',
      'a.csv:8:1 content/schema',
      'a.csv:9:1 content/schema',
      'a.csv:10:4 content/schema',
    ],
  ],
  ['a long line', 'a.txt', `\n${'x'.repeat(INDICATOR_ROW_CHARS_MAX + 1)}\nevil.example`, ['a.txt:2:1 content/limit']],
  [
    'text without a shape',
    'a.txt',
    'evil\nevil.exe\n%APPDATA%\\x\nrel/ative\n1.2.3\n1.2.3.4/33\n10.0.0.1/8\n0.0.0.0/0\nhttp://a/;b\nhttp://\na b.example\n.example',
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((line) => `a.txt:${line}:1 content/schema`),
  ],
  ['a column behind spaces', 'a.txt', '  1.2.3.4.5', ['a.txt:1:3 content/schema']],
  ['ClamAV without size', 'a.hdb', `${MD5}:x`, ['a.hdb:1:1 content/schema']],
  ['ClamAV with a short digest', 'a.hsb', `${MD5}0:1:x`, ['a.hsb:1:1 content/schema']],
  ['no JSON', 'a.json', '{', ['a.json:1:1 content/schema']],
  ['no bundle', 'a.json', '[]', ['a.json:1:1 content/schema']],
  ['a bundle without a list', 'a.json', '{"type":"bundle","objects":{}}', ['a.json:1:1 content/schema']],
  ['an object without type', 'a.json', bundle({}), ['a.json:1:1 content/schema']],
  ['no object', 'a.json', '{"type":"bundle","objects":[null]}', ['a.json:1:1 content/schema']],
  ['an id of another kind', 'a.json', bundle(indicator('', { id: 'x' })), ['a.json:1:1 content/schema']],
  [
    'two versions of one indicator',
    'a.json',
    bundle(indicator(`[file:name='x']`), indicator(`[file:name='y']`)),
    ['a.json:16:1 content/schema'],
  ],
  [
    'an end of validity',
    'a.json',
    bundle(indicator(`[file:name='x']`, { valid_until: '2030-01-01T00:00:00Z' })),
    ['a.json:8:1 content/schema'],
  ],
  [
    'another language',
    'a.json',
    bundle(indicator('rule x {}', { pattern_type: 'yara' })),
    ['a.json:8:1 content/schema'],
  ],
  ['a pattern that is no text', 'a.json', bundle(indicator(7)), ['a.json:8:1 content/schema']],
  [
    'a bad value in a good pattern',
    'a.json',
    bundle(indicator(`[ipv4-addr:value = '1.2.3']`)),
    ['a.json:8:1 content/schema'],
  ],
]
for (const [name, file, text, expected] of badFiles) {
  test(`refuses ${name}`, () => {
    const { problems } = parse(file, text)
    assert.deepEqual(problems, expected)
  })
}

test('STIX finds places in linear time, however ids are hidden', () => {
  const objects = Array.from({ length: 3_000 }, (_, i) => {
    const id = ID.replace(/.{4}$/, i.toString(16).padStart(4, '0'))
    return `{"type":"indicator","id":"\\u0069${id.slice(1)}","pattern_type":"stix","pattern":"x"}`
  })
  const { problems } = parse('a.json', `{"type":"bundle","objects":[${objects.join(',')}]}`)
  assert.equal(problems.length, 1_001)
})

const badValues: readonly (readonly [IndicatorType, string])[] = [
  ['ip', ''],
  ['ip', '1.2.3.4/32'],
  ['ip', 'fe80::1%eth0'],
  ['ip', 'localhost'],
  ['network', '1.2.3.4'],
  ['network', '1.2.3.4/'],
  ['network', '1.2.3.4/08'],
  ['network', '1.2.3.4/24'],
  ['network', '0.0.0.0/0'],
  ['network', '::/0'],
  ['network', '::/129'],
  ['network', '::ffff:1.2.3.4/95'],
  ['network', '::ffff:0.0.0.0/96'],
  ['network', '2001:db8::1/64'],
  ['md5', SHA1],
  ['sha1', MD5],
  ['sha256', `${SHA256.slice(1)}g`],
  ['sha256', `g${SHA256.slice(1)}`],
  ['sha256', `${SHA256.slice(1)}\u0130`],
  ['domain', 'localhost'],
  ['domain', 'evil..example'],
  ['domain', '-evil.example'],
  ['domain', '*.evil.example'],
  ['domain', 'münchen.example'],
  ['domain', '1.2.3.4'],
  ['domain', 'a.1'],
  ['domain', `${'a'.repeat(64)}.example`],
  ['domain', `${'a.'.repeat(127)}b`],
  ['url', 'evil.example/x'],
  ['url', 'http:///x'],
  ['url', 'http://a b/'],
  ['url', 'http://a/\u0000'],
  ['filename', ''],
  ['filename', '..'],
  ['filename', '/tmp/'],
  ['filename', 'tmp/x'],
  ['filename', '*.exe'],
  ['filename', 'a\nb'],
  ['filename', '\ud800'],
]
for (const [type, value] of badValues) {
  test(`no ${type}: ${JSON.stringify(value).slice(0, 60)}`, () => {
    const list = new IndicatorList()
    assert.equal(list.add(type, value, '')?.code, 'content/schema')
    assert.equal(list.count, 0)
    const tables = buildIndicatorTables(list)
    assert.ok(counts(tables).every((count) => count === 0))
    assert.deepEqual(texts(tables.descriptions), [])
  })
}

const limits: readonly (readonly [name: string, type: IndicatorType, value: string, description: string])[] = [
  ['a value', 'filename', 'x'.repeat(INDICATOR_VALUE_BYTES_MAX + 1), ''],
  ['a value in bytes', 'filename', 'é'.repeat(INDICATOR_VALUE_BYTES_MAX / 2 + 1), ''],
  ['a description in bytes', 'filename', 'x', 'é'.repeat(INDICATOR_DESCRIPTION_BYTES_MAX / 2 + 1)],
]
for (const [name, type, value, description] of limits) {
  test(`limits ${name}`, () => {
    const list = new IndicatorList()
    assert.equal(list.add(type, value, description)?.code, 'content/limit')
    assert.equal(list.add(type, value.slice(0, -1) || value, description.slice(1)), null)
  })
}

test('a value is once in a table, with the first description that says something', () => {
  const list = new IndicatorList()
  for (const description of ['', 'b', 'a', 'b']) {
    for (const value of ['EVIL.example', 'evil.example.']) list.add('domain', value, description)
    list.add('network', '::ffff:192.0.2.1/128', description)
    list.add('ip', '192.0.2.1', description)
    list.add('md5', MD5, description)
  }
  const tables = buildIndicatorTables(list)
  assert.deepEqual(counts(tables), [1, 0, 1, 0, 0, 1, 0, 0])
  assert.deepEqual(texts(tables.descriptions), ['a'])
})

const anyRow = fc.tuple(
  fc.constantFrom<IndicatorType>('ip', 'network', 'md5', 'sha1', 'sha256', 'domain', 'url', 'filename'),
  fc.nat({ max: 40 }),
  fc.constantFrom('', 'a', 'b', 'é', '\u{1f600}', '\uffee'),
)

/** A small world of values of each type, so that many meet. */
function valueOf(type: IndicatorType, seed: number): string {
  if (type === 'ip') return seed % 2 === 0 ? `10.0.${seed % 3}.${seed % 5}` : `2001:db8::${seed % 7}`
  if (type === 'network') return seed % 2 === 0 ? `10.0.0.0/${8 + (seed % 8)}` : `2001:db8::/${32 + (seed % 8)}`
  if (type === 'domain') return `${'a.'.repeat(1 + (seed % 3))}x${seed % 4}`
  if (type === 'url') return `http://a/${'É'.repeat(seed % 5)}`
  if (type === 'filename') return `/TMP/${seed % 6}`
  return seed.toString(16).padStart({ md5: 32, sha1: 40, sha256: 64 }[type], '0')
}

test('tables do not depend on the order of rows', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 60 }), (rows) => {
      const given = rows.map(([type, seed, description]) => [type, valueOf(type, seed), description] as const)
      assert.deepEqual(sectionOf(given), sectionOf(given.toReversed()))
    }),
  )
})

test('no text makes a reader throw', () => {
  const piece = fc.constantFrom(
    H,
    '\n',
    ',',
    '"',
    ';',
    '[',
    "'",
    '1.2.3.4',
    '::',
    'http://',
    MD5,
    '\u0000',
    '\ud800',
    '/',
  )
  const hostile = fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(hostile, fc.constantFrom('csv', 'txt', 'json', 'hdb'), (text, extension) => {
      const { list } = parse(`a.${extension}`, extension === 'csv' ? `${H}\n${text}` : text)
      writeIndicatorSection(buildIndicatorTables(list))
      parse('a.json', bundle(indicator(text)))
    }),
  )
})
