import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBeacon } from '@firebreak/api'
import { beaconOf } from '@firebreak/api/testing'
import { jsonBytes } from '@firebreak/kernel'
import { EMPTY_SLOTS, type SlotImage, type SlotState } from '@firebreak/updater'
import { agentStatus, type HostParts } from './host-report.ts'

const imageOf = (version: string, digit: string): SlotImage => ({ pack: 'p', version, imageDigest: digit.repeat(64) })
const CONFIRMED = imageOf('1.0.0', '1')
const CANDIDATE = imageOf('2.0.0', '2')
const STARTER = imageOf('0.1.0', '0')
const SAFE = { sinceMs: 5, generation: 2 }

const PARTS: HostParts = {
  pid: 7,
  bootId: 'boot',
  host: 'h-1',
  planGeneration: 3,
  standing: null,
  beacons: 12,
  beaconIntervalMs: 30_000,
  ending: null,
  slots: { ...EMPTY_SLOTS, starts: 2, confirmed: CONFIRMED, starter: STARTER },
  pair: {
    running: { image: CONFIRMED, trial: false, tuningDigest: null },
    engineVersion: '1.2.0',
    restarts: 4,
    use: { pid: 9, cpuMs: 120, memoryKiB: 140_000 },
    counters: { eventsJudged: 100, eventsUnjudged: 1_000, eventsQuarantined: 2_000, backlogDroppedByRank: [1, 2, 3] },
  },
  detections: { spooled: 9, dropped: 4_000 },
  sensor: { tier: 'ebpf', categories: ['process_creation'], reason: '' },
  sensorDrops: { kernel: [10, 20, 30], queue: [100, 200, 300] },
  inputs: [],
  execGate: null,
  notices: [{ code: 'agent/stopped', message: 'm', atMs: 1 }],
}

test('every event that was lost is counted in one place, and in the sum once', () => {
  const { droppedByRank, report } = agentStatus(PARTS)
  assert.deepEqual(report.beacon.drops, {
    kernel: 60,
    sensor: 600,
    backlog: 6,
    quarantined: 2_000,
    unjudged: 1_000,
    spool: 4_000,
  })
  assert.equal(report.beacon.eventsDropped, 7_666)
  assert.deepEqual(droppedByRank, { kernel: [10, 20, 30], sensor: [100, 200, 300], backlog: [1, 2, 3] })
})

const running = (image: SlotImage, trial = false): HostParts['pair'] => {
  return { ...PARTS.pair, running: { image, trial, tuningDigest: null } }
}
const slots = (over: Partial<SlotState>): SlotState => ({ ...PARTS.slots, ...over })

const ROWS: readonly (readonly [string, Partial<HostParts>, slot: string | null, mode: string])[] = [
  ['what is confirmed', {}, 'confirmed', 'normal'],
  ['a candidate in its trial', { pair: running(CANDIDATE, true) }, 'candidate', 'normal'],
  [
    'nothing confirmed: the starter',
    { slots: slots({ confirmed: null }), pair: running(STARTER) },
    'starter',
    'normal',
  ],
  ['safe mode', { slots: slots({ safe: SAFE }), pair: running(STARTER) }, 'starter', 'safe'],
  ['safe mode without a starter', { slots: slots({ safe: SAFE, starter: null }) }, 'confirmed', 'safe'],
  ['nothing', { slots: EMPTY_SLOTS, pair: { ...PARTS.pair, running: null } }, null, 'normal'],
]

for (const [name, over, slot, mode] of ROWS) {
  test(`what runs, and from which slot: ${name}`, () => {
    const { beacon } = agentStatus({ ...PARTS, ...over }).report
    assert.deepEqual([beacon.running?.slot ?? null, beacon.mode], [slot, mode])
  })
}

test('what it tells is a beacon that servers take, also before anything is known', () => {
  const nothingYet: HostParts = {
    ...PARTS,
    host: null,
    sensor: null,
    slots: EMPTY_SLOTS,
    pair: { ...PARTS.pair, running: null, engineVersion: null },
  }
  for (const parts of [PARTS, nothingYet, { ...PARTS, ending: 'signal SIGTERM' }]) {
    const { beacon } = agentStatus(parts).report
    const sent = { ...beaconOf(), ...beacon, sequence: 1, sentAtMs: 1, planGeneration: 3 }
    assert.deepEqual(parseBeacon(jsonBytes(sent)), sent)
  }
  const { engineVersion, sensorTier } = agentStatus(nothingYet).report.beacon
  assert.deepEqual([engineVersion, sensorTier], ['0.0.0', 'starting'])
})
