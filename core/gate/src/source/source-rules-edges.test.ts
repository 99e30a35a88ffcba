import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Plain, type PlainMap, ruleId } from '../gate-fixture.ts'
import { cleanRule, detecting, readDocuments } from './source-fixture.ts'

/** Beside the case and the near miss that each rule has: where it begins, and where it ends. */
interface Edges {
  readonly fires: readonly Plain[]
  readonly misses: readonly Plain[]
  /** Of the first finding of the first document, where it is not the rule's own. */
  readonly fix?: string
}

const item = (key: string, value: Plain): Plain => detecting(1, { [key]: value })
const tag = (text: string): Plain => cleanRule(1, { tags: [text] })
const metadata = (change: PlainMap): Plain => cleanRule(1, change)
const windows = (service: string | null, selection: PlainMap): Plain =>
  detecting(1, selection, {
    logsource: { product: 'windows', ...(service === null ? { category: 'x' } : { service }) },
  })
const named = (condition: Plain, ...names: readonly string[]): Plain =>
  cleanRule(1, { detection: { ...Object.fromEntries(names.map((name) => [name, { User: name }])), condition } })
const related = (...items: readonly Plain[]): Plain => metadata({ related: items })

const EDGES: Readonly<Record<string, Edges>> = {
  'gate/source-dangling-detection': {
    fires: [named('1 of a_*', 'a_b', 'all'), named('1 of them', 'a', '_b'), named('all of a*', 'a1', '1')],
    misses: [named(['a', 'b'], 'a', 'b'), named('not (a)', 'a'), named('1 of them or _b', 'a', '_b')],
  },
  'gate/source-all-of-them': {
    fires: [named(['a', 'all of them'], 'a', 'b')],
    misses: [named('all of a*', 'a1', 'a2')],
  },
  'gate/source-them-single': { fires: [named('all of them', 'a')], misses: [named('1 of them', 'a', 'b')] },
  'gate/source-logsource-attribute': {
    fires: [
      metadata({ logsource: { service: 'a', servic: 'b' } }),
      metadata({ logsource: { product: 'linux', source: 'a' } }),
    ],
    misses: [metadata({ logsource: { service: 'a' } })],
  },
  'gate/source-logsource-specific': {
    fires: [
      windows('sysmon', { EventID: 16, Image: 'x' }),
      windows('SysMon', { EventID: '1' }),
      windows('security', { EventID: [1, 4688] }),
    ],
    misses: [
      windows('sysmon', { 'EventID|contains': '1' }),
      windows('sysmon', { ProcessId: 1 }),
      windows('constructor', { EventID: 1 }),
      windows(null, { EventID: 1 }),
      windows('security', { EventID: 1 }),
      detecting(1, { EventID: 1 }, { logsource: { service: 'sysmon' } }),
      windows('sysmon', { EventID: null }),
    ],
    fix: 'Write category: sysmon_status for service: sysmon, and keep the EventID.',
  },
  'gate/source-all-without-contains': {
    fires: [
      item('Image|all', ['a', 'b', 'a']),
      item('Image|all', ['a', 'ab']),
      item('Image|all', ['ab', 'b']),
      item('Image|startswith|all', ['a', 'b']),
      item('Image|endswith|all|cased', ['/A', '/a']),
      item('Image|startswith|all', ['/a', '/a/b', '/b']),
      item('Image|startswith|all', ['/a', '/a/b', '/a/c']),
    ],
    misses: [
      item('Image|startswith|all', ['/a/b', '/a']),
      item('Image|startswith|all', ['/A', '/a/b']),
      item('Image|endswith|all', ['/b', '/a/b']),
      item('Image|all', ['a', 'A']),
      item('Image|all', ['a', '*b']),
      item('Image|all', ['a', '?']),
      item('ProcessId|gt|all', [1, 2]),
      item('|all', ['a', 'b']),
      item('SourceIp|cidr|all', ['10.0.0.0/8', '10.1.0.0/16']),
      item('Image|all|neq', ['*a', '*b']),
    ],
  },
  'gate/source-base64offset-without-contains': {
    fires: [item('a|base64offset', 'curl'), item('a|base64offset|startswith', 'curl'), item('|base64offset', 'curl')],
    misses: [item('a|base64|endswith', 'curl')],
    fix: 'Write a|base64offset|contains.',
  },
  'gate/source-windash-all': {
    fires: [item('a|contains|all|windash', ['-a', '-b'])],
    misses: [item('a|contains|all', ['-a', '-b'])],
  },
  'gate/source-double-wildcard': {
    fires: [item('a', 'x**'), item('a', String.raw`\***`), item('a|contains', 'x***y'), item('a', ['x', '**y'])],
    misses: [item('a', String.raw`*\*`), item('a', String.raw`\**`), item('a|re', String.raw`x\**`), item('a', '*?*')],
  },
  'gate/source-number-as-text': {
    fires: [
      item('a', '0'),
      item('a', '-7'),
      item('a|neq', '7'),
      item('a|cased', '999999999999999'),
      item('a', ['x', '7']),
    ],
    misses: [
      item('a', '-'),
      item('a', '00'),
      item('a', '7 '),
      item('a', '1.5'),
      item('a', '9999999999999999'),
      item('a|startswith', '7'),
      item('a|expand', '7'),
      item('a|endswith', '7'),
      item('a|re', '7'),
      item('a|base64', '7'),
      detecting(1, '7'),
    ],
  },
  'gate/source-control-character': {
    fires: [item('a|re', 'x\u0007'), item('a', 'x\u007f'), item('a', 'x\u0085'), detecting(1, ['x\ny'])],
    misses: [item('a', 'x \u00a0y'), item('a', 7)],
  },
  'gate/source-wildcard-for-modifier': {
    fires: [item('a', '*x'), item('a', 'x*'), item('a', ['*x*', String.raw`*\*y*`]), item('a|neq', '*x')],
    misses: [
      item('a', '*x?'),
      item('a', '**'),
      item('a', 'x'),
      item('a', ['x*', '*y']),
      item('a', '*x*y*'),
      item('a', String.raw`x\*`),
      item('a|endswith', '*x'),
      detecting(1, ['*x']),
      item('a', null),
      item('a', ''),
    ],
    fix: 'Write a|endswith, without the *.',
  },
  'gate/source-escaped-wildcard': {
    fires: [item('a', String.raw`x\*`), item('a|startswith', String.raw`\\\?x`), detecting(1, [String.raw`\?`])],
    misses: [item('a', String.raw`x\\*`), item('a', String.raw`x\y`), item('a|re', String.raw`\*`), item('a', 'x\\')],
  },
  'gate/source-value-duplicate': {
    fires: [
      item('a', ['x', 'y', 'X']),
      item('a|contains', ['x', 'X']),
      item('a|re', ['x', 'x']),
      item('a', [7, '7']),
      detecting(1, ['x', 'x']),
    ],
    misses: [item('a', ['x', 'x ']), item('a|contains', ['x']), item('a|re', ['x', 'X']), item('a|cased', ['x', 'X'])],
  },
  'gate/source-bidirectional': {
    fires: [
      metadata({ description: 'Looks for a program.\u2066' }),
      metadata({ own: ['\u202a'] }),
      named('\u202esel', '\u202esel'),
    ],
    misses: [item('a', '\u202e'), metadata({ description: 'Looks for a \u200bprogram.' })],
  },
  'gate/source-invisible-name': {
    fires: [
      metadata({ logsource: { product: 'lin\u00adux' } }),
      tag('attack.t\u200b1059'),
      metadata({ 'own\u2060': 1 }),
      named('a\u200b', 'a\u200b'),
    ],
    misses: [metadata({ title: 'A\u200bB' }), item('a', '\u200b'), item('Na\u0301me', 'x')],
  },
  'gate/source-mixed-script': {
    fires: [item('\u03bfwner', 'x'), named('sele\u0441tion', 'sele\u0441tion')],
    misses: [metadata({ title: 'The \u043b\u043e\u0433' }), item('a', 'p\u0430ypal'), item('\u03b1\u03b2', 'x')],
  },
  'gate/source-invisible-text': {
    fires: [
      metadata({ title: '\ufeffTitle' }),
      metadata({ references: ['https://example.org/\u200b'] }),
      metadata({ description: 'Looks for a\u0007 program.' }),
      metadata({ description: 'In Latin the joiner\u200d shows nothing.' }),
      metadata({ description: 'A line\u2028separator of Unicode.' }),
    ],
    misses: [
      metadata({ description: 'Lines\r\nand\ttabs are usual.' }),
      metadata({ description: 'A flag is \u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} of many.' }),
    ],
  },
  'gate/source-invisible-value': {
    fires: [item('a', 'x\u200by'), detecting(1, ['\ufeff'])],
    misses: [item('a', 'x\u0007'), metadata({ title: 'A\u200bB' })],
  },
  'gate/source-attribute-misspelled': {
    fires: [
      metadata({ reference: ['a'] }),
      metadata({ Author: 'x' }),
      metadata({ modified: null, modifed: '2026-01-31' }),
    ],
    misses: [metadata({ author: 'x' }), metadata({ tag: 'x' })],
    fix: 'Say it in references, which is there too.',
  },
  'gate/source-tag-format': {
    fires: [
      tag('attack'),
      tag('.x'),
      tag('attack.'),
      tag('!attack.x'),
      tag('attack.x!'),
      tag('cve.2021-44228 '),
      tag('xd3fend.d3f-A'),
      tag('d3fend.d3f-A!'),
    ],
    misses: [tag('x-y_1.a.b'), tag('d3fend.d3f-Process')],
  },
  'gate/source-tag-namespace': { fires: [tag('own.x'), tag('attack2.x')], misses: [tag('own'), tag('tlp.red')] },
  'gate/source-tag-attack': {
    fires: [
      't1002.001',
      't1067',
      't1397',
      't1053.004',
      'xt1059',
      't1059x',
      'g00010',
      'xg0001',
      'ta0001',
      'ds00010',
    ].map((name) => tag(`attack.${name}`)),
    misses: ['t0800', 't1000', 't1398', 't1404', 't1059.014', 't9999.001', 't1001.003', 's0002'].map((name) =>
      tag(`attack.${name}`),
    ),
  },
  'gate/source-tag-attack-retired': {
    fires: [tag('attack.t1562.001'), tag('attack.t1562.099'), tag('attack.t1060')],
    misses: [tag('attack.t1561'), tag('attack.t1563'), tag('car.t1562')],
    fix: 'Write attack.t1685.',
  },
  'gate/source-tag-d3fend': {
    fires: [tag('d3fend.d3-'), tag('d3fend.xd3-am'), tag('d3fend.models')],
    misses: [tag('d3fend.d3f-process'), tag('d3fend.model')],
  },
  'gate/source-tag-car': {
    fires: [tag('car.2016-04-0055'), tag('car.x2016-04-005'), tag('car.2016-4-005')],
    misses: [tag('car.2013-05-004')],
  },
  'gate/source-tag-cve': { fires: [tag('cve.2021-442'), tag('cve.x2021-4422')], misses: [tag('cve.1999-0001')] },
  'gate/source-tag-stp': { fires: [tag('stp.1x'), tag('stp.12'), tag('stp.x1')], misses: [tag('stp.1u')] },
  'gate/source-date-malformed': {
    fires: (
      '2026-00-10 2026-13-01 2026-01-00 2026-01-32 2026-04-31 2026-02-29 1900-02-29 2026-1-011 ' +
      'x2026-01-01 2026-01/01 2026-01 20260101 26-01-01'
    )
      .split(' ')
      .map((date) => metadata({ date, modified: null })),
    misses: ['2000-02-29', '2024-01-31', '2024-02-29', '2026-12-31', '2026-1-1', '2026/11/30'].map((date) =>
      metadata({ date, modified: null }),
    ),
  },
  'gate/source-date-order': {
    fires: [metadata({ date: '2026/2/10', modified: '2026-02-9' })],
    misses: [metadata({ date: '2026/2/9', modified: '2026-02-10' }), metadata({ date: 'x', modified: '2020-01-01' })],
  },
  'gate/source-metadata-malformed': {
    fires: [
      metadata({ author: ['a'] }),
      metadata({ license: 7 }),
      metadata({ references: ['a', 7] }),
      metadata({ falsepositives: 'Unknown' }),
      metadata({ fields: { a: 1 } }),
      metadata({ related: 'x' }),
      related('x', { id: ruleId(9), type: 'similar' }),
      related({ id: ruleId(9), type: 'friend' }),
      related({ id: ruleId(9) }),
      related({ id: `x${ruleId(9)}`, type: 'similar' }),
      related({ id: `${ruleId(9)}x`, type: 'similar' }),
    ],
    misses: [
      metadata({ author: null, references: [] }),
      related({ id: ruleId(9), type: 'merged' }, { id: ruleId(8), type: 'derived' }),
      related({ id: ruleId(9).toUpperCase(), type: 'correlation' }),
    ],
  },
}

describe('the edges of', () => {
  for (const [code, { fires, misses, fix }] of Object.entries(EDGES)) {
    test(code, () => {
      const codesOf = (document: Plain) => readDocuments([document]).findings.map((one) => one.code)
      assert.deepEqual(
        fires.filter((document) => !codesOf(document).some((one) => one === code)),
        [],
      )
      // What the reader refuses would be no miss of the rule.
      assert.deepEqual(
        misses.filter((document) => codesOf(document).some((one) => one === code || one.startsWith('content/'))),
        [],
      )
      const [first] = fires
      if (fix !== undefined && first !== undefined) {
        const found = readDocuments([first]).findings.find((one) => one.code === code)
        assert.equal(found?.fix, fix)
      }
    })
  }
})

test('a finding is at the text that shows it, and says which', () => {
  const rows: readonly (readonly [document: Plain, message: RegExp])[] = [
    [named('a and not a', 'a'), /holds for no event/],
    [named('a or not a', 'a'), /holds for every event/],
    [item('a', 'x\u007f'), /U\+007F/],
    [item('a', 'x\u200b'), /^"x\ufffd" has U\+200B, which is invisible/],
    [metadata({ title: 'x\u2066' }), /U\+2066, which turns the direction/],
    [item('a', ['x', 'x']), /"x" is there before/],
    [item('a|base64offset', 'curl'), /"a\|base64offset" asks the whole field/],
  ]
  for (const [document, message] of rows) assert.match(readDocuments([document]).findings[0]?.message ?? '', message)
})

test('an obsolete rule is named by title and place, whatever the case of its id', () => {
  const old = cleanRule(1, { id: 'abcdef00-0000-4000-8000-000000000001', title: 'The old one' })
  const other = cleanRule(2, {
    related: ['x', { id: 'ABCDEF00-0000-4000-8000-000000000001', type: 'renamed' }, { type: 'renamed' }],
  })
  const messages = readDocuments([old, other]).findings.map(({ message }) => message)
  assert.deepEqual(
    messages.filter((one) => one.startsWith('It replaces')),
    ['It replaces "The old one" (rules/document-0.yml:1), which is in the pack too.'],
  )
})

test('what is misspelled is mended where nothing stands in the way', () => {
  const rows: readonly (readonly [document: Plain, edit: readonly [from: string, to: string] | null, fix: RegExp])[] = [
    [metadata({ refrences: ['a'], references: null }), ['refrences', 'references'], /^Write references for refrences/],
    [metadata({ refrences: ['a'] }), null, /^Say it in references/],
    [metadata({ logsource: { servic: 'b', product: 'a' } }), ['servic', 'service'], /^Write service for servic/],
    [metadata({ logsource: { service: 'a', servic: 'b' } }), null, /^Use category, product, service or/],
    [metadata({ logsource: { product: 'a', other: 'b' } }), null, /^Use category, product, service or/],
    [tag('attack.TEST'), ['attack.TEST', 'attack.test'], /^Write attack\.test/],
    [tag('attack test'), null, /^Write the tag as/],
    [tag('attack.initial_access'), ['attack.initial_access', 'attack.initial-access'], /^Write attack\.initial-access/],
    [tag('attack.initial_acces'), null, /^Name a tactic/],
    [tag('attack.t1562.013'), null, /^Name what took its place/],
    [
      item('a|base64offset|endswith', 'curl'),
      ['a|base64offset|endswith', 'a|base64offset|contains'],
      /^Write a\|base64/,
    ],
    [item('a|wide|base64offset', 'curl'), ['a|wide|base64offset', 'a|wide|base64offset|contains'], /^Write a\|wide/],
  ]
  for (const [document, edit, fix] of rows) {
    const [found] = readDocuments([document]).findings
    assert.deepEqual(found?.edit, edit === null ? null : { from: edit[0], to: edit[1] }, JSON.stringify(document))
    assert.match(found?.fix ?? '', fix)
  }
})

const LONG = `rules/${'x'.repeat(87)}.yml`

test('an empty name is none, and a file is named by its first document', () => {
  assert.deepEqual(readDocuments([cleanRule(1, { name: '' }), cleanRule(2, { name: '' })]).findings, [])
  const files = ['rules/a/the-same.yml', 'rules/b/the-same.yml', 'rules/b/the-same.yml', 'rules/short', LONG]
  const { findings } = readDocuments(
    [1, 2, 3, 4, 5].map((n) => cleanRule(n)),
    files,
  )
  assert.deepEqual(
    findings.map(({ code, at }) => [code, at.file]),
    [
      ['gate/source-filename-duplicate', 'rules/b/the-same.yml'],
      ['gate/source-filename-length', 'rules/short'],
      ['gate/source-filename-length', LONG],
    ],
  )
})

test('a second document of one id, name or title is named with the first', () => {
  const { findings } = readDocuments([
    cleanRule(1, { name: 'same', title: 'Same' }),
    cleanRule(2, { name: 'same', title: 'Same' }),
    cleanRule(3, { name: 'same', title: 'Same' }),
  ])
  assert.deepEqual(
    findings.map(({ code, message, at }) => [code, message, at.file]),
    [1, 2].flatMap((i) => [
      ['gate/source-name-duplicate', 'rules/document-0.yml:1 has the same name: "same".', `rules/document-${i}.yml`],
      ['gate/source-title-duplicate', 'rules/document-0.yml:1 has the same title: "Same".', `rules/document-${i}.yml`],
    ]),
  )
})
