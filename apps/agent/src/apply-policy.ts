import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { verifyTuning } from '@firebreak/content'
import { readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage, FirebreakError, jsonBytes, utf8Decode, utf8Encode } from '@firebreak/kernel'
import {
  acceptCustomerPolicy,
  CUSTOMER_POLICY_SIZE_BYTES_MAX,
  type CustomerPolicy,
  openCustomerPolicy,
} from '@firebreak/rollout'
import { type AgentPaths, agentPaths } from './config.ts'
import { AgentError } from './lock.ts'

const KEY_CHARS = 64
const MESSAGE_CHARS_MAX = 512
const OPTIONS = { data: { type: 'string' }, policy: { type: 'string' }, key: { type: 'string' } } as const

/**
 * `policy --data DIR --policy FILE [--key HEX]`: takes a policy of the customer's, or refuses it as a whole and leaves the
 * one that holds. Runs in a process of its own, for it reads content; the supervisor sees the tuning as a file that changed.
 */
export async function runPolicy(args: readonly string[]): Promise<void> {
  const { data, policy, key } = parseArgs({ args: [...args], options: OPTIONS, strict: true }).values
  if (data === undefined || policy === undefined) {
    throw new AgentError('agent/usage', 'Cannot take a policy: --data and --policy are needed')
  }
  const bytes = await readDurable(policy, CUSTOMER_POLICY_SIZE_BYTES_MAX)
  if (!bytes) throw new AgentError('agent/usage', `Cannot take a policy: ${policy} is not there`)
  const { customer, generation, tuning } = await applyPolicy(agentPaths(resolve(data)), bytes, key ?? null)
  process.stdout.write(`${JSON.stringify({ ok: true, customer, generation, tuningBytes: tuning?.length ?? 0 })}\n`)
}

/**
 * @param key - the customer's; needed once, and from then on pinned
 * @throws AgentError agent/usage
 * @throws RolloutError | KernelError: the policy is refused; beacons say so, until one is taken
 */
export async function applyPolicy(paths: AgentPaths, bytes: Uint8Array, key: string | null): Promise<CustomerPolicy> {
  const pinned = await pinnedKey(paths, key)
  const held = await heldPolicy(paths, pinned)
  const policy = await judged(paths, bytes, pinned, held)
  // The policy comes last: interrupted before, the same one is taken again.
  if (policy.tuning === null) await removeDurable(paths.tuning)
  else await writeDurable(paths.tuning, policy.tuning)
  await writeDurable(paths.policy, bytes)
  await writeDurable(paths.customerKey, utf8Encode(pinned))
  await removeDurable(paths.policyRefused)
  return policy
}

async function judged(
  paths: AgentPaths,
  bytes: Uint8Array,
  key: string,
  held: CustomerPolicy | null,
): Promise<CustomerPolicy> {
  const nowMs = Date.now()
  try {
    return acceptCustomerPolicy(bytes, { key, held, verifyTuning, nowMs })
  } catch (error) {
    const refused = { code: errorCode(error), message: errorMessage(error).slice(0, MESSAGE_CHARS_MAX), atMs: nowMs }
    await writeDurable(paths.policyRefused, jsonBytes(refused))
    throw error
  }
}

async function pinnedKey(paths: AgentPaths, key: string | null): Promise<string> {
  const stored = await readDurable(paths.customerKey, KEY_CHARS)
  const pinned = stored && utf8Decode(stored)
  if (pinned !== null && key !== null && key !== pinned) {
    throw new AgentError('agent/usage', `Cannot take a policy: this host is pinned to the key ${pinned}`)
  }
  const known = pinned ?? key
  if (known !== null) return known
  throw new AgentError('agent/usage', "Cannot take a first policy: --key with the customer's public key is needed")
}

/** What was accepted once is not judged again but for its signature; one that was changed since holds no more. */
async function heldPolicy(paths: AgentPaths, key: string): Promise<CustomerPolicy | null> {
  const bytes = await readDurable(paths.policy, CUSTOMER_POLICY_SIZE_BYTES_MAX)
  if (!bytes) return null
  try {
    return openCustomerPolicy(bytes, key)
  } catch (error) {
    if (!(error instanceof FirebreakError) || error.code === 'kernel/bug') throw error
    const message = `Cannot take a policy: ${paths.policy} was changed by something else than this agent; remove it to start anew`
    throw new AgentError('agent/usage', message, {}, error)
  }
}
