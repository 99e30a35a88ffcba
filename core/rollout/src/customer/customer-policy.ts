import { type PublicKeyHex, signEnvelope, type Signer } from '@firebreak/crypto'
import {
  absentAs,
  base64,
  canonicalJsonBytes,
  errorMessage,
  FirebreakError,
  integer,
  type Json,
  literal,
  nullable,
  type Reader,
  toBase64,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { RolloutError } from '../errors.ts'
import { name } from '../plan/plan.ts'
import { checkRuleRings, contentJson, type ContentPolicy, contentRules, customerRings } from './rings.ts'
import { contentSettings, DEFAULT_SETTINGS } from './settings.ts'
import { type DocumentKind, openDocument } from './signed-document.ts'
import { strict } from './strict.ts'

/** What the customer wants on their hosts, whatever the vendor does. Signed by the customer's own key. */
export interface CustomerPolicy extends ContentPolicy {
  /** Strictly grows: hosts refuse an older one. */
  readonly generation: number
  readonly issuedAtMs: WallMs
  /**
   * From then on no host takes it any more; where it holds already it goes on holding, for a host without its owner's word
   * would follow the vendor's alone. Null: never.
   */
  readonly expiresAtMs: WallMs | null
  /** Exceptions from the vendor's rules: the bytes of a tuning image, opaque here. Null: none. */
  readonly tuning: Uint8Array | null
  /** token: an orderly stop of the agent needs a stop token. Absent in a policy: free. */
  readonly stop: StopRule
}

/** The part of a policy that people write by hand. */
export type PolicySource = Pick<CustomerPolicy, 'expiresAtMs' | 'rings' | 'rules' | 'default'>

export type StopRule = 'free' | 'token'

/** By whom and against what a policy is judged on a host. */
export interface PolicyTrust {
  readonly key: PublicKeyHex
  /** The policy that holds now; null before the first. */
  readonly held: CustomerPolicy | null
  /** Throws when the bytes are no tuning that this host can run. */
  readonly verifyTuning: (bytes: Uint8Array) => unknown
  readonly nowMs: WallMs
}

/** A tuning of 256 KiB, in base64 twice, and what is around it. */
export const CUSTOMER_POLICY_SIZE_BYTES_MAX = 524_288
const POLICY: DocumentKind = {
  noun: 'policy',
  payloadType: 'application/vnd.firebreak.customer-policy+json',
  sizeBytesMax: CUSTOMER_POLICY_SIZE_BYTES_MAX,
  signatureCode: 'rollout/policy-signature',
}

const CONTENT_SHAPE = {
  expiresAtMs: absentAs(null, nullable(integer(0, WALL_MS_MAX))),
  rings: absentAs([], customerRings),
  rules: absentAs([], contentRules),
  default: absentAs(DEFAULT_SETTINGS, contentSettings),
}

const shape = strict<CustomerPolicy>({
  customer: name,
  generation: integer(1, Number.MAX_SAFE_INTEGER),
  issuedAtMs: integer(0, Number.MAX_SAFE_INTEGER),
  tuning: nullable(base64(CUSTOMER_POLICY_SIZE_BYTES_MAX)),
  stop: absentAs('free', literal('free', 'token')),
  // What agents of version 0.1 do not know, and refuse.
  ...CONTENT_SHAPE,
})
const source = strict<PolicySource>(CONTENT_SHAPE)

const policy: Reader<CustomerPolicy> = (value, at) => {
  const read = shape(value, at)
  checkRuleRings(read, at)
  return read
}

/**
 * Reads what a customer writes of a policy; the rest is added when it is signed. Nothing written: nothing wanted.
 *
 * @throws KernelError kernel/malformed, which says where
 */
export function parsePolicySource(json: Json): PolicySource {
  const read = source(json, 'policy')
  checkRuleRings(read, 'policy')
  return read
}

/** The policy as one signed file: a DSSE envelope around canonical JSON. */
export function signCustomerPolicy(value: CustomerPolicy, signer: Signer): Uint8Array {
  return signEnvelope(POLICY, encode(value), signer)
}

/**
 * Reads a policy that the customer's key signed, and asks no more: for what was accepted before, and for who only looks at it.
 *
 * @param bytes - hostile, at most CUSTOMER_POLICY_SIZE_BYTES_MAX
 * @throws KernelError kernel/malformed
 * @throws RolloutError rollout/policy-signature
 * @see DSSE 1.0 (Dead Simple Signing Envelope), protocol.md
 */
export function openCustomerPolicy(bytes: Uint8Array, key: PublicKeyHex): CustomerPolicy {
  return policy(openDocument(POLICY, bytes, key).json, 'policy')
}

/**
 * Accepts hostile bytes as the policy that holds from now on, or throws and changes nothing: whatever is wrong with a part
 * of it, the whole is refused and the one that is held stays. The signature is over the bytes as received.
 *
 * @param bytes - at most CUSTOMER_POLICY_SIZE_BYTES_MAX
 * @returns `held` itself when it is the same policy, expired or not
 * @throws KernelError kernel/malformed
 * @throws RolloutError rollout/policy-*
 */
export function acceptCustomerPolicy(
  bytes: Uint8Array,
  { key, held, verifyTuning, nowMs }: PolicyTrust,
): CustomerPolicy {
  const next = openCustomerPolicy(bytes, key)
  if (held !== null && isSame(held, next)) return held
  if (held !== null) checkSuccessor(held, next)
  if (isExpired(next, nowMs)) {
    const message = `Cannot accept policy ${next.generation}: it has expired; sign a new one`
    throw new RolloutError('rollout/policy-expired', message, { expiresAtMs: next.expiresAtMs, nowMs })
  }
  if (next.tuning !== null) checkTuning(next.tuning, verifyTuning)
  return next
}

/** Whether it should have been renewed. It goes on holding where it holds; beacons say so. */
export function isExpired({ expiresAtMs }: CustomerPolicy, nowMs: WallMs): boolean {
  return expiresAtMs !== null && nowMs >= expiresAtMs
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

/** What is at its default is not written: agents that are too old to know it still take the policy. */
function encode(value: CustomerPolicy): Uint8Array {
  const { customer, generation, issuedAtMs, tuning, stop, expiresAtMs } = value
  return canonicalJsonBytes({
    customer,
    generation,
    issuedAtMs,
    tuning: tuning && toBase64(tuning),
    ...(stop === 'free' ? {} : { stop }),
    ...(expiresAtMs === null ? {} : { expiresAtMs }),
    ...contentJson(value),
  })
}

function isSame(a: CustomerPolicy, b: CustomerPolicy): boolean {
  const [one, other] = [encode(a), encode(b)]
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}
