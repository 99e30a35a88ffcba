import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compiled, MD5, parse, sectionOf, SHA1, SHA256 } from './list.fixture.ts'

function assertReads(file: string, text: string, rows: Parameters<typeof sectionOf>[0]): void {
  assert.deepEqual(compiled(file, text), { problems: [], section: sectionOf(rows) })
}

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

const badFiles: readonly (readonly [name: string, text: string, problem: string])[] = [
  ['no JSON', '{', 'a.json:1:1 content/schema'],
  ['no bundle', '[]', 'a.json:1:1 content/schema'],
  ['a bundle without a list', '{"type":"bundle","objects":{}}', 'a.json:1:1 content/schema'],
  ['an object without type', bundle({}), 'a.json:1:1 content/schema'],
  ['no object', '{"type":"bundle","objects":[null]}', 'a.json:1:1 content/schema'],
  ['an id of another kind', bundle(indicator('', { id: 'x' })), 'a.json:1:1 content/schema'],
  [
    'two versions of one indicator',
    bundle(indicator(`[file:name='x']`), indicator(`[file:name='y']`)),
    'a.json:16:1 content/schema',
  ],
  [
    'an end of validity',
    bundle(indicator(`[file:name='x']`, { valid_until: '2030-01-01T00:00:00Z' })),
    'a.json:8:1 content/schema',
  ],
  ['another language', bundle(indicator('rule x {}', { pattern_type: 'yara' })), 'a.json:8:1 content/schema'],
  ['a pattern that is no text', bundle(indicator(7)), 'a.json:8:1 content/schema'],
  ['a bad value in a good pattern', bundle(indicator(`[ipv4-addr:value = '1.2.3']`)), 'a.json:8:1 content/schema'],
]
for (const [name, text, problem] of badFiles) {
  test(`STIX refuses ${name}`, () => assert.deepEqual(parse('a.json', text).problems, [problem]))
}

test('STIX finds places in linear time, however ids are hidden', () => {
  const objects = Array.from({ length: 3_000 }, (_, i) => {
    const id = ID.replace(/.{4}$/, i.toString(16).padStart(4, '0'))
    return `{"type":"indicator","id":"\\u0069${id.slice(1)}","pattern_type":"stix","pattern":"x"}`
  })
  const { problems } = parse('a.json', `{"type":"bundle","objects":[${objects.join(',')}]}`)
  assert.equal(problems.length, 1_001)
})

test('no pattern makes the reader throw', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    ' OR ',
    ' = ',
    "'",
    '\\',
    "file:hashes.'MD5'",
    'file:name',
    `'${MD5}'`,
    '\ud800',
  )
  const pattern = fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(pattern, (text) => {
      parse('a.json', bundle(indicator(text)))
      parse('a.json', text)
    }),
    { numRuns: 1_000 },
  )
})
