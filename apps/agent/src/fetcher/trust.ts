import { readDurable, writeDurable } from '@firebreak/durable-fs'
import { KernelError, type WallMs } from '@firebreak/kernel'
import {
  acceptPlan,
  encodePlan,
  parseHeldPlan,
  parsePlan,
  parseReleaseDescription,
  type Plan,
  PLAN_TARGET_PATH,
  type ReleaseDescription,
  type ReleaseRef,
  releaseTargetPath,
} from '@firebreak/rollout'
import {
  decodeTrusted,
  encodeTrusted,
  findTarget,
  refreshOver,
  ROOT_SIZE_BYTES_MAX,
  type TargetFile,
  targetFetchPath,
  type TrustedMetadata,
  trustRoot,
  verifyTarget,
} from '@firebreak/tuf'
import { type ApiClient, FetcherError } from './api-client.ts'

const STORED_BYTES_MAX = 32 * 1024 * 1024
const PLAN_FILE = 'plan.json'

/**
 * What this host trusts, durable: TUF metadata and the newest plan. Nothing that the server says is used before it is verified
 * here; an older plan than the one held is refused, whatever signs it, and what was recalled once stays recalled.
 */
export class TrustStore {
  readonly #folder: string
  readonly #client: ApiClient
  #trusted: TrustedMetadata
  #plan: Plan | null
  /** As the disk has it. */
  #kept: { readonly trusted: TrustedMetadata; readonly plan: Plan | null }

  private constructor(folder: string, client: ApiClient, trusted: TrustedMetadata, plan: Plan | null) {
    this.#folder = folder
    this.#client = client
    this.#trusted = trusted
    this.#plan = plan
    this.#kept = { trusted, plan }
  }

  /** @throws FetcherError fetcher/identity without a root | TufError when the stored state was changed */
  static async open(folder: string, client: ApiClient): Promise<TrustStore> {
    const stored = await readDurable(`${folder}/trusted.json`, STORED_BYTES_MAX)
    const plan = await readDurable(`${folder}/${PLAN_FILE}`, STORED_BYTES_MAX)
    const root = await readDurable(`${folder}/root.json`, ROOT_SIZE_BYTES_MAX)
    if (!root && !stored) {
      throw new FetcherError('fetcher/identity', `Cannot trust a server: ${folder}/root.json is missing`)
    }
    const trusted = stored ? decodeTrusted(stored) : trustRoot(root ?? new Uint8Array(0))
    return new TrustStore(folder, client, trusted, plan ? parseHeldPlan(plan) : null)
  }

  get plan(): Plan | null {
    return this.#plan
  }

  /**
   * Brings metadata and plan up to date. What was proven stays proven, also when a later step fails; it counts before it is durable,
   * so that a host with a full disk hears of recalls.
   */
  async refresh(nowMs: WallMs): Promise<void> {
    const { trusted, failure } = await refreshOver(this.#trusted, nowMs, (path, bytesMax) =>
      this.#client.file(`/tuf/metadata/${path}`, bytesMax),
    )
    this.#trusted = trusted
    try {
      if (failure !== null) throw failure
      await this.#refreshPlan()
    } finally {
      await this.#keep()
    }
  }

  /**
   * Whether approvers signed `release` as exactly this, with a gate report.
   *
   * @param category - as the plan says; by it the owner's policy was asked, so approvers have to have signed it too
   * @throws FetcherError fetcher/release | KernelError kernel/malformed
   */
  mustBeApproved(pack: string, category: string, release: ReleaseRef): TargetFile {
    const target = findTarget(this.#trusted, releaseTargetPath(pack, release.version))
    const about = target && parseReleaseDescription(target.custom)
    const details = { imageDigest: release.imageDigest }
    if (target?.sha256 !== release.imageDigest || about?.pack !== pack || about.version !== release.version) {
      const message = `Cannot install ${pack} ${release.version}: approvers have signed no such release`
      throw new FetcherError('fetcher/release', message, details)
    }
    if (about.category === category) return target
    const message = `Cannot install ${pack} ${release.version}: the plan calls it ${category}, approvers ${about.category}`
    throw new FetcherError('fetcher/release', message, details)
  }

  /** The image of `release`, verified. @throws as `mustBeApproved`, and when the server does not give it */
  async image(pack: string, category: string, release: ReleaseRef): Promise<Uint8Array> {
    return this.#target(this.mustBeApproved(pack, category, release))
  }

  /** What approvers signed about this very image; null: nothing. */
  describe(pack: string, { version, imageDigest }: ReleaseRef): ReleaseDescription | null {
    const target = findTarget(this.#trusted, releaseTargetPath(pack, version))
    if (target?.sha256 !== imageDigest) return null
    try {
      const about = parseReleaseDescription(target.custom)
      return about.pack === pack && about.version === version ? about : null
    } catch (error) {
      if (error instanceof KernelError && error.code !== 'kernel/bug') return null
      throw error
    }
  }

  async #refreshPlan(): Promise<void> {
    const target = findTarget(this.#trusted, PLAN_TARGET_PATH)
    if (!target) return
    const approved = new Set([...(this.#trusted.targets?.targets.values() ?? [])].map(({ sha256 }) => sha256))
    this.#plan = acceptPlan(this.#plan, parsePlan(await this.#target(target)), (digest) => approved.has(digest))
  }

  async #target(target: TargetFile): Promise<Uint8Array> {
    const bytes = await this.#client.file(`/tuf/targets/${targetFetchPath(target)}`, target.lengthBytes)
    if (!bytes) throw new FetcherError('fetcher/refused', `Cannot get ${target.path}: the server does not have it`)
    verifyTarget(target, bytes)
    return bytes
  }

  /** Tried with each refresh, until the disk takes it. @throws DurableError */
  async #keep(): Promise<void> {
    const [trusted, plan] = [this.#trusted, this.#plan]
    if (trusted !== this.#kept.trusted) await writeDurable(`${this.#folder}/trusted.json`, encodeTrusted(trusted))
    if (plan && plan !== this.#kept.plan) await writeDurable(`${this.#folder}/${PLAN_FILE}`, encodePlan(plan))
    this.#kept = { trusted, plan }
  }
}
