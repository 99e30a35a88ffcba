import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENGINE_CONTRACT } from '@firebreak/detect'
import { byteText } from './byte-text.ts'
import { networkConnection, parseUsers, processCreation, processGuid } from './enrich.ts'
import { type Process, UNKNOWN_PROGRAM } from './process-table.ts'

const FACTS = { bootId: '3e0c9a75', users: new Map([[0, byteText('root')]]) }
const NOTHING: Process = {
  pid: 9,
  startTicks: null,
  parentPid: null,
  parentStartTicks: null,
  uid: null,
  gid: null,
  cgroup: null,
  program: UNKNOWN_PROGRAM,
}
const SHELL: Process = {
  pid: 7,
  startTicks: 1200,
  parentPid: 1,
  parentStartTicks: 0,
  uid: 0,
  gid: 0,
  cgroup: 1,
  program: {
    image: byteText('/bin/sh'),
    commandLine: byteText('sh -c x'),
    name: byteText('sh'),
    currentDirectory: byteText('/'),
    inode: 5,
    device: 6,
  },
}
const CONNECTION = {
  protocol: 'tcp',
  initiated: true,
  sourceIp: '127.0.0.1',
  sourcePort: null,
  destinationIp: '127.0.0.1',
  destinationPort: 443,
} as const
const supplied = (category: string): readonly string[] =>
  ENGINE_CONTRACT.fields.find((one) => one.category === category)?.fields ?? []

test('process_creation carries exactly the fields that the engine promises, known or not', () => {
  for (const [process, parent] of [
    [SHELL, null],
    [NOTHING, SHELL],
    [NOTHING, null],
  ] as const) {
    const { category, product, fields } = processCreation(FACTS, process, parent, 5, null)
    assert.deepEqual([category, product], ['process_creation', 'linux'])
    assert.deepEqual(Object.keys(fields), supplied('process_creation'))
    assert.equal(Object.keys(fields).length, 20)
  }
})

test('network_connection carries exactly the fields that the engine promises', () => {
  const { category, fields } = networkConnection(FACTS, SHELL, CONNECTION, 5)
  assert.deepEqual(Object.keys(fields), supplied(category ?? ''))
})

test('what the tier does not know is null, never empty or zero', () => {
  const { fields } = processCreation(FACTS, NOTHING, null, 5, null)
  assert.deepEqual({ ...fields, ProcessId: null }, Object.fromEntries(Object.keys(fields).map((name) => [name, null])))
})

test('a child is tied to its parent by the same identifier that the parent had', () => {
  const child = { ...SHELL, pid: 8, parentPid: 7, parentStartTicks: 1200 }
  const { fields: ofParent } = processCreation(FACTS, SHELL, null, 5, 4)
  const { fields } = processCreation(FACTS, child, SHELL, 5, 4)
  assert.equal(ofParent['ProcessGuid'], '3e0c9a75-7-1200')
  assert.equal(fields['ParentProcessGuid'], ofParent['ProcessGuid'])
  assert.equal(fields['ParentCommandLine'], 'sh -c x')
  assert.equal(processCreation(FACTS, child, null, 5, 4).fields['ParentProcessGuid'], ofParent['ProcessGuid'])
})

test('no identifier without pid and start', () => {
  assert.deepEqual([processGuid(FACTS, null, 1), processGuid(FACTS, 1, null)], [null, null])
})

const PASSWD: readonly (readonly [string, string, readonly (readonly [number, string])[]])[] = [
  [
    'ordinary lines',
    'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\n',
    [
      [0, 'root'],
      [1000, 'ann'],
    ],
  ],
  ['two names for one id: the first', 'root:x:0:\ntoor:x:0:\n', [[0, 'root']]],
  ['broken lines are passed over', 'x\n\n:::\nb:x:-1:\nc:x:1e3:\nd:x::\n+::::::\ne:x:5:5', [[5, 'e']]],
  ['an empty file', '', []],
]

for (const [name, text, expected] of PASSWD) {
  test(`users: ${name}`, () => assert.deepEqual([...parseUsers(text)], expected))
}
