import type { HealthReport } from '@firebreak/rollout'
import { probationIntervalMs } from '@firebreak/rollout'
import { beaconDelayMs, probationDelayMs, statedIntervalMs } from '@firebreak/api'
import { assert, type Sha256Hex } from '@firebreak/kernel'
import { NATURAL_EVENTS, type World } from '@firebreak/world'
import { ringOfKind, stratumOfKind } from './columns.ts'
import { type Member, runningOf, USE } from './member.ts'
import type { Releases } from './releases.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
/** While a rule floods: five a second. */
const FLOOD_PER_SECOND = 5

type Writable<T> = { -readonly [K in keyof T]: T[K] }
interface Enrolled {
  imageDigest: Sha256Hex
  wave: number
  sinceMs: number
  reboots: number
  engineRestarts: number
  detections: number
  engineCpuPpmPeak: number
  engineMemoryKiBPeak: number
}

/** Writes the beacons of all hosts into one object for each kind: whoever gets one reads it at once. */
export class BeaconWriter {
  readonly #world: World
  readonly #intervalMs: number
  readonly #plain: readonly Writable<HealthReport>[]
  readonly #enrolled: Enrolled = {
    imageDigest: '',
    wave: 1,
    sinceMs: 0,
    reboots: 0,
    engineRestarts: 0,
    detections: 0,
    engineCpuPpmPeak: 0,
    engineMemoryKiBPeak: 0,
  }

  /** @param intervalMs - what hosts without an enrolment state */
  constructor(world: World, releases: Releases, intervalMs: number = world.scenario.fleet.beaconSeconds * SECOND_MS) {
    this.#world = world
    this.#intervalMs = intervalMs
    const { rings, strata } = world.scenario.fleet
    this.#plain = Array.from({ length: rings.length * strata.length }, (_, kind) => {
      const stratum = strata[stratumOfKind(world, kind)]
      assert(stratum !== undefined && ringOfKind(world, kind) < rings.length, 'each kind has a ring and a stratum')
      return {
        sequence: 0,
        pack: releases.pack,
        engineVersion: stratum.engineVersion,
        platform: { os: stratum.os, architecture: stratum.architecture },
        running: { imageDigest: releases.old.imageDigest },
        outcomes: [
          { imageDigest: releases.old.imageDigest, outcome: 'confirmed', atMs: world.startsAtMs - 30 * 24 * HOUR_MS },
        ],
        engineRestarts: 0,
        beaconIntervalMs: this.#intervalMs,
        ending: null,
        enrolment: null,
        customer: { name: '', ring: '', takes: 'at-once' },
      } satisfies HealthReport
    })
  }

  /** Of a host to which nothing has happened. */
  plain(kind: number, sequence: number, ending: string | null): HealthReport {
    const report = this.#plain[kind]
    assert(report !== undefined, 'a kind of the scenario')
    report.sequence = sequence
    report.ending = ending
    return report
  }

  ofMember(member: Member, kind: number, sequence: number, ending: string | null, nowS: number): HealthReport {
    return {
      ...this.plain(kind, sequence, ending),
      running: { imageDigest: runningOf(member).imageDigest },
      outcomes: [...this.plain(kind, sequence, ending).outcomes, ...member.outcomes],
      engineRestarts: member.engineRestarts,
      beaconIntervalMs: this.statedMs(member, nowS),
      enrolment: this.#enrolmentOf(member, nowS),
    }
  }

  #enrolmentOf({ enrolment, since }: Member, nowS: number): HealthReport['enrolment'] {
    if (enrolment === null) return null
    const into = this.#enrolled
    into.imageDigest = enrolment.imageDigest
    into.wave = enrolment.wave
    into.sinceMs = (nowS - enrolment.atS) * SECOND_MS
    into.reboots = since.reboots
    into.engineRestarts = since.engineRestarts
    into.detections = since.detections
    into.engineCpuPpmPeak = since.cpuPpmPeak
    into.engineMemoryKiBPeak = since.memoryKiBPeak
    return into
  }

  /** The interval that it states now. */
  statedMs(member: Member | null, nowS: number): number {
    if (member === null || member.enrolment === null) return this.#intervalMs
    const sinceMs = (nowS - member.enrolment.atS) * SECOND_MS
    return statedIntervalMs(probationIntervalMs(sinceMs, this.#intervalMs), this.#intervalMs)
  }

  /** In the first minutes of a wave that it takes part in: it reports more often than usual. */
  isOnProbation(member: Member | null, nowS: number): boolean {
    return this.statedMs(member, nowS) < this.#intervalMs
  }

  /** From a beacon, or an attempt at one, to the next. */
  delayS(member: Member | null, nowS: number, failures: number, isServerAway: boolean, random: number): number {
    const statedMs = this.statedMs(member, nowS)
    if (failures === 0 && this.isOnProbation(member, nowS))
      return Math.ceil(probationDelayMs(statedMs, random) / SECOND_MS)
    const delayMs = beaconDelayMs({ intervalMs: statedMs, failures }, isServerAway, random)
    return Math.max(1, Math.round(delayMs / SECOND_MS))
  }

  /** Brings up to date what befell a member since it was last asked, by nature and by the release. Reboots are counted when they happen. */
  count(member: Member, nowMs: number, nowS: number): void {
    const fromMs = nowMs - (nowS - member.countedToS) * SECOND_MS
    const { since, effects } = member
    this.#world.forEachEvent(member.host, fromMs, nowMs, (kind) => {
      const event = NATURAL_EVENTS[kind]
      if (event === 'engineRestart') {
        member.engineRestarts++
        since.engineRestarts++
      }
      if (event === 'cpu') since.cpuPpmPeak = USE.cpuPpmBad
      if (event === 'memory') since.memoryKiBPeak = USE.memoryKiBBad
      if (event === 'flood') since.detections += FLOOD_PER_SECOND * 900
      if (event === 'detection' && !effects.has('detection')) since.detections++
    })
    if (effects.has('cpu')) since.cpuPpmPeak = USE.cpuPpmBad
    if (effects.has('memory')) since.memoryKiBPeak = USE.memoryKiBBad
    if (effects.has('flood'))
      since.detections += FLOOD_PER_SECOND * (nowS - Math.max(member.countedToS, member.floodsSinceS))
    member.countedToS = nowS
  }
}
