import type { PublicKeyHex, Signer } from '@firebreak/crypto'
import { formatUtc, type Json, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import { addSignatures as addToEnvelope, signEnvelope } from './envelope.ts'
import { reading, TufError } from './errors.ts'
import { keyId, keyJson, type RoleKeys } from './keys.ts'
import { TARGETS_SIZE_BYTES_MAX } from './limits.ts'
import {
  type Delegation,
  readRoot,
  readSnapshot,
  readTargets,
  readTimestamp,
  type SnapshotLink,
  type TargetFile,
  TOP_ROLES,
  type TopRole,
} from './metadata.ts'

const SPEC_VERSION = '1.0.31'

interface Head {
  readonly version: number
  /** Cut to whole seconds. */
  readonly expiresAtMs: WallMs
}

export interface RootToSign extends Head {
  readonly roles: Readonly<Record<TopRole, RoleKeys>>
}

export interface TargetsToSign extends Head {
  readonly targets: readonly TargetFile[]
  /** Null for a delegated role, and for a top-level role that doesn't delegate. */
  readonly delegation: Delegation | null
}

export interface SnapshotToSign extends Head {
  /** By file name: `targets.json` and, once it exists, the delegated role's file. */
  readonly versions: ReadonlyMap<string, number>
}

export interface TimestampToSign extends Head {
  readonly snapshot: { readonly version: number; readonly lengthBytes: number; readonly sha256: Sha256Hex }
}

/*
 * Every function here writes a metadata file that hosts accept, or throws: what is signed is read back by the host's
 * own reader before it is signed. Whether the signers meet a threshold is for the reader of the file to judge.
 */

/**
 * A root names every role's keys. For version N+1, enough keys of root N have to sign as well.
 *
 * @throws TufError tuf/malformed
 */
export function signRoot(root: RootToSign, signers: readonly Signer[]): Uint8Array {
  const roles = Object.fromEntries(TOP_ROLES.map((name) => [name, roleJson(root.roles[name])]))
  const keys = keyTableJson(TOP_ROLES.flatMap((name) => root.roles[name].keys))
  const signed: Json = { ...headJson('root', root), consistent_snapshot: true, keys, roles }
  readRoot(signed)
  return signEnvelope(signed, signers, 'root')
}

/** @throws TufError tuf/malformed | tuf/delegation */
export function signTargets(content: TargetsToSign, signers: readonly Signer[]): Uint8Array {
  const targets = fromEntries(
    content.targets.map(({ path, lengthBytes, sha256, custom }) => {
      const file: Json = { hashes: { sha256 }, length: lengthBytes }
      return [path, custom === null ? file : { custom, ...file }]
    }),
  )
  const { delegation } = content
  const delegations: { [key: string]: Json } = delegation ? { delegations: delegationJson(delegation) } : {}
  const signed: Json = { ...headJson('targets', content), ...delegations, targets }
  readTargets(signed, true)
  return signEnvelope(signed, signers, 'targets')
}

/** @throws TufError tuf/malformed */
export function signSnapshot(content: SnapshotToSign, signers: readonly Signer[]): Uint8Array {
  const meta = fromEntries([...content.versions].map(([file, version]) => [file, { version }]))
  const signed: Json = { ...headJson('snapshot', content), meta }
  readSnapshot(signed)
  return signEnvelope(signed, signers, 'snapshot')
}

/** @throws TufError tuf/malformed */
export function signTimestamp(content: TimestampToSign, signers: readonly Signer[]): Uint8Array {
  const signed: Json = { ...headJson('timestamp', content), meta: { 'snapshot.json': linkJson(content.snapshot) } }
  readTimestamp(signed)
  return signEnvelope(signed, signers, 'timestamp')
}

/**
 * Adds signatures to a file that this package wrote, so that approvers can sign one after another on different
 * machines. The result does not depend on their order; signing twice changes nothing.
 *
 * @throws TufError tuf/malformed when the bytes are not exactly those that this package would write | tuf/too-large
 */
export function addSignatures(bytes: Uint8Array, signers: readonly Signer[]): Uint8Array {
  return addToEnvelope(bytes, signers, TARGETS_SIZE_BYTES_MAX)
}

function headJson(type: TopRole, { version, expiresAtMs }: Head): { readonly [key: string]: Json } {
  const expires = reading(() => formatUtc(expiresAtMs))
  return { _type: type, spec_version: SPEC_VERSION, version, expires }
}

function roleJson({ keys, threshold }: RoleKeys): { readonly keyids: readonly string[]; readonly threshold: number } {
  return { keyids: keys.map(keyId), threshold }
}

function keyTableJson(keys: readonly PublicKeyHex[]): Json {
  return fromEntries([...new Set(keys)].map((key) => [keyId(key), keyJson(key)]))
}

function delegationJson({ name, keys, paths }: Delegation): Json {
  return {
    keys: keyTableJson(keys.keys),
    roles: [{ name, ...roleJson(keys), paths, terminating: true }],
  }
}

function linkJson({ version, lengthBytes, sha256 }: SnapshotLink): Json {
  return { hashes: { sha256 }, length: lengthBytes, version }
}

/** Sorted, so that equal content gives equal bytes. Object.fromEntries defines members, so `__proto__` is just a key. */
function fromEntries(entries: readonly (readonly [string, Json])[]): { readonly [key: string]: Json } {
  if (new Set(entries.map(([name]) => name)).size !== entries.length) {
    throw new TufError('tuf/malformed', 'Cannot publish metadata: the same name twice')
  }
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
