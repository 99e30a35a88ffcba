import type { PublicKeyHex, Signer } from '@firebreak/crypto'
import {
  absentAs,
  canonicalJsonBytes,
  errorMessage,
  FirebreakError,
  integer,
  literal,
  nullable,
  object,
  toBase64,
  type WallMs,
} from '@firebreak/kernel'
import { RolloutError } from '../errors.ts'
import { name } from '../plan/plan.ts'
import { base64, type DocumentKind, openDocument, signDocument } from './signed-document.ts'

/** What the customer wants on their hosts, whatever the vendor does. Signed by the customer's own key. */
export interface CustomerPolicy {
  readonly customer: string
  /** Strictly grows: hosts refuse an older one. */
  readonly generation: number
  readonly issuedAtMs: WallMs
  /** Exceptions from the vendor's rules: the bytes of a tuning image, opaque here. Null: none. */
  readonly tuning: Uint8Array | null
  /** token: an orderly stop of the agent needs a stop token. Absent in a policy: free. */
  readonly stop: StopRule
}

export type StopRule = 'free' | 'token'

/** By whom and against what a policy is judged on a host. */
export interface PolicyTrust {
  readonly key: PublicKeyHex
  /** The policy that holds now; null before the first. */
  readonly held: CustomerPolicy | null
  /** Throws when the bytes are no tuning that this host can run. */
  readonly verifyTuning: (bytes: Uint8Array) => unknown
}

/** A tuning of 256 KiB, in base64 twice, and what is around it. */
export const CUSTOMER_POLICY_SIZE_BYTES_MAX = 524_288
const POLICY: DocumentKind = {
  noun: 'policy',
  payloadType: 'application/vnd.firebreak.customer-policy+json',
  sizeBytesMax: CUSTOMER_POLICY_SIZE_BYTES_MAX,
  signatureCode: 'rollout/policy-signature',
}

const SHAPE = {
  customer: name,
  generation: integer(1, Number.MAX_SAFE_INTEGER),
  issuedAtMs: integer(0, Number.MAX_SAFE_INTEGER),
  tuning: nullable(base64(CUSTOMER_POLICY_SIZE_BYTES_MAX)),
  stop: absentAs('free', literal('free', 'token')),
}
const policy = object<CustomerPolicy>(SHAPE)

/** The policy as one signed file: a DSSE envelope around canonical JSON. */
export function signCustomerPolicy(value: CustomerPolicy, signer: Signer): Uint8Array {
  return signDocument(POLICY, encode(value), signer)
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
  const next = policy(openDocument(POLICY, bytes, key, Object.keys(SHAPE)).json, 'policy')
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

/** `free` is not written: agents that are too old to know the rule still take the policy. */
function encode({ customer, generation, issuedAtMs, tuning, stop }: CustomerPolicy): Uint8Array {
  const rule = stop === 'free' ? {} : { stop }
  return canonicalJsonBytes({ customer, generation, issuedAtMs, tuning: tuning && toBase64(tuning), ...rule })
}

function isSame(a: CustomerPolicy, b: CustomerPolicy): boolean {
  const [one, other] = [encode(a), encode(b)]
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}
