import { PPM_ALL, type WallMs } from '@firebreak/kernel'
import type { Cell } from '../evidence/signals.ts'
import { countsOf } from './counts.ts'
import { MINUTE_MS, OUTAGE_MINUTES } from './look.ts'
import { nextWaveSize } from './pacing.ts'
import type { RolloutPolicy } from './policy.ts'
import { currentWave, type RolloutState, type WaveRecord, type WaveSize } from './state.ts'
import type { EvidenceSummary, WaveCounts } from './verdict.ts'
import { firstProtected, weigh } from './weigh.ts'

/** All that a judgement is made of. */
export interface Judged {
  readonly policy: RolloutPolicy
  readonly state: RolloutState
  readonly cells: readonly Cell[]
  readonly wave: WaveRecord | null
  readonly counts: WaveCounts
  readonly evidence: EvidenceSummary
  /** The first wave that statistics protect, and all after it; Infinity: none. */
  readonly protectedFrom: number
  readonly size: WaveSize
  readonly nowMs: WallMs
}

type Known = Omit<Judged, 'nowMs'>

/** Between two looks mostly nothing happens: the state is the same one, and so is all of this. */
const KNOWN = new WeakMap<RolloutState, Known>()

export function judgedOf(policy: RolloutPolicy, state: RolloutState, cells: readonly Cell[], nowMs: WallMs): Judged {
  const before = KNOWN.get(state)
  if (before?.policy === policy && before.cells === cells) return { ...before, nowMs }
  const wave = currentWave(state)
  const evidence = weigh(policy, state, cells)
  const size = nextWaveSize(policy, state, cells, evidence)
  const protectedFrom = firstProtected(policy, cells)
  const known = { policy, state, cells, wave, counts: countsOf(wave, cells), evidence, protectedFrom, size }
  KNOWN.set(state, known)
  return { ...known, nowMs }
}

/** How many of the control fell silent within the last OUTAGE_MINUTES. */
export function recentControlLosses({ state, counts, nowMs }: Judged): number {
  const before = state.controlLosses.findLast(({ atMs }) => atMs <= nowMs - OUTAGE_MINUTES * MINUTE_MS)
  return counts.control.events.silence - (before?.hosts ?? 0)
}

/** An emergency is never watched longer than anything else of its risk, and nothing shorter than its risk asks for. */
export function bakeMsOf(policy: RolloutPolicy, { lane, risk }: RolloutState): number {
  const { bakeMs, emergencyBakeMs, riskBakeMsMax } = policy
  const ordinary = lane === 'emergency' ? Math.min(bakeMs, emergencyBakeMs) : bakeMs
  return Math.max(ordinary, Math.min(risk?.bakeMsMin ?? 0, riskBakeMsMax))
}

/** What the hosts of a wave can still show, they show within so many bakes. */
const PROBE_BAKES = 4

/**
 * How long a wave is left to itself that is under suspicion, or not answered by enough. Then a wave of the budget's size has to tell: otherwise a fault of
 * one host in three would hold for ever, where nobody is left who could show it.
 */
export function probeAfterMs({ policy, state }: Judged): number {
  return PROBE_BAKES * bakeMsOf(policy, state)
}

/** Whether there is enough evidence to hold, and, after `haltOn`, too little to halt. */
export function isSuspect({ policy, evidence }: Judged): boolean {
  return !(evidence.logE < Math.log(policy.holdEvidence))
}

/** How many of the exposed cohort finished the trial and proved well. */
export function answeredOf({ exposed }: WaveCounts): number {
  return Math.min(exposed.confirmed, exposed.proven)
}

/** Whether the share is reached that the policy asks for, of the cohort as it was when the wave started. */
export function isAnswered({ policy, counts }: Judged): boolean {
  return answeredOf(counts) * PPM_ALL >= policy.provenShareMin * counts.exposed.cohort
}
