import { errorCode, FirebreakError, fromBase64, nullable, object, text, type WallMs } from '@firebreak/kernel'
import {
  acceptCustomerPolicy,
  CUSTOMER_POLICY_SIZE_BYTES_MAX,
  type CustomerPolicy,
  openCustomerPolicy,
} from '@firebreak/rollout'
import type { PolicyFiles } from '../messages.ts'
import { SmallFile } from './small-file.ts'

/** The policy that holds, and the key that signed it: the fetcher's own copy, for what lies in the agent's folder may be broken later. */
interface Copy {
  readonly key: string
  /** Base64. */
  readonly policy: string
}

/** Base64 of the largest policy, and what is around it. */
export const POLICY_COPY_BYTES_MAX = 1_048_576
export const POLICY_COPY = 'policy.json'
const KEY = /^[0-9a-f]{64}$/
/** Said by the supervisor, of files that it can't read. */
const UNREADABLE = 'agent/policy-unreadable'
/** Of the policy and its key, one is there without the other. */
const MISSING = 'agent/policy-missing'
const copyReader = nullable(
  object<Copy>({ key: text(64, KEY), policy: text(Math.ceil((CUSTOMER_POLICY_SIZE_BYTES_MAX * 4) / 3) + 4) }),
)

/**
 * What the owner of this host wants. A policy that is broken, unsigned, older or of another customer never replaces the one that
 * holds, over restarts too; beacons say why. It ends when both its file and its key are taken away.
 */
export class HeldPolicy {
  readonly #file: SmallFile<Copy | null>
  #policy: CustomerPolicy | null
  #fault = ''
  /** Nothing is installed before it is known what the owner wants, or that nobody wants anything. */
  isKnown = false

  private constructor(file: SmallFile<Copy | null>, policy: CustomerPolicy | null) {
    this.#file = file
    this.#policy = policy
  }

  /** @throws DurableError */
  static async open(folder: string, onDamaged: (error: unknown) => void): Promise<HeldPolicy> {
    const path = `${folder}/${POLICY_COPY}`
    const file = await SmallFile.open<Copy | null>({
      path,
      bytesMax: POLICY_COPY_BYTES_MAX,
      reader: copyReader,
      empty: null,
      onDamaged,
    })
    try {
      const policy = file.value && openCustomerPolicy(fromBase64(file.value.policy), file.value.key)
      return new HeldPolicy(file, policy)
    } catch (error) {
      onDamaged(error)
      return new HeldPolicy(file, null)
    }
  }

  /** Null: nobody said anything. */
  get policy(): CustomerPolicy | null {
    return this.#policy
  }

  /** Why the one that was laid there last was not taken; '': it was. */
  get fault(): string {
    return this.#fault
  }

  /** Judges what lies in the agent's folder. @throws DurableError: it holds from now on, and is not kept yet */
  async look(files: PolicyFiles, nowMs: WallMs): Promise<void> {
    const { key, policy, refused } = files
    if (key === null && policy === null && refused !== UNREADABLE) return this.#takeAway(refused)
    const fault = this.#take(files, nowMs)
    this.#fault = refused !== '' && (fault === '' || fault === MISSING) ? refused : fault
    // There is a wish that can't be read: where none holds from before, nobody guesses it.
    this.isKnown = this.#policy !== null
    if (fault !== '' || key === null || policy === null) return
    const isKept = this.#file.value?.key === key && this.#file.value.policy === policy
    if (!isKept) await this.#file.put({ key, policy })
  }

  /** @returns why it was not taken; '': it was */
  #take({ key, policy }: PolicyFiles, nowMs: WallMs): string {
    if (key === null || policy === null) return MISSING
    try {
      const isOfHeldKey = key === this.#file.value?.key
      this.#policy = judge(fromBase64(policy), key, isOfHeldKey ? this.#policy : null, nowMs)
      return ''
    } catch (error) {
      if (error instanceof FirebreakError && error.code === 'kernel/bug') throw error
      return errorCode(error)
    }
  }

  async #takeAway(refused: string): Promise<void> {
    this.#fault = refused
    this.#policy = null
    this.isKnown = true
    await this.#file.remove()
  }
}

/** Its tuning was judged by who laid it there. One that has expired is better than none, where none holds. */
function judge(bytes: Uint8Array, key: string, held: CustomerPolicy | null, nowMs: WallMs): CustomerPolicy {
  if (held === null) return openCustomerPolicy(bytes, key)
  return acceptCustomerPolicy(bytes, { key, held, verifyTuning: () => {}, nowMs })
}
