import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordReader, statDevice } from './kernel-records.ts'
import { UNKNOWN_PROGRAM } from './process-table.ts'
import { DIRECTORY_UNKNOWN, RECORD } from './record-layout.ts'

const AT = 8 // records follow their header

interface ExecOptions {
  readonly path?: string
  readonly arguments?: string
  readonly directory?: string
  readonly directoryLength?: number
}

function execRecord(options: ExecOptions): RecordReader {
  const path = `${options.path ?? '/bin/sh'}\0`
  const [line, directory] = [options.arguments ?? 'sh\0', options.directory ?? '']
  const bytes = Buffer.alloc(AT + RECORD.text)
  bytes.writeUInt32LE(path.length, AT + RECORD.pathLength)
  bytes.writeUInt32LE(line.length, AT + RECORD.argumentsLength)
  bytes.writeUInt32LE(options.directoryLength ?? directory.length, AT + RECORD.directoryLength)
  bytes.writeUInt32LE(1234, AT + RECORD.tgid)
  bytes.writeBigUInt64LE(3_626_830_000_000n, AT + RECORD.startNs)
  bytes.writeBigUInt64LE(3_626_839_999_999n, AT + RECORD.parentStartNs)
  bytes.write('a-name-of-15-by\0', AT + RECORD.command, 'latin1')
  return new RecordReader(Buffer.concat([bytes, Buffer.from(path + line + directory, 'latin1')]))
}

test('start times are in the ticks of /proc, rounded down as there', () => {
  const { pid, startTicks, parentStartTicks } = execRecord({}).process(AT, null, UNKNOWN_PROGRAM, null)
  assert.deepEqual([pid, startTicks, parentStartTicks], [1234, 362_683, 362_683])
})

test('who forked a process stays its parent', () => {
  const records = execRecord({})
  const before = { ...records.process(AT, null, UNKNOWN_PROGRAM, null), parentPid: 5, parentStartTicks: 6 }
  const { parentPid, parentStartTicks } = records.process(AT, before, UNKNOWN_PROGRAM, null)
  assert.deepEqual([parentPid, parentStartTicks], [5, 6])
  const learnt = { ...before, parentStartTicks: null } // from /proc, which says nothing of the parent's start
  assert.equal(records.process(AT, learnt, UNKNOWN_PROGRAM, null).parentStartTicks, 362_683)
})

const EXECS: readonly (readonly [string, ExecOptions, Readonly<Record<string, string | null>>])[] = [
  ['a path and arguments', { arguments: 'sh\0-c\0x y\0' }, { path: '/bin/sh', commandLine: 'sh -c x y' }],
  ['a name of full length', {}, { name: 'a-name-of-15-by' }],
  ['no arguments', { arguments: '' }, { commandLine: null }],
  ['one empty argument', { arguments: '\0' }, { commandLine: '' }],
  ['arguments that were cut', { arguments: 'sh\0abc' }, { commandLine: 'sh abc' }],
  ['arguments that are no UTF-8, as they are', { arguments: 'sh\0\xff\0' }, { commandLine: 'sh \xff' }],
  ['the root as directory', {}, { currentDirectory: '/' }],
  ['a directory', { directory: 'share\0usr\0' }, { currentDirectory: '/usr/share' }],
  ['an unknown directory', { directoryLength: DIRECTORY_UNKNOWN }, { currentDirectory: null }],
]

for (const [name, options, expected] of EXECS) {
  test(`exec: ${name}`, () => {
    const text = execRecord(options).executable(AT)
    assert.deepEqual({ ...text, ...expected }, text)
  })
}

const DEVICES: readonly (readonly [string, number, number])[] = [
  ['8:1', 8 * 2 ** 20 + 1, 0x801],
  ['254:0', 254 * 2 ** 20, 0xfe00],
  ['0:300', 300, 0x10_002c],
]

for (const [name, kernel, stat] of DEVICES) test(`device ${name}`, () => assert.equal(statDevice(kernel), stat))
