import type { Beacon, HostStatus } from '@firebreak/api'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rollingFleet } from './fixture/fleet.ts'
import { stanceFacts, stanceNote, stanceTally } from './stance.ts'

const [HOST] = rollingFleet(1_800_000_000_000).rings[0]?.hosts ?? []
const BEACON = HOST?.beacon

function hostWith(customer: Partial<Beacon['customer']>): HostStatus {
  assert.ok(HOST && BEACON)
  return { ...HOST, beacon: { ...BEACON, customer: { ...BEACON.customer, ...customer } } }
}

test('a host is noted when it does not take part like the others', () => {
  const rows: readonly (readonly [Partial<Beacon['customer']>, string])[] = [
    [{}, ''],
    [{ name: 'shop', generation: 3 }, ''],
    [{ takes: 'later' }, 'Takes releases later'],
    [{ takes: 'never', staleness: 'over', fault: 'x' }, 'Takes no new release, stale, policy refused'],
    [{ staleness: 'warn' }, 'getting stale'],
  ]
  for (const [customer, note] of rows) assert.equal(stanceNote(hostWith(customer)), note)
  assert.ok(HOST)
  assert.equal(stanceNote({ ...HOST, beacon: null }), '')
})

test('what a host says of its policy is text, and shown as such', () => {
  const { beacon } = hostWith({ name: 'a\u202Eb', ring: 'ri\u0007ng', fault: '\u2028' })
  assert.ok(beacon)
  const facts = new Map(stanceFacts(beacon))
  assert.equal(facts.get('Owner’s policy'), 'a\\u{202e}b, generation 0')
  assert.equal(facts.get('Follows ring'), 'ri\\u{7}ng')
  assert.equal(facts.get('Newer policy refused'), '\\u{2028}')
  assert.equal(facts.get('Takes part in'), 'no wave')
})

test('stances are counted over hosts that have reported', () => {
  assert.ok(HOST)
  const hosts = [hostWith({}), hostWith({ takes: 'later', fault: 'x' }), { ...HOST, beacon: null }]
  assert.deepEqual(stanceTally(hosts), { 'at-once': 1, later: 1, never: 0, faults: 1 })
})
