import type { Sha256Hex } from '@firebreak/kernel'
import type { Enrolment, ReleaseRef, ReportedOutcome, Signal } from '@firebreak/rollout'
import type { Releases } from './releases.ts'

/**
 * A host to which something has happened: it takes part in a wave, has the release, rebooted, lost an engine. All others are alike but for
 * their number, and are kept in columns.
 */
export interface Member {
  readonly host: number
  confirmed: ReleaseRef
  lastKnownGood: ReleaseRef | null
  /** In trial. */
  candidate: ReleaseRef | null
  /** On its way to the trial. */
  installing: ReleaseRef | null
  /** It does not get round to that one; '': there is none. */
  stuckOn: Sha256Hex
  readonly rejected: Sha256Hex[]
  readonly outcomes: ReportedOutcome[]
  boots: number
  engineRestarts: number
  /** Never heard of again. */
  isDead: boolean
  /** Off until then. */
  offUntilS: number
  rebootedAtS: number
  enrolment: (Enrolment & { readonly atS: number }) | null
  since: SinceEnrolment
  /** What befell it was counted up to then. */
  countedToS: number
  /** When the release that it runs began; -1: it is the one that it always had. */
  begunAtS: number
  /** What the release has begun to do to it. */
  readonly effects: Set<Signal>
  floodsSinceS: number
  /** Says that it runs what it confirmed, and runs what it had before. */
  pretends: boolean
  isHarmed: boolean
  /** The decision of its last poll ends by time. */
  waits: boolean
  readonly firstSeen: Map<Sha256Hex, number>
}

/** What beacons say of the time since the host enrolled. */
export interface SinceEnrolment {
  reboots: number
  engineRestarts: number
  detections: number
  cpuPpmPeak: number
  memoryKiBPeak: number
}

/** What an engine uses that nothing is wrong with, and one that something is wrong with. */
export const USE = { cpuPpm: 20_000, memoryKiB: 120_000, cpuPpmBad: 950_000, memoryKiBBad: 900_000 } as const

export function newMember(host: number, { old, ancient }: Releases, nowS: number): Member {
  return {
    host,
    confirmed: old,
    lastKnownGood: ancient,
    candidate: null,
    installing: null,
    stuckOn: '',
    rejected: [],
    outcomes: [],
    boots: 0,
    engineRestarts: 0,
    isDead: false,
    offUntilS: 0,
    rebootedAtS: -1,
    enrolment: null,
    since: nothingSince(),
    countedToS: nowS,
    begunAtS: -1,
    effects: new Set(),
    floodsSinceS: 0,
    pretends: false,
    isHarmed: false,
    waits: false,
    firstSeen: new Map(),
  }
}

export function nothingSince(): SinceEnrolment {
  return { reboots: 0, engineRestarts: 0, detections: 0, cpuPpmPeak: USE.cpuPpm, memoryKiBPeak: USE.memoryKiB }
}

/** What its engine really evaluates events with. */
export function runningOf(member: Member): ReleaseRef {
  if (member.candidate) return member.candidate
  return member.pretends && member.lastKnownGood ? member.lastKnownGood : member.confirmed
}

/** The newest outcome of each release, newest last. */
export function recordOutcome(member: Member, outcome: ReportedOutcome): void {
  const known = member.outcomes.findIndex(({ imageDigest }) => imageDigest === outcome.imageDigest)
  if (known >= 0) member.outcomes.splice(known, 1)
  member.outcomes.push(outcome)
}
