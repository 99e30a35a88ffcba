import { randomBytes } from 'node:crypto'
import { writeDurable } from '@firebreak/durable-fs'
import { signStopToken, STOP_REASON_CHARS_MAX, STOP_TOKEN_VALIDITY_MS_MAX, type StopToken } from '@firebreak/rollout'
import { CliError } from '../errors.ts'
import type { Screen } from '../screen.ts'
import { readKey } from './sign.ts'

const MINUTE_MS = 60_000
const NONCE_BYTES = 16

export interface StopTokenOptions {
  readonly key: string
  readonly host: string
  readonly minutes: number
  readonly reason: string
  readonly out: string
}

/** Signs leave to stop the agent of one host, once, within the next minutes. */
export async function makeStopToken(options: StopTokenOptions, screen: Screen): Promise<void> {
  const { host, minutes, reason, out } = options
  if (minutes * MINUTE_MS > STOP_TOKEN_VALIDITY_MS_MAX) {
    throw new CliError('cli/usage', 'Cannot make a token: hosts refuse one that is good for more than a day')
  }
  if (reason.trim() === '' || reason.length > STOP_REASON_CHARS_MAX) {
    throw new CliError('cli/usage', `Cannot make a token: a reason has 1 to ${STOP_REASON_CHARS_MAX} characters`)
  }
  const signer = await readKey(options.key)
  const notAfterMs = Date.now() + minutes * MINUTE_MS
  const nonce = randomBytes(NONCE_BYTES).toString('hex')
  const token: StopToken = { kind: 'stop-token', host, reason, notAfterMs, nonce }
  await writeDurable(out, signStopToken(token, signer))
  screen.result({ ok: true, host, notAfterMs, out, publicKey: signer.publicKey }, [
    `stop token for ${host} in ${out}, good until ${new Date(notAfterMs).toISOString()}`,
    `next: firebreak agent stop --data DIR --token ${out}  (on the host)`,
  ])
}
