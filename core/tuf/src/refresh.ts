import { sha256Hex } from '@firebreak/crypto'
import { assert, type WallMs } from '@firebreak/kernel'
import { TufError } from './errors.ts'
import { ROOT_ROTATIONS_MAX, ROOT_SIZE_BYTES_MAX, TARGETS_SIZE_BYTES_MAX, TIMESTAMP_SIZE_BYTES_MAX } from './limits.ts'
import type { SnapshotContent, SnapshotLink } from './metadata.ts'
import { acceptRoot, seeTime, type TrustedMetadata, verifyFresh, withTargets } from './trusted.ts'
import { type TimestampMetadata, verifyDelegated, verifySnapshot, verifyTargets, verifyTimestamp } from './verify.ts'

/** Asks the shell for a file of the repository's metadata folder. */
export interface FetchRequest {
  readonly path: string
  /** Stop reading after this many bytes: a server may send without end. */
  readonly bytesMax: number
  /**
   * What is proven up to here. Storing it even when the refresh fails keeps a revoked key revoked, and what has
   * expired expired.
   */
  readonly reached: TrustedMetadata
}

/** A part of the refresh: `null` says that the server has no such file. Any other failure to fetch ends the refresh. */
type Steps<Result> = Generator<FetchRequest, Result, Uint8Array | null>

/**
 * Brings the trusted metadata up to date, without IO: the shell answers each request with the file's bytes, or null
 * when the server says that there is none. Throws, and so changes nothing, at the first file that does not hold.
 * When nothing is new, it asks for two files.
 *
 * @param nowMs - the time at the start; one time for the whole refresh
 * @throws TufError any code of its own
 * @see TUF specification 5.3 to 5.6
 */
export function* refresh(trusted: TrustedMetadata, nowMs: WallMs): Steps<TrustedMetadata> {
  assert(Number.isSafeInteger(nowMs) && nowMs >= 0, 'the time of a refresh is in whole milliseconds')
  const clockMs = Math.max(nowMs, trusted.latestSeenMs)
  const rooted = yield* refreshRoot(seeTime(trusted, clockMs), clockMs)
  const { trusted: timed, timestamp } = yield* refreshTimestamp(rooted, clockMs)
  const { trusted: listed, snapshot } = yield* refreshSnapshot(timed, timestamp.snapshot, clockMs)
  const targeted = yield* refreshTargets(listed, snapshot, clockMs)
  const complete = yield* refreshDelegated(targeted, snapshot, clockMs)
  return seeTime(complete, clockMs)
}

function* refreshRoot(start: TrustedMetadata, clockMs: WallMs): Steps<TrustedMetadata> {
  let trusted = start
  for (let rotations = 0; ; rotations++) {
    const path = `${trusted.root.version + 1}.root.json`
    const bytes = yield { path, bytesMax: ROOT_SIZE_BYTES_MAX, reached: trusted }
    if (bytes === null) break
    if (rotations === ROOT_ROTATIONS_MAX) {
      throw new TufError('tuf/too-many-rotations', `Cannot refresh: over ${ROOT_ROTATIONS_MAX} new roots at once`)
    }
    trusted = acceptRoot(trusted, bytes)
  }
  verifyFresh(trusted.root, 'root', clockMs)
  return trusted
}

function* refreshTimestamp(
  trusted: TrustedMetadata,
  clockMs: WallMs,
): Steps<{ readonly trusted: TrustedMetadata; readonly timestamp: TimestampMetadata }> {
  const bytes = yield* fetch('timestamp.json', TIMESTAMP_SIZE_BYTES_MAX, trusted)
  const offered = verifyTimestamp(bytes, trusted.root)
  const held = trusted.timestamp
  if (held) {
    verifyNoRollback('timestamp', offered.version, held.version)
    verifyNoRollback('the snapshot of the timestamp', offered.snapshot.version, held.snapshot.version)
  }
  // A second timestamp of the same version is as good as none; the first one counts.
  const timestamp = held?.version === offered.version ? held : offered
  verifyFresh(timestamp, 'timestamp', clockMs)
  return { trusted: { ...trusted, timestamp }, timestamp }
}

function* refreshSnapshot(
  trusted: TrustedMetadata,
  link: SnapshotLink,
  clockMs: WallMs,
): Steps<{ readonly trusted: TrustedMetadata; readonly snapshot: SnapshotContent }> {
  const held = trusted.snapshot
  if (held?.version === link.version && sha256Hex(held.bytes) === link.sha256) {
    verifyFresh(held, 'snapshot', clockMs)
    return { trusted, snapshot: held }
  }
  const bytes = yield* fetch(`${link.version}.snapshot.json`, link.lengthBytes, trusted)
  verifyLinked(bytes, link)
  const snapshot = verifySnapshot(bytes, trusted.root)
  verifyVersion('snapshot', snapshot.version, link.version)
  if (held) verifyNothingDropped(snapshot, held)
  verifyFresh(snapshot, 'snapshot', clockMs)
  return { trusted: { ...trusted, snapshot }, snapshot }
}

/** Every file that was listed is listed still, at no lower version. */
function verifyNothingDropped(snapshot: SnapshotContent, held: SnapshotContent): void {
  for (const [file, version] of held.versions) verifyNoRollback(file, snapshot.versions.get(file) ?? 0, version)
}

function* refreshTargets(trusted: TrustedMetadata, snapshot: SnapshotContent, clockMs: WallMs): Steps<TrustedMetadata> {
  const version = snapshot.versions.get('targets.json')
  assert(version !== undefined, 'a snapshot lists targets.json')
  if (trusted.targets?.version === version) {
    verifyFresh(trusted.targets, 'targets', clockMs)
    return trusted
  }
  const targets = verifyTargets(yield* fetch(`${version}.targets.json`, TARGETS_SIZE_BYTES_MAX, trusted), trusted.root)
  verifyVersion('targets', targets.version, version)
  verifyFresh(targets, 'targets', clockMs)
  return withTargets(trusted, targets)
}

/** A delegated role that no snapshot has listed yet has not spoken yet; that is no error. */
function* refreshDelegated(
  trusted: TrustedMetadata,
  snapshot: SnapshotContent,
  clockMs: WallMs,
): Steps<TrustedMetadata> {
  const delegation = trusted.targets?.delegation
  const version = delegation ? snapshot.versions.get(`${delegation.name}.json`) : undefined
  if (!delegation || version === undefined) return { ...trusted, delegated: new Map() }
  const { name } = delegation
  const held = trusted.delegated.get(name)
  if (held?.version === version) {
    verifyFresh(held, name, clockMs)
    return trusted
  }
  const bytes = yield* fetch(`${version}.${name}.json`, TARGETS_SIZE_BYTES_MAX, trusted)
  const delegated = verifyDelegated(bytes, delegation)
  verifyVersion(name, delegated.version, version)
  verifyFresh(delegated, name, clockMs)
  return { ...trusted, delegated: new Map([[name, delegated]]) }
}

function* fetch(path: string, bytesMax: number, reached: TrustedMetadata): Steps<Uint8Array> {
  const bytes = yield { path, bytesMax, reached }
  if (bytes === null) throw new TufError('tuf/missing', `Cannot refresh: the repository has no ${path}`, { path })
  if (bytes.length > bytesMax) {
    throw new TufError('tuf/too-large', `Cannot refresh: ${path} is longer than ${bytesMax} bytes`, { path, bytesMax })
  }
  return bytes
}

function verifyLinked(bytes: Uint8Array, link: SnapshotLink): void {
  if (bytes.length !== link.lengthBytes || sha256Hex(bytes) !== link.sha256) {
    throw new TufError('tuf/hash', 'Cannot trust snapshot: not the file that the timestamp promises', {
      lengthBytes: bytes.length,
      expected: link,
    })
  }
}

function verifyVersion(at: string, version: number, expected: number): void {
  if (version !== expected) {
    throw new TufError('tuf/version', `Cannot trust ${at} ${version}: expected ${expected}`, { version, expected })
  }
}

function verifyNoRollback(at: string, version: number, held: number): void {
  if (version < held) {
    throw new TufError('tuf/version', `Cannot go back to ${at} ${version}: have ${held}`, { version, held })
  }
}
