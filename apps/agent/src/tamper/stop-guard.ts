import { access } from 'node:fs/promises'
import { readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage, FirebreakError, jsonBytes } from '@firebreak/kernel'
import { acceptStopToken, RolloutError } from '@firebreak/rollout'
import type { NoticeCode } from './notices.ts'
import type { TamperPaths } from './paths.ts'
import {
  parseStopRequest,
  parseUsedTokens,
  STOP_FILE_SIZE_BYTES_MAX,
  type StopAnswer,
  type StopRequest,
  tokenBytes,
  USED_TOKENS_MAX,
} from './stop-messages.ts'
import { type PolicyFiles, StopRuleFile } from './stop-rule.ts'

export interface StopGuardOptions {
  readonly paths: TamperPaths & PolicyFiles
  readonly nowMs: () => number
  readonly onNotice: (code: NoticeCode, message: string) => void
  /** The agent has to end, and its last beacon has to say so. Told once. */
  readonly onStop: (reason: string, by: StopBy) => void
}

/** A service manager starts again what a signal ended, unless it sent it on a person's behalf; what was asked to stop stays stopped. */
export type StopBy = 'signal' | 'request'

/**
 * Decides whether the agent may be stopped in order. Asked by a signal, or by a file that `firebreak agent stop` lays into the agent's
 * folder. Where the customer's policy asks for a stop token, nothing else is obeyed: a refusal is a notice, and who then kills the
 * agent is seen as silence. A token is remembered as used, durably, before it is obeyed.
 */
export class StopGuard {
  readonly #options: StopGuardOptions
  readonly #rule: StopRuleFile
  #stopping = false
  #looking = false

  /** A request that lies there belongs to a run before this one. */
  static async open(options: StopGuardOptions): Promise<StopGuard> {
    const guard = new StopGuard(options)
    await removeDurable(options.paths.stopRequest).catch(() => {})
    await guard.#rule.look()
    return guard
  }

  private constructor(options: StopGuardOptions) {
    this.#options = options
    this.#rule = new StopRuleFile(options.paths, options.onNotice)
  }

  /** Somebody sent a signal that asks to end. */
  async signalled(signal: string): Promise<void> {
    await this.#rule.look()
    if (this.#rule.rule === 'free') return this.#stop(`signal ${signal}`, 'signal')
    this.#options.onNotice(
      'tamper/stop-refused',
      `${signal} was not obeyed: the customer's policy asks for a stop token (firebreak agent stop --token FILE)`,
    )
  }

  /**
   * Looks for a request, and answers it. Never fails: what can't be read now is looked at again.
   *
   * @param host - this host's id, null before it is enrolled
   */
  async look(host: string | null): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      await this.#rule.look()
      const request = await this.#takeRequest()
      if (request) await this.#answer(request, host)
    } catch (error) {
      this.#options.onNotice('tamper/stop-refused', `A request to stop was refused: ${errorMessage(error)}`)
    } finally {
      this.#looking = false
    }
  }

  async #takeRequest(): Promise<StopRequest | null> {
    const { stopRequest } = this.#options.paths
    const isThere = await access(stopRequest).then(
      () => true,
      () => false,
    )
    if (!isThere) return null
    try {
      const bytes = await readDurable(stopRequest, STOP_FILE_SIZE_BYTES_MAX)
      return bytes && parseStopRequest(bytes)
    } finally {
      await removeDurable(stopRequest)
    }
  }

  async #answer({ id, reason, token }: StopRequest, host: string | null): Promise<void> {
    let granted: string
    try {
      granted = await this.#judge(reason, token, host)
    } catch (error) {
      if (!(error instanceof FirebreakError) || error.code === 'kernel/bug') throw error
      await this.#say({ id, granted: false, code: errorCode(error), message: errorMessage(error) })
      this.#options.onNotice('tamper/stop-refused', `A request to stop was refused: ${errorMessage(error)}`)
      return
    }
    await this.#say({ id, granted: true, code: '', message: granted })
    this.#stop(granted, 'request')
  }

  /** @returns why the agent ends. @throws FirebreakError: it goes on */
  async #judge(reason: string, token: string | null, host: string | null): Promise<string> {
    const { key, rule } = this.#rule
    if (rule === 'token' && key === null) {
      throw refused(
        "Cannot stop: the customer's policy can't be read, so nobody's leave can be checked; apply it again",
      )
    }
    if (token === null) {
      if (rule === 'free') return `firebreak agent stop: ${reason === '' ? 'no reason given' : reason}`
      throw refused("Cannot stop: the customer's policy asks for a stop token; give one with --token")
    }
    if (key === null) throw refused('Cannot stop with a token: this host has no policy of a customer; stop it without')
    if (host === null) throw refused('Cannot stop with a token: this host is not enrolled, so no token can name it')
    const nowMs = this.#options.nowMs()
    const used = (await this.#usedTokens()).filter(({ notAfterMs }) => notAfterMs >= nowMs)
    if (used.length >= USED_TOKENS_MAX) {
      throw new RolloutError('rollout/stop-used', `Cannot stop: ${USED_TOKENS_MAX} tokens were used within a day`)
    }
    const trust = { key, host, nowMs, used: used.map(({ digest }) => digest) }
    const accepted = acceptStopToken(tokenBytes(token), trust)
    const entry = { digest: accepted.digest, notAfterMs: accepted.token.notAfterMs }
    await writeDurable(this.#options.paths.usedTokens, jsonBytes([...used, entry]))
    return `stop token: ${accepted.token.reason}`
  }

  async #usedTokens() {
    const bytes = await readDurable(this.#options.paths.usedTokens, STOP_FILE_SIZE_BYTES_MAX)
    return bytes ? parseUsedTokens(bytes) : []
  }

  /** For whoever waits for it; nothing depends on it. */
  async #say(answer: StopAnswer): Promise<void> {
    await writeDurable(this.#options.paths.stopAnswer, jsonBytes(answer)).catch(() => {})
  }

  #stop(reason: string, by: StopBy): void {
    if (this.#stopping) return
    this.#stopping = true
    this.#options.onStop(reason, by)
  }
}

function refused(message: string): RolloutError {
  return new RolloutError('rollout/stop-signature', message)
}
