import { assert, PPM_ALL, type WallMs } from '@firebreak/kernel'
import type { Cell, Signal } from '../evidence/signals.ts'
import type { Arm } from '../plan/exposure.ts'
import { areReadable, cellsOf, eventsOf, total } from './cells.ts'
import * as explain from './explain.ts'
import {
  answeredOf,
  bakeMsOf,
  isAnswered,
  isSuspect,
  type Judged,
  judgedOf,
  probeAfterMs,
  recentControlLosses,
} from './judged.ts'
import { type Censuses, nextStep } from './pacing.ts'
import type { RolloutPolicy } from './policy.ts'
import type { NextWave, RolloutState, WaveDecision, WaveRecord } from './state.ts'
import type { HoldReason } from './verdict.ts'
import { haltReasonOf } from './words.ts'

/** In small fleets these are counted, and one too many halts. */
const FAILURES: readonly Signal[] = ['failure', 'false-success']
const LOSSES: readonly Signal[] = ['silence']

/**
 * Judges the current wave, or says how the first one starts. Halting needs evidence, or, in cohorts too small for any, one host too many. Advancing
 * needs all of it: a cohort, no suspicion, the share proven, the time, and somebody to expose next. Everything else holds. Pure and total; independent of
 * the order of the evidence.
 *
 * @param state - rolling, after `lookAt` with the same cells
 */
export function decideWave(
  policy: RolloutPolicy,
  state: RolloutState,
  cells: readonly Cell[],
  censuses: Censuses,
  nowMs: WallMs,
): WaveDecision {
  assert(state.status === 'rolling', 'only a rollout that is rolling is judged')
  const isReadable = areReadable(cells) && Number.isFinite(nowMs)
  const judged = judgedOf(policy, state, state.cells, nowMs)
  const halt = haltOn(judged)
  if (halt !== null) return halt
  if (!isReadable) return hold(judged, 'unreadable-evidence')
  return holdOn(judged) ?? advanceOn(judged, censuses)
}

/** Comparisons are written such that a limit that is no number is passed by nobody. */
function haltOn(judged: Judged): WaveDecision | null {
  const { policy, evidence } = judged
  const failed = countedIn(judged, FAILURES, () => 0)
  if (!(failed <= policy.failuresMax)) {
    return { kind: 'halt', reason: 'attributable-failure', ...explain.countedHalt(judged, 'failure', failed) }
  }
  const lost = countedIn(judged, LOSSES, (wave) => lossesExplained(judged, wave))
  if (!(lost <= policy.lossesMax)) {
    return { kind: 'halt', reason: 'silence', ...explain.countedHalt(judged, 'silence', lost) }
  }
  const [strongest] = evidence.signals
  if (strongest === undefined || evidence.logE < Math.log(policy.haltEvidence)) return null
  return { kind: 'halt', reason: haltReasonOf(strongest.signal), ...explain.evidenceHalt(judged, strongest) }
}

/**
 * Hosts with the release to which one of `signals` has happened, in waves that are too small for statistics: also those of them that are the
 * settled control of a later one. What a wave's control explains is not counted, in that wave.
 */
function countedIn(judged: Judged, signals: readonly Signal[], explained: (wave: WaveRecord) => number): number {
  const struck = (arm: Arm, { arms }: WaveRecord) =>
    total(cellsOf(judged.cells, arm, arms.wave), (cell) =>
      signals.reduce((sum, signal) => sum + eventsOf(cell, signal), 0),
    )
  return smallWaves(judged)
    .map((wave) => {
      const settled = wave.controlOf === 'settled' ? struck('control', wave) : 0
      return Math.max(0, struck('exposed', wave) - explained(wave)) + settled
    })
    .reduce((sum, hosts) => sum + hosts, 0)
}

/**
 * How many exposed hosts of a wave fell silent for a reason that its control, which does not have the release, suffered as well: its share of them,
 * rounded up.
 */
function lossesExplained(judged: Judged, { arms, controlOf, exposedHosts, controlHosts }: WaveRecord): number {
  if (controlOf !== 'unexposed' || controlHosts === 0) return 0
  const lost = total(cellsOf(judged.cells, 'control', arms.wave), (cell) => eventsOf(cell, 'silence'))
  return Math.ceil((lost * exposedHosts) / controlHosts)
}

function smallWaves({ state, protectedFrom }: Judged): readonly WaveRecord[] {
  return state.waves.filter(({ arms }) => arms.wave < protectedFrom)
}

function holdOn(judged: Judged): WaveDecision | null {
  const { policy, state, wave, counts, nowMs } = judged
  if (wave === null) return null
  const mayProbe = nowMs >= wave.startedAtMs + probeAfterMs(judged) && wave.arms.wave >= judged.protectedFrom
  if (isSuspect(judged) && !mayProbe) return hold(judged, 'suspicion')
  // In whole numbers, so that exactly the share is allowed.
  if (!(recentControlLosses(judged) * PPM_ALL <= policy.outageShareMax * counts.control.cohort)) {
    return hold(judged, 'coincident-outage')
  }
  if (answeredOf(counts) === 0 || (!isAnswered(judged) && !mayProbe)) return hold(judged, 'insufficient-evidence')
  return nowMs >= wave.startedAtMs + bakeMsOf(policy, state) ? null : hold(judged, 'baking')
}

function advanceOn(judged: Judged, censuses: Censuses): WaveDecision {
  const { policy, state, size } = judged
  const step = nextStep(policy, state, size, censuses)
  if (step.kind === 'wave' && !haveRebooted(judged, step.next)) return hold(judged, 'reboot-wanted')
  if (step.kind === 'wave') return advance(judged, step.next)
  if (step.kind === 'hold') return hold(judged, step.reason, step.ring)
  if (isSuspect(judged)) return hold(judged, 'suspicion')
  if (!isAnswered(judged)) return hold(judged, 'insufficient-evidence')
  return { kind: 'advance', reason: 'rollout-complete', next: 'complete', ...explain.completion(judged) }
}

/** Whether as many of the hosts exposed so far have rebooted as the policy asks for what the next wave brings them to; all of them are always enough. */
function haveRebooted({ policy, state, cells }: Judged, { exposedHosts }: NextWave): boolean {
  const rebooted = total(cellsOf(cells, 'exposed'), (cell) => cell.rebooted)
  const exposedEver = state.waves.reduce((sum, wave) => sum + wave.exposedHosts, 0)
  const wanted = Math.floor((policy.rebootedShareMin * (exposedEver + exposedHosts)) / PPM_ALL)
  return rebooted >= Math.min(wanted, exposedEver)
}

function advance(judged: Judged, next: NextWave): WaveDecision {
  return { kind: 'advance', reason: advanceReason(judged), next, ...explain.advance(judged, next) }
}

function advanceReason(judged: Judged): 'first-wave' | 'probe' | 'evidence-sufficient' {
  if (judged.wave === null) return 'first-wave'
  return isSuspect(judged) || !isAnswered(judged) ? 'probe' : 'evidence-sufficient'
}

function hold(judged: Judged, reason: HoldReason, ring?: string): WaveDecision {
  return { kind: 'hold', reason, ...explain.hold(judged, reason, ring) }
}
