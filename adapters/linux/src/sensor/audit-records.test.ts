import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { AUDIT_EVENTS_MAX, AUDIT_RECORD, type AuditEvent, AuditRecords } from './audit-records.ts'
import { COMMAND_LINE_BYTES_MAX } from './proc-files.ts'

const SYSCALL =
  'arch=c000003e syscall=59 success=yes exit=0 a0=55d0 a1=55d1 a2=55d2 a3=8 items=2 ppid=41 pid=42 auid=4294967295 ' +
  'uid=1000 gid=100 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="true" exe="/usr/bin/true" ' +
  'subj=unconfined key="firebreak-1-2-e0f1b64w15000"'

/** Feeds `TYPE BODY` records, all of one serial. */
function event(records: readonly (readonly [keyof typeof AUDIT_RECORD, string])[], serial = 7): AuditEvent | null {
  const reader = new AuditRecords()
  return records.map(([type, body]) => feed(reader, type, body, serial)).at(-1) ?? null
}

function feed(reader: AuditRecords, type: keyof typeof AUDIT_RECORD, body: string, serial: number): AuditEvent | null {
  const data = Buffer.from(`~~audit(1795248769.520:${serial}): ${body}~~`, 'latin1')
  return reader.read(AUDIT_RECORD[type], data, 2, data.length - 2)
}

/** As the kernel writes untrusted text: in quotes, or in hexadecimal when it holds what would leave them. */
function untrusted(bytes: Uint8Array): string {
  const odd = bytes.some((byte) => byte === 0x22 || byte < 0x21 || byte > 0x7e)
  const data = Buffer.from(bytes)
  return odd ? data.toString('hex').toUpperCase() : `"${data.toString('latin1')}"`
}

test('the records of an exec are joined by their serial', () => {
  const found = event([
    ['syscall', SYSCALL],
    ['execve', 'argc=3 a0="/bin/true" a1=612062 a2="x"'],
    ['cwd', 'cwd="/usr"'],
    ['end', ''],
  ])
  assert.deepEqual(found, {
    timeMs: 1795248769520,
    arch: 0xc000003e,
    syscall: 59,
    success: true,
    exit: 0,
    args: [0x55d0n, 0x55d1n, 0x55d2n, 8n],
    pid: 42,
    parentPid: 41,
    uid: 1000,
    gid: 100,
    name: 'true',
    image: '/usr/bin/true',
    currentDirectory: '/usr',
    commandLine: '/bin/true a b x',
    address: null,
  })
})

test('any arguments come out as they were given', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 20 }), (args) => {
      const texts = args.map((arg, k) => `a${k}=${untrusted(arg)}`)
      const found = event([
        ['syscall', SYSCALL],
        ['execve', `argc=${args.length} ${texts.join(' ')}`],
        ['end', ''],
      ])
      assert.equal(found?.commandLine, args.map((arg) => Buffer.from(arg).toString('latin1')).join(' '))
    }),
  )
})

for (const [name, execve, expected] of [
  ['one argument over several records', ['argc=2 a0="sh" a1_len=8 a1[0]=6162', 'a1[1]="cd"'], 'sh abcd'],
  ['arguments over several records', ['argc=3 a0="a" ', 'a1="b"', 'a2="c"'], 'a b c'],
  ['an argument that looks like another', ['argc=2 a0="a1=evil" a1="b"'], 'a1=evil b'],
  ['an argument that looks like a record', ['argc=1 a0="audit(1.000:7):pid=1"'], 'audit(1.000:7):pid=1'],
  ['an index that skips', ['argc=2 a0="a" a5="b"'], 'a'],
  ['an index that comes twice', ['argc=2 a0="a" a0="b"'], 'a'],
  ['half a byte', ['argc=2 a0="a" a1=616'], 'a '],
  ['none', ['argc=0'], null],
] as const) {
  test(`arguments: ${name}`, () => {
    const found = event([['syscall', SYSCALL], ...execve.map((body) => ['execve', body] as const), ['end', '']])
    assert.equal(found?.commandLine, expected)
  })
}

test('a command line beyond the limit is cut, however many records it takes', () => {
  const pieces = Array.from({ length: 50 }, (_, k) => ['execve', `a1[${k}]="${'x'.repeat(400)}"`] as const)
  const found = event([['syscall', SYSCALL], ['execve', 'argc=2 a0="sh" a1_len=20000'], ...pieces, ['end', '']])
  assert.equal(found?.commandLine, `sh ${'x'.repeat(20_000)}`.slice(0, COMMAND_LINE_BYTES_MAX))
})

test('names that a process chose do not leave their quotes', () => {
  const body = SYSCALL.replace('"true"', untrusted(Buffer.from('a" pid=1 uid=0 b'))).replace(
    '"/usr/bin/true"',
    '(null)',
  )
  const found = event([
    ['syscall', body],
    ['end', ''],
  ])
  assert.deepEqual([found?.pid, found?.uid, found?.name, found?.image], [42, 1000, 'a" pid=1 uid=0 b', null])
})

test('a refused connect shows its address', () => {
  const body = SYSCALL.replace('syscall=59 success=yes exit=0', 'syscall=42 success=no exit=-111')
  const found = event([
    ['syscall', body],
    ['socketAddress', 'saddr=02001F907F0000010000000000000000'],
    ['end', ''],
  ])
  assert.deepEqual([found?.success, found?.exit], [false, -111])
  assert.deepEqual(found?.address?.subarray(0, 8), Buffer.from('02001f907f000001', 'hex'))
})

test('events that overlap do not mix', () => {
  const reader = new AuditRecords()
  feed(reader, 'syscall', SYSCALL, 1)
  feed(reader, 'syscall', SYSCALL.replace(' pid=42', ' pid=43'), 2)
  feed(reader, 'execve', 'argc=1 a0="two"', 2)
  feed(reader, 'execve', 'argc=1 a0="one"', 1)
  const [one, two] = [feed(reader, 'end', '', 1), feed(reader, 'end', '', 2)]
  assert.deepEqual([one?.pid, one?.commandLine, two?.pid, two?.commandLine], [42, 'one', 43, 'two'])
  assert.equal(reader.size, 0)
})

test('events without an end are given up and counted', () => {
  const reader = new AuditRecords()
  for (let serial = 0; serial < AUDIT_EVENTS_MAX + 10; serial++) feed(reader, 'syscall', SYSCALL, serial)
  assert.deepEqual([reader.size, reader.lost], [AUDIT_EVENTS_MAX, 10])
})

for (const [name, records] of [
  ['an end without a beginning', [['end', '']]],
  [
    'arguments alone',
    [
      ['execve', 'argc=1 a0="x"'],
      ['end', ''],
    ],
  ],
  [
    'a call without a pid',
    [
      ['syscall', SYSCALL.replace(' pid=42', '')],
      ['end', ''],
    ],
  ],
  [
    'a pid in quotes',
    [
      ['syscall', SYSCALL.replace(' pid=42', ' pid="42"')],
      ['end', ''],
    ],
  ],
  [
    'a pid that is none',
    [
      ['syscall', SYSCALL.replace(' pid=42', ' pid=4x2')],
      ['end', ''],
    ],
  ],
] as const) {
  test(`no event: ${name}`, () => assert.equal(event(records), null))
}

test('other types of records pass by', () => {
  const reader = new AuditRecords()
  const data = Buffer.from(`audit(1.000:7): ${SYSCALL}`)
  assert.equal(reader.read(1327, data, 0, data.length), null)
  assert.equal(reader.size, 0)
})

test('whatever the bytes are, nothing is thrown and little is kept', () => {
  const reader = new AuditRecords()
  const types = fc.constantFrom(...Object.values(AUDIT_RECORD))
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom('audit(1.000:7): ', 'a0=', 'a1[0]=', '"', '41', ' ', 'pid=', SYSCALL, '\n', '\0', '='), {
      maxLength: 30,
    }),
  )
  fc.assert(
    fc.property(types, text, (type, body) => {
      const data = Buffer.from(Array.isArray(body) ? `audit(1.000:7): ${body.join('')}` : body)
      const found = reader.read(type, data, 0, data.length)
      assert.ok((found?.commandLine?.length ?? 0) <= COMMAND_LINE_BYTES_MAX)
    }),
    { numRuns: 1000 },
  )
})
