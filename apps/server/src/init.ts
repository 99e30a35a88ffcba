import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openFolder, readDurable, writeDurable } from '@firebreak/durable-fs'
import { ROOT_SIZE_BYTES_MAX, TARGETS_SIZE_BYTES_MAX, trustRoot } from '@firebreak/tuf'
import {
  dataFolder,
  GATE_KEYS_SIZE_BYTES_MAX,
  ONLINE_KEYS_SIZE_BYTES_MAX,
  parseGateKeys,
  parseOnlineKeys,
} from './data-folder.ts'
import { ServerError } from './errors.ts'
import { Repository } from './repository.ts'
import { openStore } from './schema.ts'
import { newToken, storeSharedToken } from './tokens.ts'

export interface InitOptions {
  readonly data: string
  /** Files; made where the offline keys are. */
  readonly root: string
  readonly targets: string
  readonly online: string
  /** Public keys of the gates whose reports count. */
  readonly gate: string
}

export interface InitResult {
  readonly operatorToken: string
  readonly enrolToken: string
}

/**
 * Makes a server's data folder. Offline keys never come near it: it takes the root and the first targets as signed files, and
 * keeps only the keys for snapshots, timestamps and plans, and the public keys of gates. Until the server was first started this can be run again: whoever ran it may
 * have died before the tokens were safe.
 *
 * @returns the two tokens; only their digests are kept
 * @throws ServerError server/already-initialised | server/keys, TufError, DurableError, SqliteError, KernelError
 */
export async function init(options: InitOptions, nowMs: number): Promise<InitResult> {
  const root = await mustRead(options.root, ROOT_SIZE_BYTES_MAX)
  const targets = await mustRead(options.targets, TARGETS_SIZE_BYTES_MAX)
  const onlineBytes = await mustRead(options.online, ONLINE_KEYS_SIZE_BYTES_MAX)
  const gateBytes = await mustRead(options.gate, GATE_KEYS_SIZE_BYTES_MAX)
  parseGateKeys(gateBytes)
  const folder = dataFolder(options.data)
  const keys = parseOnlineKeys(onlineBytes)
  await openFolder(folder.root)
  await mkdir(folder.metadata, { recursive: true })
  await mkdir(folder.targets, { recursive: true })
  await openFolder(dirname(folder.onlineKeys))
  const database = openStore(folder.database)
  try {
    await chmod(folder.database, 0o600)
    if (database.prepare('select 1 from plan').get()) {
      throw new ServerError(
        'server/already-initialised',
        `Cannot initialise ${options.data}: it is a server's folder already`,
      )
    }
    database.exec('delete from metadata')
    const roots = trustRoot(root)
    const repository = new Repository(folder, roots, keys, database)
    const { next } = repository.judgeTargets(targets, nowMs)
    await writeDurable(join(folder.metadata, `${roots.root.version}.root.json`), root, 0o644)
    await writeDurable(folder.onlineKeys, onlineBytes)
    await writeDurable(folder.gateKeys, gateBytes)
    const result = { operatorToken: newToken(), enrolToken: newToken() }
    database.transaction(() => {
      repository.stage({ targets: next }, nowMs)
      storeSharedToken(database, 'operator', result.operatorToken)
      storeSharedToken(database, 'enrol', result.enrolToken)
    })
    await repository.materialise()
    return result
  } finally {
    database.close()
  }
}

async function mustRead(path: string, bytesMax: number): Promise<Uint8Array> {
  const bytes = await readDurable(path, bytesMax)
  if (!bytes) throw new ServerError('server/usage', `Cannot initialise: there is no file ${path}`)
  return bytes
}
