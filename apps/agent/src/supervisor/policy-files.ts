import { stat } from 'node:fs/promises'
import { readDurable } from '@firebreak/durable-fs'
import { object, parseJson, text, toBase64, utf8Decode } from '@firebreak/kernel'
import { CUSTOMER_POLICY_SIZE_BYTES_MAX } from '@firebreak/rollout'
import type { AgentPaths } from '../config.ts'
import type { PolicyFiles } from '../messages.ts'

const KEY_CHARS = 64
const REFUSED_BYTES_MAX = 4_096
const CODE_CHARS_MAX = 64
/** Said of a policy that can't be read: too long, or the disk does not give it. */
const UNREADABLE = 'agent/policy-unreadable'
const refusal = object<{ readonly code: string }>({ code: text(CODE_CHARS_MAX) })

/**
 * The files of the customer's policy: looked at by the supervisor, which may enter the agent's folder, and judged by the fetcher, which
 * decides by them. Bytes, opaque here.
 */
export class CustomerPolicyFiles {
  readonly #paths: Pick<AgentPaths, 'policy' | 'customerKey' | 'policyRefused'>
  readonly #onChange: (files: PolicyFiles) => void
  #stamp: string | null = null
  #looking = false

  constructor(
    paths: Pick<AgentPaths, 'policy' | 'customerKey' | 'policyRefused'>,
    onChange: (files: PolicyFiles) => void,
  ) {
    this.#paths = paths
    this.#onChange = onChange
  }

  /** Tells of them the first time, and whenever one is new, changed or gone. Never fails: what can't be read is said with them. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    const { policy, customerKey, policyRefused } = this.#paths
    const stamp = (await Promise.all([policy, customerKey, policyRefused].map(stampOf))).join(' ')
    if (stamp !== this.#stamp) {
      const files = await this.#read()
      // What could not be read may be there the next time, with the same stamp.
      this.#stamp = files.refused === UNREADABLE ? null : stamp
      this.#onChange(files)
    }
    this.#looking = false
  }

  async #read(): Promise<PolicyFiles> {
    const refused = await readDurable(this.#paths.policyRefused, REFUSED_BYTES_MAX).then(codeOf, () => UNREADABLE)
    try {
      const key = await readDurable(this.#paths.customerKey, KEY_CHARS)
      const policy = await readDurable(this.#paths.policy, CUSTOMER_POLICY_SIZE_BYTES_MAX)
      return { key: key && utf8Decode(key), policy: policy && toBase64(policy), refused }
    } catch {
      return { key: null, policy: null, refused: UNREADABLE }
    }
  }
}

function codeOf(bytes: Uint8Array | null): string {
  if (!bytes) return ''
  try {
    return refusal(parseJson(bytes, REFUSED_BYTES_MAX, 'refusal'), 'refusal').code
  } catch {
    return UNREADABLE
  }
}

/** Files are replaced, never changed in place: another one has another inode or another time. */
async function stampOf(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(
    ({ ino, mtimeNs, size }) => `${ino}-${mtimeNs}-${size}`,
    () => '',
  )
}
