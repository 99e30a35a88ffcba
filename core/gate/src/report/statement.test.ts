import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigner, preAuthenticationEncoding, signEnvelope } from '@firebreak/crypto'
import {
  canonicalJson,
  canonicalJsonBytes,
  errorCode,
  type Json,
  jsonBytes,
  utf8Decode,
  utf8Encode,
} from '@firebreak/kernel'
import * as fc from 'fast-check'
import { GateError } from '../errors.ts'
import { encodeGateReport } from './gate-report.ts'
import { sampleRefusal, sampleReport } from './sample-report.ts'
import { openGateReport, PREDICATE_TYPE, readEarlierReport, signGateReport } from './statement.ts'

const [gate, other] = [generateSigner().signer, generateSigner().signer]
const KEYS = [gate.publicKey]
const REPORT = sampleReport()
const SIGNED = signGateReport(REPORT, gate)
const IN_TOTO = 'application/vnd.in-toto+json'

interface Envelope {
  readonly payloadType: string
  readonly payload: string
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[]
}
const envelope = JSON.parse(utf8Decode(SIGNED)) as Envelope
const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as { [key: string]: Json }

function codeOf(bytes: Uint8Array, keys = KEYS): string {
  try {
    return openGateReport(bytes, keys).verdict
  } catch (error) {
    assert.ok(error instanceof GateError, String(error))
    return errorCode(error)
  }
}

const sealed = (payload: Uint8Array, payloadType = IN_TOTO): Uint8Array =>
  signEnvelope({ noun: '', payloadType, sizeBytesMax: 0 }, payload, gate)
/** Signed by the right key, with another statement. */
const stated = (over: { readonly [key: string]: Json }): string =>
  codeOf(sealed(canonicalJsonBytes({ ...statement, ...over })))

test('what is signed is an in-toto statement about the image, and any tool can read it', () => {
  assert.equal(envelope.payloadType, IN_TOTO)
  assert.equal(envelope.signatures[0]?.keyid, gate.publicKey)
  const { predicate, ...rest } = statement
  assert.deepEqual(rest, {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'releases/linux-baseline/1.1.0/image.fbi', digest: { sha256: REPORT.imageDigest } }],
    predicateType: PREDICATE_TYPE,
  })
  assert.equal(canonicalJson(predicate as Json), utf8Decode(encodeGateReport(REPORT)))
  const payload = new Uint8Array(Buffer.from(envelope.payload, 'base64'))
  const signature = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64')
  assert.deepEqual(gate.sign(preAuthenticationEncoding(IN_TOTO, payload)), new Uint8Array(signature))
})

test('opens as it was signed, whatever the verdict', () => {
  assert.deepEqual(openGateReport(SIGNED, KEYS), REPORT)
  assert.deepEqual(openGateReport(signGateReport(sampleRefusal(), gate), KEYS), sampleRefusal())
})

test('opens with the old key and with the new one while keys change', () => {
  assert.equal(codeOf(SIGNED, [other.publicKey, gate.publicKey]), 'pass')
})

const subject = (name: string, sha256: string): Json => [{ name, digest: { sha256 } }]
const PATH = 'releases/linux-baseline/1.1.0/image.fbi'
const refused: readonly (readonly [name: string, find: () => string, expected: string])[] = [
  ['a signature by another key', () => codeOf(signGateReport(REPORT, other)), 'gate/report-not-signed'],
  ['no key that counts', () => codeOf(SIGNED, []), 'gate/report-not-signed'],
  ['no signature', () => codeOf(jsonBytes({ ...envelope, signatures: [] })), 'gate/report-not-signed'],
  ['a report without an envelope', () => codeOf(encodeGateReport(REPORT)), 'gate/report-malformed'],
  [
    'an envelope of another type',
    () => codeOf(sealed(canonicalJsonBytes(statement), 'text/plain')),
    'gate/report-malformed',
  ],
  ['a report without a statement', () => codeOf(sealed(encodeGateReport(REPORT))), 'gate/report-malformed'],
  ['another kind of statement', () => stated({ _type: 'https://in-toto.io/Statement/v0.1' }), 'gate/report-malformed'],
  ['another predicate', () => stated({ predicateType: 'https://slsa.dev/provenance/v1' }), 'gate/report-malformed'],
  ['no subject', () => stated({ subject: [] }), 'gate/report-subject'],
  [
    'two subjects',
    () => stated({ subject: [statement['subject'], statement['subject']].flat() as Json }),
    'gate/report-malformed',
  ],
  ['another image', () => stated({ subject: subject(PATH, '0'.repeat(64)) }), 'gate/report-subject'],
  [
    'another name',
    () => stated({ subject: subject('releases/other/1.1.0/image.fbi', REPORT.imageDigest ?? '') }),
    'gate/report-subject',
  ],
  ['an unknown key', () => stated({ extra: 1 }), 'gate/report-malformed'],
  [
    'a statement with white space',
    () => codeOf(sealed(utf8Encode(` ${canonicalJson(statement)}`))),
    'gate/report-malformed',
  ],
  [
    'a claim that its own checks deny',
    () => codeOf(signGateReport({ ...sampleRefusal(), verdict: 'pass' }, gate)),
    'gate/report-verdict',
  ],
]
for (const [name, find, expected] of refused) {
  test(`refuses ${name}: ${expected}`, () => assert.equal(find(), expected))
}

test('a gate learns from earlier reports that its own key signed, and from any while nothing counts', () => {
  const strange = signGateReport(REPORT, other)
  assert.deepEqual(readEarlierReport(SIGNED, KEYS), REPORT)
  for (const forged of [strange, encodeGateReport(REPORT)]) {
    assert.throws(() => readEarlierReport(forged, KEYS), GateError)
    assert.deepEqual(readEarlierReport(forged, null), REPORT)
  }
  const lie = { ...sampleRefusal(), verdict: 'pass' as const }
  assert.throws(() => readEarlierReport(signGateReport(lie, other), null), { code: 'gate/report-verdict' })
  assert.throws(() => readEarlierReport(encodeGateReport(lie), null), { code: 'gate/report-verdict' })
  assert.throws(() => readEarlierReport(new Uint8Array(9), null), { code: 'gate/report-malformed' })
})

test('there is nothing to sign without an image', () => {
  for (const over of [{ imageDigest: null }, { pack: '' }, { version: '' }]) {
    assert.throws(() => signGateReport(sampleReport(over), gate), { code: 'gate/report-subject' })
  }
})

test('a changed byte of the envelope gives the same report or none', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: SIGNED.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const found = codeOf(SIGNED.with(at, (SIGNED[at] as number) ^ bits))
      assert.ok(['pass', 'gate/report-malformed', 'gate/report-not-signed'].includes(found), found)
    }),
    { numRuns: 300 },
  )
})
