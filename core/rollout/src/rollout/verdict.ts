import type { Ppm, Sha256Hex, Version, WallMs } from '@firebreak/kernel'
import type { Signal } from '../evidence/signals.ts'

/** Closed set of reasons: why a rollout advances, holds or halts. `docs/rollout.md` explains each. */
export type VerdictReason = AdvanceReason | HoldReason | HaltReason | 'operator'

export type AdvanceReason =
  | 'first-wave' // nobody has it yet: as many as the budget allows
  | 'evidence-sufficient' // the cohort is proven and baked: the next wave
  | 'probe' // time has not resolved a hold: a wave of the budget's size has to
  | 'rollout-complete' // as for evidence-sufficient, and no ring is left

export type HoldReason =
  | 'unreadable-evidence' // numbers that can't be: nothing follows from them
  | 'empty-cohort' // nobody could take part: zero hosts prove nothing
  | 'pacing' // too few hosts are there, of too many that the next wave would expose
  | 'waves-spent' // a plan can't name more waves
  | 'suspicion' // evidence above holdEvidence and below haltEvidence
  | 'coincident-outage' // the control fell silent too
  | 'insufficient-evidence' // not enough of the cohort is confirmed and proven
  | 'baking' // not yet long enough
  | 'reboot-wanted' // not enough of the exposed hosts have rebooted yet

/** By the strongest signal. */
export type HaltReason =
  | 'attributable-failure' // refused, or fell back
  | 'silence'
  | 'absence'
  | 'reboot'
  | 'engine-restart'
  | 'cpu'
  | 'memory'
  | 'flood'
  | 'detection-loss'
  | 'apply-failure'
  | 'false-success'

/** One arm of one wave, over all strata. Numbers of hosts. */
export interface ArmCounts {
  /** The denominator, fixed when the wave started. */
  readonly cohort: number
  readonly enrolled: number
  readonly confirmed: number
  readonly proven: number
  readonly rebooted: number
  readonly events: Readonly<Record<Signal, number>>
}

/** The wave that is judged; both arms are empty before the first. */
export interface WaveCounts {
  readonly exposed: ArmCounts
  readonly control: ArmCounts
}

/** What one signal says against the release: in the wave in which it says most, or in all together. */
export interface SignalEvidence {
  readonly signal: Signal
  /** Natural logarithm of E times the weight of signal and wave, to be held against the limits; cut to 3 decimals, and to LOG_EVIDENCE_MAX. */
  readonly logE: number
  /** null: all waves together. */
  readonly wave: number | null
  /** Where it is strongest by itself; null: waves together, or nothing has happened. */
  readonly stratum: string | null
  readonly exposedEvents: number
  readonly controlEvents: number
}

export interface EvidenceSummary {
  /** Of the rollout: the largest of all signals and waves; at least 0, which is no evidence. */
  readonly logE: number
  readonly haltLogE: number
  readonly holdLogE: number
  /** Strongest first; signals without an event on either side are left out. */
  readonly signals: readonly SignalEvidence[]
}

/** Beyond this nobody cares, and JSON has no infinity. */
export const LOG_EVIDENCE_MAX = 1_000

/** All that a verdict rests on and says; the record adds what it is about. */
export interface VerdictBody {
  readonly counts: WaveCounts
  readonly evidence: EvidenceSummary
  /** Upper bound on how many of a million exposed hosts the release harms, given all that has been proven; PPM_ALL when nothing is. */
  readonly excessUpperPpm: Ppm
  /** What was considered and not done, each with its reason. */
  readonly alternatives: readonly string[]
  /** What ends a hold, or what comes after a halt. */
  readonly resolvedBy: string
  /** For a person: what was seen and what follows. */
  readonly explanation: string
}

/** A verdict as it is kept and shown: numbers, cohorts, the rule, what else was considered, and what would change it. */
export interface VerdictRecord extends VerdictBody {
  readonly atMs: WallMs
  readonly pack: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
  /** '': none, the release is not rolling out. */
  readonly ring: string
  /** 0: none yet. */
  readonly wave: number
  readonly kind: 'advance' | 'hold' | 'halt' | 'recall'
  readonly reason: VerdictReason
}
