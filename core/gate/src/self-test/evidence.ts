import type { ControlPlace } from './control.ts'

/** How one control ended. */
export interface ControlResult {
  readonly id: string
  /** The check and the code that had to be. */
  readonly check: ControlPlace
  readonly code: string
  /** Null: as it had to be. Else what was instead. */
  readonly missed: string | null
  /** Every place that rejected it. */
  readonly rejectedBy: readonly ControlPlace[]
}

/** A check, or a code, was left out of the gate: did the controls that aim at it show it? */
export interface AblationResult {
  /** An id of a check, or `check code`. */
  readonly leftOut: string
  readonly noticed: boolean
}

/** A bug that was planted in a parser for the fuzzer to find. */
export interface CanaryResult {
  readonly name: string
  readonly found: boolean
  readonly executions: number
}

/** What the self-test found out about the gate. */
export interface SelfTestEvidence {
  /** Chooses rules, fields, bytes. The same seed and candidate give the same faults. */
  readonly seed: number
  /** Into what the faults were seeded: the control, when the candidate itself does not pass. */
  readonly subject: 'candidate' | 'control'
  /** Rules of the subject. */
  readonly rules: number
  /** Good cases, the control pack first: each has to pass. */
  readonly good: readonly ControlResult[]
  /** Faults seeded into the subject: each has to be rejected by the check at which it aims. */
  readonly faults: readonly ControlResult[]
  readonly museum: readonly ControlResult[]
  readonly ablations: readonly AblationResult[]
  readonly canaries: readonly CanaryResult[]
}

/** The numbers of `firebreak gate --self-test --json`. */
export interface SelfTestCounts {
  readonly seeded: number
  readonly rejected: number
  readonly museum: number
  readonly ablations: number
  readonly ablationsNoticed: number
  readonly canaries: number
  /** Ids of what did not end as it had to. */
  readonly missed: readonly string[]
  readonly unnoticed: readonly string[]
}

export function countsOf({ good, faults, museum, ablations, canaries }: SelfTestEvidence): SelfTestCounts {
  const unfound = canaries.filter(({ found }) => !found).map(({ name }) => name)
  return {
    seeded: faults.length,
    rejected: faults.filter((one) => one.missed === null).length,
    museum: museum.length,
    ablations: ablations.length,
    ablationsNoticed: ablations.filter(({ noticed }) => noticed).length,
    canaries: canaries.length,
    missed: [...[...good, ...faults, ...museum].filter((one) => one.missed !== null).map(({ id }) => id), ...unfound],
    unnoticed: ablations.filter(({ noticed }) => !noticed).map(({ leftOut }) => leftOut),
  }
}
