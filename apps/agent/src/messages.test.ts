import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode, utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { MESSAGE_SIZE_BYTES_MAX, parseFetcherMessage } from './messages.ts'

const DIGEST = 'a'.repeat(64)
const IMAGE = { pack: 'p', version: '1.0.0', imageDigest: DIGEST }

const STANDING = {
  customer: { name: 'acme', generation: 3, fault: '', ring: 'early', takes: 'later', staleness: 'warn' },
  customerRing: 'front',
  keeps: { reason: 'delayed', untilMs: 5, rule: 'rule 1 of acme 3' },
  enrolment: { imageDigest: DIGEST, wave: 2, arm: 'control', isAcknowledged: false, atMs: 7 },
}

test('the words of a fetcher', () => {
  for (const message of [
    { kind: 'offer', image: IMAGE },
    { kind: 'recall', digests: [DIGEST] },
    { kind: 'recall', digests: [] },
    { kind: 'enrolled', host: 'h-1' },
    { kind: 'plan', generation: 7 },
    { kind: 'uploaded', sequence: 0 },
    { kind: 'ending-told' },
    { kind: 'beacons', count: 9 },
    { kind: 'standing', standing: STANDING },
    { kind: 'standing', standing: { ...STANDING, customerRing: null, keeps: null, enrolment: null } },
  ]) {
    assert.deepEqual(parseFetcherMessage(utf8Encode(JSON.stringify(message))), message)
  }
})

test('everything else is malformed', () => {
  const hostile: readonly unknown[] = [
    null,
    [],
    7,
    {},
    { kind: 'install' },
    { kind: '__proto__' },
    { kind: ['offer'], image: IMAGE },
    { kind: 'offer' },
    { kind: 'offer', image: null },
    { kind: 'offer', image: { ...IMAGE, imageDigest: '../../../etc/shadow' } },
    { kind: 'offer', image: { ...IMAGE, imageDigest: DIGEST.toUpperCase() } },
    { kind: 'offer', image: { ...IMAGE, imageDigest: `${DIGEST}\n` } },
    { kind: 'offer', image: { ...IMAGE, version: '1.0' } },
    { kind: 'offer', image: { ...IMAGE, pack: '../x' } },
    { kind: 'recall', digests: DIGEST },
    { kind: 'recall', digests: [DIGEST, 'b'] },
    { kind: 'recall', digests: Array(2_049).fill(DIGEST) },
    { kind: 'enrolled', host: 'h'.repeat(65) },
    { kind: 'enrolled', host: 1 },
    { kind: 'plan', generation: -1 },
    { kind: 'plan', generation: 1.5 },
    { kind: 'plan', generation: 2 ** 53 },
    { kind: 'plan', generation: '7' },
    { kind: 'uploaded', sequence: null },
    { kind: 'uploaded' },
    { kind: 'beacons', count: -1 },
    { kind: 'standing' },
    { kind: 'standing', standing: null },
    { kind: 'standing', standing: { ...STANDING, customer: null } },
    { kind: 'standing', standing: { ...STANDING, customerRing: 'x'.repeat(65) } },
    { kind: 'standing', standing: { ...STANDING, keeps: { ...STANDING.keeps, rule: 'x'.repeat(257) } } },
    { kind: 'standing', standing: { ...STANDING, keeps: { ...STANDING.keeps, untilMs: 1e300 } } },
    { kind: 'standing', standing: { ...STANDING, enrolment: { ...STANDING.enrolment, wave: 251 } } },
    { kind: 'standing', standing: { ...STANDING, enrolment: { ...STANDING.enrolment, arm: 'both' } } },
  ]
  const bytes = [
    ...hostile.map((value) => utf8Encode(JSON.stringify(value))),
    utf8Encode(''),
    utf8Encode('{'),
    Uint8Array.of(0xff, 0xfe),
    new Uint8Array(MESSAGE_SIZE_BYTES_MAX + 1),
  ]
  for (const one of bytes) {
    assert.throws(
      () => parseFetcherMessage(one),
      { code: 'kernel/malformed' },
      Buffer.from(one).toString().slice(0, 80),
    )
  }
})

test('whatever a fetcher says, it is a message in its limits or malformed', () => {
  const kinds = fc.constantFrom('offer', 'recall', 'enrolled', 'plan', 'uploaded', 'beacons', 'standing', 'ending-told')
  const value = fc.anything({ maxDepth: 3, withNullPrototype: true })
  const said = fc.record({ kind: kinds, image: value, digests: value, host: value, count: value, standing: value })
  const bytes = fc.oneof(said.map(jsonText), fc.uint8Array({ maxLength: 200 }))
  fc.assert(
    fc.property(bytes, (one) => {
      try {
        assert.ok(jsonText(parseFetcherMessage(one)).length < MESSAGE_SIZE_BYTES_MAX)
      } catch (error) {
        assert.equal(errorCode(error), 'kernel/malformed')
      }
    }),
  )
})

function jsonText(value: unknown): Uint8Array {
  return utf8Encode(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)))
}

test('only what the message names is passed on', () => {
  const extra = { kind: 'plan', generation: 1, image: IMAGE, slots: 'x' }
  assert.deepEqual(parseFetcherMessage(utf8Encode(JSON.stringify(extra))), { kind: 'plan', generation: 1 })
})
