import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LinuxError } from '../errors.ts'
import { formatText } from './testing/trace-bytes.ts'
import { TRACE_EVENT_NAMES, TRACE_EVENTS, type TraceEventName } from '../tracing/trace-events.ts'
import { parsePageFormat, parseTraceFormat } from './trace-format.ts'
import { readTraceFormats, TraceRecords } from './trace-records.ts'

/** As Linux 6.18 on x86-64 states them. */
const HEADER_PAGE = [
  '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;',
  '\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;',
  '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;',
  '\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;',
].join('\n')

const ids = new Map(TRACE_EVENT_NAMES.map((name, k) => [name, 300 + k]))
const extra = { 'sched/sched_process_exit': { group_dead: 1 } }
const formatOf = (name: TraceEventName): string =>
  formatText(name, ids.get(name) ?? 0, name === 'sched/sched_process_exit' ? extra[name] : {})
const formats = readTraceFormats(formatOf)
const records = new TraceRecords(formats)

/** A record with these fields, at an odd place in a buffer that is full of other things. */
function recordOf(name: TraceEventName, values: Readonly<Record<string, number | Buffer>>): Buffer {
  const fields = formats.get(name)?.fields ?? new Map()
  const size = Math.max(...[...fields.values()].map((field) => field.offset + field.sizeBytes))
  const text = values['filename']
  const bytes = Buffer.alloc(size + (Buffer.isBuffer(text) ? text.length + 1 : 0))
  bytes.writeUInt16LE(ids.get(name) ?? 0, 0)
  for (const [field, value] of Object.entries(values)) {
    const place = fields.get(field)
    assert.ok(place !== undefined, field)
    if (field === 'filename' && Buffer.isBuffer(value)) {
      bytes.writeUInt32LE(((value.length + 1) << 16) | size, place.offset)
      value.copy(bytes, size)
    } else if (Buffer.isBuffer(value)) value.copy(bytes, place.offset)
    else if (place.sizeBytes === 1) bytes.writeUInt8(value, place.offset)
    else if (place.sizeBytes === 2) bytes.writeUInt16LE(value, place.offset)
    else bytes.writeUInt32LE(value, place.offset)
  }
  return bytes
}

const read = (bytes: Buffer) => {
  const room = Buffer.concat([Buffer.alloc(9, 0xff), bytes, Buffer.alloc(9, 0xff)])
  return records.read(room, 9, bytes.length, 77)
}

test('a file name with line breaks and the text of another record in it stays a file name', () => {
  const evil = '/tmp/x\n  sh-1 [000] d..2. 1.000001: sched_process_exec: filename=/usr/bin/good pid=1 old_pid=1\n'
  const record = read(recordOf('sched/sched_process_exec', { common_pid: 9, pid: 9, filename: Buffer.from(evil) }))
  assert.deepEqual(record, { kind: 'exec', timeNs: 77, pid: 9, path: evil })
})

test('file names come out byte by byte, up to their NUL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const name = Buffer.from(bytes)
      const record = read(recordOf('sched/sched_process_exec', { pid: 1, filename: name }))
      const end = name.indexOf(0)
      const path = name.toString('latin1', 0, end < 0 ? name.length : end)
      assert.deepEqual(record, { kind: 'exec', timeNs: 77, pid: 1, path })
    }),
  )
})

for (const [name, flags, isThread, isSibling] of [
  ['fork', 0x01200011, false, false],
  ['thread', 0x003d0f00, true, false],
  ['sibling', 0x00008011, false, true],
] as const) {
  test(`a new task by its flags: ${name}`, () => {
    const record = read(recordOf('task/task_newtask', { common_pid: 5, pid: 6, clone_flags: flags }))
    assert.deepEqual(record, { kind: 'fork', timeNs: 77, creatorThread: 5, pid: 6, isThread, isSibling })
  })
}

test('an exit says whether it was the last thread, where the kernel does', () => {
  assert.deepEqual(read(recordOf('sched/sched_process_exit', { pid: 4, group_dead: 1 })), {
    kind: 'exit',
    timeNs: 77,
    pid: 4,
    groupDead: true,
  })
  const older = new TraceRecords(readTraceFormats((name) => formatText(name, ids.get(name) ?? 0)))
  const bytes = recordOf('sched/sched_process_exit', { pid: 4 })
  assert.equal((older.read(bytes, 0, bytes.length, 0) as { groupDead: unknown }).groupDead, null)
})

const CONNECT = { common_pid: 8, oldstate: 7, newstate: 2, protocol: 6, family: 2, dport: 443, sport: 0 }
const ADDRESSES = { saddr: Buffer.from([10, 0, 0, 1]), daddr: Buffer.from([1, 2, 3, 4]) }

test('an outbound connection, IPv4 and IPv6; other protocols and later states are none', () => {
  const name = 'sock/inet_sock_set_state'
  assert.deepEqual(read(recordOf(name, { ...CONNECT, ...ADDRESSES })), {
    kind: 'connect',
    timeNs: 77,
    thread: 8,
    connection: {
      protocol: 'tcp',
      initiated: true,
      sourceIp: '10.0.0.1',
      sourcePort: null,
      destinationIp: '1.2.3.4',
      destinationPort: 443,
    },
  })
  const six = { family: 10, saddr_v6: Buffer.alloc(16, 1), daddr_v6: Buffer.from(`${'0'.repeat(31)}1`, 'hex') }
  const record = read(recordOf(name, { ...CONNECT, ...six, sport: 5000 }))
  assert.ok(record?.kind === 'connect')
  assert.deepEqual([record.connection.destinationIp, record.connection.sourcePort], ['::1', 5000])
  assert.equal(read(recordOf(name, { ...CONNECT, protocol: 132 })), null)
  assert.equal(read(recordOf(name, { ...CONNECT, oldstate: 2, newstate: 1 })), null)
})

test('whatever a record holds, nothing beyond it is read, and what is too short is none', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TRACE_EVENT_NAMES), fc.uint8Array({ maxLength: 120 }), (name, bytes) => {
      const data = Buffer.from(bytes)
      if (data.length >= 2) data.writeUInt16LE(ids.get(name) ?? 0, 0)
      const marked = Buffer.concat([data, Buffer.from('BEYOND'.repeat(20_000))])
      const record = records.read(marked, 0, data.length, 0)
      assert.ok(!JSON.stringify(record).includes('BEYOND'))
    }),
    { numRuns: 500 },
  )
})

test('formats are read as the kernel states them; its example of printing is no field', () => {
  assert.deepEqual(parsePageFormat(HEADER_PAGE), {
    sizeBytes: 4096,
    commitOffset: 8,
    commitSizeBytes: 8,
    dataOffset: 16,
  })
  assert.equal(
    parseTraceFormat(formatOf('sched/sched_process_exec'), { pid: 4 }).id,
    ids.get('sched/sched_process_exec'),
  )
})

for (const [name, text] of [
  ['no number', formatOf('sched/sched_process_exec').replace(/^ID.*$/m, '')],
  ['a field is missing', formatOf('sched/sched_process_exec').replace('u32 pid', 'u32 dip')],
  ['a field has another width', formatOf('sched/sched_process_exec').replace(/(u32 pid;\toffset:\d+;\tsize:)4/, '$18')],
  ['the name is not text', formatOf('sched/sched_process_exec').replace('__data_loc char[]', 'u32')],
  ['nothing', ''],
] as const) {
  test(`a kernel whose events are not as we read them is refused: ${name}`, () => {
    const needed = TRACE_EVENTS['sched/sched_process_exec']
    assert.throws(() => parseTraceFormat(text, needed), isUnavailable)
  })
}

for (const text of ['', HEADER_PAGE.replace('size:4080', 'size:999999999'), HEADER_PAGE.replace('commit', 'omit')]) {
  test(`pages that are not as we read them are refused: ${text.length} characters`, () => {
    assert.throws(() => parsePageFormat(text), isUnavailable)
  })
}

function isUnavailable(error: unknown): boolean {
  return error instanceof LinuxError && error.code === 'linux/sensor-unavailable'
}
