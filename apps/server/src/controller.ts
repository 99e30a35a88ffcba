import type { ReleaseSubmission } from '@firebreak/api'
import { assert, compareVersions, type Sha256Hex, type Version, type WallMs } from '@firebreak/kernel'
import {
  applyDecision,
  decideWave,
  haltRollout,
  isSameEvidence,
  isSameIntent,
  lookAt,
  operatorRecord,
  PLAN_RECALLED_MAX,
  type Plan,
  planOf,
  recordOf,
  releaseTargetPath,
  type RolloutState,
  startRollout,
  type VerdictRecord,
} from '@firebreak/rollout'
import { ServerError } from './errors.ts'
import { type Fleet, watchRelease } from './fleet.ts'
import type { CohortMembers, LedgerChange } from './ledger.ts'
import { checkRelease, decodeFiles } from './publication.ts'
import type { StageRequest } from './repository.ts'
import type { Store } from './schema.ts'
import { Serial } from './serial.ts'

export interface ControllerParts extends Fleet {
  readonly store: Store
  readonly now: () => WallMs
  /** Something that the status shows has changed. */
  readonly onChange: () => void
  /** Memory may be ahead of the disk, or another server has taken over: the process has to end. */
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

/** What hosts have shown of releases is signed into a plan no more often than this. */
export const EVIDENCE_EVERY_MS = 600_000

/**
 * The one writer of releases, rollouts and plans. Whatever changes goes through `#commit`: state, cohorts, verdicts and the signed plan in one
 * transaction, then the files; so a plan is durable before anybody can act on it, and a crash in between is repaired at the next
 * start. What to do is decided by core/rollout; this only carries it out.
 */
export class Controller {
  readonly #parts: ControllerParts
  readonly #serial = new Serial()
  /** When it was looked last what hosts have shown of releases. */
  #evidenceAtMs: WallMs = 0

  constructor(parts: ControllerParts) {
    this.#parts = parts
  }

  /** Brings plan and files in line with the database. */
  start(): Promise<void> {
    return this.#serial.run(() => this.#commit({}))
  }

  /** Judges what is rolling, and renews signatures that would expire. */
  tick(): Promise<void> {
    return this.#serial.run(async () => {
      const { ingest, ledger, listeningSinceMs, now, table } = this.#parts
      const nowMs = now()
      // Decisions rest on durable evidence only.
      ingest.flush()
      table.sweep(nowMs, listeningSinceMs)
      const judgements = ledger.rolling.map((state) => this.#judge(state, nowMs))
      const changed = judgements.filter(({ before, after }) => before !== after).map(({ after }) => after)
      const verdicts = judgements.map(({ verdict }) => verdict).filter((verdict) => this.#isNews(verdict))
      for (const { verdict } of judgements) this.#parts.judged.set(verdict.pack, verdict)
      const cohorts = changed.map(({ pack }) => this.#cohortOf(pack))
      const recalled = this.#withdrawn(changed)
      if (changed.length > 0 || verdicts.length > 0)
        await this.#commit({ rollouts: changed, cohorts, recalled, verdicts })
      else if (this.#isRenewalDue(nowMs)) await this.#commit({})
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
      const { ledger, repository, policy, gateKeys, now, judged } = this.#parts
      const bytes = Buffer.from(submission.targetsMetadata, 'base64')
      const again = this.#publishedBefore(bytes, submission)
      if (again) return again
      const nowMs = now()
      const { next, added } = repository.judgeTargets(bytes, nowMs)
      const { description, image, files } = checkRelease(added, decodeFiles(submission), gateKeys)
      const { pack, version, category, gateReportDigest, emergency, risk } = description
      const newest = ledger.newestOf(pack)
      if (newest && compareVersions(version, newest.version) <= 0) {
        throw new ServerError('server/not-newer', `Cannot publish ${pack} ${version}: ${newest.version} is published`)
      }
      for (const file of files) await repository.storeTarget(file.target, file.bytes)
      const release = { version, imageDigest: image.sha256 }
      const released = { pack, category, ...release, gateReportDigest, publishedAtMs: nowMs }
      const start = {
        pack,
        category,
        release,
        lane: emergency ? 'emergency' : 'normal',
        ...(risk && { risk }),
      } as const
      const rollout = startRollout(policy, start, nowMs)
      watchRelease(this.#parts, rollout)
      judged.delete(pack)
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
      const verdict = this.#operatorVerdict('halt', pack, state.release, reason)
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
      const verdict = this.#operatorVerdict('recall', pack, { version, imageDigest }, reason)
      const rollouts = state?.release.imageDigest === imageDigest ? [haltRollout(state)] : []
      await this.#commit({ rollouts, recalled: [imageDigest], verdicts: [verdict] })
    })
  }

  #judge(before: RolloutState, nowMs: WallMs): Judgement {
    const { policy, table } = this.#parts
    const { pack } = before
    const cells = table.cells(pack)
    const state = lookAt(before, cells, nowMs)
    const decision = decideWave(policy, state, cells, (ring) => table.census(pack, ring), nowMs)
    if (decision.kind === 'advance' && decision.next !== 'complete') {
      const { ring, arms, exposedHosts, controlHosts } = decision.next
      const cohort = table.start(pack, ring, arms, nowMs)
      assert(
        cohort.exposedHosts === exposedHosts && cohort.controlHosts === controlHosts,
        'a cohort is as large as it was when it was decided',
      )
    }
    return { before, after: applyDecision(state, decision, nowMs), verdict: recordOf(state, decision, nowMs) }
  }

  /** What a verdict halts is also withdrawn from the hosts that have it: what is left to run is proven better. */
  #withdrawn(judged: readonly RolloutState[]): readonly Sha256Hex[] {
    const halted = judged.filter(({ status }) => status === 'halted').map(({ release }) => release.imageDigest)
    return halted.slice(0, PLAN_RECALLED_MAX - this.#parts.ledger.recalledCount)
  }

  /** Kept together with what was learnt from it. */
  #cohortOf(pack: string): CohortMembers {
    return { pack, members: this.#parts.table.members(pack) }
  }

  /** Numbers change at every tick; what is on record is what was decided, and why. */
  #isNews(verdict: VerdictRecord): boolean {
    const before = this.#parts.judged.get(verdict.pack)
    return before === undefined || gist(before) !== gist(verdict)
  }

  #operatorVerdict(
    kind: 'halt' | 'recall',
    pack: string,
    release: { readonly version: Version; readonly imageDigest: Sha256Hex },
    explanation: string,
  ): VerdictRecord {
    const { ledger, policy, now, table } = this.#parts
    const about = { kind, pack, release, explanation }
    return operatorRecord(policy, ledger.rollout(pack), table.cells(pack), about, now())
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
    const { judged, ledger, now, onChange, onFatal, repository, store } = this.#parts
    const nowMs = now()
    try {
      store.transaction(() => {
        ledger.apply(change, nowMs)
        const plan = this.#planIfNews(nowMs)
        if (plan || stage.targets || repository.isRenewalDue(nowMs)) {
          repository.stage(plan ? { ...stage, plan } : stage, nowMs)
        }
      })
      await repository.materialise()
    } catch (error) {
      onFatal(error)
      throw error
    }
    for (const verdict of change.verdicts ?? []) judged.set(verdict.pack, verdict)
    onChange()
  }

  #isRenewalDue(nowMs: WallMs): boolean {
    return this.#parts.repository.isRenewalDue(nowMs) || this.#planIfNews(nowMs) !== null
  }

  /** The next plan; null while the one in force says the same, or nearly. */
  #planIfNews(nowMs: WallMs): Plan | null {
    const { ledger, repository, table } = this.#parts
    const current = repository.plan
    const isEvidenceDue = nowMs - this.#evidenceAtMs >= EVIDENCE_EVERY_MS
    const intent = ledger.intent
    const next = planOf({ ...intent, evidence: [] }, (current?.generation ?? 0) + 1, nowMs)
    if (current !== null && isSameIntent(next, current) && !isEvidenceDue) return null
    this.#evidenceAtMs = nowMs
    const evidence = next.packs.map(({ pack, candidate, baseline }) => {
      const images = [candidate, baseline].flatMap((release) => (release ? [release.imageDigest] : []))
      return { pack, rows: table.releaseEvidence(images) }
    })
    const plan = planOf({ ...intent, evidence }, next.generation, nowMs)
    return current !== null && isSameIntent(plan, current) && isSameEvidence(plan, current) ? null : plan
  }
}

function gist({ version, ring, wave, kind, reason }: VerdictRecord): string {
  return JSON.stringify([version, ring, wave, kind, reason])
}
