import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Json, utf8Encode, WALL_MS_MAX } from '@firebreak/kernel'
import { digestOf, imageOf, slotsOf } from './slots.fixture.ts'
import {
  CRASH_LOOP_DEATHS_MAX,
  EMPTY_SLOTS,
  encodeSlots,
  OUTCOMES_MAX,
  parseSlots,
  REJECTED_MAX,
  SLOT_STATE_SIZE_BYTES_MAX,
  type SlotState,
} from './slots.ts'

const outcome = {
  imageDigest: digestOf(1),
  outcome: 'refused',
  code: 'c',
  message: 'm',
  atMs: 1,
  recoverMs: 0,
} as const
const FULL: SlotState = {
  ...slotsOf({
    candidate: [3, 'waiting', 1],
    confirmed: 2,
    lastKnownGood: 1,
    rejected: [9],
    starts: 7,
    deathsAtMs: [1, 2],
    fallbacksAtMs: [3, 4, 5],
    safe: [5, 6],
    generation: 6,
    starter: 8,
    recalledStarter: 7,
    bootId: 'b',
  }),
  outcomes: [outcome],
}

test('a state comes back as it was', () => {
  for (const state of [EMPTY_SLOTS, FULL]) assert.deepEqual(parseSlots(encodeSlots(state)), state)
})

test('a state that agent 0.1.0 wrote is read: what it did not know is as on a new host', () => {
  const bytes = readFileSync(new URL('state-0.1.0.golden.json', import.meta.url))
  const old = JSON.parse(bytes.toString('utf8')) as Record<string, Json>
  assert.deepEqual(parseSlots(bytes), { ...EMPTY_SLOTS, ...old })
  assert.deepEqual([old['starts'], old['safe'], old['starter']], [2, undefined, undefined])
})

test('the largest state fits the limit', () => {
  const digests = Array.from({ length: REJECTED_MAX }, (_, i) => `a${i.toString(16).padStart(63, '0')}`)
  // A control character takes six bytes of JSON: more than any other.
  const words = {
    code: '\0'.repeat(64),
    message: '\0'.repeat(1_024),
    atMs: WALL_MS_MAX,
    recoverMs: Number.MAX_SAFE_INTEGER,
  }
  const state: SlotState = {
    ...FULL,
    starts: Number.MAX_SAFE_INTEGER,
    rejected: digests,
    outcomes: Array.from({ length: OUTCOMES_MAX }, (_, i) => ({ ...outcome, ...words, imageDigest: digestOf(i) })),
    confirmedDeathsAtMs: Array.from({ length: CRASH_LOOP_DEATHS_MAX }, () => WALL_MS_MAX),
  }
  const bytes = encodeSlots(state)
  assert.ok(bytes.length < SLOT_STATE_SIZE_BYTES_MAX, `${bytes.length} bytes`)
  assert.deepEqual(parseSlots(bytes), state)
})

const full = JSON.parse(Buffer.from(encodeSlots(FULL)).toString()) as Record<string, Json>
const image = { ...imageOf(4) }

/** Each changes one thing of a good state. */
const refused: readonly [name: string, change: Record<string, unknown>][] = [
  ['starts below zero', { starts: -1 }],
  ['starts is text', { starts: '1' }],
  ['no candidate key', { candidate: undefined }],
  ['a stage that is none', { candidate: { image, stage: 'paused', kills: 0 } }],
  ['kills in parts', { candidate: { image, stage: 'running', kills: 0.5 } }],
  ['a candidate without image', { candidate: { stage: 'running', kills: 0 } }],
  ['a digest in upper case', { confirmed: { ...image, imageDigest: 'AB'.repeat(32) } }],
  ['a digest that is too short', { confirmed: { ...image, imageDigest: 'ab' } }],
  ['a path as a digest', { confirmed: { ...image, imageDigest: '../'.repeat(22) } }],
  ['a version that is none', { confirmed: { ...image, version: '1.0' } }],
  ['a pack that is a path', { confirmed: { ...image, pack: '../x' } }],
  ['confirmed is a list', { confirmed: [] }],
  ['rejected is no list', { rejected: {} }],
  ['too many rejected', { rejected: Array.from({ length: REJECTED_MAX + 1 }, () => digestOf(200)) }],
  ['too many outcomes', { outcomes: Array.from({ length: OUTCOMES_MAX + 1 }, () => outcome) }],
  ['an outcome that is none', { outcomes: [{ ...outcome, outcome: 'passed' }] }],
  ['words that are too long', { outcomes: [{ ...outcome, message: 'x'.repeat(1_025) }] }],
  ['an outcome after the year 9999', { outcomes: [{ ...outcome, atMs: WALL_MS_MAX + 1 }] }],
  ['a death before 1970', { confirmedDeathsAtMs: [-1] }],
  ['too many deaths', { confirmedDeathsAtMs: [1, 2, 3, 4, 5, 6] }],
  ['one image in two slots', { confirmed: full['lastKnownGood'] }],
  ['the candidate is confirmed as well', { candidate: { image: full['confirmed'], stage: 'running', kills: 0 } }],
  ['a rejected image in a slot', { rejected: [digestOf(1)] }],
  ['too many fallbacks', { fallbacksAtMs: [1, 2, 3, 4] }],
  ['safe mode without a time', { safe: { generation: 1 } }],
  ['safe mode as a word', { safe: true }],
  ['a starter that was recalled', { starter: image, recalledStarter: image.imageDigest }],
  ['a starter that is a path', { starter: '/starter.fbi' }],
  ['a boot id that is too long', { bootId: 'x'.repeat(65) }],
]
for (const [name, change] of refused) {
  test(`refused: ${name}`, () => {
    const bytes = utf8Encode(JSON.stringify({ ...full, ...change }))
    assert.throws(() => parseSlots(bytes), { code: 'kernel/malformed', message: /^Cannot read slot state/ })
  })
}

test('refused: bytes that are no JSON, and every strict prefix', () => {
  const bytes = encodeSlots(FULL)
  for (let end = 0; end < bytes.length; end += 7) {
    assert.throws(() => parseSlots(bytes.subarray(0, end)), { code: 'kernel/malformed' })
  }
  assert.throws(() => parseSlots(new Uint8Array(SLOT_STATE_SIZE_BYTES_MAX + 1)), { code: 'kernel/malformed' })
})

test('keys that nobody knows are dropped', () => {
  const bytes = utf8Encode(JSON.stringify({ ...full, later: 1 }).replace('{', '{"__proto__":{"starts":9},'))
  assert.deepEqual(parseSlots(bytes), FULL)
})
