import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, utf8Encode } from '@firebreak/kernel'
import { equalSecrets, sha256, sha256Hex } from './digest.ts'

/** FIPS 180-2, appendix B, and the empty message. */
const vectors: readonly [text: string, hex: string][] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
]
for (const [text, hex] of vectors) {
  test(`SHA-256 of ${JSON.stringify(text)}`, () => {
    assert.equal(sha256Hex(text), hex)
    assert.equal(sha256Hex(utf8Encode(text)), hex)
    assert.equal(toHex(sha256(text)), hex)
  })
}

test('a view into a larger buffer is digested as what it shows', () => {
  const large = utf8Encode('xxabcxx')
  assert.equal(sha256Hex(large.subarray(2, 5)), sha256Hex('abc'))
})

const secrets: readonly [a: string, b: string, equal: boolean][] = [
  ['', '', true],
  ['token', 'token', true],
  ['token', 'tokeN', false],
  ['token', 'token ', false],
  ['token', '', false],
  ['\u{e9}', 'e\u0301', false],
]
for (const [a, b, equal] of secrets) {
  test(`${JSON.stringify(a)} and ${JSON.stringify(b)}: ${equal}`, () => assert.equal(equalSecrets(a, b), equal))
}
