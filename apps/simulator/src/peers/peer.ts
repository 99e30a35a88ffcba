import type { Cell, Signal } from '@firebreak/rollout'

/**
 * How a product decides about a rollout: one of the policies that `bench gate` and `sim` compare, ours among them. Hosts are numbered in
 * order of exposure, and exposure only grows: "the first n".
 */
export interface RolloutGate {
  /** For figures: `hawkbit`. */
  readonly name: string
  /** For people: `hawkBit, default thresholds`. */
  readonly title: string
  /** Where its rules are known from, and what was chosen where that says nothing. */
  readonly source: string
  /** rings: hosts in order of risk, ring after ring. shuffled: any host is as likely to be first. */
  readonly order: 'rings' | 'shuffled'
  start(fleet: FleetFacts): GateRun
}

/** What everybody knows of a fleet before anything happens. */
export interface FleetFacts {
  readonly hosts: number
  readonly rings: readonly RingFacts[]
}

export interface RingFacts {
  readonly ring: string
  /** The number of its first host, and that of the next ring's. */
  readonly from: number
  readonly to: number
}

/** One rollout under one policy. */
export interface GateRun {
  /** When it first looks, in seconds after the release was published. */
  readonly firstLookS: number
  /** Called at each look, in order of time. */
  decide(seen: Seen, tS: number): GateDecision
}

export type GateDecision = {
  /** When it looks again, in seconds after this look: a multiple of LOOK_SECONDS, 0 too; null: never, it has made up its mind. */
  readonly againS: number | null
} & (
  | { readonly kind: 'wait' }
  | {
      /** From now on the first `hosts` may install. */
      readonly kind: 'expose'
      readonly hosts: number
      /** Hosts to compare with; null: nobody. They are watched like the newly exposed ones, and get nothing. */
      readonly control: HostRange | null
    }
  | { readonly kind: 'stop'; readonly why: string }
)

/** Looks are whole multiples of this, so that what hosts said can be kept in slots of time. */
export const LOOK_SECONDS = 15

/** Host numbers from `from` up to, and without, `to`. */
export interface HostRange {
  readonly from: number
  readonly to: number
}

/** What the server has been told so far. A policy reads what its product reads, and nothing else. */
export interface Seen {
  /** One for each exposure so far, in order. */
  readonly waves: readonly WaveSeen[]
  /** Of the waves so far, as the production controller gets them: hosts that were there when their wave started. */
  cells(): readonly Cell[]
  /** Of hosts `from` up to `to`: those that a wave could enrol now. */
  present(from: number, to: number): number
  /** The smallest number up to which, from `from` on, so many hosts are present; null: there are fewer up to `to`. */
  presentUntil(from: number, to: number, hosts: number): number | null
}

export interface WaveSeen {
  readonly sinceS: number
  readonly exposed: ArmSeen
  /** Empty when the exposure named no control. */
  readonly control: ArmSeen
}

/** Numbers of hosts of one arm. Each host counts at most once in each. */
export interface ArmSeen {
  readonly range: HostRange
  /** All of them, also those that are off. */
  readonly hosts: number
  /** Have asked for the plan, or reported, since. */
  readonly heard: number
  /** Have said that they run the release, whatever came of them later. Of a control: 0. */
  readonly installed: number
  /** At `tS`: have been told to install at least so long ago, and have said neither that they run the release nor that it failed. */
  overdue(seconds: number, tS: number): number
  /** Hosts of which it has been noticed since. */
  events(signal: Signal): number
}

/** What came of one rollout under one policy. */
export interface Run {
  /** When it stopped, in seconds after the release was published; null: it did not. */
  readonly stoppedAtS: number | null
  readonly why: string | null
  /** How many may install, at the end. */
  readonly exposed: number
  /** How many were harmed, by the world's own account, whoever noticed. */
  readonly harmed: number
  /** From the first host that was harmed to the stop; null: not stopped, or nobody was harmed before. */
  readonly haltSeconds: number | null
  /** From publication until everybody may install; null: never. */
  readonly hours: number | null
  /** For pictures: both numbers at times that grow, the first at 0. */
  readonly series: readonly SeriesPoint[]
}

export interface SeriesPoint {
  readonly tS: number
  readonly exposed: number
  readonly harmed: number
}
