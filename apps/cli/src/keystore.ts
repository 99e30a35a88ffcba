import { join } from 'node:path'
import { generateSigner, loadSigner, type PublicKeyHex, type Signer } from '@firebreak/crypto'
import { openFolder, readDurable, writeDurable } from '@firebreak/durable-fs'
import { jsonBytes, utf8Decode, utf8Encode, type WallMs } from '@firebreak/kernel'
import { type Delegation, signRoot, signTargets, type TargetFile } from '@firebreak/tuf'
import { CliError } from './errors.ts'

/** Two of these people sign every release, and every change of the keys. */
export const APPROVERS = ['approver-1', 'approver-2', 'approver-3'] as const
export const APPROVALS_NEEDED = 2
const YEAR_MS: WallMs = 365 * 86_400_000
const KEY_FILE_BYTES_MAX = 65_536

/** The vendor's keys: a folder with one PEM file for each approver, one for the gate, and what a server is initialised from. */
export interface Keystore {
  readonly folder: string
  /** Of the gates whose reports approvers believe. */
  readonly gateKeys: readonly PublicKeyHex[]
  readonly root: Uint8Array
  readonly delegation: Delegation
}

export function keystoreFiles(folder: string) {
  return {
    root: join(folder, 'root.json'),
    targets: join(folder, 'targets.json'),
    online: join(folder, 'online.json'),
    delegation: join(folder, 'plans.pub'),
    /** What a gate signs its reports with. It belongs where gates run, and approvers' keys do not. */
    gateKey: join(folder, 'gate.pem'),
    /** Public keys, one a line: what servers and approvers believe. */
    gateKeys: join(folder, 'gate.pub'),
    approver: (name: string) => join(folder, `${name}.pem`),
  } as const
}

/**
 * Makes all keys of a vendor in one folder: for a trial on one machine. In production each approver makes their own, on their own
 * machine, `gate.pem` goes to where the gate runs, and `online.json` to the server alone.
 */
export async function createKeystore(folder: string, nowMs: WallMs): Promise<Keystore> {
  await openFolder(folder)
  const files = keystoreFiles(folder)
  const approvers = APPROVERS.map((name) => ({ name, ...generateSigner() }))
  const [snapshot, timestamp, plans, gate] = [generateSigner(), generateSigner(), generateSigner(), generateSigner()]
  const signers = approvers.slice(0, APPROVALS_NEEDED).map(({ signer }) => signer)
  const people = { keys: approvers.map(({ signer }) => signer.publicKey), threshold: APPROVALS_NEEDED }
  const one = (signer: Signer) => ({ keys: [signer.publicKey], threshold: 1 })
  const expiresAtMs = nowMs + YEAR_MS
  const roles = { root: people, targets: people, snapshot: one(snapshot.signer), timestamp: one(timestamp.signer) }
  const delegation = plansDelegation(plans.signer.publicKey)
  const online = { snapshot: snapshot.privateKeyPem, timestamp: timestamp.privateKeyPem, plans: plans.privateKeyPem }
  for (const { name, privateKeyPem } of approvers) await writeDurable(files.approver(name), utf8Encode(privateKeyPem))
  await writeDurable(files.gateKey, utf8Encode(gate.privateKeyPem))
  await writeDurable(files.gateKeys, utf8Encode(`${gate.signer.publicKey}\n`))
  await writeDurable(files.online, jsonBytes(online))
  await writeDurable(files.delegation, utf8Encode(plans.signer.publicKey))
  await writeDurable(files.targets, signTargets({ version: 1, expiresAtMs, targets: [], delegation }, signers))
  // The root comes last: a folder that has one has everything.
  await writeDurable(files.root, signRoot({ version: 1, expiresAtMs, roles }, signers))
  return openKeystore(folder)
}

/** @throws CliError cli/usage when it isn't one */
export async function openKeystore(folder: string): Promise<Keystore> {
  const files = keystoreFiles(folder)
  const [root, plans, gate] = await Promise.all([
    readDurable(files.root, KEY_FILE_BYTES_MAX),
    readDurable(files.delegation, KEY_FILE_BYTES_MAX),
    readDurable(files.gateKeys, KEY_FILE_BYTES_MAX),
  ])
  if (!root || !plans) {
    throw new CliError('cli/usage', `Cannot sign: ${folder} holds no keys; name the folder with --keys`)
  }
  if (!gate) throw new CliError('cli/usage', `Cannot sign: ${files.gateKeys} is missing; it says whose reports count`)
  const gateKeys = utf8Decode(gate)
    .split(/\s+/)
    .filter((key) => key !== '')
  return { folder, root, gateKeys, delegation: plansDelegation(utf8Decode(plans)) }
}

export async function isKeystore(folder: string): Promise<boolean> {
  return (await readDurable(keystoreFiles(folder).root, KEY_FILE_BYTES_MAX)) !== null
}

/** The next targets metadata, signed by two approvers. */
export async function approve(
  keystore: Keystore,
  version: number,
  targets: readonly TargetFile[],
  nowMs: WallMs,
): Promise<Uint8Array> {
  const signers: Signer[] = []
  for (const name of APPROVERS.slice(0, APPROVALS_NEEDED)) {
    const pem = await readDurable(keystoreFiles(keystore.folder).approver(name), KEY_FILE_BYTES_MAX)
    if (!pem) throw new CliError('cli/usage', `Cannot sign: the key of ${name} is missing in ${keystore.folder}`)
    signers.push(loadSigner(utf8Decode(pem)))
  }
  const { delegation } = keystore
  return signTargets({ version, expiresAtMs: nowMs + YEAR_MS, targets, delegation }, signers)
}

/** The online key for plans may speak for plans and for nothing else. */
function plansDelegation(publicKey: string): Delegation {
  return { name: 'plans', keys: { keys: [publicKey], threshold: 1 }, paths: ['plans/*'] }
}
