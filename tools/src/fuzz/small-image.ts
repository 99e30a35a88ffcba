import { compilePack, parsePack, toSourceNode } from '@firebreak/content'
import { type HostEvent, RecordBatchWriter } from '@firebreak/detect'
import { utf8Encode } from '@firebreak/kernel'

type Plain = Parameters<typeof toSourceNode>[0]

const ID = '00000000-0000-4000-8000-00000000000'
const LINUX = { category: 'process_creation', product: 'linux' }
const SECURITY = { product: 'windows', service: 'security' }

/** Rules with every operator, keywords, jumps of several kinds, a correlation, and routes with aliases. */
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
    { category: 'process_creation', product: 'windows' },
    { s: { 'Image|contains': 'evil', ParentImage: '*\\cmd.exe' }, condition: 's' },
  ],
]

/** The image that mutations start from: small, so that many can be judged. */
export function smallImage(): Uint8Array {
  const rules = DETECTIONS.map(([logsource, detection], i): Plain => ({
    title: `Rule ${i}`,
    id: `${ID}${i}`,
    name: `rule_${i}`,
    level: 'high',
    tags: ['attack.t1059'],
    logsource,
    detection,
  }))
  const correlation: Plain = {
    title: 'Often',
    id: `${ID}9`,
    correlation: { type: 'event_count', rules: ['rule_0'], 'group-by': ['A'], timespan: '1m', condition: { gte: 2 } },
  }
  const manifest = {
    name: 'small',
    version: '1.0.0',
    category: 'behavioural',
    minimumEngine: '1.0.0',
    description: 'x',
  }
  const pack = parsePack({
    manifest: toSourceNode(manifest, 'pack.yaml'),
    rules: [...rules, correlation].map((one, i) => ({ file: `${i}.yml`, nodes: [toSourceNode(one, `${i}.yml`)] })),
    tests: [],
    indicators: [{ file: 'a.csv', text: INDICATORS }],
    yara: [{ file: 'a.yar', text: 'rule a { condition: true }' }],
  })
  return compilePack(pack).image
}

const INDICATORS = [
  'type,value,description',
  'ip,203.0.113.9,server',
  'domain,evil.example,',
  'filename,/tmp/.x11,',
  `sha256,${'ab'.repeat(32)},`,
  '',
].join('\n')

const VALUES: Plain = {
  Image: '/usr/bin/nc',
  CommandLine: 'nc -e /bin/sh; curl x | sh',
  A: 'svc-abc12 Xy xAy',
  B: 'Xy',
  N: 8,
  IP: '10.1.2.3',
  T: '2024-01-10T03:04:05Z',
}

/** Lines of JSON: what matches, what is odd, what is no event. */
export const LINES: readonly Uint8Array[] = [
  VALUES,
  { ...VALUES, A: ['', null, 'x'.repeat(2_000)], B: null, N: '-1e3', IP: '::ffff:10.0.0.1', T: 'never' },
  { Channel: 'Security', EventID: 4688, NewProcessName: 'evil', A: 'eight', x: { y: ['mimikatz \u00e4\u{1f525}'] } },
  { type: 'EXECVE', a0: 'nc', a1: '-e', exe: '/bin/nc', A: 'Xy' },
  {},
]
  .map((event) => utf8Encode(JSON.stringify(event)))
  .concat([utf8Encode('{"A":"\\ud800\\u0000","A":1e999,"N":-0,"B":[[[1]]]}'), Uint8Array.of(0x7b, 0xff, 0x7d)])

/** The same as a sensor has it. */
export function batchOfRecords(): Uint8Array {
  const writer = new RecordBatchWriter()
  writer.add({ category: 'process_creation', product: 'linux', timeMs: 1_000, fields: VALUES as HostEvent['fields'] })
  writer.add({ category: 'process_creation', product: 'linux', timeMs: 2_000, fields: VALUES as HostEvent['fields'] })
  writer.add({ category: 'network_connection', product: 'linux', timeMs: 0, fields: { DestinationIp: '203.0.113.9' } })
  return writer.finish()
}
