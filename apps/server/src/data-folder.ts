import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readDurable } from '@firebreak/durable-fs'
import { loadSigner, type PublicKeyHex, type Signer } from '@firebreak/crypto'
import { type Json, object, parseJson, text, utf8Decode } from '@firebreak/kernel'
import { acceptRoot, ROOT_SIZE_BYTES_MAX, type TrustedMetadata, trustRoot } from '@firebreak/tuf'
import { ServerError } from './errors.ts'

/** Where things lie in the server's data folder. */
export interface DataFolder {
  readonly root: string
  readonly database: string
  readonly onlineKeys: string
  readonly gateKeys: string
  readonly metadata: string
  readonly targets: string
}

export function dataFolder(root: string): DataFolder {
  const metadata = join(root, 'repository', 'metadata')
  return {
    root,
    database: join(root, 'firebreak.db'),
    onlineKeys: join(root, 'keys', 'online.json'),
    gateKeys: join(root, 'keys', 'gate.pub'),
    metadata,
    targets: join(root, 'repository', 'targets'),
  }
}

/** The keys that the server may hold: none of them can introduce content. */
export interface OnlineKeys {
  readonly snapshot: Signer
  readonly timestamp: Signer
  readonly plans: Signer
}

export const ONLINE_KEYS_SIZE_BYTES_MAX = 16_384
const PEM_CHARS_MAX = 4_096

/** @throws KernelError kernel/malformed | CryptoError crypto/key */
export function parseOnlineKeys(bytes: Uint8Array): OnlineKeys {
  const pem = text(PEM_CHARS_MAX)
  const json: Json = parseJson(bytes, ONLINE_KEYS_SIZE_BYTES_MAX, 'online keys')
  const pems = object<Record<keyof OnlineKeys, string>>({ snapshot: pem, timestamp: pem, plans: pem })(
    json,
    'online keys',
  )
  return {
    snapshot: loadSigner(pems.snapshot),
    timestamp: loadSigner(pems.timestamp),
    plans: loadSigner(pems.plans),
  }
}

/** @throws ServerError server/data-folder when `init` has not been here, DurableError, and as `parseOnlineKeys` */
export async function readOnlineKeys(folder: DataFolder): Promise<OnlineKeys> {
  return parseOnlineKeys(await mustRead(folder.onlineKeys, ONLINE_KEYS_SIZE_BYTES_MAX))
}

export const GATE_KEYS_SIZE_BYTES_MAX = 4_096
/** One, and the next one while keys change. */
const GATE_KEYS_MAX = 4
const PUBLIC_KEY = /^[0-9a-f]{64}$/

/**
 * The public keys of the gates whose reports count: 64 hexadecimal digits a line. They are pinned when the server is initialised; nothing
 * that is uploaded changes them.
 *
 * @throws ServerError server/keys
 */
export function parseGateKeys(bytes: Uint8Array): readonly PublicKeyHex[] {
  const lines = decoded(bytes).split('\n')
  const keys = lines.map((line) => line.trim()).filter((line) => line !== '')
  if (keys.length > 0 && keys.length <= GATE_KEYS_MAX && keys.every((key) => PUBLIC_KEY.test(key))) return keys
  const message = `Cannot take gate keys: expected one to ${GATE_KEYS_MAX} lines of 64 hexadecimal digits`
  throw new ServerError('server/keys', message)
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    return '' // no text, and so no key
  }
}

/** @throws ServerError server/data-folder when `init` has not been here, server/keys, DurableError */
export async function readGateKeys(folder: DataFolder): Promise<readonly PublicKeyHex[]> {
  return parseGateKeys(await mustRead(folder.gateKeys, GATE_KEYS_SIZE_BYTES_MAX))
}

/**
 * Follows the roots in the metadata folder from the oldest to the newest, as hosts do. A rotation is a new `N.root.json` put there.
 *
 * @throws ServerError server/data-folder, DurableError | TufError
 */
export async function readRoots(folder: DataFolder): Promise<TrustedMetadata> {
  const names = await readdir(folder.metadata).catch(() => [])
  const versions = names.flatMap((name) => /^(\d+)\.root\.json$/.exec(name)?.[1] ?? []).map(Number)
  let trusted: TrustedMetadata | null = null
  for (const version of versions.toSorted((a, b) => a - b)) {
    const bytes = await mustRead(join(folder.metadata, `${version}.root.json`), ROOT_SIZE_BYTES_MAX)
    trusted = trusted ? acceptRoot(trusted, bytes) : trustRoot(bytes)
  }
  if (!trusted) throw notInitialised(folder.metadata)
  return trusted
}

async function mustRead(path: string, bytesMax: number): Promise<Uint8Array> {
  const bytes = await readDurable(path, bytesMax)
  if (!bytes) throw notInitialised(path)
  return bytes
}

function notInitialised(path: string): ServerError {
  return new ServerError('server/data-folder', `Cannot start: nothing in ${path}; run init first`)
}
