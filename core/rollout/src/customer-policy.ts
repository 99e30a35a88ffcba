import { type PublicKeyHex, type Signer, verifySignature } from '@firebreak/crypto'
import {
  canonicalJsonBytes,
  concatBytes,
  errorMessage,
  FirebreakError,
  fromBase64,
  integer,
  jsonBytes,
  list,
  literal,
  malformed,
  nullable,
  object,
  parseJson,
  type Reader,
  record,
  text,
  toBase64,
  utf8Encode,
  type WallMs,
} from '@firebreak/kernel'
import { name } from './plan.ts'

/** What the customer wants on their hosts, whatever the vendor does. Signed by the customer's own key. */
export interface CustomerPolicy {
  readonly customer: string
  /** Strictly grows: hosts refuse an older one. */
  readonly generation: number
  readonly issuedAtMs: WallMs
  /** Exceptions from the vendor's rules: the bytes of a tuning image, opaque here. Null: none. */
  readonly tuning: Uint8Array | null
}

/** By whom and against what a policy is judged on a host. */
export interface PolicyTrust {
  readonly key: PublicKeyHex
  /** The policy that holds now; null before the first. */
  readonly held: CustomerPolicy | null
  /** Throws when the bytes are no tuning that this host can run. */
  readonly verifyTuning: (bytes: Uint8Array) => unknown
}

export type RolloutErrorCode =
  | 'rollout/policy-signature' // not signed by the customer's key
  | 'rollout/policy-older' // older than the one that holds, or another one of its generation
  | 'rollout/policy-customer' // of another customer
  | 'rollout/policy-tuning' // its tuning is refused

export class RolloutError extends FirebreakError<RolloutErrorCode> {}

/** A tuning of 256 KiB, in base64 twice, and what is around it. */
export const CUSTOMER_POLICY_SIZE_BYTES_MAX = 524_288
const PAYLOAD_TYPE = 'application/vnd.firebreak.customer-policy+json'
const SIGNATURES_MAX = 8

interface PolicyEnvelope {
  readonly payloadType: typeof PAYLOAD_TYPE
  readonly payload: Uint8Array
  readonly signatures: readonly { readonly keyid: string; readonly sig: Uint8Array }[]
}

const base64: Reader<Uint8Array> = (value, at) => {
  const encoded = text(CUSTOMER_POLICY_SIZE_BYTES_MAX)(value, at)
  try {
    return fromBase64(encoded)
  } catch {
    throw malformed(at, 'base64 with padding', encoded)
  }
}

const envelope = object<PolicyEnvelope>({
  payloadType: literal(PAYLOAD_TYPE),
  payload: base64,
  signatures: list(object<{ keyid: string; sig: Uint8Array }>({ keyid: text(64), sig: base64 }), SIGNATURES_MAX),
})

const SHAPE = {
  customer: name,
  generation: integer(1, Number.MAX_SAFE_INTEGER),
  issuedAtMs: integer(0, Number.MAX_SAFE_INTEGER),
  tuning: nullable(base64),
}
const policy = object<CustomerPolicy>(SHAPE)

/** The policy as one signed file: a DSSE envelope around canonical JSON. */
export function signCustomerPolicy(value: CustomerPolicy, signer: Signer): Uint8Array {
  const payload = encode(value)
  const sig = toBase64(signer.sign(signedBytes(payload)))
  const signatures = [{ keyid: signer.publicKey, sig }]
  return jsonBytes({ payloadType: PAYLOAD_TYPE, payload: toBase64(payload), signatures })
}

/**
 * Accepts hostile bytes as the policy that holds from now on, or throws and changes nothing: whatever is wrong with a part
 * of it, the whole is refused and the one that is held stays. The signature is over the bytes as received.
 *
 * @param bytes - at most CUSTOMER_POLICY_SIZE_BYTES_MAX
 * @returns `held` itself when it is the same policy
 * @throws KernelError kernel/malformed
 * @throws RolloutError rollout/policy-*
 * @see DSSE 1.0 (Dead Simple Signing Envelope), protocol.md
 */
export function acceptCustomerPolicy(bytes: Uint8Array, { key, held, verifyTuning }: PolicyTrust): CustomerPolicy {
  const { payload, signatures } = envelope(parseJson(bytes, CUSTOMER_POLICY_SIZE_BYTES_MAX, 'policy'), 'policy')
  const signed = signedBytes(payload)
  if (!signatures.some(({ sig }) => verifySignature(key, signed, sig))) {
    throw new RolloutError('rollout/policy-signature', "Cannot accept policy: the customer's key did not sign it")
  }
  const next = parsePayload(payload)
  if (held !== null && isSame(held, next)) return held
  if (held !== null) checkSuccessor(held, next)
  if (next.tuning !== null) checkTuning(next.tuning, verifyTuning)
  return next
}

function checkSuccessor(held: CustomerPolicy, next: CustomerPolicy): void {
  if (next.customer !== held.customer) {
    const message = `Cannot accept policy: it is of ${next.customer}, and this host is of ${held.customer}`
    throw new RolloutError('rollout/policy-customer', message, { customer: next.customer })
  }
  if (next.generation > held.generation) return
  const message = `Cannot accept policy ${next.generation}: ${held.generation} holds, and only a higher one replaces it`
  throw new RolloutError('rollout/policy-older', message, { generation: next.generation, held: held.generation })
}

function checkTuning(tuning: Uint8Array, verify: PolicyTrust['verifyTuning']): void {
  try {
    verify(tuning)
  } catch (error) {
    if (!(error instanceof FirebreakError) || error.code === 'kernel/bug') throw error
    const message = `Cannot accept policy: its tuning is refused (${errorMessage(error)})`
    throw new RolloutError('rollout/policy-tuning', message, { code: error.code }, error)
  }
}

/** A key that this host does not know may be a wish that it would not fulfil: refused, not passed over. */
function parsePayload(payload: Uint8Array): CustomerPolicy {
  const json = parseJson(payload, CUSTOMER_POLICY_SIZE_BYTES_MAX, 'policy')
  const unknown = Object.keys(record(json, 'policy')).find((key) => !Object.hasOwn(SHAPE, key))
  if (unknown !== undefined) throw malformed('policy', `the keys ${Object.keys(SHAPE).join(', ')}`, unknown)
  return policy(json, 'policy')
}

function encode({ customer, generation, issuedAtMs, tuning }: CustomerPolicy): Uint8Array {
  return canonicalJsonBytes({ customer, generation, issuedAtMs, tuning: tuning && toBase64(tuning) })
}

function isSame(a: CustomerPolicy, b: CustomerPolicy): boolean {
  const [one, other] = [encode(a), encode(b)]
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}

/** DSSE's pre-authentication encoding: the type is signed too. */
function signedBytes(payload: Uint8Array): Uint8Array {
  const type = utf8Encode(PAYLOAD_TYPE)
  return concatBytes([utf8Encode(`DSSEv1 ${type.length} ${PAYLOAD_TYPE} ${payload.length} `), payload])
}
