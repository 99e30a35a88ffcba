import type { Version } from '@firebreak/kernel'
import type { FleetState } from './fleet-state.ts'
import type { ReleaseWatch } from './release-watch.ts'
import { durationTicks, ticksOfHour } from './time-scale.ts'

/** 7 days. */
const STEADY_TICKS = durationTicks(604_800_000)

/** Hosts of which beacons say the same: one entry for all of them. */
export interface HostKind {
  readonly pack: string
  readonly engineVersion: Version
  readonly os: string
  readonly architecture: string
  readonly enrolledRing: string
  /** That it follows. */
  readonly ring: string
  /** Of its pack; null: no release of it is being watched. */
  watch: ReleaseWatch | null
}

export const KINDS_MAX = 0xffff
/** Of a host without a kind: there are more kinds than can be told apart. It is in no ring, so it is in no cohort. */
export const NO_KIND: HostKind = {
  pack: '',
  engineVersion: '0.0.0',
  os: '',
  architecture: '',
  enrolledRing: '',
  ring: '',
  watch: null,
}

export function kindKey(kind: Omit<HostKind, 'watch'>): string {
  return JSON.stringify([kind.pack, kind.engineVersion, kind.os, kind.architecture, kind.enrolledRing, kind.ring])
}

/** Hosts of one stratum may be compared. Steady: not silent without notice in the last 7 days, as a laptop often is. */
export function stratumOf({ engineVersion, os, architecture, ring }: HostKind, isSteady: boolean): string {
  return `engine ${engineVersion}, ${os} ${architecture}, ring ${ring}, ${isSteady ? 'steady' : 'unsteady'}`
}

/** @param now - in ticks */
export function isSteady({ columns }: FleetState, host: number, now: number): boolean {
  const unsteadyAt = columns.unsteadyAt[host] ?? 0
  return unsteadyAt === 0 || now - ticksOfHour(unsteadyAt) >= STEADY_TICKS
}

/** Where everything counts that came after the cells were used up: compared all the same, with coarser strata. */
export const OTHER_STRATUM = 'other'

export function outsideOf(stratum: string): string {
  return `outside, ${stratum}`
}
