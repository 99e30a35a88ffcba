import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { fromHex, toHex, utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { generateSigner, loadSigner, verifySignature } from './signatures.ts'

/** RFC 8032, section 7.1: secret key, public key, message, signature. */
const vectors: readonly [secret: string, publicKey: string, message: string, signature: string][] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
]

function pemOf(secret: string): string {
  const base64 = Buffer.from(`302e020100300506032b657004220420${secret}`, 'hex').toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`
}

for (const [secret, publicKey, message, signature] of vectors) {
  test(`RFC 8032, key ${publicKey.slice(0, 8)}`, () => {
    const signer = loadSigner(pemOf(secret))
    assert.equal(signer.publicKey, publicKey)
    assert.equal(toHex(signer.sign(fromHex(message))), signature)
    assert.equal(verifySignature(publicKey, fromHex(message), fromHex(signature)), true)
  })
}

test('what is signed is verified, also with the key that was stored', () => {
  const { signer, privateKeyPem } = generateSigner()
  const stored = loadSigner(privateKeyPem)
  assert.equal(stored.publicKey, signer.publicKey)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.ok(verifySignature(signer.publicKey, bytes, stored.sign(bytes)))
    }),
    { numRuns: 50 },
  )
})

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

test('one changed bit of key, bytes or signature is refused', () => {
  const { signer } = generateSigner()
  const bytes = utf8Encode('a release')
  const signature = signer.sign(bytes)
  for (let bit = 0; bit < 512; bit++)
    assert.equal(verifySignature(signer.publicKey, bytes, flip(signature, bit)), false)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    assert.equal(verifySignature(signer.publicKey, flip(bytes, bit), signature), false)
  }
  for (let bit = 0; bit < 256; bit++) {
    assert.equal(verifySignature(toHex(flip(fromHex(signer.publicKey), bit)), bytes, signature), false)
  }
})

test('a signature has one form: S beyond the group order is refused', () => {
  const [, publicKey, message, signature] = vectors[0] ?? ['', '', '', '']
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const bytes = fromHex(signature)
  const s = BigInt(`0x${toHex(bytes.slice(32).toReversed())}`) + order
  const shifted = fromHex(s.toString(16).padStart(64, '0')).toReversed()
  bytes.set(shifted, 32)
  assert.equal(verifySignature(publicKey, fromHex(message), bytes), false)
})

test('any key and any signature end in true or false', () => {
  const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)
  fc.assert(
    fc.property(hex, fc.uint8Array({ minLength: 64, maxLength: 64 }), (key, signature) => {
      assert.equal(verifySignature(key, utf8Encode('x'), signature), false)
    }),
    { numRuns: 300 },
  )
})

const { signer } = generateSigner()
const signature = signer.sign(utf8Encode('x'))
const malformed: readonly [name: string, key: string, signature: Uint8Array][] = [
  ['an empty key', '', signature],
  ['a key in upper case', signer.publicKey.toUpperCase().replace(/^[0-9]/, 'A'), signature],
  ['a key that is too short', signer.publicKey.slice(2), signature],
  ['a key that is too long', `${signer.publicKey}00`, signature],
  ['a key with a line end', `${signer.publicKey}\n`, signature],
  ['a key that is no hex', 'g'.repeat(64), signature],
  ['a key that is no point', `02${'00'.repeat(31)}`, signature],
  [
    'a key of small order, for which anything would be signed',
    `01${'00'.repeat(31)}`,
    Uint8Array.of(1, ...new Uint8Array(63)),
  ],
  ['an empty signature', signer.publicKey, new Uint8Array(0)],
  ['a signature cut by a byte', signer.publicKey, signature.subarray(1)],
  ['a signature with a byte more', signer.publicKey, Uint8Array.of(...signature, 0)],
  ['a signature of zeros', signer.publicKey, new Uint8Array(64)],
]
for (const [name, key, bytes] of malformed) {
  test(`refused: ${name}`, () => assert.equal(verifySignature(key, utf8Encode('x'), bytes), false))
}

const EC_PEM = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const PUBLIC_PEM = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })
const pems: readonly [name: string, pem: string][] = [
  ['nothing', ''],
  ['text', 'not a key'],
  ['another kind of key', EC_PEM],
  ['a public key', PUBLIC_PEM],
  ['a key that is cut off', pemOf('00').slice(0, 60)],
  ['a key that is too short', pemOf('00'.repeat(16))],
]
for (const [name, pem] of pems) {
  test(`no signing key: ${name}`, () => {
    assert.throws(
      () => loadSigner(pem),
      (error: { name?: string; code?: string; message?: string }) => {
        assert.deepEqual([error.name, error.code], ['CryptoError', 'crypto/key'])
        assert.match(error.message ?? '', /^Cannot load the signing key: [\w #,]+$/)
        return true
      },
    )
  })
}
