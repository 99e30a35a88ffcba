import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode, jsonBytes, utf8Encode, WALL_MS_MAX } from '@firebreak/kernel'
import { PLAN_WAVES_MAX } from '@firebreak/rollout'
import { OUTCOMES_MAX } from '@firebreak/updater'
import * as fc from 'fast-check'
import { type Beacon, BEACON_SIZE_BYTES_MAX, NOTICES_MAX, parseBeacon } from './beacon.ts'
import {
  CUSTOM_CHARS_MAX,
  DETECTION_BATCH_MAX,
  DETECTION_BATCH_SIZE_BYTES_MAX,
  DETECTION_FIELDS_MAX,
  DETECTION_SELECTIONS_MAX,
  type DetectionRecord,
  type Enrolment,
  ENROLMENT_SIZE_BYTES_MAX,
  FIELD_CHARS_MAX,
  MATCHED_CHARS_MAX,
  MATCHED_MAX,
  parseDetectionBatch,
  parseEnrolment,
  parseSubmission,
  type ReleaseSubmission,
} from './rest.ts'

const DIGEST = 'ab'.repeat(32)
const COUNT_MAX = Number.MAX_SAFE_INTEGER

const outcome = {
  imageDigest: DIGEST,
  outcome: 'fell-back',
  code: 'engine/exited',
  message: 'signal 11',
  atMs: 5,
  recoverMs: 70,
} as const
const BEACON: Beacon = {
  sequence: 3_000_000_001,
  sentAtMs: 1_721_362_140_000,
  bootId: '5c0e1f8a-0000-4000-8000-000000000000',
  agentVersion: '0.1.0',
  engineVersion: '1.0.0',
  sensorTier: 'ebpf',
  planGeneration: 4,
  running: { pack: 'linux-baseline', version: '1.2.3', imageDigest: DIGEST, slot: 'confirmed' },
  outcomes: [outcome],
  events: 10,
  detections: 2,
  eventsDropped: 0,
  engineRestarts: 1,
  beaconIntervalMs: 60_000,
  mode: 'normal',
  ending: null,
  drops: { kernel: 0, sensor: 1, backlog: 2, quarantined: 3, unjudged: 4, spool: 5 },
  notices: [{ code: 'tamper/code-changed', message: 'apps/agent/src/main.ts changed', atMs: 1 }],
  pack: 'linux-baseline',
  platform: { os: 'linux 6.18', architecture: 'x64' },
  engineUse: { cpuPpm: 12_000, memoryKiB: 140_000 },
  enrolment: {
    imageDigest: DIGEST,
    wave: 2,
    sinceMs: 61_000,
    reboots: 1,
    engineRestarts: 2,
    detections: 3,
    engineCpuPpmPeak: 40_000,
    engineMemoryKiBPeak: 150_000,
  },
  customer: { name: 'acme', generation: 3, fault: '', ring: 'early', takes: 'later', staleness: 'warn' },
}
const DETECTION: DetectionRecord = {
  sequence: 1,
  atMs: 1_721_362_140_000,
  ruleId: 'c5a8e7a4-0000-4000-8000-000000000000',
  title: 'A shell with a socket for its input',
  level: 'high',
  tags: ['attack.execution'],
  pack: 'linux-baseline',
  version: '1.2.3',
  category: 'behavioural',
  fields: [{ field: 'CommandLine', value: 'sh -i\n\u{1f600}' }],
  selections: [{ name: 'selection', matched: [{ field: 'CommandLine', value: 'sh -i' }] }],
  custom: '{"owner":"soc"}',
}
const ENROLMENT: Enrolment = { name: 'web-1', ring: 'canary' }
const SUBMISSION: ReleaseSubmission = { targetsMetadata: 'e30=', files: [{ path: 'linux-baseline/1.fbi', base64: '' }] }

test('what is sent is what is read', () => {
  assert.deepEqual(parseBeacon(jsonBytes(BEACON)), BEACON)
  assert.deepEqual(parseBeacon(jsonBytes({ ...BEACON, running: null })), { ...BEACON, running: null })
  assert.deepEqual(parseDetectionBatch(jsonBytes({ detections: [DETECTION] })), { detections: [DETECTION] })
  assert.deepEqual(parseDetectionBatch(jsonBytes({ detections: [] })), { detections: [] })
  const plain = { ...DETECTION, selections: [], custom: null }
  assert.deepEqual(parseDetectionBatch(jsonBytes({ detections: [plain] })), { detections: [plain] })
  assert.deepEqual(parseEnrolment(jsonBytes(ENROLMENT)), ENROLMENT)
  assert.deepEqual(parseSubmission(jsonBytes(SUBMISSION)), SUBMISSION)
})

test('the largest beacon that a host can make fits', () => {
  // A control character takes six bytes of JSON: more than any other.
  const words = { code: '\0'.repeat(64), message: '\0'.repeat(1_024), atMs: WALL_MS_MAX, recoverMs: COUNT_MAX }
  const counts = { sequence: COUNT_MAX, planGeneration: COUNT_MAX, events: COUNT_MAX, detections: COUNT_MAX }
  const beacon: Beacon = {
    ...BEACON,
    ...counts,
    bootId: '\0'.repeat(64),
    sensorTier: '\0'.repeat(32),
    outcomes: Array.from({ length: OUTCOMES_MAX }, () => ({ ...outcome, ...words })),
    ending: '\0'.repeat(512),
    notices: Array.from({ length: NOTICES_MAX }, () => ({
      code: '\0'.repeat(64),
      message: '\0'.repeat(512),
      atMs: WALL_MS_MAX,
    })),
    platform: { os: '\0'.repeat(64), architecture: '\0'.repeat(16) },
    engineUse: { cpuPpm: COUNT_MAX, memoryKiB: COUNT_MAX },
    enrolment: {
      imageDigest: DIGEST,
      wave: PLAN_WAVES_MAX,
      sinceMs: COUNT_MAX,
      reboots: COUNT_MAX,
      engineRestarts: COUNT_MAX,
      detections: COUNT_MAX,
      engineCpuPpmPeak: COUNT_MAX,
      engineMemoryKiBPeak: COUNT_MAX,
    },
    pack: '\0'.repeat(64),
    customer: {
      ...BEACON.customer,
      name: '\0'.repeat(64),
      generation: COUNT_MAX,
      fault: '\0'.repeat(64),
      ring: '\0'.repeat(64),
    },
  }
  const bytes = jsonBytes(beacon)
  assert.ok(bytes.length < BEACON_SIZE_BYTES_MAX, `${bytes.length} bytes`)
  assert.deepEqual(parseBeacon(bytes), beacon)
})

test('a beacon of an agent that is too old to say more is read, with nothing invented', () => {
  const { beaconIntervalMs: _1, mode: _2, ending: _3, drops: _4, notices: _5, ...older } = BEACON
  const { pack: _6, platform: _7, engineUse: _8, enrolment: _9, customer: _10, ...old } = older
  const read = parseBeacon(jsonBytes(old))
  assert.deepEqual({ ...read, ...old }, read)
  assert.deepEqual([read.beaconIntervalMs, read.mode, read.ending, read.notices], [0, 'normal', null, []])
  assert.deepEqual([read.pack, read.platform.os, read.enrolment, read.customer.takes], ['', '', null, 'at-once'])
})

type Changes = readonly [name: string, change: Record<string, unknown>, at: string][]

const beacons: Changes = [
  ['sequence 0', { sequence: 0 }, 'beacon.sequence'],
  ['a sequence that is not exact', { sequence: 2 ** 53 }, 'beacon.sequence'],
  ['sent after the year 9999', { sentAtMs: WALL_MS_MAX + 1 }, 'beacon.sentAtMs'],
  ['sent before 1970', { sentAtMs: -1 }, 'beacon.sentAtMs'],
  ['no boot id', { bootId: undefined }, 'beacon.bootId'],
  ['a boot id that is too long', { bootId: 'x'.repeat(65) }, 'beacon.bootId'],
  ['a version that is none', { agentVersion: '1.2' }, 'beacon.agentVersion'],
  ['a tier that is a list', { sensorTier: ['ebpf'] }, 'beacon.sensorTier'],
  ['a generation in parts', { planGeneration: 0.5 }, 'beacon.planGeneration'],
  ['running is missing', { running: undefined }, 'beacon.running'],
  ['a mode that is none', { mode: 'degraded' }, 'beacon.mode'],
  ['drops in parts', { drops: { ...BEACON.drops, spool: 0.5 } }, 'beacon.drops.spool'],
  ['a cause of drops is missing', { drops: { kernel: 1 } }, 'beacon.drops.sensor'],
  ['a notice without a time', { notices: [{ code: 'x', message: 'y' }] }, 'beacon.notices[0].atMs'],
  ['an ending that is too long', { ending: 'x'.repeat(513) }, 'beacon.ending'],
  ['a slot that is none', { running: { ...BEACON.running, slot: 'standby' } }, 'beacon.running.slot'],
  [
    'a digest in upper case',
    { running: { ...BEACON.running, imageDigest: 'AB'.repeat(32) } },
    'beacon.running.imageDigest',
  ],
  ['a pack that is a path', { running: { ...BEACON.running, pack: '../x' } }, 'beacon.running.pack'],
  ['an outcome that is none', { outcomes: [{ ...outcome, outcome: 'passed' }] }, 'beacon.outcomes[0].outcome'],
  ['an outcome after the year 9999', { outcomes: [{ ...outcome, atMs: COUNT_MAX }] }, 'beacon.outcomes[0].atMs'],
  ['too many outcomes', { outcomes: Array.from({ length: OUTCOMES_MAX + 1 }, () => outcome) }, 'beacon.outcomes'],
  ['an os that is too long', { platform: { os: 'x'.repeat(65), architecture: 'x64' } }, 'beacon.platform.os'],
  ['a use in parts', { engineUse: { cpuPpm: 0.5, memoryKiB: 1 } }, 'beacon.engineUse.cpuPpm'],
  ['an enrolment in no wave', { enrolment: { ...BEACON.enrolment, wave: 0 } }, 'beacon.enrolment.wave'],
  ['a wave beyond the last', { enrolment: { ...BEACON.enrolment, wave: 251 } }, 'beacon.enrolment.wave'],
  ['an enrolment in the future', { enrolment: { ...BEACON.enrolment, sinceMs: -1 } }, 'beacon.enrolment.sinceMs'],
  ['an enrolment for nothing', { enrolment: { ...BEACON.enrolment, imageDigest: '' } }, 'beacon.enrolment.imageDigest'],
  ['a stance that is none', { customer: { ...BEACON.customer, takes: 'never ever' } }, 'beacon.customer.takes'],
  ['a staleness that is none', { customer: { ...BEACON.customer, staleness: '' } }, 'beacon.customer.staleness'],
  ['a customer without a stance', { customer: {} }, 'beacon.customer.name'],
  ['a count below zero', { eventsDropped: -1 }, 'beacon.eventsDropped'],
  ['a count that is text', { events: '10' }, 'beacon.events'],
]
for (const [name, change, at] of beacons) {
  test(`beacon refused: ${name}`, () => refuses(() => parseBeacon(jsonBytes({ ...BEACON, ...change })), at))
}

const detections: Changes = [
  ['sequence 0', { sequence: 0 }, 'sequence'],
  ['seen after the year 9999', { atMs: WALL_MS_MAX + 1 }, 'atMs'],
  ['a title that is too long', { title: 'x'.repeat(257) }, 'title'],
  ['a level that is a number', { level: 3 }, 'level'],
  ['too many tags', { tags: Array.from({ length: 65 }, () => 't') }, 'tags'],
  ['a tag that is null', { tags: [null] }, 'tags[0]'],
  ['fields as a map', { fields: { CommandLine: 'sh' } }, 'fields'],
  ['a field without value', { fields: [{ field: 'x' }] }, 'fields[0].value'],
  ['a value that is a number', { fields: [{ field: 'x', value: 1 }] }, 'fields[0].value'],
  ['a value that is too long', { fields: [{ field: 'x', value: 'x'.repeat(FIELD_CHARS_MAX + 1) }] }, 'fields[0].value'],
  [
    'too many fields',
    { fields: Array.from({ length: DETECTION_FIELDS_MAX + 1 }, () => DETECTION.fields[0]) },
    'fields',
  ],
  ['selections are missing', { selections: undefined }, 'selections'],
  ['a selection without name', { selections: [{ matched: [] }] }, 'selections[0].name'],
  ['a selection that names fields only', { selections: [{ name: 's', matched: ['x'] }] }, 'selections[0].matched[0]'],
  [
    'too many selections',
    { selections: Array.from({ length: DETECTION_SELECTIONS_MAX + 1 }, () => DETECTION.selections[0]) },
    'selections',
  ],
  [
    'a selection that matched too much',
    { selections: [{ name: 's', matched: Array.from({ length: MATCHED_MAX + 1 }, () => DETECTION.fields[0]) }] },
    'selections[0].matched',
  ],
  [
    'a matched value that is too long',
    { selections: [{ name: 's', matched: [{ field: 'x', value: 'x'.repeat(MATCHED_CHARS_MAX + 1) }] }] },
    'selections[0].matched[0].value',
  ],
  ['custom attributes as an object', { custom: {} }, 'custom'],
  ['custom attributes that are missing', { custom: undefined }, 'custom'],
  ['custom attributes that are too long', { custom: 'x'.repeat(CUSTOM_CHARS_MAX + 1) }, 'custom'],
]
for (const [name, change, at] of detections) {
  test(`detection refused, and its batch with it: ${name}`, () => {
    const bytes = jsonBytes({ detections: [DETECTION, { ...DETECTION, ...change }] })
    refuses(() => parseDetectionBatch(bytes), `detections.detections[1].${at}`)
  })
}

test('a batch has a limit, in records and in bytes', () => {
  const batch = (length: number) => jsonBytes({ detections: Array.from({ length }, () => DETECTION) })
  assert.equal(parseDetectionBatch(batch(DETECTION_BATCH_MAX)).detections.length, DETECTION_BATCH_MAX)
  refuses(() => parseDetectionBatch(batch(DETECTION_BATCH_MAX + 1)), 'detections.detections')
  refuses(() => parseDetectionBatch(new Uint8Array(DETECTION_BATCH_SIZE_BYTES_MAX + 1)), 'detections')
})

const enrolments: Changes = [
  ['a name that is too long', { name: 'x'.repeat(257) }, 'enrolment.name'],
  ['no name', { name: undefined }, 'enrolment.name'],
  ['a ring that is no name', { ring: 'Canary ring' }, 'enrolment.ring'],
  ['an empty ring', { ring: '' }, 'enrolment.ring'],
  ['a ring that is a number', { ring: 1 }, 'enrolment.ring'],
]
for (const [name, change, at] of enrolments) {
  test(`enrolment refused: ${name}`, () => refuses(() => parseEnrolment(jsonBytes({ ...ENROLMENT, ...change })), at))
}

const submissions: Changes = [
  ['metadata that is an object', { targetsMetadata: {} }, 'submission.targetsMetadata'],
  ['no files', { files: undefined }, 'submission.files'],
  ['too many files', { files: Array.from({ length: 17 }, () => SUBMISSION.files[0]) }, 'submission.files'],
  ['a file without bytes', { files: [{ path: 'x' }] }, 'submission.files[0].base64'],
  ['a path that is too long', { files: [{ path: 'x'.repeat(257), base64: '' }] }, 'submission.files[0].path'],
]
for (const [name, change, at] of submissions) {
  test(`submission refused: ${name}`, () => refuses(() => parseSubmission(jsonBytes({ ...SUBMISSION, ...change })), at))
}

const PARSERS = { parseBeacon, parseDetectionBatch, parseEnrolment, parseSubmission }
const bodies: readonly [name: string, bytes: Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['null', utf8Encode('null')],
  ['a list', utf8Encode('[]')],
  ['an empty object', utf8Encode('{}')],
  ['two values', utf8Encode('{}{}')],
  ['a byte order mark', utf8Encode('\ufeff{}')],
  ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ['very deep nesting', utf8Encode('['.repeat(2_000))],
  [
    'keys of the prototype',
    utf8Encode(`{"__proto__":${JSON.stringify({ ...BEACON, ...ENROLMENT, ...SUBMISSION, detections: [] })}}`),
  ],
]
for (const [parser, parse] of Object.entries(PARSERS)) {
  for (const [name, bytes] of bodies) {
    test(`${parser} refuses ${name}`, () => assert.throws(() => parse(bytes), { code: 'kernel/malformed' }))
  }
}

test('a beacon that is damaged anywhere is malformed, or a beacon in all its limits', () => {
  const whole = jsonBytes(BEACON)
  const damage = fc.record({ at: fc.nat(whole.length - 1), with: fc.uint8Array({ maxLength: 8 }), cut: fc.nat(40) })
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      let bytes = Buffer.from(whole)
      for (const one of damages) {
        bytes = Buffer.concat([bytes.subarray(0, one.at), one.with, bytes.subarray(one.at + one.cut)])
      }
      const read = beaconOrCode(bytes)
      if (typeof read === 'string') assert.equal(read, 'kernel/malformed')
      else assert.deepEqual(parseBeacon(jsonBytes(read)), read)
    }),
    { numRuns: 2_000 },
  )
})

function beaconOrCode(bytes: Uint8Array): Beacon | string {
  try {
    return parseBeacon(bytes)
  } catch (error) {
    return errorCode(error)
  }
}

test('a body over its limit is refused before it is read', () => {
  refuses(() => parseBeacon(new Uint8Array(BEACON_SIZE_BYTES_MAX + 1)), 'beacon')
  refuses(() => parseEnrolment(new Uint8Array(ENROLMENT_SIZE_BYTES_MAX + 1)), 'enrolment')
})

function refuses(parse: () => unknown, at: string): void {
  assert.throws(parse, (error: { code?: string; details?: { at?: string } }) => {
    assert.deepEqual([error.code, error.details?.at], ['kernel/malformed', at])
    return true
  })
}
