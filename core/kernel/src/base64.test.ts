import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { fromBase64, toBase64 } from './base64.ts'
import { utf8Encode } from './bytes.ts'
import { errorCode } from './errors.ts'

test('the test vectors of RFC 4648', () => {
  const rows: readonly (readonly [text: string, base64: string])[] = [
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ]
  for (const [text, base64] of rows) {
    assert.equal(toBase64(utf8Encode(text)), base64)
    assert.deepEqual(fromBase64(base64), utf8Encode(text))
  }
})

test('any bytes come back, and are what the platform makes of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = toBase64(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64'))
      assert.deepEqual(fromBase64(text), new Uint8Array(bytes))
    }),
  )
  const large = new Uint8Array(100_000).fill(7)
  assert.deepEqual(fromBase64(toBase64(large)), large)
})

test('every other form is refused', () => {
  for (const text of [
    'Z',
    'Zg',
    'Zg=',
    'Zh==',
    'Zm9=',
    'Zm 9v',
    'Zm9v\n',
    'Z===',
    '====',
    'Zm-_',
    'Zg==Zg==',
    'é===',
    '=',
  ]) {
    assert.throws(
      () => fromBase64(text),
      (error) => errorCode(error) === 'kernel/malformed',
      JSON.stringify(text),
    )
  }
})
