import { renameSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import { durableError, openFolder, readDurable, removeDurable, syncFolder, writeDurable } from '@firebreak/durable-fs'
import { assert, FirebreakError, type WallMs } from '@firebreak/kernel'
import { encodePlan, parsePlan, type Plan, PLAN_TARGET_PATH } from '@firebreak/rollout'
import {
  acceptTargets,
  signSnapshot,
  signTargets,
  signTimestamp,
  type TargetFile,
  targetFetchPath,
  type TrustedMetadata,
} from '@firebreak/tuf'
import type { DataFolder, OnlineKeys } from './data-folder.ts'
import { ServerError } from './errors.ts'
import { bytesOf, numberOf, type Store, textOf } from './schema.ts'

type PublishedRole = 'targets' | 'plans' | 'snapshot' | 'timestamp'

interface PublishedFile {
  readonly file: string
  readonly version: number
  readonly expiresAtMs: WallMs
  readonly bytes: Uint8Array
}

export interface StageRequest {
  /** Accepted by `judgeTargets` before. */
  readonly targets?: TrustedMetadata
  readonly plan?: Plan
}

const DAY_MS = 86_400_000
/** Signed again when half of it is over. */
const LIFETIME_MS: Readonly<Record<'plans' | 'snapshot' | 'timestamp', number>> = {
  plans: 14 * DAY_MS,
  snapshot: 14 * DAY_MS,
  timestamp: DAY_MS,
}
/** Old snapshots and plans stay for hosts that are in the middle of a refresh. */
const OLD_VERSIONS_KEPT = 32
const PUBLIC_FILE_MODE = 0o644

/**
 * The TUF repository: static files that the database can always write again.
 *
 * What is published is decided by the transaction that `stage` is part of: it keeps the signed bytes. `materialise` then makes the
 * files so, the timestamp last, because it is the switch: before it hosts see the old repository, whole, after it the new one.
 * A crash at any step is repaired by `materialise` at the next start.
 *
 * Every other file has its version or its digest in its name, and its bytes from a transaction, so it does no harm to write one
 * late. The timestamp is replaced inside a transaction, so that a server that lost its lease between deciding and writing can't put an old one
 * over a newer one: nobody takes over while a transaction runs, and none begins without the lease.
 */
export class Repository {
  readonly #folder: DataFolder
  readonly #keys: OnlineKeys
  readonly #store: Store
  readonly #published = new Map<PublishedRole, PublishedFile>()
  readonly #materialised = new Set<string>()
  #trusted: TrustedMetadata
  #plan: Plan | null = null

  /** @throws TufError | ServerError server/keys | KernelError: files or keys that don't belong together */
  constructor(folder: DataFolder, roots: TrustedMetadata, keys: OnlineKeys, store: Store) {
    this.#folder = folder
    this.#keys = keys
    this.#store = store
    this.#trusted = roots
    for (const row of store.prepare('select * from metadata').all()) {
      this.#published.set(textOf(row, 'role') as PublishedRole, {
        file: textOf(row, 'file'),
        version: numberOf(row, 'version'),
        expiresAtMs: numberOf(row, 'expires_at_ms'),
        bytes: bytesOf(row['bytes']),
      })
    }
    const targets = this.#published.get('targets')
    // Judged as of 1970: a server whose targets have expired still starts, so that newer ones can be published.
    if (targets) {
      this.#trusted = acceptTargets(this.#trusted, targets.bytes, 0)
      requireKeys(this.#trusted, keys)
    }
    const plan = store.prepare('select bytes from plan').get()
    if (plan) this.#plan = parsePlan(bytesOf(plan['bytes']))
  }

  get trusted(): TrustedMetadata {
    return this.#trusted
  }

  /** What hosts are told; null before the first start has published one. */
  get plan(): Plan | null {
    return this.#plan
  }

  /**
   * Judges uploaded targets metadata by the threshold of its role; changes nothing.
   *
   * @throws TufError | ServerError server/keys, server/dropped-target
   */
  judgeTargets(
    bytes: Uint8Array,
    nowMs: WallMs,
  ): { readonly next: TrustedMetadata; readonly added: readonly TargetFile[] } {
    const next = acceptTargets(this.#trusted, bytes, nowMs)
    requireKeys(next, this.#keys)
    const before = this.#trusted.targets?.targets ?? new Map<string, TargetFile>()
    const after = next.targets?.targets ?? new Map<string, TargetFile>()
    for (const { path, sha256 } of before.values()) {
      if (after.get(path)?.sha256 !== sha256) {
        throw new ServerError('server/dropped-target', `Cannot publish: the new targets drop or change ${path}`, {
          path,
        })
      }
    }
    return { next, added: [...after.values()].filter(({ path }) => !before.has(path)) }
  }

  /** Makes the bytes of a target durable under its consistent-snapshot name. Until a snapshot names it, nobody sees it. */
  async storeTarget(target: TargetFile, bytes: Uint8Array): Promise<void> {
    await writePublic(join(this.#folder.targets, targetFetchPath(target)), bytes)
  }

  /** Whether something that is published will soon expire. */
  isRenewalDue(nowMs: WallMs): boolean {
    return (['plans', 'snapshot', 'timestamp'] as const).some((role) => this.#isDue(role, nowMs))
  }

  /**
   * Decides what is published next. Inside a transaction; when that fails the process has to end: memory is ahead.
   * Signs what changes, and what is about to expire.
   */
  stage({ targets, plan }: StageRequest, nowMs: WallMs): void {
    if (targets?.targets) {
      const { version, expiresAtMs, bytes } = targets.targets
      this.#trusted = targets
      this.#put('targets', { file: `${version}.targets.json`, version, expiresAtMs, bytes })
    }
    if (plan) this.#putPlan(plan)
    const current = this.#plan
    if (current && (plan || this.#isDue('plans', nowMs))) this.#signPlans(current, nowMs)
    if (targets || plan || this.#isDue('plans', nowMs) || this.#isDue('snapshot', nowMs)) this.#signSnapshot(nowMs)
    this.#signTimestamp(nowMs)
  }

  /** Makes the files what the database says. */
  async materialise(): Promise<void> {
    if (this.#plan)
      await this.#write(join(this.#folder.targets, targetFetchPath(planTarget(this.#plan))), encodePlan(this.#plan))
    for (const role of ['targets', 'plans', 'snapshot'] as const) {
      const published = this.#published.get(role)
      if (published) await this.#write(join(this.#folder.metadata, published.file), published.bytes)
    }
    const timestamp = this.#published.get('timestamp')
    if (timestamp) await this.#switchTo(timestamp)
    await prune(this.#folder.metadata, /^\d+\.snapshot\.json$/)
    await prune(this.#folder.metadata, /^\d+\.plans\.json$/)
    await prune(join(this.#folder.targets, dirname(PLAN_TARGET_PATH)), /\.plan\.json$/)
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const written = `${path} ${sha256Hex(bytes)}`
    if (this.#materialised.has(written)) return
    await writePublic(path, bytes)
    for (const one of this.#materialised) if (one.startsWith(`${path} `)) this.#materialised.delete(one)
    this.#materialised.add(written)
  }

  async #switchTo({ file, version, bytes }: PublishedFile): Promise<void> {
    const { metadata } = this.#folder
    if (await holds(join(metadata, file), bytes)) return
    // Swept with other temporaries when a crash leaves it.
    const next = join(metadata, `.${file}.${version}.tmp`)
    await writeDurable(next, bytes, PUBLIC_FILE_MODE)
    try {
      this.#store.transaction(() => renameSync(next, join(metadata, file)))
      await syncFolder(metadata)
    } catch (error) {
      await removeDurable(next)
      throw error instanceof FirebreakError ? error : durableError(`write ${file}`, error)
    }
  }

  #isDue(role: keyof typeof LIFETIME_MS, nowMs: WallMs): boolean {
    const published = this.#published.get(role)
    return published !== undefined && published.expiresAtMs - nowMs < LIFETIME_MS[role] / 2
  }

  #nextVersion(role: PublishedRole): number {
    return (this.#published.get(role)?.version ?? 0) + 1
  }

  #putPlan(plan: Plan): void {
    assert(plan.generation > (this.#plan?.generation ?? 0), 'plan generations strictly increase')
    this.#plan = plan
    this.#store.prepare('insert or replace into plan(id, bytes) values (1, ?)').run(encodePlan(plan))
  }

  #signPlans(plan: Plan, nowMs: WallMs): void {
    const version = this.#nextVersion('plans')
    const expiresAtMs = nowMs + LIFETIME_MS.plans
    const content = { version, expiresAtMs, targets: [planTarget(plan)], delegation: null }
    this.#put('plans', {
      file: `${version}.plans.json`,
      version,
      expiresAtMs,
      bytes: signTargets(content, [this.#keys.plans]),
    })
  }

  #signSnapshot(nowMs: WallMs): void {
    const version = this.#nextVersion('snapshot')
    const expiresAtMs = nowMs + LIFETIME_MS.snapshot
    const versions = new Map<string, number>()
    for (const role of ['targets', 'plans'] as const) {
      const published = this.#published.get(role)
      if (published) versions.set(`${role}.json`, published.version)
    }
    const bytes = signSnapshot({ version, expiresAtMs, versions }, [this.#keys.snapshot])
    this.#put('snapshot', { file: `${version}.snapshot.json`, version, expiresAtMs, bytes })
  }

  #signTimestamp(nowMs: WallMs): void {
    const published = this.#published.get('snapshot')
    assert(published !== undefined, 'a timestamp follows a snapshot')
    const snapshot = {
      version: published.version,
      lengthBytes: published.bytes.length,
      sha256: sha256Hex(published.bytes),
    }
    const version = this.#nextVersion('timestamp')
    const expiresAtMs = nowMs + LIFETIME_MS.timestamp
    const bytes = signTimestamp({ version, expiresAtMs, snapshot }, [this.#keys.timestamp])
    this.#put('timestamp', { file: 'timestamp.json', version, expiresAtMs, bytes })
  }

  #put(role: PublishedRole, published: PublishedFile): void {
    this.#published.set(role, published)
    this.#store
      .prepare('insert or replace into metadata(role, file, version, expires_at_ms, bytes) values (?, ?, ?, ?, ?)')
      .run(role, published.file, published.version, published.expiresAtMs, published.bytes)
  }
}

/**
 * The root names the online keys, and targets let the plans role speak for plans: else no host would believe what we sign.
 *
 * @throws ServerError server/keys
 */
function requireKeys(trusted: TrustedMetadata, keys: OnlineKeys): void {
  const { roles } = trusted.root
  for (const role of ['snapshot', 'timestamp'] as const) {
    if (roles[role].threshold !== 1 || !roles[role].keys.includes(keys[role].publicKey)) {
      throw new ServerError('server/keys', `Cannot publish: the root does not name the online ${role} key alone`)
    }
  }
  const delegation = trusted.targets?.delegation
  const named =
    delegation?.name === 'plans' &&
    delegation.keys.threshold === 1 &&
    delegation.keys.keys.includes(keys.plans.publicKey) &&
    delegation.paths.some((path) => path === 'plans/*' || path === PLAN_TARGET_PATH)
  if (!named) {
    throw new ServerError('server/keys', 'Cannot publish: the targets do not delegate plans/* to the online plans key')
  }
}

function planTarget(plan: Plan): TargetFile {
  const bytes = encodePlan(plan)
  return { path: PLAN_TARGET_PATH, lengthBytes: bytes.length, sha256: sha256Hex(bytes), custom: null }
}

async function writePublic(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  if (!(await holds(path, bytes))) await writeDurable(path, bytes, PUBLIC_FILE_MODE)
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  const there = await readDurable(path, bytes.length).catch(() => null)
  return there !== null && sha256Hex(there) === sha256Hex(bytes)
}

/** Keeps the newest files of a kind. */
async function prune(folder: string, kind: RegExp): Promise<void> {
  await openFolder(folder)
  const names = (await readdir(folder)).filter((name) => kind.test(name))
  if (names.length <= OLD_VERSIONS_KEPT) return
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), changedMs: (await stat(join(folder, name))).mtimeMs })),
  )
  const old = dated.toSorted((a, b) => b.changedMs - a.changedMs).slice(OLD_VERSIONS_KEPT)
  for (const { path } of old) await removeDurable(path)
}
