import type { ReleaseState, ReleaseStatus } from '@firebreak/api'
import { VERDICTS_SHOWN_MAX } from '@firebreak/api'
import { compareVersions, type Sha256Hex, type Version, type WallMs } from '@firebreak/kernel'
import type { CompletedRelease, FleetIntent, RolloutState, VerdictRecord } from '@firebreak/rollout'
import { bytesOf, numberOf, type Store, textOf } from './schema.ts'

/** A release as the ledger keeps it. */
export interface LedgerRelease extends Omit<ReleaseStatus, 'state'> {
  readonly status: Exclude<ReleaseState, 'recalled'>
  readonly completedAtMs: WallMs | null
}

/** Who takes part in the waves of a rollout, and what has happened to them: bytes that only the fleet table reads. */
export interface CohortMembers {
  readonly pack: string
  readonly members: Uint8Array
}

/** What one decision changes, all of it or nothing. */
export interface LedgerChange {
  readonly released?: LedgerRelease
  readonly rollouts?: readonly RolloutState[]
  /** Of `rollouts`. */
  readonly cohorts?: readonly CohortMembers[]
  readonly recalled?: readonly Sha256Hex[]
  readonly verdicts?: readonly VerdictRecord[]
}

export const VERDICTS_KEPT_MAX = 10_000

/** Releases, their rollouts, recalls and verdicts. Writes happen inside the caller's transaction. */
export class Ledger {
  readonly #store: Store
  readonly #releases = new Map<Sha256Hex, LedgerRelease>()
  readonly #rollouts = new Map<string, RolloutState>()
  readonly #recalled = new Set<Sha256Hex>()

  constructor(store: Store) {
    this.#store = store
    for (const row of store.prepare('select * from release order by published_at_ms').all()) {
      const completed = row['completed_at_ms']
      const release: LedgerRelease = {
        pack: textOf(row, 'pack'),
        category: textOf(row, 'category'),
        version: textOf(row, 'version'),
        imageDigest: textOf(row, 'image_digest'),
        gateReportDigest: textOf(row, 'gate_report_digest'),
        publishedAtMs: numberOf(row, 'published_at_ms'),
        status: textOf(row, 'status') as LedgerRelease['status'],
        completedAtMs: typeof completed === 'number' ? completed : null,
      }
      this.#releases.set(release.imageDigest, release)
    }
    for (const row of store.prepare('select state from rollout').all()) {
      const state = JSON.parse(textOf(row, 'state')) as RolloutState
      this.#rollouts.set(state.pack, state)
    }
    for (const row of store.prepare('select image_digest from recalled').all()) {
      this.#recalled.add(textOf(row, 'image_digest'))
    }
  }

  /** Newest last. */
  get releases(): readonly ReleaseStatus[] {
    return [...this.#releases.values()].map((release) => ({
      pack: release.pack,
      category: release.category,
      version: release.version,
      imageDigest: release.imageDigest,
      gateReportDigest: release.gateReportDigest,
      publishedAtMs: release.publishedAtMs,
      state: this.#recalled.has(release.imageDigest) ? 'recalled' : release.status,
    }))
  }

  release(pack: string, version: Version): ReleaseStatus | null {
    return this.releases.find((one) => one.pack === pack && one.version === version) ?? null
  }

  newestOf(pack: string): ReleaseStatus | null {
    const ofPack = this.releases.filter((one) => one.pack === pack)
    return ofPack.toSorted((a, b) => compareVersions(b.version, a.version))[0] ?? null
  }

  rollout(pack: string): RolloutState | null {
    return this.#rollouts.get(pack) ?? null
  }

  /** The newest of each pack. */
  get rollouts(): readonly RolloutState[] {
    return [...this.#rollouts.values()]
  }

  get rolling(): readonly RolloutState[] {
    return [...this.#rollouts.values()].filter(({ status }) => status === 'rolling')
  }

  get recalledCount(): number {
    return this.#recalled.size
  }

  isRecalled(imageDigest: Sha256Hex): boolean {
    return this.#recalled.has(imageDigest)
  }

  get intent(): Omit<FleetIntent, 'evidence'> {
    const completed = [...this.#releases.values()].flatMap(
      ({ pack, category, version, imageDigest, completedAtMs }): readonly CompletedRelease[] =>
        completedAtMs === null ? [] : [{ pack, category, release: { version, imageDigest }, completedAtMs }],
    )
    return { rollouts: this.rollouts, completed, recalled: [...this.#recalled] }
  }

  /** Of the rollout of `pack`; null: it has had no wave. */
  cohort(pack: string): Uint8Array | null {
    const row = this.#store.prepare('select members from cohort where pack = ?').get(pack)
    return row && bytesOf(row['members'])
  }

  /** Newest first. */
  verdicts(countMax = VERDICTS_SHOWN_MAX): readonly VerdictRecord[] {
    const rows = this.#store.prepare('select record from verdict order by id desc limit ?').all(countMax)
    return rows.map((row) => JSON.parse(textOf(row, 'record')) as VerdictRecord)
  }

  /** Inside a transaction. When that fails the process has to end: memory is ahead. */
  apply(change: LedgerChange, nowMs: WallMs): void {
    if (change.released) this.#putRelease(change.released)
    for (const rollout of change.rollouts ?? []) this.#putRollout(rollout, nowMs)
    for (const cohort of change.cohorts ?? []) this.#putCohort(cohort)
    for (const imageDigest of change.recalled ?? []) {
      this.#recalled.add(imageDigest)
      this.#store.prepare('insert or ignore into recalled(image_digest) values (?)').run(imageDigest)
    }
    for (const verdict of change.verdicts ?? []) {
      this.#store.prepare('insert into verdict(record) values (?)').run(JSON.stringify(verdict))
    }
    this.#store.prepare('delete from verdict where id <= (select max(id) from verdict) - ?').run(VERDICTS_KEPT_MAX)
  }

  #putRollout(rollout: RolloutState, nowMs: WallMs): void {
    const before = this.#rollouts.get(rollout.pack)
    this.#rollouts.set(rollout.pack, rollout)
    this.#store
      .prepare('insert or replace into rollout(pack, state) values (?, ?)')
      .run(rollout.pack, JSON.stringify(rollout))
    if (before && before.release.imageDigest !== rollout.release.imageDigest) {
      this.#store.prepare('delete from cohort where pack = ?').run(rollout.pack)
      if (before.status === 'rolling') this.#setStatus(before.release.imageDigest, 'superseded')
    }
    if (rollout.status === 'complete') this.#supersedeBaseline(rollout)
    this.#setStatus(rollout.release.imageDigest, rollout.status, rollout.status === 'complete' ? nowMs : null)
  }

  #putCohort({ pack, members }: CohortMembers): void {
    this.#store.prepare('insert or replace into cohort(pack, members) values (?, ?)').run(pack, members)
  }

  #supersedeBaseline(rollout: RolloutState): void {
    for (const { imageDigest, pack, status } of this.#releases.values()) {
      if (pack === rollout.pack && status === 'complete') this.#setStatus(imageDigest, 'superseded')
    }
  }

  #setStatus(imageDigest: Sha256Hex, status: LedgerRelease['status'], completedAtMs: WallMs | null = null): void {
    const release = this.#releases.get(imageDigest)
    if (release) {
      this.#putRelease({ ...release, status, completedAtMs: release.completedAtMs ?? completedAtMs })
    }
  }

  #putRelease(release: LedgerRelease): void {
    this.#releases.set(release.imageDigest, release)
    this.#store
      .prepare(
        `insert or replace into release(image_digest, pack, version, category, gate_report_digest, published_at_ms,
           status, completed_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        release.imageDigest,
        release.pack,
        release.version,
        release.category,
        release.gateReportDigest,
        release.publishedAtMs,
        release.status,
        release.completedAtMs,
      )
  }
}
