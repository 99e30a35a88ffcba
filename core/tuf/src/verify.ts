import { type Envelope, openEnvelope, verifyThreshold } from './envelope.ts'
import { TufError } from './errors.ts'
import type { RoleKeys } from './keys.ts'
import {
  ROOT_SIZE_BYTES_MAX,
  SNAPSHOT_SIZE_BYTES_MAX,
  TARGETS_SIZE_BYTES_MAX,
  TIMESTAMP_SIZE_BYTES_MAX,
} from './limits.ts'
import {
  type Delegation,
  readRoot,
  readSnapshot,
  readTargets,
  readTimestamp,
  type RootContent,
  type SnapshotContent,
  type TargetsContent,
  type TimestampContent,
} from './metadata.ts'
import { matchesPattern } from './paths.ts'

/** Content whose signatures were checked, with the bytes as received. */
export type Verified<Content> = Content & { readonly bytes: Uint8Array }
export type RootMetadata = Verified<RootContent>
export type TimestampMetadata = Verified<TimestampContent>
export type SnapshotMetadata = Verified<SnapshotContent>
export type TargetsMetadata = Verified<TargetsContent>

/*
 * Signatures come first: of a file that the role's keys did not sign, nothing but the signatures is read. A root
 * names its own signers and is the exception. Versions and expiry are judged by the caller, who knows the history.
 */

/** @throws TufError tuf/too-large | tuf/malformed | tuf/threshold, the last also by `predecessor` if there is one */
export function verifyRoot(bytes: Uint8Array, predecessor: RootContent | null): RootMetadata {
  const envelope = openEnvelope(bytes, ROOT_SIZE_BYTES_MAX, 'root')
  if (predecessor) verifyThreshold(envelope, predecessor.roles.root, 'root, by the keys of the root before it')
  const content = readRoot(envelope.signed)
  verifyThreshold(envelope, content.roles.root, 'root')
  return { ...content, bytes: bytes.slice() }
}

/** @throws TufError tuf/too-large | tuf/malformed | tuf/threshold */
export function verifyTimestamp(bytes: Uint8Array, root: RootContent): TimestampMetadata {
  const envelope = open(bytes, TIMESTAMP_SIZE_BYTES_MAX, root.roles.timestamp, 'timestamp')
  return { ...readTimestamp(envelope.signed), bytes: bytes.slice() }
}

/** @throws TufError tuf/too-large | tuf/malformed | tuf/threshold */
export function verifySnapshot(bytes: Uint8Array, root: RootContent): SnapshotMetadata {
  const envelope = open(bytes, SNAPSHOT_SIZE_BYTES_MAX, root.roles.snapshot, 'snapshot')
  return { ...readSnapshot(envelope.signed), bytes: bytes.slice() }
}

/** @throws TufError tuf/too-large | tuf/malformed | tuf/threshold | tuf/delegation */
export function verifyTargets(bytes: Uint8Array, root: RootContent): TargetsMetadata {
  const envelope = open(bytes, TARGETS_SIZE_BYTES_MAX, root.roles.targets, 'targets')
  return { ...readTargets(envelope.signed, true), bytes: bytes.slice() }
}

/**
 * A delegated role that lists a path outside its patterns is refused whole: that is no slip, it is a key that tries
 * to say what it may not.
 *
 * @throws TufError tuf/too-large | tuf/malformed | tuf/threshold | tuf/delegation
 */
export function verifyDelegated(bytes: Uint8Array, delegation: Delegation): TargetsMetadata {
  const envelope = open(bytes, TARGETS_SIZE_BYTES_MAX, delegation.keys, delegation.name)
  const content = readTargets(envelope.signed, false)
  for (const path of content.targets.keys()) {
    if (!speaksFor(delegation, path)) {
      throw new TufError('tuf/delegation', `Cannot trust ${delegation.name}: it may not speak for ${path}`, { path })
    }
  }
  return { ...content, bytes: bytes.slice() }
}

export function speaksFor(delegation: Delegation, path: string): boolean {
  return delegation.paths.some((pattern) => matchesPattern(pattern, path))
}

function open(bytes: Uint8Array, bytesMax: number, role: RoleKeys, at: string): Envelope {
  const envelope = openEnvelope(bytes, bytesMax, at)
  verifyThreshold(envelope, role, at)
  return envelope
}
