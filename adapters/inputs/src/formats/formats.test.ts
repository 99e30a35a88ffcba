import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import type { SensorSource } from '@firebreak/content'
import { type HostEvent, RecordBatchWriter } from '@firebreak/detect/records'
import * as fc from 'fast-check'
import { AHEAD_MS_MAX, LINE_BYTES_MAX } from '../limits.ts'
import { LINE_REFUSALS, type LineReader, type LineResult } from '../line-reader.ts'
import { namesIn } from '../names.ts'
import * as samples from '../testing/samples.ts'
import { contractedReader, FORMAT_NAMES, type FormatName, openReader, suppliesOf } from './index.ts'

const { ESLOGGER_EXEC, eslogger, JOURNAL_SSHD, lineOf, NOW_MS, SAID_MS } = samples
const NO_SOURCE = { category: null, product: null, service: null }
const PROMISED = { category: 'process_creation', product: 'linux', service: null, fields: ['Image'] } as const

function reader(format: FormatName): LineReader {
  return contractedReader({ format, supplies: format === 'sigma-json' ? [PROMISED] : [] })
}

function read(format: FormatName, line: unknown): LineResult {
  return reader(format)(lineOf(line), NOW_MS)
}

function eventOf(format: FormatName, line: unknown): HostEvent {
  const result = read(format, line)
  assert.ok(typeof result === 'object', `refused as ${JSON.stringify(result)}`)
  return result
}

describe('eslogger', () => {
  const actor = { Image: '/bin/zsh', ProcessId: 4242, ProcessGuid: '4242-7', ParentProcessId: 400, UserId: 501, GroupId: 20, SigningId: 'com.apple.zsh' } // prettier-ignore
  const file = { path: '/tmp/x' }
  const place = { new_path: { dir: { path: '/tmp' }, filename: 'x', mode: 33_188 } }

  it('tells a started program, with what its parent was', () => {
    assert.deepEqual(eventOf('eslogger', ESLOGGER_EXEC), {
      category: 'process_creation',
      product: 'macos',
      service: null,
      timeMs: SAID_MS,
      fields: {
        Image: '/usr/bin/curl',
        CommandLine: 'curl -s http://a.example/x.sh',
        CurrentDirectory: '/Users/lab',
        ProcessId: 4242,
        ProcessGuid: '4242-8',
        StartTime: '2026-07-14T03:33:10.250Z',
        UserId: 501,
        GroupId: 20,
        SigningId: 'com.apple.curl',
        ParentImage: '/bin/zsh',
        ParentProcessId: 400,
        ParentProcessGuid: '400-3',
      },
    })
  })

  const rows: readonly (readonly [event: Readonly<Record<string, unknown>>, category: string, fields: object])[] = [
    [{ exit: { stat: 256 } }, 'process_termination', actor],
    [{ create: { destination_type: 0, destination: { existing_file: file } } }, 'file_event', { TargetFilename: '/tmp/x', ...actor }], // prettier-ignore
    [{ create: { destination_type: 1, destination: place } }, 'file_event', { TargetFilename: '/tmp/x', ...actor }],
    [{ close: { modified: true, target: file } }, 'file_event', { TargetFilename: '/tmp/x', ...actor }],
    [{ unlink: { target: file, parent_dir: { path: '/tmp' } } }, 'file_delete', { TargetFilename: '/tmp/x', ...actor }],
    [{ rename: { source: { path: '/tmp/a' }, destination: place } }, 'file_rename', { SourceFilename: '/tmp/a', TargetFilename: '/tmp/x', ...actor }], // prettier-ignore
    [{ setmode: { mode: 511, target: file } }, 'file_change', { TargetFilename: '/tmp/x', ...actor }],
  ]
  for (const [event, category, fields] of rows) {
    it(`tells ${Object.keys(event).join()} as ${category}`, () => {
      const read = eventOf('eslogger', eslogger(event))
      assert.deepEqual([read.category, read.fields], [category, fields])
    })
  }

  it('joins below the root without a second slash', () => {
    const place = { new_path: { dir: { path: '/' }, filename: 'x' } }
    assert.equal(eventOf('eslogger', eslogger({ create: { destination: place } })).fields['TargetFilename'], '/x')
  })

  it('leaves out what a line does not have', () => {
    const { fields } = eventOf('eslogger', { process: {}, event: { exec: { target: null, args: 7 } } })
    assert.deepEqual(fields, { CommandLine: 7 })
  })
})

describe('journald', () => {
  it('tells who wrote a line by its identifier', () => {
    assert.deepEqual(eventOf('journald', JOURNAL_SSHD), {
      category: null,
      product: 'linux',
      service: 'sshd',
      timeMs: SAID_MS,
      fields: {
        Message: 'Failed password for root from 192.0.2.7 port 4711 ssh2',
        Identifier: 'sshd',
        Hostname: 'web1',
        Image: '/usr/sbin/sshd',
        CommandLine: 'sshd: root [priv]',
        ProcessName: 'sshd',
        ProcessId: '812',
        UserId: '0',
        GroupId: '0',
        Unit: 'ssh.service',
        Priority: '6',
        Facility: '10',
      },
    })
  })

  const services: readonly (readonly [over: object, service: string])[] = [
    [{ SYSLOG_IDENTIFIER: 'sshd-session' }, 'sshd'],
    [{ SYSLOG_IDENTIFIER: 'sudo' }, 'sudo'],
    [{ SYSLOG_IDENTIFIER: 'CRON' }, 'cron'],
    [{ SYSLOG_IDENTIFIER: '/usr/sbin/cron' }, 'cron'],
    [{ SYSLOG_IDENTIFIER: 'useradd', SYSLOG_FACILITY: '3' }, 'auth'],
    [{ SYSLOG_IDENTIFIER: 'something' }, 'auth'],
    [{ SYSLOG_IDENTIFIER: 'something', SYSLOG_FACILITY: '3' }, 'syslog'],
    [{ SYSLOG_IDENTIFIER: 'constructor', SYSLOG_FACILITY: '3' }, 'syslog'],
    [{ SYSLOG_IDENTIFIER: undefined }, 'sshd'],
    [{ SYSLOG_IDENTIFIER: ['a', 'b'], SYSLOG_FACILITY: null }, 'syslog'],
    [{ _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel', SYSLOG_FACILITY: '0' }, 'syslog'],
    [{ _TRANSPORT: 'audit', _AUDIT_TYPE_NAME: 'SYSCALL' }, 'auditd'],
  ]
  for (const [over, service] of services) {
    it(`takes ${JSON.stringify(over)} for ${service}`, () => {
      assert.equal(eventOf('journald', { ...JOURNAL_SSHD, ...over }).service, service)
    })
  }

  it('names fields of audit records as the audit system does', () => {
    const kernel = {
      _TRANSPORT: 'audit',
      _AUDIT_TYPE_NAME: 'SYSCALL',
      _AUDIT_FIELD_KEY: 'passwd',
      _AUDIT_LOGINUID: '1000',
    }
    const { fields } = eventOf('journald', { ...JOURNAL_SSHD, ...kernel, AUDIT_FIELD_ACCT: 'eve' })
    const { type, key, auid, exe, acct } = fields
    assert.deepEqual({ type, key, auid, exe, acct }, { type: 'SYSCALL', key: 'passwd', auid: '1000', exe: '/usr/sbin/sshd', acct: 'eve' }) // prettier-ignore
  })

  const messages: readonly (readonly [value: unknown, message: unknown])[] = [
    [[...Buffer.from('Ключ\u0007')], 'Ключ\u0007'],
    [[0xff, 0x41], '\uFFFDA'],
    [['one', 'two'], 'one two'],
    [[], ''],
    [[1, 'x'], '1 x'],
    [[1, 256], '1 256'],
    [null, undefined],
    [{ a: 1 }, undefined],
  ]
  for (const [value, message] of messages) {
    it(`reads MESSAGE ${JSON.stringify(value)}`, () => {
      assert.equal(eventOf('journald', { ...JOURNAL_SSHD, MESSAGE: value }).fields['Message'], message)
    })
  }
})

describe('Sysmon', () => {
  for (const [shape, value] of Object.entries(samples.SYSMON_SHAPES)) {
    it(`of Windows, ${shape}`, () => {
      const event = eventOf('sysmon-windows', value)
      assert.deepEqual({ ...event.fields }, samples.SYSMON_FIELDS)
      const { category, product, service, timeMs } = event
      assert.deepEqual({ category, product, service, timeMs }, { category: null, product: 'windows', service: 'sysmon', timeMs: SAID_MS }) // prettier-ignore
    })
  }

  const linux: Readonly<Record<string, unknown>> = {
    'the line of syslog': `Jul 14 03:33:10 web1 sysmon: ${samples.SYSMON_LINUX_XML}`,
    'the event alone': samples.SYSMON_LINUX_XML,
    'an entry of the journal': { MESSAGE: samples.SYSMON_LINUX_XML, __REALTIME_TIMESTAMP: '1' },
    'JSON': { Event: { System: { EventID: 1, Channel: 'Linux-Sysmon/Operational' }, EventData: { Image: '/usr/bin/curl' } } }, // prettier-ignore
  }
  for (const [shape, value] of Object.entries(linux)) {
    it(`for Linux, ${shape}`, () => {
      const { fields } = eventOf('sysmon-linux', value)
      if (shape === 'JSON') assert.equal(fields['Image'], '/usr/bin/curl')
      else assert.deepEqual({ ...fields }, samples.SYSMON_LINUX_FIELDS)
    })
  }

  it('says nothing that its table does not have', () => {
    const data = { Image: 'x', OriginalFileName: '-', message: 'y', QueryName: 'z' }
    const event = eventOf('sysmon-linux', { Channel: 'linux-sysmon/operational', EventID: '5', ...data })
    assert.deepEqual({ ...event.fields }, { Channel: 'Linux-Sysmon/Operational', EventID: 5, Image: 'x' })
  })
})

describe('events in terms of Sigma', () => {
  const rows: readonly (readonly [line: object, source: object])[] = [
    [{ Image: 'x' }, PROMISED],
    [{ category: 'process_creation', product: 'linux' }, PROMISED],
    [{ logsource: { category: 'process_creation', product: 'linux' } }, PROMISED],
    [{ category: 'Process_Creation', product: 'LINUX', service: '' }, { ...PROMISED, category: 'Process_Creation', product: 'LINUX' }], // prettier-ignore
  ]
  for (const [line, { category, product, service }] of rows as readonly (readonly [object, typeof PROMISED])[]) {
    it(`takes ${JSON.stringify(line)}`, () => {
      const event = eventOf('sigma-json', line)
      assert.deepEqual([event.category, event.product, event.service], [category, product, service])
    })
  }

  it('has everything else as fields', () => {
    const line = { Image: 'x', a: { b: [1, 'y', null, true] }, category: 'process_creation', product: 'linux', time: '2026-07-14T03:33:10.250Z', __proto__: 1, e: [] } // prettier-ignore
    const event = eventOf('sigma-json', `${JSON.stringify(line).slice(0, -1)},"__proto__":"p"}`)
    const fields = [['Image', 'x'], ['a.b', '1 y true'], ['time', '2026-07-14T03:33:10.250Z'], ['__proto__', 'p']] // prettier-ignore
    assert.deepEqual(Object.entries(event.fields), fields)
    assert.equal(event.timeMs, SAID_MS)
  })

  it('takes whatever comes where nothing is promised', () => {
    const event = openReader('sigma-json', NO_SOURCE)(lineOf({ service: 'x', Image: 'y' }), NOW_MS)
    assert.deepEqual(event, { category: null, product: null, service: 'x', timeMs: NOW_MS, fields: { Image: 'y' } })
  })

  it('does not guess which of two sources an event is of', () => {
    const supplies = [PROMISED, { ...PROMISED, category: 'file_event' }]
    assert.equal(contractedReader({ format: 'sigma-json', supplies })(lineOf({ Image: 'x' }), NOW_MS), 'not-supplied')
  })
})

const sysmon = (over: object): object => ({ ...samples.SYSMON_FIELDS, ...over })
const refused: readonly (readonly [format: FormatName, line: unknown, why: LineResult])[] = [
  ...FORMAT_NAMES.flatMap((format) =>
    ['', ' ', '{', '[]', '"x"', 'null', '{} {}', '{"a":1', '\u0000'].map(
      (line) => [format, line, 'malformed'] as const,
    ),
  ),
  ['eslogger', {}, 'other-shape'],
  ['eslogger', { event: {}, process: {} }, 'other-shape'],
  ['eslogger', { event: [], process: {} }, 'other-shape'],
  ['eslogger', { event: { exec: {} } }, 'other-shape'],
  ['eslogger', eslogger({ fork: {} }), 'not-supplied'],
  ['eslogger', eslogger({ __proto__: null, constructor: {} }), 'not-supplied'],
  ['eslogger', eslogger({ close: { modified: false, target: { path: '/x' } } }), 'not-supplied'],
  ['journald', {}, 'other-shape'],
  ['journald', { MESSAGE: 'x', __REALTIME_TIMESTAMP: '-1' }, 'other-shape'],
  ['journald', { MESSAGE: 'x', __REALTIME_TIMESTAMP: '123456789012345678' }, 'other-shape'],
  ['sysmon-windows', {}, 'other-shape'],
  ['sysmon-windows', sysmon({ EventID: 'one' }), 'other-shape'],
  ['sysmon-windows', sysmon({ EventID: '' }), 'other-shape'],
  ['sysmon-windows', sysmon({ EventID: 30 }), 'not-supplied'],
  ['sysmon-windows', sysmon({ Channel: 'Security', EventID: 1 }), 'not-supplied'],
  ['sysmon-windows', { EventID: 1, SourceName: 'Microsoft-Windows-Kernel-General' }, 'not-supplied'],
  ['sysmon-linux', samples.SYSMON_SHAPES['winlogbeat'], 'not-supplied'],
  ['sysmon-linux', samples.SYSMON_LINUX_XML.replace('</System>', ''), 'malformed'],
  ['sysmon-linux', samples.SYSMON_LINUX_XML.replace('</Event>', ''), 'malformed'],
  ['sysmon-linux', samples.SYSMON_LINUX_XML.replace('<EventID>1', '<EventID>22'), 'not-supplied'],
  ['sigma-json', { category: 'dns_query', product: 'linux' }, 'not-supplied'],
  ['sigma-json', { service: 'sshd' }, 'not-supplied'],
]

test('every refusal has its code', () => {
  for (const [format, line, why] of refused) assert.equal(read(format, line), why, `${format} ${JSON.stringify(line)}`)
})

test('an event is never of the future', () => {
  const rows: readonly (readonly [said: string, timeMs: number])[] = [
    [new Date(NOW_MS - 1).toISOString(), NOW_MS - 1],
    [new Date(NOW_MS + AHEAD_MS_MAX).toISOString(), NOW_MS + AHEAD_MS_MAX],
    [new Date(NOW_MS + AHEAD_MS_MAX + 1).toISOString(), NOW_MS],
    ['9999-12-31T23:59:59Z', NOW_MS],
    ['0001-01-01T00:00:00Z', NOW_MS],
    ['yesterday', NOW_MS],
  ]
  for (const [said, timeMs] of rows) {
    assert.equal(eventOf('sigma-json', { '@timestamp': said }).timeMs, timeMs, said)
    assert.equal(eventOf('eslogger', { ...ESLOGGER_EXEC, time: said }).timeMs, timeMs, said)
  }
})

test('a time that is no text says no time, also one that makes its own text', () => {
  const nested: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
  for (const time of [{ toString: 1, valueOf: 1 }, nested, [], 7, true, null]) {
    assert.equal(eventOf('eslogger', { ...ESLOGGER_EXEC, time }).timeMs, NOW_MS)
  }
})

function fieldsOf(supplies: readonly SensorSource[]): ReadonlySet<string> {
  return new Set(supplies.flatMap(({ fields }) => fields))
}

function suppliedBy(format: FormatName): readonly SensorSource[] {
  return suppliesOf([{ format, supplies: format === 'sigma-json' ? [PROMISED] : [] }])
}

/** JSON with the members of the formats, and with any values in their places. */
const members = fc.constantFrom(
  ...namesIn(`event process exec target args executable path create destination new_path time MESSAGE _TRANSPORT
    __REALTIME_TIMESTAMP Event System EventData EventID Channel Data @Name #text __proto__ winlog event_data category
    product service UtcTime toString valueOf`),
  '',
)
const { value: nested } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.double(), fc.constantFrom(null, true, '1', 'Security')),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(members, tie('value')), { maxLength: 5 }).map((all) => Object.fromEntries(all)),
  ),
}))
const bases = [ESLOGGER_EXEC, JOURNAL_SSHD, ...Object.values(samples.SYSMON_SHAPES)]
const damaged = fc
  .tuple(
    fc.constantFrom(...bases.map((one) => JSON.stringify(one)), samples.SYSMON_LINUX_XML),
    fc.nat(),
    fc.nat(60),
    fc.string({ maxLength: 9 }),
  ) // prettier-ignore
  .map(([text, at, cut, put]) => `${text.slice(0, at % text.length)}${put}${text.slice((at % text.length) + cut)}`)
const lines = fc.oneof(
  nested.map(lineOf),
  fc.tuple(fc.constantFrom(...bases), members, nested).map(([base, name, value]) => lineOf({ ...base, [name]: value })),
  damaged.map(lineOf),
  fc.uint8Array({ maxLength: 200 }),
)

for (const format of FORMAT_NAMES) {
  test(`${format}: no line makes it throw, and no event has a field or a source that is not supplied`, () => {
    const supplied = suppliedBy(format)
    const names = fieldsOf(supplied)
    const sources = new Set(supplied.map((one) => JSON.stringify(one.kind === 'declared' ? one.source : one.channel)))
    const readLine = reader(format)
    const property = fc.property(lines, (line) => {
      const result = readLine(line, NOW_MS)
      assert.deepEqual(readLine(line, NOW_MS), result)
      if (typeof result === 'string') {
        assert.ok(LINE_REFUSALS.includes(result))
        return
      }
      assert.ok(result.timeMs >= 0 && result.timeMs <= NOW_MS + AHEAD_MS_MAX)
      new RecordBatchWriter().add(result)
      const { category, product, service = null } = result
      const source = result.fields['Channel'] ?? { category, product, service }
      assert.ok(format === 'sigma-json' || sources.has(JSON.stringify(source)), JSON.stringify(source))
      if (format === 'sigma-json') return // its fields are what the line has
      for (const name of Object.keys(result.fields)) assert.ok(names.has(name), name)
    })
    fc.assert(property, { numRuns: 1500 })
  })

  test(`${format}: a line of the largest size takes no longer than its bytes`, () => {
    const long: readonly Uint8Array[] = [
      lineOf('{"a":'.repeat(LINE_BYTES_MAX / 8)),
      lineOf('['.repeat(LINE_BYTES_MAX - 1)),
      lineOf(`<Event></System>${'<Data Name="a">'.repeat(LINE_BYTES_MAX / 16)}</Event>`),
      lineOf(`<Event><Provider${' a="b"'.repeat(LINE_BYTES_MAX / 8)}</System></Event>`),
      lineOf({ ...JOURNAL_SSHD, MESSAGE: 'x'.repeat(LINE_BYTES_MAX - 1000) }),
      lineOf({ ...JOURNAL_SSHD, MESSAGE: Array.from({ length: 400_000 }, () => 7) }),
    ]
    for (const line of long) reader(format)(line, NOW_MS)
  })
}
