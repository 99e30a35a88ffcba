import { type CompiledPack, compilePack, parsePack, toSourceNode } from '@firebreak/content'

export type Plain = Parameters<typeof toSourceNode>[0]

const ID = '00000000-0000-4000-8000-00000000000'
const LINUX = { category: 'process_creation', product: 'linux' }
const SECURITY = { product: 'windows', service: 'security' }

export const SMALL_MANIFEST = {
  name: 'small',
  version: '1.0.0',
  category: 'behavioural',
  minimumEngine: '1.0.0',
  description: 'x',
}

/** Rules with every operator, keywords, jumps of several kinds, and routes with aliases. */
const DETECTIONS: readonly (readonly [logsource: Plain, detection: Plain])[] = [
  [
    LINUX,
    {
      a: { 'Image|endswith': ['/nc', '/ncat'], 'CommandLine|contains|all': [' -e ', '/bin/sh'] },
      b: [{ 'A|startswith': 'sv' }, { B: null }, { 'A|re': 'a(b|c)+[0-9]{2}$' }],
      c: { 'N|gte': 7, 'N|lt': 9.5 },
      condition: '(a and b) or (a and not c) or (b and c)',
    },
  ],
  [
    LINUX,
    {
      a: { 'IP|cidr': ['10.0.0.0/8', 'fe80::/10'], 'A|fieldref|contains': 'B', 'B|fieldref': 'A' },
      b: { 'T|hour': [3, 4], 'T|week|gte': 2, 'A|exists': true, 'A|cased': 'Xy' },
      c: { 'A|contains': ['x*y', 'p?q'], 'Image|re|i': 'CURL.*(\\||;)' },
      condition: '1 of them and not all of them',
    },
  ],
  [
    SECURITY,
    {
      k: ['mimikatz', 'lsa*dump'],
      f: { EventID: [4624, 4688], A: ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'] },
      condition: 'k or f',
    },
  ],
  [
    // Two predicates with one expression.
    LINUX,
    { s: { 'A|re': 'a[bc]+$', 'B|re': 'a[bc]+$' }, condition: 's' },
  ],
  [
    { category: 'process_creation', product: 'windows' },
    { s: { 'Image|contains': 'evil', ParentImage: '*\\cmd.exe' }, condition: 's' },
  ],
]

export const SMALL_RULES: readonly Plain[] = DETECTIONS.map(([logsource, detection], i): Plain => ({
  title: `Rule ${i}`,
  id: `${ID}${i}`,
  name: `rule_${i}`,
  level: 'high',
  tags: ['attack.t1059'],
  logsource,
  detection,
}))

export const SMALL_CORRELATION: Plain = {
  title: 'Often',
  id: `${ID}9`,
  correlation: { type: 'event_count', rules: ['rule_0'], 'group-by': ['A'], timespan: '1m', condition: { gte: 2 } },
}

export const SMALL_INDICATORS: string = [
  'type,value,description',
  'ip,203.0.113.9,server',
  'domain,evil.example,',
  'filename,/tmp/.x11,',
  `sha256,${'ab'.repeat(32)},`,
  '',
].join('\n')

/** A pack with something of everything: what the candidate lacks is still tried. */
export function smallPack(rules: readonly Plain[] = [...SMALL_RULES, SMALL_CORRELATION]): CompiledPack {
  return compilePack(
    parsePack({
      manifest: toSourceNode(SMALL_MANIFEST, 'pack.yaml'),
      rules: rules.map((one, i) => ({ file: `${i}.yml`, nodes: [toSourceNode(one, `${i}.yml`)] })),
      tests: [],
      indicators: [{ file: 'a.csv', text: SMALL_INDICATORS }],
      yara: [{ file: 'a.yar', text: 'rule a { condition: true }' }],
    }),
  )
}
