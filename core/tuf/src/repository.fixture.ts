import { generateSigner, sha256Hex, type Signer } from '@firebreak/crypto'
import { canonicalJsonBytes, type Json, parseJson, toHex, utf8Encode, type WallMs } from '@firebreak/kernel'
import type { TufErrorCode } from './errors.ts'
import { keyId, type RoleKeys } from './keys.ts'
import type { Delegation, TargetFile } from './metadata.ts'
import { signRoot, signSnapshot, signTargets, signTimestamp } from './publish.ts'
import { type FetchRequest, refresh } from './refresh.ts'
import { type TrustedMetadata, trustRoot } from './trusted.ts'

/** For tests: a publisher with its keys, and the files that it has published. */

export const NOW_MS: WallMs = 1_800_000_000_000
export const DAY_MS = 86_400_000

export type RoleName = 'root' | 'targets' | 'snapshot' | 'timestamp' | 'plans'
type Keyring = Record<RoleName, Signer[]>

export function newSigners(count: number): Signer[] {
  return Array.from({ length: count }, () => generateSigner().signer)
}

export function roleOf(signers: readonly Signer[], threshold = signers.length): RoleKeys {
  return { keys: signers.map(({ publicKey }) => publicKey), threshold }
}

export function targetFile(path: string, bytes: Uint8Array, custom: Json | null = null): TargetFile {
  return { path, lengthBytes: bytes.length, sha256: sha256Hex(bytes), custom }
}

/** Signs any JSON at all, as a thief of the keys could. */
export function signRaw(signed: Json, signers: readonly Signer[]): Uint8Array {
  const bytes = canonicalJsonBytes(signed)
  const signatures = signers.map((one) => ({ keyid: keyId(one.publicKey), sig: toHex(one.sign(bytes)) }))
  return utf8Encode(JSON.stringify({ signatures, signed }))
}

export function signedOf(file: Uint8Array): Record<string, Json> {
  return (parseJson(file, file.length, 'a file') as { signed: Record<string, Json> }).signed
}

export const IMAGE = utf8Encode('an image')
export const PLAN = utf8Encode('a plan')

export class Repository {
  readonly files = new Map<string, Uint8Array>()
  readonly keys: Keyring
  readonly nowMs: WallMs
  readonly versions: Record<RoleName, number> = { root: 0, targets: 0, snapshot: 0, timestamp: 0, plans: 0 }
  targets: TargetFile[] = [targetFile('releases/linux/1.0.0.image', IMAGE, { note: 'line\nbreak' })]
  plans: TargetFile[] = [targetFile('plans/current.json', PLAN)]
  patterns: readonly string[] = ['plans/*']

  constructor(nowMs: WallMs = NOW_MS) {
    this.nowMs = nowMs
    this.keys = {
      root: newSigners(2),
      targets: newSigners(2),
      snapshot: newSigners(1),
      timestamp: newSigners(1),
      plans: newSigners(1),
    }
    this.publishRoot()
    this.publishTargets()
    this.publishPlans()
    this.publishSnapshot()
  }

  file(path: string): Uint8Array {
    const bytes = this.files.get(path)
    if (!bytes) throw new Error(`the repository has no ${path}`)
    return bytes
  }

  get delegation(): Delegation {
    return { name: 'plans', keys: roleOf(this.keys.plans), paths: this.patterns }
  }

  /** The next root, signed by the current root keys and by `alsoBy`. */
  publishRoot(expiresAtMs = this.nowMs + 365 * DAY_MS, alsoBy: readonly Signer[] = []): void {
    const { root, targets, snapshot, timestamp } = this.keys
    const roles = {
      root: roleOf(root),
      targets: roleOf(targets),
      snapshot: roleOf(snapshot),
      timestamp: roleOf(timestamp),
    }
    const version = ++this.versions.root
    this.files.set(`${version}.root.json`, signRoot({ version, expiresAtMs, roles }, [...root, ...alsoBy]))
  }

  publishTargets(expiresAtMs = this.nowMs + 90 * DAY_MS): void {
    const version = ++this.versions.targets
    const { targets, delegation } = this
    const bytes = signTargets({ version, expiresAtMs, targets, delegation }, this.keys.targets)
    this.files.set(`${version}.targets.json`, bytes)
  }

  publishPlans(expiresAtMs = this.nowMs + 7 * DAY_MS): void {
    const version = ++this.versions.plans
    const bytes = signTargets({ version, expiresAtMs, targets: this.plans, delegation: null }, this.keys.plans)
    this.files.set(`${version}.plans.json`, bytes)
  }

  /** A snapshot of the current versions, or of those given, and the timestamp that names it. */
  publishSnapshot(
    versions: ReadonlyMap<string, number> = new Map([
      ['targets.json', this.versions.targets],
      ['plans.json', this.versions.plans],
    ]),
    expiresAtMs = this.nowMs + 7 * DAY_MS,
  ): void {
    const version = ++this.versions.snapshot
    this.files.set(`${version}.snapshot.json`, signSnapshot({ version, expiresAtMs, versions }, this.keys.snapshot))
    this.publishTimestamp()
  }

  publishTimestamp(expiresAtMs = this.nowMs + DAY_MS): void {
    this.putTimestamp(++this.versions.timestamp, this.versions.snapshot, expiresAtMs)
  }

  putTimestamp(version: number, snapshotVersion: number, expiresAtMs = this.nowMs + DAY_MS): void {
    const file = this.file(`${snapshotVersion}.snapshot.json`)
    const snapshot = { version: snapshotVersion, lengthBytes: file.length, sha256: sha256Hex(file) }
    this.files.set('timestamp.json', signTimestamp({ version, expiresAtMs, snapshot }, this.keys.timestamp))
  }

  /** Puts `bytes` where the snapshot of this version was, and lets the timestamp name them. */
  putSnapshot(bytes: Uint8Array): void {
    this.files.set(`${this.versions.snapshot}.snapshot.json`, bytes)
    this.publishTimestamp()
  }
}

export interface Run {
  readonly trusted: TrustedMetadata
  readonly requests: readonly FetchRequest[]
}

/** Runs a refresh over the files of a repository; `requests` collects what it asked for, also when it throws. */
export function run(
  trusted: TrustedMetadata,
  files: ReadonlyMap<string, Uint8Array>,
  nowMs: WallMs = NOW_MS,
  requests: FetchRequest[] = [],
): Run {
  const steps = refresh(trusted, nowMs)
  let step = steps.next()
  while (!step.done) {
    requests.push(step.value)
    step = steps.next(files.get(step.value.path) ?? null)
  }
  return { trusted: step.value, requests }
}

/** A client that has followed the repository from its first root. */
export function follow(repository: Repository, nowMs: WallMs = repository.nowMs): TrustedMetadata {
  return run(trustRoot(repository.file('1.root.json')), repository.files, nowMs).trusted
}

export interface Attack {
  readonly name: string
  readonly code: TufErrorCode
  /** What the attacker does to the repository after the client has followed it. */
  readonly act: (repository: Repository) => void
  /** When the client refreshes again. */
  readonly nowMs?: WallMs
}

/** Everything at version 2, so that there is something to go back to. */
export function secondEdition(): Repository {
  const repository = new Repository()
  repository.publishTargets()
  repository.publishPlans()
  repository.publishSnapshot()
  return repository
}

/** Targets with any bytes, listed by a new snapshot. */
export function swapTargets(repository: Repository, bytes: Uint8Array): void {
  repository.versions.targets++
  repository.files.set(`${repository.versions.targets}.targets.json`, bytes)
  repository.publishSnapshot()
}
