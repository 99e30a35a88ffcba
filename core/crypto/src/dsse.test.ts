import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode, jsonBytes, toBase64, utf8Decode, utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { type EnvelopeKind, openEnvelope, preAuthenticationEncoding, signEnvelope, unverifiedPayload } from './dsse.ts'
import { generateSigner } from './signatures.ts'

const KIND: EnvelopeKind = { noun: 'greeting', payloadType: 'http://example.com/HelloWorld', sizeBytesMax: 4_096 }
const PAYLOAD = utf8Encode('hello world')
const [mine, other] = [generateSigner().signer, generateSigner().signer]
const SIGNED = signEnvelope(KIND, PAYLOAD, mine)

function opened(bytes: Uint8Array, keys = [mine.publicKey], kind = KIND): string {
  try {
    return utf8Decode(openEnvelope(kind, bytes, keys))
  } catch (error) {
    return errorCode(error)
  }
}

type Fields = { payloadType: string; payload: string; signatures: readonly { keyid: string; sig: string }[] }
const fields = JSON.parse(utf8Decode(SIGNED)) as Fields
const changed = (over: Partial<Fields>) => opened(jsonBytes({ ...fields, ...over }))
const [signature] = fields.signatures
assert.ok(signature)
const othersSignature = (JSON.parse(utf8Decode(signEnvelope(KIND, PAYLOAD, other))) as Fields).signatures

test('encodes what is signed as the protocol of DSSE shows it', () => {
  const encoded = preAuthenticationEncoding(KIND.payloadType, PAYLOAD)
  assert.equal(utf8Decode(encoded), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world')
})

const cases: readonly (readonly [name: string, found: string, expected: string])[] = [
  ['opens what it sealed', opened(SIGNED), 'hello world'],
  ['opens with one key of several', opened(SIGNED, [other.publicKey, mine.publicKey]), 'hello world'],
  ['needs one good signature', changed({ signatures: [...othersSignature, signature] }), 'hello world'],
  ['does not heed the id of a key', changed({ signatures: [{ ...signature, keyid: 'any' }] }), 'hello world'],
  ['refuses another key', opened(SIGNED, [other.publicKey]), 'crypto/not-signed'],
  ['refuses when no key is trusted', opened(SIGNED, []), 'crypto/not-signed'],
  ['refuses no signature', changed({ signatures: [] }), 'crypto/not-signed'],
  ['refuses another payload', changed({ payload: toBase64(utf8Encode('hello worlD')) }), 'crypto/not-signed'],
  ['refuses another type', changed({ payloadType: 'text/plain' }), 'kernel/malformed'],
  [
    'refuses what was signed as another type',
    opened(signEnvelope({ ...KIND, payloadType: 'text/plain' }, PAYLOAD, mine)),
    'kernel/malformed',
  ],
  ['refuses nine signatures', changed({ signatures: Array.from({ length: 9 }, () => signature) }), 'kernel/malformed'],
  ['refuses half a signature', changed({ signatures: [{ ...signature, sig: 'AAAA' }] }), 'crypto/not-signed'],
  ['refuses a payload that is no base64', changed({ payload: '!' }), 'kernel/malformed'],
  ['refuses what is too long', opened(SIGNED, [mine.publicKey], { ...KIND, sizeBytesMax: 100 }), 'kernel/malformed'],
  ['refuses no JSON', opened(new Uint8Array(3)), 'kernel/malformed'],
]

for (const [name, found, expected] of cases) {
  test(name, () => assert.equal(found, expected))
}

test('what nobody is asked about is only read', () => {
  assert.equal(utf8Decode(unverifiedPayload(KIND, jsonBytes({ ...fields, signatures: [] }))), 'hello world')
  assert.throws(() => unverifiedPayload(KIND, new Uint8Array(3)), { code: 'kernel/malformed' })
})

test('a signature of one type is none of another, though type and payload run together', () => {
  const [a, b] = [
    preAuthenticationEncoding('a', utf8Encode('1 b')),
    preAuthenticationEncoding('a 3 1', utf8Encode('b')),
  ]
  assert.notDeepEqual(a, b)
})

test('a changed byte opens to the same payload or not at all', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: SIGNED.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const found = opened(SIGNED.with(at, (SIGNED[at] as number) ^ bits))
      assert.ok(['hello world', 'crypto/not-signed', 'kernel/malformed'].includes(found), found)
    }),
    { numRuns: 500 },
  )
})
