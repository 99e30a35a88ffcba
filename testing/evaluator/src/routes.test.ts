import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createPlainEvaluator, type DeclaredSource } from './evaluator.ts'

const SYSMON = 'Microsoft-Windows-Sysmon/Operational'
const DEFENDER = 'Microsoft-Windows-Windows Defender/Operational'

/** One rule for each log source, which matches whatever reaches it; its id is `category product service`. */
const EVERYTHING = createPlainEvaluator(
  [
    '- windows -',
    '- windows sysmon',
    '- windows security',
    '- windows powershell',
    '- windows powershell-classic',
    '- windows windefend',
    'process_creation windows -',
    'process_creation - -',
    'process_creation windows sysmon',
    'registry_event windows -',
    'registry_add windows -',
    'registry_delete windows -',
    'registry_set windows -',
    'ps_script windows -',
    'ps_classic_start windows -',
    'antivirus - -',
    'antivirus windows -',
    'webserver - -',
    'process_creation linux -',
    '- linux auditd',
    '- linux -',
    'proxy - -',
    '- - apache',
    '- linux sysmon',
    'application kubernetes audit',
  ].map((id) => {
    const [category, product, service] = id.split(' ').map((part) => (part === '-' ? null : part))
    return { id, logsource: { category, product, service }, detection: { a: { Nothing: null }, condition: 'a' } }
  }),
)

const SYSMON_RULES = ['- windows -', '- windows sysmon']

interface Row {
  readonly event: unknown
  readonly source?: DeclaredSource
  readonly reaches: readonly string[]
}

const ROWS: Readonly<Record<string, Row>> = {
  'a process of Sysmon': {
    event: { Channel: SYSMON, EventID: 1 },
    reaches: [...SYSMON_RULES, 'process_creation - -', 'process_creation windows -', 'process_creation windows sysmon'],
  },
  'without regard to case, and numbers as text': {
    event: { Channel: SYSMON.toUpperCase(), EventID: '1' },
    reaches: [...SYSMON_RULES, 'process_creation - -', 'process_creation windows -', 'process_creation windows sysmon'],
  },
  'a key that is made': {
    event: { Channel: SYSMON, EventID: 12, EventType: 'CreateKey' },
    reaches: [...SYSMON_RULES, 'registry_add windows -', 'registry_event windows -'],
  },
  'a value that is deleted': {
    event: { Channel: SYSMON, EventID: 12, EventType: 'DeleteValue' },
    reaches: [...SYSMON_RULES, 'registry_delete windows -', 'registry_event windows -'],
  },
  'a key of no type': {
    event: { Channel: SYSMON, EventID: 12 },
    reaches: [...SYSMON_RULES, 'registry_event windows -'],
  },
  'a value that is set': {
    event: { Channel: SYSMON, EventID: 13, EventType: 'SetValue' },
    reaches: [...SYSMON_RULES, 'registry_event windows -', 'registry_set windows -'],
  },
  'a process of the security log': {
    event: { Event: { System: { Channel: 'Security', EventID: 4688 } } },
    reaches: ['- windows -', '- windows security', 'process_creation - -', 'process_creation windows -'],
  },
  'the number of another channel': {
    event: { Channel: 'Security', EventID: 1 },
    reaches: ['- windows -', '- windows security'],
  },
  'a script block': {
    event: { Channel: 'PowerShellCore/Operational', EventID: 4104 },
    reaches: ['- windows -', '- windows powershell', 'ps_script windows -'],
  },
  'the old PowerShell': {
    event: { Channel: 'Windows PowerShell', EventID: 400 },
    reaches: ['- windows -', '- windows powershell-classic', 'ps_classic_start windows -'],
  },
  'a find of Defender': {
    event: { Channel: DEFENDER, EventID: 1116 },
    reaches: ['- windows -', '- windows windefend', 'antivirus - -', 'antivirus windows -'],
  },
  'a channel outweighs what is declared': {
    event: { Channel: 'System' },
    source: { category: 'webserver' },
    reaches: ['- windows -'],
  },
  nothing: { event: { EventID: 1 }, reaches: [] },
  'what is declared': { event: {}, source: { category: 'webserver' }, reaches: ['webserver - -'] },
  'a service that is declared': { event: {}, source: { service: 'apache' }, reaches: ['- - apache'] },
  'a rule without product is for what is declared to be so': {
    event: {},
    source: { category: 'proxy', product: 'squid' },
    reaches: ['proxy - -'],
  },
  'what a sensor sees is no line of a log': {
    event: {},
    source: { category: 'process_creation', product: 'linux' },
    reaches: ['process_creation - -', 'process_creation linux -'],
  },
  'a line of a log': {
    event: {},
    source: { product: 'linux', service: 'auditd' },
    reaches: ['- linux -', '- linux auditd'],
  },
  'two names of one source': {
    event: {},
    source: { product: 'kubernetes', service: 'audit' },
    reaches: ['application kubernetes audit'],
  },
  'Sysmon for Linux': {
    event: { Channel: 'Linux-Sysmon/Operational', EventID: 1 },
    reaches: ['- linux sysmon', 'process_creation - -', 'process_creation linux -'],
  },
  'what is declared outweighs a type': {
    event: { type: 'LOGIN' },
    source: { category: 'proxy' },
    reaches: ['proxy - -'],
  },
  'the first channel counts': {
    event: { Channel: [null, 'Security'] },
    source: { category: 'proxy' },
    reaches: ['proxy - -'],
  },
  'an audit record': { event: { type: 'SYSCALL' }, reaches: ['- linux -', '- linux auditd'] },
  'an audit record of a program': {
    event: { type: 'EXECVE', argc: 1, a0: 'ls' },
    reaches: ['- linux -', '- linux auditd', 'process_creation - -', 'process_creation linux -'],
  },
  'a channel that nobody knows': { event: { Channel: 'x', type: 'SYSCALL' }, reaches: ['- linux -', '- linux auditd'] },
  'a channel that nobody knows, declared': {
    event: { Channel: 'x' },
    source: { product: 'linux', service: 'auditd' },
    reaches: ['- linux -', '- linux auditd'],
  },
  'a type that is none': { event: { type: 'execve' }, reaches: [] },
}

void describe('log sources of an event', () => {
  for (const [name, { event, source, reaches }] of Object.entries(ROWS)) {
    void test(name, () => assert.deepEqual(EVERYTHING.evaluate(event, source), reaches))
  }
})

function matches(logsource: object, selection: object, event: unknown): boolean {
  const rule = { id: 'x', logsource, detection: { selection, condition: 'selection' } }
  return createPlainEvaluator([rule]).evaluate(event).length > 0
}

void describe('fields that a mapping gives', () => {
  const process = { category: 'process_creation', product: 'windows' }
  const event = { Channel: 'Security', EventID: 4688, NewProcessName: 'a.exe', ParentProcessName: 'b.exe' }

  void test('a process of the security log has Image and ParentImage', () => {
    assert.ok(matches(process, { Image: 'a.exe', ParentImage: 'b.exe', NewProcessName: 'a.exe' }, event))
    assert.ok(matches({ product: 'windows', service: 'security' }, { Image: 'a.exe' }, event))
    assert.ok(!matches(process, { Image: 'a.exe' }, { ...event, Image: 'c.exe' }))
    assert.ok(!matches(process, { Image: 'a.exe' }, { ...event, Image: null }))
  })

  void test('a find of Defender has Signature and Filename', () => {
    const found = { Channel: DEFENDER, EventID: 1116, 'Threat Name': 'EICAR', Path: 'x' }
    assert.ok(matches({ category: 'antivirus' }, { Signature: 'eicar', Filename: 'x' }, found))
  })

  const linux = { category: 'process_creation', product: 'linux' }
  const commands: readonly (readonly [record: object, selection: object])[] = [
    [
      { a0: '/bin/ls', a1: '-l', a2: 'x y', a4: 'z' },
      { CommandLine: '/bin/ls -l x y', Image: null },
    ],
    [{ a0: '', a1: 1, a2: null, a3: 'z' }, { CommandLine: ' 1' }],
    [{ a0: 'ls', exe: '/bin/ls' }, { Image: '/bin/ls' }],
    [{ a0: 'ls', CommandLine: 'own' }, { CommandLine: 'own' }],
    [{ a1: 'ls' }, { CommandLine: null }],
  ]
  for (const [record, selection] of commands) {
    void test(`EXECVE ${JSON.stringify(record)}`, () => {
      assert.ok(matches(linux, selection, { type: 'EXECVE', ...record }))
    })
  }
})
