import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CUSTOM_CHARS_MAX,
  DETECTION_FIELDS_MAX,
  detectionRecord,
  FIELD_CHARS_MAX,
  FIELD_NAME_CHARS_MAX,
  MATCHED_CHARS_MAX,
  MATCHED_MAX,
} from '@firebreak/api'
import type { Detection } from '@firebreak/detect'
import { jsonBytes, WALL_MS_MAX } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { detectionReport } from './detection-report.ts'
import { ACK_PAYLOAD_BYTES_MAX } from './run-engine.ts'

const DETECTION: Detection = {
  ruleId: '00000000-0000-4000-8000-000000000001',
  title: 'A shell',
  level: 'high',
  tags: ['attack.execution'],
  pack: 'fixture',
  version: '1.0.0',
  category: 'behavioural',
  timeMs: 1_700_000_000_000,
  product: 'linux',
  selections: [{ name: 'selection', matched: [{ field: 'Image', value: '/bin/sh' }] }],
  fields: [
    { field: 'Image', value: '/bin/sh' },
    { field: 'User', value: 'root' },
  ],
  custom: '{"owner":"soc"}',
}

test('an ordinary detection crosses whole', () => {
  const { timeMs: atMs, product: _, ...rest } = DETECTION
  assert.deepEqual(detectionReport(DETECTION), { ...rest, atMs })
})

const times: readonly (readonly [timeMs: number, atMs: number])[] = [
  [0, 0],
  [1.9, 1],
  [-5, 0],
  [Number.MAX_VALUE, WALL_MS_MAX],
]
for (const [timeMs, atMs] of times) {
  test(`a sensor's time ${timeMs} becomes ${atMs}`, () => {
    assert.equal(detectionReport({ ...DETECTION, timeMs }).atMs, atMs)
  })
}

const many = (count: number, value: string) => Array.from({ length: count }, (_, i) => ({ field: `f${i}`, value }))

test('values are cut, later fields are left out, and names of fields are never longer than they may be', () => {
  const [long] = detectionReport({ ...DETECTION, fields: many(1, 'x'.repeat(FIELD_CHARS_MAX + 1)) }).fields
  assert.equal(long?.value.length, FIELD_CHARS_MAX)
  assert.equal(detectionReport({ ...DETECTION, fields: many(65, '') }).fields.length, DETECTION_FIELDS_MAX)
  const name = 'n'.repeat(FIELD_NAME_CHARS_MAX + 1)
  assert.equal(
    detectionReport({ ...DETECTION, fields: [{ field: name, value: '' }] }).fields[0]?.field.length,
    name.length - 1,
  )
  const matched = many(MATCHED_MAX + 1, 'x'.repeat(MATCHED_CHARS_MAX + 1))
  const [selection] = detectionReport({ ...DETECTION, selections: [{ name: 's', matched }] }).selections
  assert.equal(selection?.matched[0]?.value.length, MATCHED_CHARS_MAX)
  assert.ok(selection.matched.length < MATCHED_MAX, 'the values of one detection share a limit')
})

test('a pair of surrogates is kept or left out, never halved', () => {
  const value = `${'x'.repeat(FIELD_CHARS_MAX - 1)}\u{1f600}`
  const [field] = detectionReport({ ...DETECTION, fields: [{ field: 'f', value }] }).fields
  assert.equal(field?.value, 'x'.repeat(FIELD_CHARS_MAX - 1))
})

test('custom attributes are whole or not there', () => {
  const custom = JSON.stringify('x'.repeat(CUSTOM_CHARS_MAX))
  assert.equal(detectionReport({ ...DETECTION, custom }).custom, null)
})

test('whatever the event and the rule, the server takes it and it fits an acknowledgement', () => {
  // A control character takes six bytes of JSON: more than any other.
  const text = fc
    .tuple(fc.constantFrom('\0', 'x', '\u{1f600}', '\ud800'), fc.nat(40_000))
    .map(([one, n]) => one.repeat(n))
  const fields = fc.array(fc.record({ field: text, value: text }), { maxLength: 80 })
  const hostile: fc.Arbitrary<Detection> = fc
    .record({
      ruleId: text,
      title: text,
      level: text,
      tags: fc.array(text, { maxLength: 80 }),
      timeMs: fc.double({ noNaN: true }),
      selections: fc.array(fc.record({ name: text, matched: fields }), { maxLength: 80 }),
      fields,
      custom: fc.option(text),
    })
    .map((over) => ({ ...DETECTION, ...over }))
  fc.assert(
    fc.property(hostile, (detection) => {
      const report = detectionReport(detection)
      assert.deepEqual(detectionRecord({ ...report, sequence: 1 }, 'detection'), { ...report, sequence: 1 })
      assert.ok(jsonBytes(report).length < ACK_PAYLOAD_BYTES_MAX)
    }),
    { numRuns: 60 },
  )
})

test('the largest detection of all fits an acknowledgement', () => {
  const full = many(100, '\0'.repeat(50_000))
  const selections = Array.from({ length: 100 }, () => ({ name: '\0'.repeat(500), matched: many(100, '') }))
  const custom = '\0'.repeat(CUSTOM_CHARS_MAX)
  const tags = Array.from({ length: 100 }, () => '\0'.repeat(500))
  const report = detectionReport({ ...DETECTION, fields: full, selections, custom, tags, title: '\0'.repeat(500) })
  assert.ok(jsonBytes(report).length < ACK_PAYLOAD_BYTES_MAX, `${jsonBytes(report).length} bytes`)
})
