import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENGINE_CONTRACT, type HostEvent } from '@firebreak/detect'
import { byteText, byteTextAt } from './byte-text.ts'
import { type FileChange, unknownProcess } from './enrich.ts'
import { BATCH_COUNT_MAX, EventWriter, type SensedBatch, SHAPES } from './event-writer.ts'
import type { Process } from './process-table.ts'
import { readBatch } from './testing/read-batch.ts'

const FACTS = {
  bootId: '3e0c9a75',
  users: new Map([
    [0, byteText('root')],
    [1000, byteText('änn')],
  ]),
}
const SHELL: Process = {
  pid: 7,
  startTicks: 1200,
  parentPid: 1,
  parentStartTicks: 3,
  uid: 0,
  gid: 20,
  cgroup: 30,
  container: byteText('c0ffee'),
  program: {
    image: byteText('/bin/sh'),
    commandLine: byteText('sh -c x'),
    name: byteText('sh'),
    currentDirectory: byteText('/dir'),
    inode: 50,
    device: 60,
  },
}
const INIT: Process = {
  ...SHELL,
  pid: 1,
  startTicks: 3,
  uid: 1000,
  container: null,
  program: {
    image: byteText('/init'),
    commandLine: byteText('init --x'),
    name: byteText('in'),
    currentDirectory: byteText('/'),
    inode: 5,
    device: 6,
  },
}
const NOBODY = unknownProcess(9)
const CONNECTION = {
  protocol: 'tcp',
  initiated: true,
  sourceIp: '127.0.0.2',
  sourcePort: null,
  destinationIp: '::1',
  destinationPort: 443,
} as const
const BINDING = { protocol: 'udp', ip: '0.0.0.0', port: 53 } as const
const QUERY = { name: 'a.example', type: 'AAAA', server: '192.0.2.1' }
const RENAME: FileChange = { kind: 'rename', path: byteText('/new'), sourcePath: byteText('/old') }
const KINDS: readonly FileChange['kind'][] = ['create', 'write', 'delete', 'attribute', 'rename']

const ACTOR = {
  Image: '/bin/sh',
  CommandLine: 'sh -c x',
  ProcessId: 7,
  ProcessGuid: '3e0c9a75-7-1200',
  User: 'root',
  UserId: 0,
  ContainerId: 'c0ffee',
}

function written(write: (writer: EventWriter) => void): HostEvent[] {
  const batches: SensedBatch[] = []
  const writer = new EventWriter(FACTS, (batch) => batches.push(batch))
  write(writer)
  writer.flush()
  return batches.flatMap(({ bytes, count }) => {
    const events = readBatch(bytes)
    assert.equal(events.length, count)
    return events
  })
}

function everything(writer: EventWriter, process: Process, other: Process | null): void {
  writer.processCreation(process, other, 5, null)
  writer.connection(process, CONNECTION, 5)
  writer.bind(process, BINDING, 5)
  writer.query(process, QUERY, 5)
  writer.access(process, other ?? NOBODY, 'PTRACE_ATTACH', 5)
  for (const kind of KINDS) writer.file(process, { ...RENAME, kind }, 5)
}

test('events carry exactly the fields of the contract, whatever is known', () => {
  for (const [process, other] of [
    [SHELL, INIT],
    [SHELL, null],
    [NOBODY, SHELL],
    [NOBODY, null],
  ] as const) {
    const events = written((writer) => everything(writer, process, other))
    const names = (fields: readonly string[]): readonly string[] => fields.toSorted()
    for (const { category, fields } of ENGINE_CONTRACT.fields) {
      const found = events.filter((event) => event.category === category)
      assert.ok(found.length > 0, `no ${category}`)
      for (const event of found) assert.deepEqual(names(Object.keys(event.fields)), names(fields), category)
    }
    const promised = ENGINE_CONTRACT.fields.map(({ category }) => category)
    assert.deepEqual(new Set(events.map(({ category }) => category)), new Set(promised))
    assert.ok(events.every(({ product, timeMs }) => product === 'linux' && timeMs === 5))
  }
})

test('each value stands under its own name: a process', () => {
  const [event] = written((writer) => writer.processCreation(SHELL, INIT, 1_700_000_000_000, 1_699_999_999_000))
  assert.deepEqual(event, {
    category: 'process_creation',
    product: 'linux',
    timeMs: 1_700_000_000_000,
    fields: {
      ...ACTOR,
      CurrentDirectory: '/dir',
      GroupId: 20,
      ProcessName: 'sh',
      StartTime: 1_699_999_999_000,
      CgroupId: 30,
      Hashes: null,
      ImageInode: 50,
      ImageDevice: 60,
      ParentImage: '/init',
      ParentCommandLine: 'init --x',
      ParentProcessId: 1,
      ParentProcessGuid: '3e0c9a75-1-3',
      ParentProcessName: 'in',
      ParentUser: 'änn',
      ParentCurrentDirectory: '/',
    },
  })
})

const ACTIVITIES: readonly (readonly [string, (writer: EventWriter) => void, string, object])[] = [
  [
    'a connection',
    (writer) => writer.connection(SHELL, CONNECTION, 5),
    'network_connection',
    {
      ...ACTOR,
      Protocol: 'tcp',
      Initiated: 'true',
      SourceIp: '127.0.0.2',
      SourcePort: null,
      DestinationIp: '::1',
      DestinationPort: 443,
      DestinationHostname: null,
    },
  ],
  [
    'a bind',
    (writer) => writer.bind(SHELL, BINDING, 5),
    'network_bind',
    { ...ACTOR, Protocol: 'udp', SourceIp: '0.0.0.0', SourcePort: 53 },
  ],
  [
    'a question',
    (writer) => writer.query(SHELL, QUERY, 5),
    'dns_query',
    { ...ACTOR, QueryName: 'a.example', QueryType: 'AAAA', DestinationIp: '192.0.2.1' },
  ],
  [
    'an access',
    (writer) => writer.access(SHELL, INIT, 'PTRACE_ATTACH', 5),
    'process_access',
    {
      SourceImage: '/bin/sh',
      SourceCommandLine: 'sh -c x',
      SourceProcessId: 7,
      SourceProcessGuid: '3e0c9a75-7-1200',
      SourceUser: 'root',
      TargetImage: '/init',
      TargetProcessId: 1,
      TargetProcessGuid: '3e0c9a75-1-3',
      TargetUser: 'änn',
      AccessRequest: 'PTRACE_ATTACH',
      ContainerId: 'c0ffee',
    },
  ],
  [
    'a rename',
    (writer) => writer.file(SHELL, RENAME, 5),
    'file_rename',
    { ...ACTOR, TargetFilename: '/new', FileOperation: 'rename', SourceFilename: '/old' },
  ],
]

for (const [name, write, category, fields] of ACTIVITIES) {
  test(`each value stands under its own name: ${name}`, () => {
    assert.deepEqual(written(write), [{ category, product: 'linux', timeMs: 5, fields }])
  })
}

for (const [kind, { source }] of KINDS.map((kind) => [kind, SHAPES[kind]] as const)) {
  test(`a file: ${kind} is a ${source.category}`, () => {
    const [event] = written((writer) => writer.file(SHELL, { ...RENAME, kind }, 5))
    assert.deepEqual([event?.category, event?.fields['FileOperation']], [source.category, kind])
  })
}

test('what is unknown is null, never empty or zero', () => {
  const [event] = written((writer) => writer.processCreation(NOBODY, null, 5, null))
  assert.deepEqual(
    { ...event?.fields, ProcessId: null },
    Object.fromEntries(SHAPES.process.fields.map((f) => [f, null])),
  )
})

test('a parent of whom only the identity is known is tied to its child all the same', () => {
  const [event] = written((writer) => writer.processCreation(SHELL, null, 5, null))
  assert.deepEqual([event?.fields['ParentProcessGuid'], event?.fields['ParentImage']], ['3e0c9a75-1-3', null])
})

test('bytes that are no UTF-8 arrive as they were', () => {
  const image = byteTextAt(Buffer.from('/caf\xe9/\xff', 'latin1'), 0, 7)
  const batches: SensedBatch[] = []
  const writer = new EventWriter(FACTS, (batch) => batches.push(batch))
  writer.processCreation({ ...SHELL, program: { ...SHELL.program, image } }, null, 5, null)
  writer.flush()
  assert.ok(Buffer.from(batches[0]?.bytes ?? []).includes(Buffer.from('/caf\xe9/\xff', 'latin1')))
})

test('digests are said where somebody has them', () => {
  const [event] = written((writer) => {
    writer.hashes = (program) => (program.inode === 50 ? byteText('SHA256=00') : null)
    writer.processCreation(SHELL, null, 5, null)
  })
  assert.equal(event?.fields['Hashes'], 'SHA256=00')
})

test('batches have one rank each, the most valuable first, and at most their number of events', () => {
  const batches: SensedBatch[] = []
  const writer = new EventWriter(FACTS, (batch) => batches.push(batch))
  for (let k = 0; k < BATCH_COUNT_MAX + 1; k++) everything(writer, SHELL, INIT)
  writer.flush()
  const perEvent = [1, 4, KINDS.length]
  for (const [rank, count] of perEvent.entries()) {
    const counts = batches.filter((batch) => batch.rank === rank).map((batch) => batch.count)
    assert.ok(counts.every((one) => one <= BATCH_COUNT_MAX))
    assert.equal(
      counts.reduce((sum, one) => sum + one, 0),
      count * (BATCH_COUNT_MAX + 1),
    )
  }
  assert.deepEqual(
    batches.slice(-3).map(({ rank }) => rank),
    [0, 1, 2],
  )
  assert.equal(writer.events, 10 * (BATCH_COUNT_MAX + 1))
})
