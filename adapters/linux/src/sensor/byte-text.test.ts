import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { byteText, byteTextAt, ByteTextCache, pathBytes, plainText } from './byte-text.ts'

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

test('from memory or not, a text is what stands there', () => {
  const cache = new ByteTextCache()
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ minLength: 250, maxLength: 260 }))
  const property = fc.property(bytes, fc.nat(3), (some, from) => {
    const all = Buffer.from(some)
    assert.equal(cache.at(all, Math.min(from, all.length), all.length), all.toString('latin1', from))
  })
  fc.assert(property, { numRuns: 5_000 })
})

test('two texts that meet in one place of the memory do not take each other’s', () => {
  const cache = new ByteTextCache()
  for (let round = 0; round < 2; round++) {
    for (let k = 0; k < 5_000; k++) {
      const text = Buffer.from(`/usr/bin/${k}`)
      assert.equal(cache.at(text, 0, text.length), `/usr/bin/${k}`)
    }
  }
})
