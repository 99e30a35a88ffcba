import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import { errorCode, FirebreakError, fromBase64, jsonBytes, toBase64, utf8Decode, utf8Encode } from '@firebreak/kernel'
import { acceptCustomerPolicy, type CustomerPolicy, type PolicyTrust, signCustomerPolicy } from './customer-policy.ts'
import { customerPolicy } from './customer.fixture.ts'

const { signer } = generateSigner()
const TUNING = Uint8Array.of(1, 2, 3)
const FIRST = customerPolicy({ tuning: TUNING })
const NOW_MS = 2_000

/** Stands for the verifier of images: it takes exactly this tuning. */
function verifyTuning(bytes: Uint8Array): void {
  if (bytes.join() !== TUNING.join()) throw new FirebreakError('content/tuning', 'Cannot accept tuning: not this one')
}

function trust(held: CustomerPolicy | null = null): PolicyTrust {
  return { key: signer.publicKey, held, verifyTuning, nowMs: NOW_MS }
}

function codeOf(bytes: Uint8Array, held: CustomerPolicy | null): string {
  try {
    acceptCustomerPolicy(bytes, trust(held))
  } catch (error) {
    return errorCode(error)
  }
  return 'accepted'
}

/** Signs what no writer of ours would write. */
function signedText(payload: string, type = 'application/vnd.firebreak.customer-policy+json'): Uint8Array {
  const sig = signer.sign(utf8Encode(`DSSEv1 ${type.length} ${type} ${utf8Encode(payload).length} ${payload}`))
  const signatures = [{ keyid: signer.publicKey, sig: toBase64(sig) }]
  return jsonBytes({ payloadType: type, payload: toBase64(utf8Encode(payload)), signatures })
}

test('what the customer signs is what the host reads, with a tuning and without', () => {
  for (const one of [FIRST, { ...FIRST, tuning: null }, { ...FIRST, stop: 'token' as const }]) {
    assert.deepEqual(acceptCustomerPolicy(signCustomerPolicy(one, signer), trust()), one)
  }
})

test('the policy that is held stays until a newer one is right in every part', () => {
  const held = FIRST
  const next = { ...FIRST, generation: 2 }
  const other = generateSigner().signer
  const text = JSON.stringify({ customer: 'acme', generation: 2, issuedAtMs: 1, tuning: null })
  const rows: readonly (readonly [what: string, bytes: Uint8Array, code: string])[] = [
    ['the next', signCustomerPolicy(next, signer), 'accepted'],
    ['the next without tuning', signCustomerPolicy({ ...next, tuning: null }, signer), 'accepted'],
    ['the same again', signCustomerPolicy(held, signer), 'accepted'],
    ['another of the same generation', signCustomerPolicy({ ...held, tuning: null }, signer), 'rollout/policy-older'],
    ['of another customer', signCustomerPolicy({ ...next, customer: 'evil' }, signer), 'rollout/policy-customer'],
    ['signed by somebody else', signCustomerPolicy(next, other), 'rollout/policy-signature'],
    ['with a bad tuning', signCustomerPolicy({ ...next, tuning: Uint8Array.of(9) }, signer), 'rollout/policy-tuning'],
    [
      'with an empty tuning',
      signCustomerPolicy({ ...next, tuning: new Uint8Array(0) }, signer),
      'rollout/policy-tuning',
    ],
    ['of generation 0', signCustomerPolicy({ ...next, generation: 0 }, signer), 'kernel/malformed'],
    ['written by others', signedText(text), 'accepted'],
    ['with a rule for stops', signedText(text.replace('}', ',"stop":"token"}')), 'accepted'],
    ['with a rule for stops that is none', signedText(text.replace('}', ',"stop":"never"}')), 'kernel/malformed'],
    [
      'that differs in the rule for stops only',
      signCustomerPolicy({ ...held, stop: 'token' }, signer),
      'rollout/policy-older',
    ],
    ['of another type', signedText(text, 'application/json'), 'kernel/malformed'],
    ['with a wish that nobody knows', signedText(text.replace('{', '{"pin":"1.0.0",')), 'kernel/malformed'],
    ['without a tuning key', signedText(text.replace(',"tuning":null', '')), 'kernel/malformed'],
    ['no JSON inside', signedText('nothing'), 'kernel/malformed'],
    ['no JSON', utf8Encode('nothing'), 'kernel/malformed'],
    ['nothing', new Uint8Array(0), 'kernel/malformed'],
    ['too large', new Uint8Array(524_289).fill(0x20), 'kernel/malformed'],
  ]
  for (const [what, bytes, code] of rows) assert.equal(codeOf(bytes, held), code, what)
  assert.equal(acceptCustomerPolicy(signCustomerPolicy(held, signer), trust(held)), held)
  const older = signCustomerPolicy(held, signer)
  assert.equal(codeOf(older, next), 'rollout/policy-older')
})

test('a policy that says nothing of stops leaves them free, and one that leaves them free reads on old agents', () => {
  const text = JSON.stringify({ customer: 'acme', generation: 2, issuedAtMs: 1, tuning: null })
  assert.equal(acceptCustomerPolicy(signedText(text), trust()).stop, 'free')
  const { payload } = JSON.parse(utf8Decode(signCustomerPolicy(FIRST, signer))) as { payload: string }
  assert.doesNotMatch(utf8Decode(fromBase64(payload)), /stop/)
})

test('a policy that was changed behind its signature is refused', () => {
  const file = JSON.parse(utf8Decode(signCustomerPolicy(FIRST, signer))) as {
    payload: string
    signatures: { sig: string }[]
  }
  const payload = fromBase64(file.payload)
  for (let at = 0; at < payload.length; at++) {
    const changed = payload.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    const bytes = jsonBytes({ ...file, payload: toBase64(changed) })
    assert.equal(codeOf(bytes, null), 'rollout/policy-signature', `byte ${at}`)
  }
  assert.equal(codeOf(jsonBytes({ ...file, signatures: [] }), null), 'rollout/policy-signature')
})

test('a bug in the verifier of tunings is not taken for a bad tuning', () => {
  const broken = () => {
    throw new TypeError('a bug')
  }
  const bytes = signCustomerPolicy(FIRST, signer)
  assert.throws(() => acceptCustomerPolicy(bytes, { ...trust(), verifyTuning: broken }), TypeError)
})
