import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { MESSAGE_SIZE_BYTES_MAX, parseFetcherMessage } from './messages.ts'

const DIGEST = 'a'.repeat(64)
const IMAGE = { pack: 'p', version: '1.0.0', imageDigest: DIGEST }

test('the words of a fetcher', () => {
  for (const message of [
    { kind: 'offer', image: IMAGE },
    { kind: 'recall', digests: [DIGEST] },
    { kind: 'recall', digests: [] },
    { kind: 'enrolled', host: 'h-1' },
    { kind: 'plan', generation: 7 },
    { kind: 'uploaded', sequence: 0 },
    { kind: 'ending-told' },
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

test('only what the message names is passed on', () => {
  const extra = { kind: 'plan', generation: 1, image: IMAGE, slots: 'x' }
  assert.deepEqual(parseFetcherMessage(utf8Encode(JSON.stringify(extra))), { kind: 'plan', generation: 1 })
})
