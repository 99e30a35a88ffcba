import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Plain, ruleId } from '../gate-fixture.ts'
import { SOURCE_RULES } from './rules.ts'
import { cleanCorrelation, cleanFilter, cleanRule, detecting, readDocuments } from './source-fixture.ts'

interface Case {
  /** Documents in which the rule finds what it looks for, and nothing else is found. */
  readonly fires: readonly Plain[]
  /** Documents that come near it, and in which nothing is found. */
  readonly misses: readonly Plain[]
  readonly files?: readonly string[]
  /** Where `misses` has other files than `fires`. */
  readonly missFiles?: readonly string[]
  /** Of the first finding, where the rule has something more concrete to say than `mend`. */
  readonly fix?: string
  readonly edit?: readonly [from: string, to: string]
}

const WINDOWS_SYSMON = { product: 'windows', service: 'sysmon' }
const tagged = (...tags: readonly string[]): readonly Plain[] => [cleanRule(1, { tags })]
const condition = (text: string, ...names: readonly string[]): Plain =>
  cleanRule(1, {
    detection: {
      ...Object.fromEntries(names.map((name) => [name, { 'Image|endswith': `/${name}` }])),
      condition: text,
    },
  })

const CASES: Readonly<Record<string, Case>> = {
  'gate/source-dangling-detection': {
    fires: [condition('selection and not 1 of filter_*', 'selection', 'filter_a', 'fliter_b')],
    misses: [condition('selection and not 1 of filter_*', 'selection', 'filter_a', 'filter_b')],
  },
  'gate/source-condition-never': {
    fires: [condition('selection and not selection', 'selection')],
    misses: [condition('selection and not filter', 'selection', 'filter')],
  },
  'gate/source-condition-always': {
    fires: [condition('a or (b and c) or not b or not c', 'a', 'b', 'c')],
    misses: [condition('a or (b and c) or not b', 'a', 'b', 'c')],
  },
  'gate/source-duplicate-logic': {
    fires: [
      cleanRule(1, { detection: { one: { User: ['a', 'b'], Image: 'c' }, condition: 'one' } }),
      cleanRule(2, { detection: { other: { Image: 'C', User: ['B', 'a'] }, condition: 'other' } }),
    ],
    misses: [
      detecting(1, { User: ['a', 'b'], Image: 'c' }),
      detecting(2, { User: ['a', 'b'], Image: 'c' }, { logsource: { category: 'file_event', product: 'linux' } }),
      detecting(3, { User: ['a', 'b'], 'Image|cased': 'c' }),
    ],
  },
  'gate/source-all-of-them': {
    fires: [condition('all of them', 'a', 'b')],
    misses: [condition('1 of them', 'a', 'b')],
  },
  'gate/source-them-single': {
    fires: [condition('1 of them', 'a')],
    misses: [condition('them_too', 'them_too')],
  },
  'gate/source-logsource-attribute': {
    fires: [cleanRule(1, { logsource: { product: 'linux', sevrice: 'auditd' } })],
    misses: [cleanRule(1, { logsource: { product: 'linux', service: 'auditd', definition: 'with -w /etc' } })],
    fix: 'Write service for sevrice.',
    edit: ['sevrice', 'service'],
  },
  'gate/source-logsource-specific': {
    fires: [detecting(1, { EventID: 1, Image: 'a' }, { logsource: WINDOWS_SYSMON })],
    misses: [
      detecting(1, { EventID: 1, Image: 'a' }, { logsource: { product: 'linux', service: 'sysmon' } }),
      detecting(2, { EventID: 4624 }, { logsource: { product: 'windows', service: 'security' } }),
    ],
    fix: 'Write category: process_creation for service: sysmon, and leave the EventID out.',
  },
  'gate/source-all-without-contains': {
    fires: [detecting(1, { 'Image|endswith|all': ['/a', '/b'] })],
    misses: [
      detecting(1, { 'Image|endswith|all': ['/a/b', '/b'] }),
      detecting(2, { 'CommandLine|contains|all': ['a', 'b'] }),
      detecting(3, { 'CommandLine|re|all': ['^a', 'b$'] }),
      detecting(4, { 'Image|all': ['*a?', '?b*'] }),
    ],
  },
  'gate/source-base64offset-without-contains': {
    fires: [detecting(1, { 'CommandLine|base64offset|endswith': 'curl' })],
    misses: [detecting(1, { 'CommandLine|base64offset|contains': 'curl' })],
    fix: 'Write CommandLine|base64offset|contains.',
    edit: ['CommandLine|base64offset|endswith', 'CommandLine|base64offset|contains'],
  },
  'gate/source-windash-all': {
    fires: [detecting(1, { 'CommandLine|windash|contains|all': ['-a', '-b'] })],
    misses: [detecting(1, { 'CommandLine|windash|contains': ['-a', '-b'] })],
  },
  'gate/source-modifier-repeated': {
    fires: [detecting(1, { 'CommandLine|base64offset|base64offset|contains': 'curl' })],
    misses: [detecting(1, { 'CommandLine|utf16|base64|utf16|base64|contains': 'curl' })],
  },
  'gate/source-double-wildcard': {
    fires: [detecting(1, { Image: '/a**/b' })],
    misses: [detecting(1, { Image: '/a*?*/b' })],
  },
  'gate/source-number-as-text': {
    fires: [detecting(1, { ProcessId: '42' })],
    misses: [
      detecting(1, { ProcessId: 42 }),
      detecting(2, { ProcessId: ['042', '1e3', '+1', '-0', '1_000'] }),
      detecting(3, { 'CommandLine|contains': '4444' }),
      detecting(4, ['4444']),
    ],
  },
  'gate/source-control-character': {
    fires: [detecting(1, { Image: 'C:\temp' })],
    misses: [detecting(1, { Image: 'C:\\temp' })],
  },
  'gate/source-wildcard-for-modifier': {
    fires: [detecting(1, { 'Image|cased': ['*a*', '*b*'] })],
    misses: [
      detecting(1, { Image: ['*a*', '*b'] }),
      detecting(2, { Image: '*a?b*' }),
      detecting(3, { Image: '*' }),
      detecting(4, { 'CommandLine|re': 'a*' }),
      detecting(5, { User: ['*a', 7] }),
    ],
    fix: 'Write Image|contains|cased, without the *.',
  },
  'gate/source-escaped-wildcard': {
    fires: [detecting(1, { 'CommandLine|contains': 'a\\?b' })],
    misses: [detecting(1, { 'CommandLine|contains': 'a\\\\?b' }), detecting(2, { 'CommandLine|re': 'a\\?b' })],
  },
  'gate/source-value-duplicate': {
    fires: [detecting(1, { User: ['root', 'Root'] })],
    misses: [detecting(1, { 'User|cased': ['root', 'Root'] }), detecting(2, { 'User|re': ['a', 'A'] })],
  },
  'gate/source-bidirectional': {
    fires: [cleanRule(1, { title: 'Runs \u202egpj.exe' })],
    misses: [cleanRule(1, { title: 'Runs exe.jpg (\u05d0\u05d1)' })],
  },
  'gate/source-invisible-name': {
    fires: [detecting(1, { 'Im\u200bage': '/a' })],
    misses: [detecting(1, { 'Bildgr\u00f6\u00dfe': '/a' })],
  },
  'gate/source-mixed-script': {
    fires: [detecting(1, { 'Im\u0430ge': '/a' })],
    misses: [detecting(1, { '\u0418\u043c\u044f': '/a' })],
  },
  'gate/source-invisible-text': {
    fires: [cleanRule(1, { description: 'Looks for a pro\u00adgram.' })],
    misses: [
      cleanRule(1, {
        description: 'Looks for \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \ud83d\udc69\u200d\ud83d\ude80',
      }),
    ],
  },
  'gate/source-invisible-value': {
    fires: [detecting(1, { 'CommandLine|contains': '\u202e' })],
    misses: [detecting(1, { 'CommandLine|contains': '\ud83d\udc69\u200d\ud83d\ude80' })],
  },
  'gate/source-id-missing': {
    fires: [cleanRule(1), cleanCorrelation({ id: null })],
    misses: [cleanRule(1), cleanCorrelation(), cleanFilter()],
  },
  'gate/source-id-duplicate': {
    fires: [cleanRule(1), cleanFilter({ id: ruleId(1).toUpperCase() })],
    misses: [cleanRule(1), cleanFilter()],
  },
  'gate/source-name-duplicate': {
    fires: [cleanRule(1, { name: 'same' }), cleanRule(2, { name: 'same' })],
    misses: [cleanRule(1, { name: 'same' }), cleanRule(2, { name: 'other' }), cleanRule(3), cleanRule(4)],
  },
  'gate/source-title-duplicate': {
    fires: [cleanRule(1, { title: 'The Same' }), cleanRule(2, { title: 'the same ' })],
    misses: [cleanRule(1, { title: 'The Same' }), cleanRule(2, { title: 'The Same, on Windows' })],
  },
  'gate/source-filename-duplicate': {
    fires: [cleanRule(1), cleanRule(2)],
    files: ['rules/a/the-same.yml', 'rules/b/the-same.yml'],
    misses: [cleanRule(1), cleanRule(2)],
    missFiles: ['rules/a/the-same.yml', 'rules/a/the-same.yml'],
  },
  'gate/source-filename-length': {
    fires: [cleanRule(1), cleanRule(2)],
    files: ['rules/short.yml', `rules/${'x'.repeat(86)}.yml`],
    misses: [cleanRule(1), cleanRule(2)],
    missFiles: ['rules/enough.yml', `rules/${'x'.repeat(85)}.yaml`],
  },
  'gate/source-reference-duplicate': {
    fires: [cleanRule(1, { references: ['https://example.org', 'a', 'https://example.org'] })],
    misses: [cleanRule(1, { references: ['https://example.org', 'https://example.org/'] })],
  },
  'gate/source-attribute-misspelled': {
    fires: [cleanRule(1, { references: null, refernces: ['a'] })],
    misses: [cleanRule(1, { score: 3, regression_tests_path: 'a' }), cleanCorrelation({ reference: ['a'] })],
    fix: 'Write references for refernces.',
    edit: ['refernces', 'references'],
  },
  'gate/source-tag-format': {
    fires: tagged('attack.T1059'),
    misses: tagged('d3fend.d3f-WindowsNtOpenFile', 'attack.s0002'),
    fix: 'Write attack.t1059.',
    edit: ['attack.T1059', 'attack.t1059'],
  },
  'gate/source-tag-namespace': { fires: tagged('attaque.t1059'), misses: tagged('attack.t1059') },
  'gate/source-tag-duplicate': {
    fires: tagged('attack.g0001', 'attack.g0002', 'attack.g0001'),
    misses: tagged('attack.t1059', 'attack.t1059.001'),
  },
  'gate/source-tag-attack': {
    fires: tagged('attack.privilege_escalation', 'attack.t1213.0001', 'attack.t1053.004', 'attack.t1067'),
    misses: tagged('attack.g0001', 'attack.s0005', 'attack.ds0026', 'attack.m1015', 'attack.a0001', 'attack.t1059.099'),
    fix: 'Write attack.privilege-escalation.',
    edit: ['attack.privilege_escalation', 'attack.privilege-escalation'],
  },
  'gate/source-tag-attack-retired': {
    fires: tagged('attack.t1086', 'attack.defense-evasion', 'attack.t1562.009'),
    misses: tagged('attack.t1059.001', 'attack.stealth', 'attack.t1685', 'attack.t9999'),
    fix: 'Write attack.t1059.001.',
  },
  'gate/source-tag-d3fend': {
    fires: tagged('d3fend.test1'),
    misses: tagged('d3fend.isolate', 'd3fend.d3-mfa', 'd3fend.d3f-AccessControlConfiguration'),
  },
  'gate/source-tag-car': { fires: tagged('car.2023-011-11'), misses: tagged('car.2016-04-005') },
  'gate/source-tag-cve': { fires: tagged('cve.2023-11-04'), misses: tagged('cve.2021-44228') },
  'gate/source-tag-detection': { fires: tagged('detection.new-threats'), misses: tagged('detection.dfir') },
  'gate/source-tag-stp': { fires: tagged('stp.6u'), misses: tagged('stp.5k', 'stp.1') },
  'gate/source-tag-tlp': { fires: tagged('tlp.black'), misses: tagged('tlp.white', 'tlp.amber-strict') },
  'gate/source-level-missing': { fires: [cleanRule(1, { level: null })], misses: [cleanRule(1), cleanFilter()] },
  'gate/source-status-missing': { fires: [cleanRule(1, { status: null })], misses: [cleanRule(1), cleanFilter()] },
  'gate/source-status-unsupported': {
    fires: [cleanRule(1, { status: 'unsupported' })],
    misses: [cleanRule(1, { status: 'deprecated' })],
  },
  'gate/source-date-missing': { fires: [cleanRule(1, { date: null })], misses: [cleanRule(1, { modified: null })] },
  'gate/source-date-malformed': {
    fires: [cleanRule(1, { date: '2026-02-29' }), cleanRule(2, { modified: '31.12.2026' })],
    misses: [cleanRule(1, { date: '2024-02-29' }), cleanRule(2, { date: '2024/1/9', modified: '2026/12/31' })],
  },
  'gate/source-date-order': {
    fires: [cleanRule(1, { date: '2026-02-01', modified: '2026-01-31' })],
    misses: [cleanRule(1, { date: '2026-02-01', modified: '2026-02-01' })],
  },
  'gate/source-description-missing': {
    fires: [cleanRule(1, { description: null })],
    misses: [cleanRule(1), cleanFilter()],
  },
  'gate/source-description-short': {
    fires: [cleanRule(1, { description: 'Fifteen letters' })],
    misses: [cleanRule(1, { description: 'Sixteen letters!' })],
  },
  'gate/source-metadata-malformed': {
    fires: [
      cleanRule(1, { references: 'https://example.org' }),
      cleanRule(2, { related: [{ id: 'a', type: 'similar' }] }),
    ],
    misses: [
      cleanRule(1, { author: 'Someone', license: 'MIT', falsepositives: ['Unknown'], fields: ['Image'] }),
      cleanRule(2, { related: [{ id: ruleId(9), type: 'similar' }] }),
    ],
  },
  'gate/source-related-replaced': {
    fires: [cleanRule(1), cleanRule(2, { related: [{ id: ruleId(1), type: 'obsolete' }] })],
    misses: [
      cleanRule(1),
      cleanRule(2, { related: [{ id: ruleId(1), type: 'derived' }] }),
      cleanRule(3, { related: [{ id: ruleId(9), type: 'obsolete' }] }),
    ],
  },
  'gate/source-advice': {
    fires: [
      cleanRule(1),
      cleanCorrelation({
        correlation: { type: 'event_count', rules: [ruleId(1)], timespan: '1m', condition: { gte: 2 } },
      }),
    ],
    misses: [cleanRule(1), cleanCorrelation()],
  },
}

test('every rule has a case, and every case a rule', () => {
  assert.deepEqual(Object.keys(CASES).toSorted(), SOURCE_RULES.map(({ code }) => code).toSorted())
  assert.equal(new Set(SOURCE_RULES.map(({ code }) => code)).size, SOURCE_RULES.length)
})

test('nothing is found in what is clean', () => {
  const { findings, pack } = readDocuments([cleanRule(1), cleanRule(2), cleanCorrelation(), cleanFilter()])
  assert.deepEqual([findings, pack.diagnostics], [[], []])
})

describe('a rule of the source check', () => {
  for (const { code, severity, mend } of SOURCE_RULES) {
    const one = CASES[code]
    if (one === undefined) continue
    test(`${code} fires alone`, () => {
      const { findings } = readDocuments(one.fires, one.files)
      assert.deepEqual([...new Set(findings.map((found) => found.code))], [code])
      assert.ok(findings.every((found) => found.severity === severity && found.message.length > 0))
      assert.equal(findings[0]?.fix, one.fix ?? mend)
      const [from, to] = one.edit ?? []
      assert.deepEqual(findings[0]?.edit, from === undefined ? null : { from, to })
    })
    test(`${code} does not fire at what comes near`, () => {
      const { findings, pack } = readDocuments(one.misses, one.missFiles ?? one.files)
      assert.deepEqual([findings, pack.diagnostics], [[], []])
    })
  }
})

test('what looks for several things finds each', () => {
  const counts = ['gate/source-tag-attack', 'gate/source-tag-attack-retired', 'gate/source-date-malformed'].map(
    (code) => readDocuments(CASES[code]?.fires ?? []).findings.length,
  )
  assert.deepEqual(counts, [4, 3, 2])
})
