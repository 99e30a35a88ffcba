import type { WallMs } from '@firebreak/kernel'
import { TufError } from './errors.ts'
import type { RoleKeys } from './keys.ts'
import type { Delegation } from './metadata.ts'
import {
  type RootMetadata,
  type SnapshotMetadata,
  type TargetsMetadata,
  type TimestampMetadata,
  verifyDelegated,
  verifyRoot,
  verifyTargets,
} from './verify.ts'

/**
 * What a client believes. Immutable; every step returns a new value or throws and changes nothing.
 *
 * Invariants: each file was signed by enough keys of the role that `root` (for `delegated`: `targets`) names now;
 * no version falls, unless a rotation of the role's keys asked to forget it.
 */
export interface TrustedMetadata {
  readonly root: RootMetadata
  readonly timestamp: TimestampMetadata | null
  readonly snapshot: SnapshotMetadata | null
  readonly targets: TargetsMetadata | null
  /** By role name; holds at most the one role that `targets` delegates to. */
  readonly delegated: ReadonlyMap<string, TargetsMetadata>
  /** The floor under every clock reading; see `seeTime`. */
  readonly latestSeenMs: WallMs
}

/**
 * Starts from a root that came with the installation. Signed by itself, that is: consistent. Its authenticity is
 * for whoever delivered it. An expired root may start; `refresh` follows it to a current one.
 *
 * @throws TufError tuf/too-large | tuf/malformed | tuf/threshold
 */
export function trustRoot(bytes: Uint8Array): TrustedMetadata {
  const root = verifyRoot(bytes, null)
  return { root, timestamp: null, snapshot: null, targets: null, delegated: new Map(), latestSeenMs: 0 }
}

/**
 * Accepts `bytes` as root version N+1, signed by enough keys of root N and of itself. Its expiry is not judged here:
 * an expired root may lead to a current one.
 *
 * A role whose keys were rotated loses what it said before. That is the way back after a thief of a key has published
 * a version so high that nothing could follow it (a fast-forward attack).
 *
 * @throws TufError tuf/too-large | tuf/malformed | tuf/threshold | tuf/version
 * @see TUF specification 5.3.4, 5.3.5, 5.3.11
 */
export function acceptRoot(trusted: TrustedMetadata, bytes: Uint8Array): TrustedMetadata {
  const root = verifyRoot(bytes, trusted.root)
  const next = trusted.root.version + 1
  if (root.version !== next) {
    throw new TufError('tuf/version', `Cannot accept root ${root.version}: expected ${next}`, {
      version: root.version,
      expected: next,
    })
  }
  const before = trusted.root.roles
  let result: TrustedMetadata = { ...trusted, root }
  if (!keepsTrust(before.timestamp, root.roles.timestamp) || !keepsTrust(before.snapshot, root.roles.snapshot)) {
    result = { ...result, timestamp: null, snapshot: null }
  }
  if (!keepsTrust(before.targets, root.roles.targets)) result = { ...result, targets: null, delegated: new Map() }
  return result
}

/** Whether whatever `before` signed is signed well enough for `after`, and no key was thrown out. */
function keepsTrust(before: RoleKeys, after: RoleKeys): boolean {
  return after.threshold <= before.threshold && before.keys.every((key) => after.keys.includes(key))
}

/**
 * For the publisher: judges newly uploaded top-level targets before a snapshot lists them.
 *
 * @param nowMs - the server's clock; not recorded
 * @throws TufError tuf/too-large | tuf/malformed | tuf/threshold | tuf/delegation | tuf/version | tuf/expired
 */
export function acceptTargets(trusted: TrustedMetadata, bytes: Uint8Array, nowMs: WallMs): TrustedMetadata {
  const targets = verifyTargets(bytes, trusted.root)
  const current = trusted.targets?.version ?? 0
  if (targets.version <= current) {
    throw new TufError('tuf/version', `Cannot accept targets ${targets.version}: have ${current}`, {
      version: targets.version,
      current,
    })
  }
  verifyFresh(targets, 'targets', Math.max(nowMs, trusted.latestSeenMs))
  return withTargets(trusted, targets)
}

/** New targets may name another delegate: what a role said stays only if the keys named now have signed it. */
export function withTargets(trusted: TrustedMetadata, targets: TargetsMetadata): TrustedMetadata {
  const delegated = new Map<string, TargetsMetadata>()
  const { delegation } = targets
  const held = delegation ? trusted.delegated.get(delegation.name) : undefined
  if (delegation && held && stillSpeaks(held, delegation)) delegated.set(delegation.name, held)
  return { ...trusted, targets, delegated }
}

function stillSpeaks(held: TargetsMetadata, delegation: Delegation): boolean {
  try {
    verifyDelegated(held.bytes, delegation)
    return true
  } catch (error) {
    if (error instanceof TufError && (error.code === 'tuf/threshold' || error.code === 'tuf/delegation')) return false
    throw error
  }
}

/** @throws TufError tuf/expired from the moment of expiry on */
export function verifyFresh(metadata: { readonly expiresAtMs: WallMs }, at: string, clockMs: WallMs): void {
  if (clockMs < metadata.expiresAtMs) return
  throw new TufError('tuf/expired', `Cannot trust ${at}: it has expired`, {
    expiresAtMs: metadata.expiresAtMs,
    clockMs,
  })
}

/**
 * Raises the floor under the clock, so that setting the clock back does not revive what has expired. The floor stops
 * at the moment when the timestamp that is held expires: held metadata stays expired for good, yet a clock that once
 * jumped years ahead does not lock the host out of what is published after its correction.
 */
export function seeTime(trusted: TrustedMetadata, nowMs: WallMs): TrustedMetadata {
  if (trusted.timestamp === null) return trusted
  const seenMs = Math.min(nowMs, trusted.timestamp.expiresAtMs)
  return seenMs <= trusted.latestSeenMs ? trusted : { ...trusted, latestSeenMs: seenMs }
}

/** The version of every role that is held, by role name, such as `root` or `plans`. */
export function metadataVersions(trusted: TrustedMetadata): ReadonlyMap<string, number> {
  const { root, timestamp, snapshot, targets, delegated } = trusted
  const versions = new Map<string, number>([['root', root.version]])
  if (timestamp) versions.set('timestamp', timestamp.version)
  if (snapshot) versions.set('snapshot', snapshot.version)
  if (targets) versions.set('targets', targets.version)
  for (const [name, { version }] of delegated) versions.set(name, version)
  return versions
}
