import {
  boolean,
  dictionary,
  digest,
  integer,
  type Json,
  list,
  literal,
  malformed,
  object,
  optional,
  parseUtc,
  type Reader,
  record,
  type Sha256Hex,
  text,
  type WallMs,
} from '@firebreak/kernel'
import type { PublicKeyHex } from '@firebreak/crypto'
import { reading, TufError } from './errors.ts'
import { readKeyTable, type RoleKeys } from './keys.ts'
import {
  KEYS_MAX,
  PATTERNS_MAX,
  SNAPSHOT_FILES_MAX,
  SNAPSHOT_SIZE_BYTES_MAX,
  TARGET_SIZE_BYTES_MAX,
  TARGETS_MAX,
  VERSION_MAX,
} from './limits.ts'
import { pathPattern, roleName, targetPath } from './paths.ts'

export type TopRole = 'root' | 'timestamp' | 'snapshot' | 'targets'
export const TOP_ROLES: readonly TopRole[] = ['root', 'timestamp', 'snapshot', 'targets']

interface MetadataHead {
  readonly version: number
  readonly expiresAtMs: WallMs
}

export interface RootContent extends MetadataHead {
  readonly roles: Readonly<Record<TopRole, RoleKeys>>
}

export interface SnapshotLink {
  readonly version: number
  readonly lengthBytes: number
  readonly sha256: Sha256Hex
}

export interface TimestampContent extends MetadataHead {
  readonly snapshot: SnapshotLink
}

export interface SnapshotContent extends MetadataHead {
  /** By file name, such as `targets.json`. */
  readonly versions: ReadonlyMap<string, number>
}

export interface TargetFile {
  readonly path: string
  readonly lengthBytes: number
  readonly sha256: Sha256Hex
  /** What the publisher says about the file; null when nothing. */
  readonly custom: Json | null
}

/** Lets the role `name` speak for the paths that match, and for no others. Always terminating. */
export interface Delegation {
  readonly name: string
  readonly keys: RoleKeys
  readonly paths: readonly string[]
}

export interface TargetsContent extends MetadataHead {
  readonly targets: ReadonlyMap<string, TargetFile>
  readonly delegation: Delegation | null
}

const versionNumber = integer(1, VERSION_MAX)
const specVersion = text(16, /^1\.\d{1,3}(?:\.\d{1,3})?$/)
const utc: Reader<WallMs> = (value, at) => {
  if (typeof value !== 'string') throw malformed(at, 'a time', value)
  return parseUtc(value)
}

function head(signed: Json, type: TopRole): MetadataHead {
  const read = object<{ _type: string; spec_version: string; version: number; expires: WallMs }>({
    _type: literal(type),
    spec_version: specVersion,
    version: versionNumber,
    expires: utc,
  })(signed, type)
  return { version: read.version, expiresAtMs: read.expires }
}

/** A role of a key table: no key named twice, none unknown, and a threshold that its keys can meet. */
function roleKeys(table: ReadonlyMap<string, PublicKeyHex>): Reader<RoleKeys> {
  return (value, at) => {
    const source = record(value, at)
    const ids = list(text(64), KEYS_MAX)(source['keyids'], `${at}.keyids`)
    const keys = ids.map((id) => {
      const key = table.get(id)
      if (key === undefined) throw malformed(`${at}.keyids`, 'ids of the key table', id)
      return key
    })
    if (new Set(keys).size !== keys.length) throw malformed(`${at}.keyids`, 'distinct keys', 'one twice')
    return { keys, threshold: integer(1, keys.length)(source['threshold'], `${at}.threshold`) }
  }
}

const keyTable: Reader<ReadonlyMap<string, PublicKeyHex>> = (value, at) =>
  readKeyTable(dictionary((one) => one, KEYS_MAX)(value, at), at)

/** @throws TufError tuf/malformed */
export function readRoot(signed: Json): RootContent {
  return reading(() => {
    const source = record(signed, 'root')
    if (source['consistent_snapshot'] !== true) {
      throw malformed('root.consistent_snapshot', 'true', source['consistent_snapshot'])
    }
    const role = roleKeys(keyTable(source['keys'], 'root.keys'))
    const roles = object<RootContent['roles']>({ root: role, timestamp: role, snapshot: role, targets: role })
    return { ...head(signed, 'root'), roles: roles(source['roles'], 'root.roles') }
  })
}

const snapshotLink = object<{ version: number; length: number; hashes: { sha256: string } }>({
  version: versionNumber,
  length: integer(1, SNAPSHOT_SIZE_BYTES_MAX),
  hashes: object<{ sha256: string }>({ sha256: digest }),
})

/**
 * Length and digest of the snapshot, optional in the specification, are required.
 *
 * @throws TufError tuf/malformed
 */
export function readTimestamp(signed: Json): TimestampContent {
  return reading(() => {
    const meta = record(record(signed, 'timestamp')['meta'], 'timestamp.meta')
    const link = snapshotLink(meta['snapshot.json'], 'timestamp.meta.snapshot.json')
    const snapshot = { version: link.version, lengthBytes: link.length, sha256: link.hashes.sha256 }
    return { ...head(signed, 'timestamp'), snapshot }
  })
}

const FILE_NAME = /^[a-z][a-z0-9-]*\.json$/
const snapshotFiles = dictionary(object<{ version: number }>({ version: versionNumber }), SNAPSHOT_FILES_MAX)

/** @throws TufError tuf/malformed */
export function readSnapshot(signed: Json): SnapshotContent {
  return reading(() => {
    const versions = new Map<string, number>()
    for (const [file, { version }] of snapshotFiles(record(signed, 'snapshot')['meta'], 'snapshot.meta')) {
      versions.set(text(80, FILE_NAME)(file, 'snapshot.meta'), version)
    }
    if (!versions.has('targets.json')) throw malformed('snapshot.meta', 'targets.json', 'none')
    return { ...head(signed, 'snapshot'), versions }
  })
}

const targetEntry = object<{ length: number; hashes: { sha256: string }; custom?: Json }>({
  length: integer(0, TARGET_SIZE_BYTES_MAX),
  hashes: object<{ sha256: string }>({ sha256: digest }),
  custom: optional((value) => value as Json),
})
const targetEntries = dictionary(targetEntry, TARGETS_MAX)

/**
 * Reads targets metadata: of the top-level role or, with `mayDelegate` false, of the delegated role.
 *
 * @throws TufError tuf/malformed | tuf/delegation
 */
export function readTargets(signed: Json, mayDelegate: boolean): TargetsContent {
  return reading(() => {
    const source = record(signed, 'targets')
    const targets = new Map<string, TargetFile>()
    for (const [path, entry] of targetEntries(source['targets'], 'targets.targets')) {
      targetPath(path, 'targets.targets')
      const { length: lengthBytes, hashes, custom = null } = entry
      targets.set(path, { path, lengthBytes, sha256: hashes.sha256, custom })
    }
    const delegation = readDelegation(source['delegations'])
    if (delegation && !mayDelegate) throw unsupported('a delegated role delegates')
    return { ...head(signed, 'targets'), targets, delegation }
  })
}

function readDelegation(value: unknown): Delegation | null {
  if (value === undefined) return null
  const at = 'targets.delegations'
  const source = record(value, at)
  const keys = keyTable(source['keys'], `${at}.keys`)
  if (source['succinct_roles'] !== undefined) throw unsupported('succinct roles')
  const roles = list(record, KEYS_MAX)(source['roles'], `${at}.roles`)
  const [role, ...others] = roles
  if (role === undefined) return null
  if (others.length > 0) throw unsupported(`${roles.length} delegated roles instead of one`)
  if (!boolean(role['terminating'], `${at}.roles.terminating`))
    throw unsupported('a delegation that does not terminate')
  if (role['path_hash_prefixes'] !== undefined) throw unsupported('path hash prefixes')
  const name = roleName(role['name'], `${at}.roles.name`)
  if ((TOP_ROLES as readonly string[]).includes(name)) throw unsupported(`delegation to the role ${name}`)
  const paths = list(pathPattern, PATTERNS_MAX)(role['paths'], `${at}.roles.paths`)
  return { name, keys: roleKeys(keys)(role, `${at}.roles`), paths }
}

function unsupported(what: string): TufError {
  return new TufError('tuf/delegation', `Cannot read targets: ${what}`)
}
