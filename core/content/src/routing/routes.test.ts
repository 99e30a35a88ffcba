import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogSource } from '../sigma/ast.ts'
import { AUDIT_RECORD_TYPES } from './audit.ts'
import { isDeclarable, sourcesOfDeclared } from './declared.ts'
import { describeSource, type Route } from './route.ts'
import { auditRoutesFor, routesFor } from './routes.ts'
import { WINDOWS_CHANNELS } from './windows-channels.ts'

/** `category/product/service`, `-` for what is not named. */
function source(text: string): LogSource {
  const [category, product, service] = text.split('/').map((part) => (part === '-' ? null : part))
  return { category: category ?? null, product: product ?? null, service: service ?? null }
}

function written({ channel, eventId, when }: Route): string {
  return `${channel}#${eventId ?? '*'}${when ? `[${when.field}=${when.value}]` : ''}`
}

const SYSMON = 'microsoft-windows-sysmon/operational'
const LINUX_SYSMON = 'linux-sysmon/operational'

describe('routesFor', () => {
  const rows: readonly (readonly [rule: string, routes: readonly string[]])[] = [
    ['process_creation/windows/-', [`${SYSMON}#1`, 'security#4688']],
    ['process_creation/windows/sysmon', [`${SYSMON}#1`]],
    ['process_creation/windows/security', ['security#4688']],
    ['process_creation/linux/-', [`${LINUX_SYSMON}#1`]],
    ['process_creation/macos/-', []],
    ['process_creation/-/-', [`${SYSMON}#1`, 'security#4688', `${LINUX_SYSMON}#1`]],
    ['registry_event/windows/-', [`${SYSMON}#12`, `${SYSMON}#13`, `${SYSMON}#14`]],
    ['registry_add/windows/-', [`${SYSMON}#12[EventType=createkey]`]],
    ['registry_delete/windows/-', [`${SYSMON}#12[EventType=deletekey]`, `${SYSMON}#12[EventType=deletevalue]`]],
    ['ps_script/windows/-', ['microsoft-windows-powershell/operational#4104', 'powershellcore/operational#4104']],
    ['-/windows/security', ['security#*']],
    ['-/windows/sysmon', [`${SYSMON}#*`]],
    ['-/linux/sysmon', [`${LINUX_SYSMON}#*`]],
    ['-/-/sysmon', [`${SYSMON}#*`, `${LINUX_SYSMON}#*`]],
    ['-/Windows/Security', ['security#*']],
    ['-/windows/dns-server', ['dns server#*']],
    // Never from process events, nor from a whole operating system.
    ['proxy/-/-', []],
    ['webserver/-/-', []],
    ['database/-/-', []],
    ['-/linux/-', []],
    ['-/linux/syslog', []],
    ['-/macos/-', []],
    ['-/aws/cloudtrail', []],
    ['process_creation/windows/powershell', []],
    ['nonsense/windows/-', []],
    ['-/windows/nonsense', []],
  ]
  for (const [rule, expected] of rows) {
    test(`${rule}: ${expected.length} routes`, () => {
      assert.deepEqual(routesFor(source(rule)).map(written), expected)
    })
  }

  test('a rule for Windows alone is reached from every known channel, once each', () => {
    const channels = new Set(Object.values(WINDOWS_CHANNELS).flat())
    const routes = routesFor(source('-/windows/-'))
    assert.equal(routes.length, channels.size)
    assert.ok(routes.every(({ eventId, when, aliases }) => eventId === null && when === null && aliases.length === 0))
  })

  test('process events of the Security log have other field names', () => {
    const [sysmon, security] = routesFor(source('process_creation/windows/-'))
    assert.deepEqual(sysmon?.aliases, [])
    assert.deepEqual(security?.aliases, [
      { from: 'Image', to: 'NewProcessName' },
      { from: 'ParentImage', to: 'ParentProcessName' },
    ])
    assert.deepEqual(security?.source, source('process_creation/windows/-'))
    // A rule about the log itself means the log's names.
    assert.deepEqual(routesFor(source('-/windows/security'))[0]?.aliases, [])
  })

  test('antivirus rules are reached from what Defender names', () => {
    const routes = routesFor(source('antivirus/-/-'))
    assert.equal(routes.length, 12)
    assert.ok(routes.every(({ channel }) => channel === 'microsoft-windows-windows defender/operational'))
    assert.deepEqual(routes[0]?.aliases, [
      { from: 'Signature', to: 'ThreatName' },
      { from: 'Filename', to: 'Path' },
    ])
  })
})

describe('auditRoutesFor', () => {
  const rows: readonly (readonly [rule: string, types: readonly (string | null)[]])[] = [
    ['-/linux/auditd', [null]],
    ['-/-/auditd', [null]],
    ['-/linux/-', [null]],
    ['process_creation/linux/-', ['EXECVE']],
    ['process_creation/-/-', ['EXECVE']],
    ['process_creation/windows/-', []],
    ['process_creation/linux/sysmon', []],
    ['file_event/linux/-', []],
    ['-/linux/syslog', []],
  ]
  for (const [rule, types] of rows) {
    test(rule, () => {
      const found = auditRoutesFor(source(rule)).map(({ recordType }) => recordType)
      assert.deepEqual(found, types)
      for (const type of found) assert.ok(type === null || AUDIT_RECORD_TYPES.includes(type))
    })
  }
})

describe('sourcesOfDeclared', () => {
  const rows: readonly (readonly [declared: string, reaches: readonly string[], not: readonly string[]])[] = [
    // Structured events of a sensor are no lines of a log.
    ['process_creation/linux/-', ['process_creation/linux/-', 'process_creation/-/-'], ['-/linux/-', 'proxy/-/-']],
    ['file_event/macos/-', ['file_event/macos/-'], ['file_event/linux/-', '-/macos/-', 'process_creation/macos/-']],
    ['-/linux/sshd', ['-/linux/sshd', '-/linux/-', '-/-/sshd'], ['-/linux/syslog', 'process_creation/linux/-']],
    ['-/linux/auditd', ['-/linux/auditd', '-/linux/-'], ['process_creation/linux/-']],
    ['proxy/-/-', ['proxy/-/-'], ['webserver/-/-', 'proxy/zscaler/-']],
    ['webserver/-/apache', ['webserver/-/-', '-/-/apache'], ['-/-/nginx']],
    ['-/aws/cloudtrail', ['-/aws/cloudtrail', '-/aws/-'], ['-/azure/auditlogs', '-/-/-']],
    ['-/kubernetes/audit', ['application/kubernetes/audit', '-/kubernetes/audit'], ['-/github/audit']],
    ['application/kubernetes/audit', ['-/kubernetes/audit', 'application/kubernetes/audit'], []],
    ['-/paloalto/globalprotect', ['file_event/paloalto/globalprotect', 'appliance/paloalto/globalprotect'], []],
    ['Proxy/-/-', ['proxy/-/-'], []],
  ]
  for (const [declared, reaches, not] of rows) {
    test(declared, () => {
      const reached = sourcesOfDeclared(source(declared)).map(describeSource)
      for (const rule of reaches) assert.ok(reached.includes(describeSource(source(rule))), rule)
      for (const rule of not) assert.ok(!reached.includes(describeSource(source(rule))), rule)
      assert.equal(new Set(reached).size, reached.length, 'each once')
    })
  }

  test('what nobody is known to declare', () => {
    assert.equal(isDeclarable(source('-/aws/cloudtrail')), true)
    assert.equal(isDeclarable(source('-/aws/cloudtrial')), false)
    assert.equal(isDeclarable(source('proces_creation/linux/-')), false)
  })
})
