import type { ReleaseSubmission } from '@firebreak/api'
import type { Sha256Hex, Version, WallMs } from '@firebreak/kernel'
import {
  applyDecision,
  type CohortCounts,
  currentRing,
  decideWave,
  enrolCohort,
  type FleetEvidence,
  haltRollout,
  isSameIntent,
  PLAN_RECALLED_MAX,
  planOf,
  releaseTargetPath,
  type RolloutPolicy,
  type RolloutState,
  startRollout,
  type VerdictRecord,
  type WaveDecision,
  weighEvidence,
} from '@firebreak/rollout'
import { compareVersions } from '@firebreak/kernel'
import type { Database } from '@firebreak/sqlite'
import { ServerError } from './errors.ts'
import type { Hosts } from './hosts.ts'
import type { Ingest } from './ingest.ts'
import type { Ledger, LedgerChange } from './ledger.ts'
import { checkRelease, decodeFiles } from './publication.ts'
import type { Repository, StageRequest } from './repository.ts'
import { Serial } from './serial.ts'

export interface ControllerParts {
  readonly policy: RolloutPolicy
  readonly database: Database
  readonly repository: Repository
  readonly ledger: Ledger
  readonly ingest: Ingest
  readonly hosts: Hosts
  /** When this server began to listen: silence before that means nothing. */
  readonly listeningSinceMs: WallMs
  readonly now: () => WallMs
  /** Something that the status shows has changed. */
  readonly onChange: () => void
  /** Memory may be ahead of the disk: the process has to end. */
  readonly onFatal: (error: unknown) => void
}

export interface Published {
  readonly pack: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
}

interface Judgement {
  readonly before: RolloutState
  readonly after: RolloutState
  readonly verdict: VerdictRecord
}

/**
 * The one writer of releases, rollouts and plans. Whatever changes goes through `#commit`: state, verdicts and the signed plan in one
 * transaction, then the files; so a plan is durable before anybody can act on it, and a crash in between is repaired at the next
 * start. What to do is decided by core/rollout; this only carries it out.
 */
export class Controller {
  readonly #parts: ControllerParts
  readonly #serial = new Serial()
  /** The last verdict of each pack, without its time: holds are recorded when they change, not at every tick. */
  readonly #lastVerdicts = new Map<string, string>()

  constructor(parts: ControllerParts) {
    this.#parts = parts
    for (const verdict of parts.ledger.verdicts().toReversed()) this.#lastVerdicts.set(verdict.pack, gist(verdict))
  }

  /** Brings the files in line with the database, and publishes the first plan. */
  start(): Promise<void> {
    return this.#serial.run(async () => {
      const { repository, now } = this.#parts
      if (repository.plan === null || repository.isRenewalDue(now())) await this.#commit({})
      else await this.#materialise()
    })
  }

  /** Judges what is rolling, and renews signatures that would expire. */
  tick(): Promise<void> {
    return this.#serial.run(async () => {
      const { ledger, ingest, repository, now } = this.#parts
      const nowMs = now()
      if (ledger.rolling.length > 0) {
        // Decisions rest on durable evidence only.
        ingest.flush()
        const fleet = this.evidence()
        const judgements = ledger.rolling.map((state) => this.#judge(state, fleet, nowMs))
        const rollouts = judgements.filter(({ before, after }) => before !== after).map(({ after }) => after)
        const verdicts = judgements.map(({ verdict }) => verdict).filter((verdict) => this.#isNews(verdict))
        if (rollouts.length > 0 || verdicts.length > 0) return this.#commit({ rollouts, verdicts })
      }
      if (repository.isRenewalDue(nowMs)) await this.#commit({})
    })
  }

  /**
   * Publishes a release that approvers have signed, and starts its rollout. Sending the newest submission again, because its answer
   * was lost, gives the same answer.
   *
   * @throws TufError | ServerError
   */
  publish(submission: ReleaseSubmission): Promise<Published> {
    return this.#serial.run(async () => {
      const { ledger, repository, policy, now } = this.#parts
      const bytes = Buffer.from(submission.targetsMetadata, 'base64')
      const again = this.#publishedBefore(bytes, submission)
      if (again) return again
      const nowMs = now()
      const { next, added } = repository.judgeTargets(bytes, nowMs)
      const { description, image, files } = checkRelease(added, decodeFiles(submission))
      const { pack, version, category, gateReportDigest } = description
      const newest = ledger.newestOf(pack)
      if (newest && compareVersions(version, newest.version) <= 0) {
        throw new ServerError('server/not-newer', `Cannot publish ${pack} ${version}: ${newest.version} is published`)
      }
      for (const file of files) await repository.storeTarget(file.target, file.bytes)
      const release = { version, imageDigest: image.sha256 }
      const released = { pack, category, ...release, gateReportDigest, publishedAtMs: nowMs }
      const rollout = startRollout(policy, { pack, category, release }, this.evidence().hosts, nowMs)
      this.#lastVerdicts.delete(pack)
      await this.#commit(
        { released: { ...released, status: 'rolling', completedAtMs: null }, rollouts: [rollout] },
        { targets: next },
      )
      return { pack, ...release }
    })
  }

  /** @throws ServerError server/unknown-pack | server/nothing-rolling */
  halt(pack: string, reason: string): Promise<void> {
    return this.#serial.run(async () => {
      const state = this.#parts.ledger.rollout(pack)
      if (!state) throw new ServerError('server/unknown-pack', `Cannot halt: no release of ${pack} was ever published`)
      if (state.status !== 'rolling') {
        throw new ServerError('server/nothing-rolling', `Cannot halt: no release of ${pack} is rolling out`)
      }
      const verdict = this.#operatorVerdict('halt', state, state.release, reason)
      await this.#commit({ rollouts: [haltRollout(state)], verdicts: [verdict] })
    })
  }

  /**
   * Withdraws a release wherever it is installed. Repeating it changes nothing.
   *
   * @throws ServerError server/unknown-release | server/recalls-full
   */
  recall(pack: string, version: Version, reason: string): Promise<void> {
    return this.#serial.run(async () => {
      const { ledger } = this.#parts
      const release = ledger.release(pack, version)
      if (!release) {
        throw new ServerError('server/unknown-release', `Cannot recall: ${pack} ${version} was never published`)
      }
      const { imageDigest } = release
      if (ledger.isRecalled(imageDigest)) return
      if (ledger.recalledCount >= PLAN_RECALLED_MAX) {
        throw new ServerError(
          'server/recalls-full',
          `Cannot recall: a plan recalls at most ${PLAN_RECALLED_MAX} images`,
        )
      }
      const state = ledger.rollout(pack)
      const verdict = this.#operatorVerdict('recall', state, release, reason)
      const rollouts = state?.release.imageDigest === imageDigest ? [haltRollout(state)] : []
      await this.#commit({ rollouts, recalled: imageDigest, verdicts: [{ ...verdict, pack }] })
    })
  }

  /** What is known of every host, for core/rollout. */
  evidence(): FleetEvidence {
    const { hosts, ingest, listeningSinceMs } = this.#parts
    return {
      listeningSinceMs,
      hosts: hosts.all.map(({ host, ring }) => {
        const state = ingest.state(host)
        return { host, ring, lastSeenMs: state?.seenAtMs ?? null, outcomes: state?.beacon.outcomes ?? [] }
      }),
    }
  }

  #judge(before: RolloutState, fleet: FleetEvidence, nowMs: WallMs): Judgement {
    const { policy } = this.#parts
    const state = enrolCohort(policy, before, fleet.hosts, nowMs)
    const decision = decideWave(policy, state, fleet, nowMs)
    const after = applyDecision(policy, state, decision, fleet.hosts, nowMs)
    return { before, after, verdict: verdictOf(state, decision, nowMs) }
  }

  #isNews(verdict: VerdictRecord): boolean {
    return this.#lastVerdicts.get(verdict.pack) !== gist(verdict)
  }

  #operatorVerdict(
    kind: 'halt' | 'recall',
    state: RolloutState | null,
    release: { readonly version: Version; readonly imageDigest: Sha256Hex },
    explanation: string,
  ): VerdictRecord {
    const nowMs = this.#parts.now()
    const { version, imageDigest } = release
    const isCurrent = state?.release.imageDigest === imageDigest
    const watch = {
      imageDigest,
      waveStartedAtMs: isCurrent ? state.waveStartedAtMs : 0,
      silenceAfterMs: this.#parts.policy.silenceAfterMs,
    }
    const counts = weighEvidence(this.evidence(), watch, isCurrent ? state.cohort : [], [], nowMs).counts
    const ring = isCurrent ? currentRing(state) : ''
    return {
      atMs: nowMs,
      pack: state?.pack ?? '',
      version,
      imageDigest,
      ring,
      kind,
      reason: 'operator',
      counts,
      explanation,
    }
  }

  /** The answer to a submission whose targets are those that are published. */
  #publishedBefore(targets: Uint8Array, submission: ReleaseSubmission): Published | null {
    const { repository, ledger } = this.#parts
    const current = repository.trusted.targets?.bytes
    if (!current || Buffer.compare(targets, current) !== 0) return null
    const paths = new Set(submission.files.map(({ path }) => path))
    const release = ledger.releases.findLast((one) => paths.has(releaseTargetPath(one.pack, one.version)))
    return release ? { pack: release.pack, version: release.version, imageDigest: release.imageDigest } : null
  }

  async #commit(change: LedgerChange, stage: StageRequest = {}): Promise<void> {
    const { database, ledger, repository, now, onFatal } = this.#parts
    const nowMs = now()
    try {
      database.transaction(() => {
        ledger.apply(change, nowMs)
        const plan = planOf(ledger.intent, (repository.plan?.generation ?? 0) + 1, nowMs)
        const isNews = repository.plan === null || !isSameIntent(plan, repository.plan)
        if (isNews || stage.targets || repository.isRenewalDue(nowMs)) {
          repository.stage(isNews ? { ...stage, plan } : stage, nowMs)
        }
      })
      await repository.materialise()
    } catch (error) {
      onFatal(error)
      throw error
    }
    for (const verdict of change.verdicts ?? []) this.#lastVerdicts.set(verdict.pack, gist(verdict))
    this.#parts.onChange()
  }

  async #materialise(): Promise<void> {
    try {
      await this.#parts.repository.materialise()
    } catch (error) {
      this.#parts.onFatal(error)
      throw error
    }
  }
}

function verdictOf(state: RolloutState, decision: WaveDecision, nowMs: WallMs): VerdictRecord {
  const { pack, release } = state
  const { kind, reason, counts, explanation } = decision
  return { atMs: nowMs, pack, ...release, ring: currentRing(state), kind, reason, counts, explanation }
}

function gist({ version, ring, kind, reason, counts }: VerdictRecord): string {
  const numbers: CohortCounts = counts
  return JSON.stringify([version, ring, kind, reason, numbers])
}
