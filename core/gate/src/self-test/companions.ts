import { type PackSource, toSourceNode } from '@firebreak/content'
import { type PlainMap, withDocuments } from './source-edit.ts'

/** Ids that no author has: for the rules that the self-test brings. */
export function companionId(n: number): string {
  return `5e1f7e57-0000-4000-8000-${String(n).padStart(12, '0')}`
}

const PROCESS_CREATION = { category: 'process_creation', product: 'linux' }

export function companionRule(n: number, detection: PlainMap, more: PlainMap = {}): PlainMap {
  return {
    title: `Planted Rule Number ${n}`,
    id: companionId(n),
    status: 'test',
    description: 'Planted by the self-test of the gate.',
    references: [`https://example.com/self-test/${n}`],
    author: 'Firebreak',
    date: '2026-11-21',
    tags: ['attack.execution', 'attack.t1059.004'],
    logsource: PROCESS_CREATION,
    detection,
    falsepositives: ['None'],
    level: 'low',
    ...more,
  }
}

export function companionTest(n: number, match: readonly PlainMap[], ignore: readonly PlainMap[]): PlainMap {
  return { rule: companionId(n), match, ignore }
}

/** A rule with everything that its tests have to decide: two fields, and a filter. */
export function plainRule(n: number, more: PlainMap = {}): PlainMap {
  const detection = {
    selection: { 'Image|endswith': `/self-test-tool-${n}`, 'CommandLine|contains': '--planted' },
    filter: { 'ParentImage|endswith': '/self-test-parent' },
    condition: 'selection and not filter',
  }
  return companionRule(n, detection, more)
}

/** The test of `plainRule(n)`: each of its parts decides at least one event. */
export function plainTest(n: number): PlainMap {
  const fires = { Image: `/usr/bin/self-test-tool-${n}`, CommandLine: 'tool --planted', ParentImage: '/bin/sh' }
  return companionTest(
    n,
    [fires, { ...fires, Image: `/opt/self-test-tool-${n}`, CommandLine: 'tool --planted now' }],
    [
      { ...fires, Image: '/usr/bin/other' },
      { ...fires, CommandLine: 'tool --other' },
      { ...fires, ParentImage: '/usr/bin/self-test-parent' },
    ],
  )
}

const REGEX_RULE = companionRule(2, {
  selection: { 'Image|endswith': '/self-test-regex', 'CommandLine|re': '--level=[0-9]{1,3}( |$)' },
  condition: 'selection',
})
const REGEX_TEST = companionTest(
  2,
  [
    { Image: '/usr/bin/self-test-regex', CommandLine: 'self-test-regex --level=12' },
    { Image: '/usr/bin/self-test-regex', CommandLine: 'self-test-regex --level=7 x' },
  ],
  [
    { Image: '/usr/bin/self-test-regex', CommandLine: 'self-test-regex --level=1234' },
    { Image: '/usr/bin/other', CommandLine: 'self-test-regex --level=12' },
  ],
)

const CORRELATION: PlainMap = {
  title: 'Planted Correlation of Plain Rules',
  id: companionId(9),
  status: 'test',
  description: 'Planted by the self-test of the gate.',
  author: 'Firebreak',
  date: '2026-11-21',
  correlation: {
    type: 'event_count',
    rules: [companionId(1)],
    'group-by': ['User'],
    timespan: '5m',
    condition: { gte: 3 },
    generate: true,
  },
  level: 'low',
}

const MANIFEST: PlainMap = {
  name: 'self-test-control',
  version: '1.0.0',
  category: 'behavioural',
  minimumEngine: '1.0.0',
  description: 'A pack that is known to be good: if the gate refuses it, the gate is broken.',
}

/**
 * The pack with a rule, a regular expression, a correlation, an indicator and a YARA rule of ours: one of everything, so that every
 * fault has a place in every pack.
 */
export function withCompanions(source: PackSource): PackSource {
  const all = withDocuments(source, [plainRule(1), REGEX_RULE, CORRELATION], [plainTest(1), REGEX_TEST])
  return {
    ...all,
    indicators: [
      ...source.indicators,
      { file: 'indicators/self-test.csv', text: 'type,value,description\nip,192.0.2.77,Planted by the self-test\n' },
    ],
    yara: [
      ...(source.yara ?? []),
      { file: 'yara/self-test.yar', text: 'rule self_test { strings: $a = "planted" condition: $a }\n' },
    ],
  }
}

export function packOf(manifest: PlainMap, rules: readonly PlainMap[], tests: readonly PlainMap[]): PackSource {
  const empty = { manifest: toSourceNode(manifest, 'pack.yaml'), rules: [], tests: [], indicators: [] }
  return withDocuments(empty, rules, tests)
}

/** The positive control: known to be good, and the same in every run. */
export const CONTROL_PACK: PackSource = withCompanions(packOf(MANIFEST, [], []))

/** A rule for events that no sensor of ours reports, so that an image has routes and aliases. */
export const ROUTED_RULE: PlainMap = companionRule(
  3,
  { selection: { Image: '/planted', CommandLine: 'planted' }, condition: 'selection' },
  { logsource: { category: 'process_creation', product: 'windows' } },
)
