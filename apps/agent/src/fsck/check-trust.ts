import { sha256Hex } from '@firebreak/crypto'
import { errorMessage, FirebreakError, fromBase64, utf8Decode } from '@firebreak/kernel'
import { openCustomerPolicy, parseHeldPlan } from '@firebreak/rollout'
import { decodeTrusted, type TrustedMetadata, trustRoot } from '@firebreak/tuf'
import type { ShownFolder } from './folder.ts'
import type { FindingCode, Findings } from './report.ts'

const METADATA_BYTES_MAX = 32 * 1024 * 1024
const IMAGE_BYTES_MAX = 64 * 1024 * 1024
const POLICY_BYTES_MAX = 524_288
const SMALL_BYTES_MAX = 4_096
const FETCH_AGAIN = 'remove it: the fetcher gets it again, and verifies it'
const FETCHER_AGAIN = 'remove it: the fetcher takes the policy of policy.json again, and verifies it'
const ENROL_AGAIN = 'remove the folder and enrol this host again'
const TAKE_AGAIN = "have the customer's policy taken again (firebreak agent policy)"

/** What the fetcher trusts: the root that was installed, the metadata that was reached from it, the plan, who this host is. */
export async function checkTrust(folder: ShownFolder, findings: Findings): Promise<void> {
  const rootBytes = await folder.read('fetcher/root.json', METADATA_BYTES_MAX)
  const heldBytes = await folder.read('fetcher/trusted.json', METADATA_BYTES_MAX)
  const isEntered = folder.has('fetcher/root.json') || folder.has('fetcher/trusted.json')
  if (!isEntered)
    findings.add('file/missing', 'fetcher/root.json', `Without it this host trusts nobody; ${ENROL_AGAIN}`)
  const root =
    rootBytes && attempt('trust/root', 'fetcher/root.json', ENROL_AGAIN, findings, () => trustRoot(rootBytes))
  const held = heldBytes && attempt('trust/metadata', 'fetcher/trusted.json', ENROL_AGAIN, findings, () => decodeTrusted(heldBytes)) // prettier-ignore
  if (root && held) checkRoots(root, held, findings)
  const planBytes = await folder.read('fetcher/plan.json', METADATA_BYTES_MAX)
  if (planBytes) attempt('trust/plan', 'fetcher/plan.json', FETCH_AGAIN, findings, () => parseHeldPlan(planBytes))
  await checkIdentity(folder, findings)
  for (const file of folder.filesIn('fetcher').filter((name) => name.endsWith('.fbi'))) {
    const path = `fetcher/${file}`
    const bytes = await folder.read(path, IMAGE_BYTES_MAX)
    if (bytes && `${sha256Hex(bytes)}.fbi` !== file) {
      findings.add('trust/image', path, `Its bytes are not those of its name; ${FETCH_AGAIN}`)
    }
  }
}

function checkRoots(installed: TrustedMetadata, held: TrustedMetadata, findings: Findings): void {
  const isSame = Buffer.compare(installed.root.bytes, held.root.bytes) === 0
  if (held.root.version > installed.root.version || isSame) return
  const message = `It trusts root ${held.root.version}, and was installed with root ${installed.root.version} of other bytes; ${ENROL_AGAIN}`
  findings.add('trust/older-root', 'fetcher/trusted.json', message)
}

async function checkIdentity(folder: ShownFolder, findings: Findings): Promise<void> {
  const bytes = await folder.read('fetcher/identity.json', SMALL_BYTES_MAX)
  if (!bytes) return
  const value = parsed(bytes)
  const isIdentity = typeof value?.['host'] === 'string' && typeof value['token'] === 'string'
  if (!isIdentity) findings.add('trust/identity', 'fetcher/identity.json', `It names no host; ${ENROL_AGAIN}`)
}

/** The customer's policy is signed with the key that is pinned, and the tuning is the one in it; the fetcher's copy is signed too. */
export async function checkPolicy(folder: ShownFolder, findings: Findings): Promise<void> {
  await checkCopy(folder, findings)
  const keyBytes = await folder.read('customer.pub', SMALL_BYTES_MAX)
  const bytes = await folder.read('policy.json', POLICY_BYTES_MAX)
  const tuning = await folder.read('tuning.fbi', POLICY_BYTES_MAX)
  const key = keyBytes && Buffer.from(keyBytes).toString('latin1')
  if (key !== null && !/^[0-9a-f]{64}$/.test(key)) {
    findings.add('policy/key', 'customer.pub', `It is no key; ${TAKE_AGAIN}`)
    return
  }
  if (bytes && key === null) {
    findings.add('policy/key', 'customer.pub', `There is a policy and no key to check it with; ${TAKE_AGAIN}`)
    return
  }
  const policy = bytes && key !== null && attempt('policy/signature', 'policy.json', TAKE_AGAIN, findings, () => openCustomerPolicy(bytes, key)) // prettier-ignore
  if (bytes && !policy) return
  const signed = policy ? policy.tuning : null
  const isSame = signed === null ? tuning === null : tuning !== null && Buffer.compare(signed, tuning) === 0
  if (!isSame)
    findings.add('policy/tuning', 'tuning.fbi', `The policy that holds does not have this tuning; ${TAKE_AGAIN}`)
}

/** It may be of another policy: what was not taken is in the agent's folder, and what holds is here. */
async function checkCopy(folder: ShownFolder, findings: Findings): Promise<void> {
  const bytes = await folder.read('fetcher/policy.json', 2 * POLICY_BYTES_MAX)
  if (!bytes) return
  const copy = parsed(bytes)
  attempt('policy/copy', 'fetcher/policy.json', FETCHER_AGAIN, findings, () =>
    openCustomerPolicy(fromBase64(String(copy?.['policy'])), String(copy?.['key'])),
  )
}

/** What `work` makes of it; null, and a finding, when it is refused. */
function attempt<T>(code: FindingCode, path: string, toDo: string, findings: Findings, work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof FirebreakError) || error.code === 'kernel/bug') throw error
    findings.add(code, path, `${errorMessage(error)}; ${toDo}`)
    return null
  }
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes))
    return typeof value === 'object' ? (value as Readonly<Record<string, unknown>> | null) : null
  } catch {
    return null
  }
}
