import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { FILTER, TUNING_BYTES_MAX, verifyTuning } from '@firebreak/content'
import { generateSigner, loadSigner, type Signer } from '@firebreak/crypto'
import { readDurable, writeDurable } from '@firebreak/durable-fs'
import { utf8Decode, utf8Encode } from '@firebreak/kernel'
import {
  acceptCustomerPolicy,
  type CustomerPolicy,
  signCustomerPolicy,
  signStopToken,
  STOP_REASON_CHARS_MAX,
  STOP_TOKEN_VALIDITY_MS_MAX,
  type StopRule,
  type StopToken,
} from '@firebreak/rollout'
import { CliError } from '../errors.ts'
import type { Screen } from '../screen.ts'
import { buildTuning } from './files.ts'

const KEY_FILE_BYTES_MAX = 65_536

export interface SignPolicyOptions {
  readonly key: string
  readonly customer: string
  readonly generation: number
  readonly out: string
  /** A compiled tuning, or a file or folder of Sigma filters. */
  readonly tuning?: string
  readonly pack?: string
  /** token: an orderly stop of the agent needs a stop token. */
  readonly stop: StopRule
}

/** Makes the customer's key. A key that is there is never replaced: hosts trust what it signed. */
export async function makePolicyKey(file: string, screen: Screen): Promise<void> {
  if (await readDurable(file, KEY_FILE_BYTES_MAX)) {
    throw new CliError('cli/usage', `Cannot make a key: ${file} is there already`)
  }
  const { signer, privateKeyPem } = generateSigner()
  await writeDurable(file, utf8Encode(privateKeyPem))
  screen.result({ ok: true, file, publicKey: signer.publicKey }, [
    `key in ${file}; its public half is ${signer.publicKey}`,
  ])
}

/** Signs a policy, and reads it again as a host does before it is written. */
export async function signPolicy(options: SignPolicyOptions, screen: Screen, interrupted: AbortSignal): Promise<void> {
  const { customer, generation, out } = options
  const signer = await readKey(options.key)
  const tuning = await tuningOf(options, screen, interrupted)
  const policy: CustomerPolicy = { customer, generation, issuedAtMs: Date.now(), tuning, stop: options.stop }
  const bytes = signCustomerPolicy(policy, signer)
  acceptCustomerPolicy(bytes, { key: signer.publicKey, held: null, verifyTuning })
  await writeDurable(out, bytes)
  const filters = tuning === null ? 0 : countFilters(tuning)
  screen.result({ ok: true, customer, generation, out, bytes: bytes.length, filters, publicKey: signer.publicKey }, [
    `policy ${generation} of ${customer} in ${out}, ${filters === 0 ? 'without a tuning' : `with ${filters} filters`}`,
  ])
}

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

function countFilters(tuning: Uint8Array): number {
  return verifyTuning(tuning).tables.filters.length / FILTER.words
}

async function readKey(file: string): Promise<Signer> {
  const pem = await readDurable(file, KEY_FILE_BYTES_MAX)
  if (!pem) throw new CliError('cli/usage', `Cannot sign: ${file} is not there; \`firebreak policy key\` makes one`)
  return loadSigner(utf8Decode(pem))
}

/** Sources are compiled under the customer's name, by the generation of the policy that brings them. */
async function tuningOf(
  { tuning, customer, generation, pack }: SignPolicyOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<Uint8Array | null> {
  if (tuning === undefined) return null
  if (await isSource(tuning)) {
    const about = { name: customer, version: `${generation}.0.0` }
    return (await buildTuning({ ...about, paths: [tuning], pack: pack ?? null }, screen, interrupted)).image
  }
  const image = await readDurable(tuning, TUNING_BYTES_MAX)
  if (!image) throw new CliError('cli/usage', `Cannot sign: ${tuning} is not there`)
  return image
}

async function isSource(path: string): Promise<boolean> {
  if (/\.ya?ml$/.test(path)) return true
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
