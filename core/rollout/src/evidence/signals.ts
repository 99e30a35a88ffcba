import type { Arm } from '../plan/exposure.ts'

/**
 * What a release can do to hosts, as far as it can be told from outside. Each is asked once a host and wave: whether it has happened
 * since the host enrolled.
 *
 * Compared with the control, which suffers what is not the release's doing:
 *   silence         no beacon for two of the host's own intervals, unannounced
 *   absence         it said that it stops, and was not back in time
 *   reboot          its boot id changed
 *   engine-restart  an engine died outside a trial
 *   cpu, memory     the engine used more than the policy's tail
 *   flood           it reported detections faster than the policy's limit
 *   detection       it reported a detection: a good event, of which a bad release brings fewer
 *
 * Compared with a rate that the policy states, because only a host with the release can have it:
 *   failure         refused the release, or fell back from it
 *   apply-failure   took part, was present, and has not begun its trial in time
 *   false-success   says confirmed, and runs something else
 */
export const COMPARED_SIGNALS = [
  'silence',
  'absence',
  'reboot',
  'engine-restart',
  'cpu',
  'memory',
  'flood',
  'detection',
] as const
export const ATTRIBUTED_SIGNALS = ['failure', 'apply-failure', 'false-success'] as const
export const SIGNALS = [...COMPARED_SIGNALS, ...ATTRIBUTED_SIGNALS] as const

export type ComparedSignal = (typeof COMPARED_SIGNALS)[number]
export type AttributedSignal = (typeof ATTRIBUTED_SIGNALS)[number]
export type Signal = (typeof SIGNALS)[number]

/**
 * The evidence of one arm of one wave in one stratum, cumulative since the wave started: all that a judgement needs. Numbers of hosts; each
 * host counts at most once in each.
 */
export interface Cell {
  /** Of the rollout, from 1. */
  readonly wave: number
  /** Engine version, operating system, architecture, ring, steadiness: opaque here, equal for hosts that may be compared. */
  readonly stratum: string
  readonly arm: Arm
  /**
   * Written down when the wave started. Hosts that disappear stay in it. 0: hosts outside the cohorts that have the release, in strata of
   * their own (`outside, ...`) of the exposed arm. Their `enrolled` are those who have begun it; they have attributed events and nothing else.
   */
  readonly cohort: number
  /** Have said that they take part: at risk from then on. */
  readonly enrolled: number
  /** Exposed arm: finished the trial. */
  readonly confirmed: number
  /** Enrolled, and reported after the whole probation with nothing amiss (in the exposed arm: running the release). */
  readonly proven: number
  /** Enrolled, and rebooted and came back since (in the exposed arm: running the release). */
  readonly rebooted: number
  /** Enrolled hosts to which it has happened since, by the index of SIGNALS. */
  readonly events: readonly number[]
  /**
   * Enrolled hosts that are no longer watched for it here, and to which it had not happened: a later wave took them. By the index of
   * SIGNALS; a host that has an event never leaves that signal. So at risk are `enrolled - events - left`.
   */
  readonly left: readonly number[]
}
