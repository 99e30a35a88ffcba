import { stat } from 'node:fs/promises'
import { FILTER, TUNING_BYTES_MAX, verifyTuning } from '@firebreak/content'
import { generateSigner, loadSigner, type Signer } from '@firebreak/crypto'
import { readDurable, writeDurable } from '@firebreak/durable-fs'
import { utf8Decode, utf8Encode } from '@firebreak/kernel'
import {
  acceptCustomerPolicy,
  type CustomerPolicy,
  parsePolicySource,
  signCustomerPolicy,
  type StopRule,
} from '@firebreak/rollout'
import { CliError } from '../errors.ts'
import { LINE_CHARS_MAX } from '../placed.ts'
import { plural } from '../plural.ts'
import { printable, type Screen } from '../screen.ts'
import { buildTuning } from '../tuning/files.ts'
import { adviseOn } from './advice.ts'
import { mustBeGood, readDraft, judgeDraft } from './draft.ts'

const KEY_FILE_BYTES_MAX = 65_536

export interface SignPolicyOptions {
  readonly key: string
  readonly customer: string
  readonly generation: number
  readonly out: string
  /** What a person has written of rings and rules. */
  readonly from?: string
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
  const { customer, generation, out, from } = options
  const nowMs = Date.now()
  const source = from === undefined ? parsePolicySource({}) : mustBeGood(from, judgeDraft(await readDraft(from)))
  for (const advice of adviseOn(source, nowMs)) screen.warn(printable(advice, LINE_CHARS_MAX))
  const signer = await readKey(options.key)
  const tuning = await tuningOf(options, screen, interrupted)
  const policy: CustomerPolicy = { customer, generation, issuedAtMs: nowMs, tuning, stop: options.stop, ...source }
  const bytes = signCustomerPolicy(policy, signer)
  acceptCustomerPolicy(bytes, { key: signer.publicKey, held: null, verifyTuning, nowMs })
  await writeDurable(out, bytes)
  const filters = tuning === null ? 0 : countFilters(tuning)
  const counts = { rings: source.rings.length, rules: source.rules.length, filters }
  screen.result({ ok: true, customer, generation, out, bytes: bytes.length, ...counts, publicKey: signer.publicKey }, [
    `policy ${generation} of ${customer} in ${out}: ${plural(counts.rings, 'ring')}, ${plural(counts.rules, 'rule')}, ${
      filters === 0 ? 'no tuning' : `a tuning with ${plural(filters, 'filter')}`
    }`,
  ])
}

function countFilters(tuning: Uint8Array): number {
  return verifyTuning(tuning).tables.filters.length / FILTER.words
}

/** @throws CliError cli/usage */
export async function readKey(file: string): Promise<Signer> {
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
