import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { byteText, byteTextAt, pathBytes, plainText } from './byte-text.ts'

test('any text comes back as it was, and its bytes are its UTF-8', () => {
  const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    assert.equal(plainText(byteText(text)), text)
    assert.deepEqual(pathBytes(byteText(text)), Buffer.from(text))
  })
  fc.assert(property)
})

test('any bytes come back as they were, also those that are no UTF-8', () => {
  const property = fc.property(fc.uint8Array(), fc.nat(9), (bytes, from) => {
    const text = byteTextAt(Buffer.from(bytes), from, bytes.length)
    assert.deepEqual(pathBytes(text), Buffer.from(bytes.subarray(from)))
  })
  fc.assert(property)
})

test('what is no UTF-8 is shown as U+FFFD', () => {
  assert.equal(plainText(byteTextAt(Buffer.of(0x61, 0xff, 0x62), 0, 3)), 'a\ufffdb')
})
