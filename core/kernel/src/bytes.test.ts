import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, fromHex, toHex, utf8Decode, utf8Encode } from './bytes.ts'

/** The platform's own, strict, and keeping a byte order mark: what ours is held against. */
const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function oracle(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes)
  } catch {
    return null
  }
}

function decodedOrNull(bytes: Uint8Array): string | null {
  try {
    return utf8Decode(bytes)
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'kernel/malformed')
    return null
  }
}

test('encodes as TextEncoder does, lone surrogates included', () => {
  const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd7f0, max: 0xe010 })))
  fc.assert(
    fc.property(units, (list) => {
      const text = String.fromCharCode(...list)
      assert.deepEqual(utf8Encode(text), ENCODER.encode(text))
    }),
    { numRuns: 1_000 },
  )
})

test('every code point comes back', () => {
  for (let code = 0; code <= 0x10ffff; code += code < 0x11000 ? 1 : 251) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    const text = String.fromCodePoint(code)
    assert.equal(utf8Decode(utf8Encode(text)), text)
  }
})

test('decodes and refuses what a strict TextDecoder does', () => {
  // Mostly bytes at which the rules of RFC 3629 turn.
  const edges = [
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5,
    0xff,
  ]
  const byte = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...edges) }, { weight: 1, arbitrary: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 8 }), (list) => {
      const bytes = Uint8Array.from(list)
      assert.equal(decodedOrNull(bytes), oracle(bytes))
    }),
    { numRuns: 20_000 },
  )
})

test('every two bytes are decoded or refused as a strict TextDecoder does', () => {
  for (let first = 0x80; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const bytes = Uint8Array.of(first, second)
      assert.equal(decodedOrNull(bytes), oracle(bytes))
    }
  }
})

const invalid: readonly [name: string, hex: string, offset: number][] = [
  ['a lone continuation', '4180', 1],
  ['an overlong slash', 'c0af', 0],
  ['an overlong slash of three', 'e080af', 0],
  ['an overlong slash of four', 'f08080af', 0],
  ['a surrogate', '4141eda080', 2],
  ['beyond U+10FFFF', 'f4908080', 0],
  ['five bytes', 'f888808080', 0],
  ['cut off at the end', '41e282', 1],
  ['a start inside another', 'e2c2a9', 0],
]
for (const [name, hex, offset] of invalid) {
  test(`invalid UTF-8: ${name}`, () => {
    assert.throws(() => utf8Decode(fromHex(hex)), { code: 'kernel/malformed', details: { offset } })
  })
}

test('long text comes back, also where a chunk ends inside a pair', () => {
  for (const length of [8_190, 8_191, 8_192, 8_193, 20_000]) {
    const text = `${'x'.repeat(length)}\u{1f600}${'\u{1f600}'.repeat(9_000)}`
    assert.equal(utf8Decode(utf8Encode(text)), text)
  }
})

test('bytes come back from hex, as Buffer writes it', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'))
      assert.deepEqual(fromHex(toHex(bytes)), bytes)
    }),
  )
})

for (const text of ['0', 'abc', 'AB', 'zz', '0x', ' 00', '00\n', '٠٠']) {
  test(`${JSON.stringify(text)} is no hex`, () => assert.throws(() => fromHex(text), { code: 'kernel/malformed' }))
}

test('parts are joined in order, and copied', () => {
  const part = Uint8Array.of(1, 2)
  const joined = concatBytes([part, new Uint8Array(0), Uint8Array.of(3)])
  part.fill(9)
  assert.deepEqual([...joined], [1, 2, 3])
  assert.equal(concatBytes([]).length, 0)
})
