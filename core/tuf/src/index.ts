export { type FetchMetadata, type Refreshed, refreshOver } from './drive.ts'
export { TufError, type TufErrorCode } from './errors.ts'
export { keyId, type RoleKeys } from './keys.ts'
export {
  ROOT_ROTATIONS_MAX,
  ROOT_SIZE_BYTES_MAX,
  SNAPSHOT_SIZE_BYTES_MAX,
  TARGET_SIZE_BYTES_MAX,
  TARGETS_SIZE_BYTES_MAX,
  TIMESTAMP_SIZE_BYTES_MAX,
} from './limits.ts'
export { findTarget, targetFetchPath, verifyTarget } from './lookup.ts'
export type { Delegation, SnapshotLink, TargetFile, TopRole } from './metadata.ts'
export {
  addSignatures,
  type RootToSign,
  signRoot,
  signSnapshot,
  signTargets,
  signTimestamp,
  type SnapshotToSign,
  type TargetsToSign,
  type TimestampToSign,
} from './publish.ts'
export { type FetchRequest, refresh } from './refresh.ts'
export { decodeTrusted, encodeTrusted } from './stored.ts'
export { acceptRoot, acceptTargets, metadataVersions, type TrustedMetadata, trustRoot } from './trusted.ts'
export type { RootMetadata, SnapshotMetadata, TargetsMetadata, TimestampMetadata } from './verify.ts'
