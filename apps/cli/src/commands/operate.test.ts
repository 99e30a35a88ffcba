import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import type { HostStatus } from '@firebreak/api'
import { beaconOf } from '@firebreak/api/testing'
import { hostLine } from './operate.ts'

const BEACON = beaconOf({ running: { pack: 'p', version: '1.0.0', imageDigest: '0'.repeat(64), slot: 'starter' } })
const HOST: HostStatus = {
  host: 'h-1',
  name: 'web',
  ring: 'broad',
  enrolledAtMs: 0,
  lastSeenMs: 1_000,
  presence: { kind: 'present' },
  beacon: BEACON,
}

test('a host in one line: what it runs, whether it is there, and what a person should look at', () => {
  const rows: readonly (readonly [Partial<HostStatus>, RegExp])[] = [
    [{}, /^h-1 {2}web {2}p 1\.0\.0 \(starter\) {2}sensor ebpf {2}seen 4 s ago$/],
    [{ beacon: { ...BEACON, mode: 'safe' } }, /seen 4 s ago {2}SAFE MODE$/],
    [{ presence: { kind: 'silent', sinceMs: 1_000 } }, /SILENT for 4 s$/],
    [{ presence: { kind: 'stopped', sinceMs: 2_000, reason: 'by \u001B[2J' } }, /STOPPED for 3 s: by \uFFFD\[2J$/],
    [{ beacon: null, lastSeenMs: null, presence: { kind: 'expected' } }, /runs nothing {2}sensor \? {2}never seen$/],
  ]
  for (const [over, expected] of rows) {
    assert.match(stripVTControlCharacters(hostLine({ ...HOST, ...over }, 5_000)), expected)
  }
})
