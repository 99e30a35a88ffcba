import { stat } from 'node:fs/promises'
import type { PublicKeyHex } from '@firebreak/crypto'
import { readDurable } from '@firebreak/durable-fs'
import { errorMessage, utf8Decode } from '@firebreak/kernel'
import { CUSTOMER_POLICY_SIZE_BYTES_MAX, openCustomerPolicy, type StopRule } from '@firebreak/rollout'
import type { NoticeCode } from './notices.ts'

const KEY_CHARS = 64

export interface PolicyFiles {
  readonly policy: string
  readonly customerKey: string
}

interface Held {
  readonly key: PublicKeyHex
  readonly generation: number
  readonly stop: StopRule
}

/**
 * What the customer's policy says of stops, from the file that `firebreak policy apply` wrote and by its signature. What was strict
 * in this run stays strict: a policy that vanishes, or that is exchanged for one of another key or an older one, is a notice
 * and loosens nothing. One that can't be read at the start counts as strict until one can.
 */
export class StopRuleFile {
  readonly #files: PolicyFiles
  readonly #onNotice: (code: NoticeCode, message: string) => void
  #held: Held | null = null
  /** A policy was there at the start and could not be read. */
  #isUnreadable = false
  #stamp = ''

  constructor(files: PolicyFiles, onNotice: (code: NoticeCode, message: string) => void) {
    this.#files = files
    this.#onNotice = onNotice
  }

  get rule(): StopRule {
    return this.#isUnreadable ? 'token' : (this.#held?.stop ?? 'free')
  }

  /** Null: no policy, so nobody can sign a token. */
  get key(): PublicKeyHex | null {
    return this.#held?.key ?? null
  }

  async look(): Promise<void> {
    const stamp = (await Promise.all([this.#files.policy, this.#files.customerKey].map(stampOf))).join(' ')
    if (stamp === this.#stamp) return
    this.#stamp = stamp
    try {
      this.#take(await this.#read())
    } catch (error) {
      this.#isUnreadable ||= this.#held === null
      this.#onNotice('tamper/policy-changed', `The customer's policy can't be read: ${errorMessage(error)}`)
    }
  }

  /** Null while there is none: the key is written after the first policy. */
  async #read(): Promise<Held | null> {
    const policy = await readDurable(this.#files.policy, CUSTOMER_POLICY_SIZE_BYTES_MAX)
    const keyText = await readDurable(this.#files.customerKey, KEY_CHARS)
    if (!policy || !keyText) return null
    const key = utf8Decode(keyText)
    // Taken once by `firebreak policy apply`, which judged its tuning.
    const { generation, stop } = openCustomerPolicy(policy, key)
    return { key, generation, stop }
  }

  #take(found: Held | null): void {
    const held = this.#held
    if (held !== null && (found === null || found.key !== held.key || found.generation < held.generation)) {
      const what = found === null ? 'is gone' : found.key === held.key ? 'is an older one' : 'is of another key'
      this.#onNotice('tamper/policy-changed', `The customer's policy ${what}; what it said of stops stays in force`)
      return
    }
    this.#held = found
    if (found !== null) this.#isUnreadable = false
  }
}

/** Files are replaced, never changed in place: another one has another inode or another time. */
async function stampOf(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(
    ({ ino, mtimeNs, size }) => `${ino}-${mtimeNs}-${size}`,
    () => '',
  )
}
