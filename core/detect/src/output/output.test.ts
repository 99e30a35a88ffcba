import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { attackTags } from './attack.ts'
import type { Detection } from './detection.ts'
import { ecsOf } from './ecs.ts'
import type { JsonObject } from './field-map.ts'
import { ocsfOf } from './ocsf.ts'

const BASE: Detection = {
  ruleId: '11111111-1111-4111-8111-111111111111',
  title: 'Shell Started by a Web Server',
  level: 'high',
  tags: ['attack.execution', 'attack.t1059.004', 'attack.t1190', 'cve.2021-44228'],
  pack: 'windows-baseline',
  version: '1.2.3',
  category: 'behavioural',
  timeMs: 1_700_000_000_123,
  product: 'windows',
  selections: [{ name: 'selection', matched: [{ field: 'Image', value: String.raw`C:\Windows\System32\cmd.exe` }] }],
  fields: [
    { field: 'EventID', value: '1' },
    { field: 'Channel', value: 'Microsoft-Windows-Sysmon/Operational' },
    { field: 'Computer', value: 'WS01.corp' },
    { field: 'Hostname', value: 'collector' },
    { field: 'Image', value: String.raw`C:\Windows\System32\cmd.exe` },
    { field: 'CommandLine', value: 'cmd /c whoami' },
    { field: 'ProcessId', value: '888' },
    { field: 'ParentImage', value: String.raw`C:\inetpub\w3wp.exe` },
    { field: 'ParentProcessId', value: '0x1f' },
    { field: 'User', value: String.raw`IIS\web` },
    { field: '__proto__', value: 'x' },
    { field: 'constructor', value: 'y' },
  ],
  custom: '{"author_note":"x"}',
}
const NETWORK: Detection = {
  ...BASE,
  level: 'low',
  tags: ['attack.command-and-control'],
  product: null,
  timeMs: 0,
  selections: [],
  fields: [
    { field: 'SourceIp', value: '10.0.0.1' },
    { field: 'SourcePort', value: '50000' },
    { field: 'DestinationIp', value: '203.0.113.9' },
    { field: 'DestinationPort', value: '443' },
    { field: 'DestinationHostname', value: 'evil.example' },
    { field: 'Protocol', value: 'TCP' },
    { field: 'TargetFilename', value: '/tmp/x' },
  ],
  custom: null,
}

/** Set UPDATE_GOLDEN to write them anew, and read the difference. */
function golden(name: string, object: JsonObject): void {
  const file = new URL(`${name}.golden.json`, import.meta.url)
  const text = `${JSON.stringify(object, null, 2)}\n`
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}

describe('outputs', () => {
  test('ECS of a process', () => golden('ecs-process', ecsOf(BASE)))
  test('ECS of a connection, with as little as there can be', () => golden('ecs-network', ecsOf(NETWORK)))
  test('OCSF of a process', () => golden('ocsf-process', ocsfOf(BASE)))
  test('OCSF of a connection, with as little as there can be', () => golden('ocsf-network', ocsfOf(NETWORK)))

  test('whatever the fields are, nothing throws, and every value is in the output', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 })
    const names = fc.oneof(fc.constantFrom('Image', 'ProcessId', 'Computer', '__proto__', 'DestinationPort'), text)
    const fields = fc.array(fc.record({ field: names, value: text }), { maxLength: 12 })
    fc.assert(
      fc.property(
        fields,
        fc.double(),
        fc.oneof(fc.constantFrom('high', '__proto__', 'constructor'), text),
        (some, timeMs, level) => {
          const detection = { ...BASE, fields: some, selections: [], timeMs, level }
          for (const output of [ecsOf(detection), ocsfOf(detection)]) {
            const leaves = new Set(leavesOf(JSON.parse(JSON.stringify(output))))
            for (const { field, value } of some) {
              assert.ok(leaves.has(value) || leaves.has(String(Number(value))), `${field} ${value}`)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

function leavesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.values(value).flatMap(leavesOf)
}

describe('tags of ATT&CK', () => {
  const rows: readonly (readonly [tags: readonly string[], found: readonly (string | null)[]])[] = [
    [['attack.t1059.001'], ['T1059.001']],
    [['attack.T1003', 'attack.t1003'], ['T1003']],
    [['attack.defense-evasion', 'attack.stealth'], ['TA0005']],
    [['attack.privilege_escalation'], ['TA0004']],
    [['attack.defense-impairment'], ['TA0112']],
    [['attack.g0016', 'attack.s0002', 'attack.t105', 'attack.t1059.01', 'cve.2021-1', 'attack.constructor'], []],
  ]
  for (const [tags, found] of rows) {
    test(tags.join(' '), () => {
      assert.deepEqual(
        attackTags(tags).map(({ technique, tactic }) => technique ?? tactic),
        found,
      )
    })
  }
})
