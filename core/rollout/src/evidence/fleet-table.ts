import { assert, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import type { WaveArms } from '../plan/exposure.ts'
import type { ReleaseEvidence } from '../plan/plan.ts'
import { type Census, takeCensus } from './census.ts'
import { type CohortSizes, startWave } from './cohort.ts'
import type { FleetState, RuleTicks } from './fleet-state.ts'
import { foldReport } from './fold.ts'
import { BUCKET_NONE, HostColumns, imageIn, IMAGES_MAX, placeOf, RELEASE_FLAGS } from './host-columns.ts'
import type { HealthReport, HostFacts } from './health-report.ts'
import { encodeMembers, restoreMembers } from './members.ts'
import { Numbering } from './numbering.ts'
import { SILENCE_MS_MIN } from './presence.ts'
import { releaseEvidence } from './release-evidence.ts'
import { ReleaseWatch, type WatchedRelease } from './release-watch.ts'
import type { EvidenceRules } from './signal-rules.ts'
import type { Cell } from './signals.ts'
import { kindKey, KINDS_MAX, NO_KIND } from './strata.ts'
import { sweep } from './sweep.ts'
import { durationTicks, TimeScale } from './time-scale.ts'

export interface FleetTableOptions extends EvidenceRules {
  /** No time is told apart from this one when it is before it. A week before the oldest beacon is early enough. */
  readonly epochMs: WallMs
}

const CAPACITY_MIN = 64
const CUSTOMERS_MAX = 0xffff

/**
 * Everything that evidence needs of a fleet, in 39 bytes a host: beacons go in, cells come out. Hosts are numbers, from 0 in the order in which they
 * were added; the caller knows their names.
 *
 * One release of a pack is watched at a time. Nothing depends on the order in which the beacons of different hosts come.
 */
export class FleetTable {
  readonly #state: FleetState

  constructor(options: FleetTableOptions) {
    this.#state = {
      columns: new HostColumns(CAPACITY_MIN),
      kinds: new Numbering(KINDS_MAX, NO_KIND),
      customers: new Numbering(CUSTOMERS_MAX, ''),
      images: new Numbering(IMAGES_MAX, ''),
      watches: new Map(),
      rules: ruleTicks(options),
      scale: new TimeScale(options.epochMs),
      hosts: 0,
      listeningAt: 0,
      sweptAt: 0,
    }
  }

  /** Of the columns, and for how many hosts they have place. */
  get size(): { readonly bytes: number; readonly hosts: number } {
    return { bytes: this.#state.columns.bytes, hosts: this.#state.columns.capacity }
  }

  /** Makes place for so many hosts, so that a large fleet is not copied as it grows. */
  reserve(hosts: number): void {
    this.#state.columns.reserve(hosts)
  }

  /** The number of a new host. */
  add({ ring, enrolledAtMs }: HostFacts): number {
    const { columns, kinds, scale } = this.#state
    const host = this.#state.hosts++
    columns.reserve(host + 1)
    const kind = { ...NO_KIND, enrolledRing: ring, ring }
    columns.kind[host] = kinds.take(kindKey(kind), kind)
    columns.heardAt[host] = scale.heardAt(enrolledAtMs)
    columns.place[host] = placeOf(BUCKET_NONE, 0)
    return host
  }

  /** Takes in a beacon. One that is not newer than what is known changes nothing. */
  fold(host: number, report: HealthReport, receivedAtMs: WallMs): void {
    this.#assertHost(host)
    foldReport(this.#state, host, report, this.#state.scale.heardAt(receivedAtMs))
  }

  /**
   * Finds silence, absence and what else time brings about. To be called before a census or cells are asked for, and about once a second.
   *
   * @param listeningSinceMs - since when the server has been listening without a gap
   */
  sweep(nowMs: WallMs, listeningSinceMs: WallMs): void {
    const { scale } = this.#state
    sweep(this.#state, scale.now(nowMs), scale.heardAt(listeningSinceMs))
  }

  /**
   * Watches a release from its first wave on; what was known of the pack's last rollout is forgotten.
   *
   * @param bucketOf - of a host number: its place in the order of exposure. Asked once for each host of the pack
   */
  watch(release: WatchedRelease, bucketOf: (host: number) => number): void {
    const { columns, hosts, kinds, watches } = this.#state
    const watch = new ReleaseWatch(release, bucketOf)
    watches.set(release.pack, watch)
    for (const kind of kinds.values()) if (kind.pack === release.pack) kind.watch = watch
    for (let host = 0; host < hosts; host++) {
      if (kinds.value(columns.kind[host] ?? 0).watch !== watch) continue
      columns.cell[host] = 0
      columns.history[host] = 0
      columns.flags[host] = (columns.flags[host] ?? 0) & ~RELEASE_FLAGS
      columns.place[host] = placeOf(bucketOf(host), imageIn(columns.place[host] ?? 0))
    }
  }

  /** Who could take part in a wave of the ring now, as of the last sweep. */
  census(pack: string, ring: string): Census {
    return takeCensus(this.#state, pack, ring)
  }

  /** Writes down the cohort of a wave, both arms. */
  start(pack: string, ring: string, arms: WaveArms, nowMs: WallMs): CohortSizes {
    return startWave(this.#state, this.#watchOf(pack), ring, arms, this.#state.scale.now(nowMs))
  }

  /** All evidence of the pack's rollout. What has not changed since the last call is the same object as then. */
  cells(pack: string): readonly Cell[] {
    return this.#state.watches.get(pack)?.cells() ?? []
  }

  /** Who is in which cell and what they have been through, as bytes: a server that ends keeps them for `restore`. */
  members(pack: string): Uint8Array {
    return encodeMembers(this.#state, this.#watchOf(pack))
  }

  /**
   * Takes up a rollout where `members` wrote it down. After `add` of every host, each with the number that it had then, and `watch` of the same
   * release; before the newest beacons are folded again.
   *
   * @throws KernelError kernel/malformed
   */
  restore(pack: string, members: Uint8Array): void {
    restoreMembers(this.#state, this.#watchOf(pack), members)
  }

  /** What plans may say of releases on hosts. */
  releaseEvidence(images: readonly Sha256Hex[]): readonly ReleaseEvidence[] {
    return releaseEvidence(this.#state, images)
  }

  #watchOf(pack: string): ReleaseWatch {
    const watch = this.#state.watches.get(pack)
    assert(watch !== undefined, `no release of ${pack} is watched`)
    return watch
  }

  #assertHost(host: number): void {
    assert(host >= 0 && host < this.#state.hosts, 'a host that was added')
  }
}

function ruleTicks(rules: EvidenceRules): RuleTicks {
  return {
    thresholds: rules.thresholds,
    silenceAfter: durationTicks(rules.silenceAfterMs),
    silenceMin: durationTicks(SILENCE_MS_MIN),
    absenceAfter: durationTicks(rules.absenceAfterMs),
    applyWithin: durationTicks(rules.applyWithinMs),
    provenAfterMs: rules.provenAfterMs,
    watch: durationTicks(rules.watchMs),
  }
}
