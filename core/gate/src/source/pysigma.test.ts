import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Plain, type PlainMap, ruleId } from '../gate-fixture.ts'
import { REFUSED_BY_READER, SOURCE_RULES } from './rules.ts'
import { cleanCorrelation, cleanRule, detecting, readDocuments } from './source-fixture.ts'

/** What each validator of pySigma is documented to report, and what it lets pass, as documents of our own. */
interface Documented {
  readonly reports: readonly (readonly Plain[])[]
  readonly accepts: readonly (readonly Plain[])[]
  /** File names, for the validators of names. */
  readonly files?: readonly string[]
}

const item = (key: string, value: Plain): readonly Plain[] => [detecting(1, { [key]: value })]
const tag = (...tags: readonly string[]): readonly Plain[] => [cleanRule(1, { tags })]
const metadata = (change: PlainMap): readonly Plain[] => [cleanRule(1, change)]
const detection = (condition: string, ...names: readonly string[]): readonly Plain[] => [
  cleanRule(1, { detection: { ...Object.fromEntries(names.map((one) => [one, { User: one }])), condition } }),
]
const windows = (service: string, selection: PlainMap): readonly Plain[] => [
  detecting(1, selection, { logsource: { product: 'windows', service } }),
]

const VALIDATORS: Readonly<Record<string, Documented>> = {
  DanglingDetection: {
    reports: [detection('a', 'a', 'unused'), detection('1 of x*', 'x1', 'x2', 'unused')],
    accepts: [detection('a and b', 'a', 'b'), detection('1 of them', 'a', 'b'), detection('all of x*', 'x1', 'x2')],
  },
  DanglingCondition: {
    reports: [detection('a and b', 'a'), detection('1 of b*', 'a')],
    accepts: [detection('a', 'a')],
  },
  ThemConditionWithSingleDetection: {
    reports: [detection('1 of them', 'a'), detection('all of them', 'a')],
    accepts: [detection('1 of them', 'a', 'b'), detection('a', 'a')],
  },
  AllOfThemCondition: {
    reports: [detection('all of them', 'a', 'b'), detection('all  of  them', 'a', 'b')],
    accepts: [detection('1 of them', 'a', 'b'), detection('all of x*', 'x1', 'x2')],
  },
  SpecificInsteadOfGenericLogsource: {
    reports: [
      windows('sysmon', { EventID: 255 }),
      windows('sysmon', { EventID: [1, 7], Image: 'a' }),
      windows('security', { EventID: 4688 }),
    ],
    accepts: [
      windows('security', { EventID: 4624 }),
      windows('sysmon', { EventID: 1_000 }),
      windows('sysmon', { a: 1 }),
    ],
  },
  FieldnameLogsource: {
    reports: [metadata({ logsource: { product: 'linux', other: 'a' } })],
    accepts: [metadata({ logsource: { category: 'a', product: 'b', service: 'c', definition: 'd' } })],
  },
  IdentifierExistence: { reports: [metadata({ id: null })], accepts: [[cleanRule(1), cleanCorrelation()]] },
  IdentifierUniqueness: {
    reports: [
      [cleanRule(1), cleanRule(2, { id: ruleId(1) })],
      [cleanRule(1), cleanCorrelation({ id: ruleId(1) })],
    ],
    accepts: [[cleanRule(1), cleanRule(2)]],
  },
  DuplicateTitle: {
    reports: [[cleanRule(1, { title: 'Test' }), cleanRule(2, { title: 'Test' })]],
    accepts: [[cleanRule(1), cleanRule(2)]],
  },
  DuplicateReferences: {
    reports: [metadata({ references: ['a', 'b', 'a'] })],
    accepts: [metadata({ references: ['a', 'b', 'c'] })],
  },
  DuplicateFilename: {
    files: ['rules/one/test_rule.yml', 'rules/two/test_rule.yml'],
    reports: [[cleanRule(1), cleanRule(2)]],
    accepts: [[cleanRule(1)]],
  },
  FilenameLength: { files: ['rules/Name.yml'], reports: [[cleanRule(1)]], accepts: [] },
  CustomAttributes: {
    reports: ['realted', 'relatde', 'relted', 'rlated', 'reference'].map((key) => metadata({ [key]: ['a'] })),
    accepts: [metadata({ simulation: ['a'], score: 3 })],
  },
  InvalidModifierCombinations: {
    reports: [
      item('Image|all', ['a', 'b']),
      item('Image|startswith|all', ['a', 'b']),
      item('CommandLine|base64offset', 'foobar'),
      item('CommandLine|windash|contains|all', ['-a', '-b']),
      item('CommandLine|base64offset|base64offset|contains', 'foobar'),
      item('CommandLine|contains|contains', 'foobar'),
    ],
    accepts: [
      item('CommandLine|contains|all', ['a', 'b']),
      item('CommandLine|base64offset|contains', 'foobar'),
      item('CommandLine|base64|base64', 'foobar'),
      [detecting(1, { '|all': ['a', 'b'] })],
    ],
  },
  TagFormat: { reports: [tag('custom.my tag'), tag('custom.MyTag'), tag('custom')], accepts: [tag('cve.2021-44228')] },
  ATTACKTag: {
    reports: [tag('attack.test1'), tag('attack.t1086'), tag('attack.defense-evasion')],
    accepts: [tag('attack.command-and-control', 'attack.t1001.001', 'attack.g0001', 'attack.s0001', 'attack.m1015')],
  },
  D3FENDTag: { reports: [tag('d3fend.test1')], accepts: [tag('d3fend.isolate', 'd3fend.d3-mfa')] },
  TLPTag: { reports: [tag('tlp.test')], accepts: [tag('tlp.clear', 'tlp.white', 'tlp.green', 'tlp.red')] },
  DuplicateTag: { reports: [tag('attack.g0001', 'attack.g0001')], accepts: [tag('attack.g0001', 'attack.s0001')] },
  NamespaceTag: { reports: [tag('attaque.execution')], accepts: [tag('attack.execution', 'stp.3k', 'tlp.amber')] },
  CARTag: { reports: [tag('car.2023-011-11')], accepts: [tag('car.2016-04-005')] },
  CVETag: { reports: [tag('cve.2023-11-04'), tag('cve.any')], accepts: [tag('cve.2023-00071')] },
  DetectionTag: { reports: [tag('detection.new-threats')], accepts: [tag('detection.emerging-threats')] },
  STPTag: { reports: [tag('stp.5kk'), tag('stp.0')], accepts: [tag('stp.5k', 'stp.1')] },
  DoubleWildcard: { reports: [item('Image', 'a**b')], accepts: [item('Image', 'a*b*c')] },
  NumberAsString: { reports: [item('ProcessId', '123')], accepts: [item('ProcessId', 123), item('Image', '1 2')] },
  ControlCharacter: { reports: [item('Image', 'a\tb'), item('Image', 'a\u0000')], accepts: [item('Image', 'a\\tb')] },
  WildcardsInsteadOfModifiers: {
    reports: [item('Image', ['*a*', '*b*']), item('Image', ['a*', 'b*']), item('Image', ['*a', '*b'])],
    accepts: [
      item('Image', ['*a*', 'b*']),
      item('Image', 'a*b'),
      item('Image', '*a*b*'),
      item('Image', '*'),
      item('Image|contains', '*a*'),
    ],
  },
  EscapedWildcard: { reports: [item('Image', 'a\\*b'), item('Image', 'a\\?b')], accepts: [item('Image', 'a*b')] },
  StatusExistence: { reports: [metadata({ status: null })], accepts: [metadata({ status: 'stable' })] },
  StatusUnsupported: { reports: [metadata({ status: 'unsupported' })], accepts: [metadata({ status: 'stable' })] },
  DateExistence: { reports: [metadata({ date: null })], accepts: [metadata({ date: '2023-12-11' })] },
  DescriptionExistence: { reports: [metadata({ description: null })], accepts: [metadata({})] },
  DescriptionLength: { reports: [metadata({ description: 'Test' })], accepts: [metadata({})] },
  LevelExistence: { reports: [metadata({ level: null })], accepts: [metadata({ level: 'medium' })] },
}

function answersOf(validator: string): ReadonlySet<string> {
  const ours = SOURCE_RULES.filter(({ pysigma }) => pysigma.includes(validator)).map(({ code }) => code)
  const readers = REFUSED_BY_READER.filter(([one]) => one === validator).map(([, code]) => code)
  return new Set<string>([...ours, ...readers])
}

test('each validator of pySigma is answered, and no other is named', () => {
  const named = [...SOURCE_RULES.flatMap(({ pysigma }) => pysigma), ...REFUSED_BY_READER.map(([one]) => one)]
  assert.deepEqual([...new Set(named)].toSorted(), Object.keys(VALIDATORS).toSorted())
})

describe('what pySigma reports is reported, and what it accepts is accepted:', () => {
  for (const [validator, { reports, accepts, files }] of Object.entries(VALIDATORS)) {
    test(validator, () => {
      const answers = answersOf(validator)
      const isAnswered = (documents: readonly Plain[]): boolean =>
        readDocuments(documents, files).findings.some(({ code }) => answers.has(code))
      assert.deepEqual(
        reports.filter((documents) => !isAnswered(documents)),
        [],
      )
      assert.deepEqual(accepts.filter(isAnswered), [])
    })
  }
})

test('what pySigma reports although it is right is not reported', () => {
  const right = [
    // Two expressions may well match one value, and so may two texts with wildcards.
    item('CommandLine|re|all', ['^a', 'b$']),
    item('CommandLine|all', ['a*?', '*?b']),
    // As numbers these would be others.
    item('ProcessId', '007'),
    item('ProcessId', '1_000'),
    // `them` is a word of its own.
    detection('not_them', 'not_them'),
    // The specification has it so.
    tag('d3fend.d3f-WindowsNtOpenFile'),
    // Encoded as UTF-16 and base64 twice, as scripts are.
    item('CommandLine|utf16|base64|utf16|base64', 'foobar'),
  ]
  assert.deepEqual(
    right.map((documents) => readDocuments(documents).findings),
    right.map(() => []),
  )
})
