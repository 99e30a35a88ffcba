import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import { errorCode, fromBase64, jsonBytes, toBase64, utf8Decode, utf8Encode } from '@firebreak/kernel'
import { signCustomerPolicy } from './customer-policy.ts'
import { customerPolicy } from './customer.fixture.ts'
import {
  acceptStopToken,
  signStopToken,
  STOP_TOKEN_VALIDITY_MS_MAX,
  type StopToken,
  type StopTrust,
} from './stop-token.ts'

const { signer } = generateSigner()
const NOW_MS = 1_000_000_000
const TOKEN: StopToken = {
  kind: 'stop-token',
  host: 'h-1',
  reason: 'kernel update',
  notAfterMs: NOW_MS + 60_000,
  nonce: '0123456789abcdef0123456789abcdef',
}
const TRUST: StopTrust = { key: signer.publicKey, host: 'h-1', nowMs: NOW_MS, used: [] }

function codeOf(bytes: Uint8Array, over: Partial<StopTrust> = {}): string {
  try {
    acceptStopToken(bytes, { ...TRUST, ...over })
  } catch (error) {
    return errorCode(error)
  }
  return 'accepted'
}

const signed = (change: Partial<Record<keyof StopToken, unknown>> = {}) =>
  signStopToken({ ...TOKEN, ...change } as StopToken, signer)

test('what the customer signs is what the host reads', () => {
  const { token, digest } = acceptStopToken(signed(), TRUST)
  assert.deepEqual(token, TOKEN)
  assert.match(digest, /^[0-9a-f]{64}$/)
  assert.notEqual(acceptStopToken(signed({ nonce: 'f'.repeat(32) }), TRUST).digest, digest)
})

test('a token stops its host, in its time, once', () => {
  const { digest } = acceptStopToken(signed(), TRUST)
  const rows: readonly (readonly [what: string, code: string])[] = [
    ['as it is', codeOf(signed())],
    ['at its last moment', codeOf(signed(), { nowMs: TOKEN.notAfterMs })],
    ['good for a day', codeOf(signed({ notAfterMs: NOW_MS + STOP_TOKEN_VALIDITY_MS_MAX }))],
    ['after another one', codeOf(signed({ nonce: 'f'.repeat(32) }), { used: [digest] })],
  ]
  for (const [what, code] of rows) assert.equal(code, 'accepted', what)
  const refused: readonly (readonly [what: string, code: string, expected: string])[] = [
    ['replayed', codeOf(signed(), { used: [digest] }), 'rollout/stop-used'],
    ['expired', codeOf(signed(), { nowMs: TOKEN.notAfterMs + 1 }), 'rollout/stop-expired'],
    [
      'good for longer',
      codeOf(signed({ notAfterMs: NOW_MS + STOP_TOKEN_VALIDITY_MS_MAX + 1 })),
      'rollout/stop-expired',
    ],
    ["another host's", codeOf(signed(), { host: 'h-2' }), 'rollout/stop-host'],
    ["of a host whose name begins like this one's", codeOf(signed({ host: 'h-11' })), 'rollout/stop-host'],
    ['by another key', codeOf(signStopToken(TOKEN, generateSigner().signer)), 'rollout/stop-signature'],
    ['a policy of the same key', codeOf(signCustomerPolicy(customerPolicy(), signer)), 'kernel/malformed'],
    ['without a reason', codeOf(signed({ reason: ' ' })), 'kernel/malformed'],
    ['of another kind', codeOf(signed({ kind: 'start-token' })), 'kernel/malformed'],
    ['with a short nonce', codeOf(signed({ nonce: 'abc' })), 'kernel/malformed'],
    ['for ever', codeOf(signed({ notAfterMs: null })), 'kernel/malformed'],
    ['nothing', codeOf(new Uint8Array(0)), 'kernel/malformed'],
    ['no JSON', codeOf(utf8Encode('stop')), 'kernel/malformed'],
    ['too large', codeOf(new Uint8Array(8_193).fill(0x20)), 'kernel/malformed'],
  ]
  for (const [what, code, expected] of refused) assert.equal(code, expected, what)
})

test('a token that was changed behind its signature is refused, and so is a policy that poses as one', () => {
  const file = JSON.parse(utf8Decode(signed())) as { payloadType: string; payload: string; signatures: unknown[] }
  const payload = fromBase64(file.payload)
  for (let at = 0; at < payload.length; at++) {
    const changed = payload.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(codeOf(jsonBytes({ ...file, payload: toBase64(changed) })), 'rollout/stop-signature', `byte ${at}`)
  }
  const policy = signCustomerPolicy(customerPolicy(), signer)
  const posing = { ...(JSON.parse(utf8Decode(policy)) as object), payloadType: file.payloadType }
  assert.equal(codeOf(jsonBytes(posing)), 'rollout/stop-signature')
})
