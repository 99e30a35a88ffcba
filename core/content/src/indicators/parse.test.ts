import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildIndicatorTables } from './build.ts'
import { INDICATOR_ROW_CHARS_MAX } from './limits.ts'
import { compiled, MD5, parse, sectionOf, SHA1, SHA256 } from './list.fixture.ts'
import { writeIndicatorSection } from './section.ts'

function assertReads(file: string, text: string, rows: Parameters<typeof sectionOf>[0]): void {
  assert.deepEqual(compiled(file, text), { problems: [], section: sectionOf(rows) })
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
    'ip,192.0.2[.]9,',
    'network,203.0.113[.]0/24,',
    'domain,other[.]example,',
    'filename,/tmp/x[.]sh,',
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
    ['ip', '192.0.2.9'],
    ['network', '203.0.113.0/24'],
    ['domain', 'other.example'],
    ['filename', '/tmp/x[.]sh'],
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
]
for (const [name, file, text, expected] of badFiles) {
  test(`refuses ${name}`, () => {
    const { problems } = parse(file, text)
    assert.deepEqual(problems, expected)
  })
}

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
    fc.property(hostile, fc.constantFrom('csv', 'txt', 'hdb'), (text, extension) => {
      const { list } = parse(`a.${extension}`, extension === 'csv' ? `${H}\n${text}` : text)
      writeIndicatorSection(buildIndicatorTables(list))
    }),
  )
})
