import type { Beacon } from '../beacon.ts'

/** Of a host on which nothing has happened yet. */
export function beaconOf(over: Partial<Beacon> = {}): Beacon {
  return {
    sequence: 1,
    sentAtMs: 1,
    bootId: 'boot',
    agentVersion: '0.1.0',
    engineVersion: '0.1.0',
    sensorTier: 'ebpf',
    planGeneration: 0,
    running: null,
    outcomes: [],
    events: 0,
    detections: 0,
    eventsDropped: 0,
    engineRestarts: 0,
    beaconIntervalMs: 1_000,
    mode: 'normal',
    ending: null,
    drops: { kernel: 0, sensor: 0, backlog: 0, quarantined: 0, unjudged: 0, spool: 0 },
    notices: [],
    pack: '',
    platform: { os: 'linux 6.18', architecture: 'x64' },
    engineUse: { cpuPpm: 0, memoryKiB: 0 },
    enrolment: null,
    customer: { name: '', generation: 0, fault: '', ring: '', takes: 'at-once', staleness: 'fresh' },
    ...over,
  }
}
