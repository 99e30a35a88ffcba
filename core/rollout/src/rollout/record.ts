import { PPM_ALL, type WallMs } from '@firebreak/kernel'
import type { Cell } from '../evidence/signals.ts'
import type { ReleaseRef } from '../plan/plan.ts'
import { areReadable, boundedCells } from './cells.ts'
import { countsOf } from './counts.ts'
import { judgedOf } from './judged.ts'
import type { RolloutPolicy } from './policy.ts'
import { currentRing, currentWave, type RolloutState, type WaveDecision } from './state.ts'
import type { VerdictBody, VerdictRecord } from './verdict.ts'

/** What a person decided about a release, and why. */
export interface OperatorVerdict {
  readonly kind: 'halt' | 'recall'
  readonly pack: string
  readonly release: ReleaseRef
  readonly explanation: string
}

/** A decision as it is kept. */
export function recordOf(state: RolloutState, decision: WaveDecision, nowMs: WallMs): VerdictRecord {
  const { kind, reason, counts, evidence, excessUpperPpm, alternatives, resolvedBy, explanation } = decision
  const body = { counts, evidence, excessUpperPpm, alternatives, resolvedBy, explanation }
  return { atMs: nowMs, pack: state.pack, ...state.release, ...placeOf(state), kind, reason, ...body }
}

/**
 * What a person decided, with the numbers at that moment: those of the rollout of this release, if `state` is one.
 *
 * @param state - the newest rollout of the pack; null: there never was one
 */
export function operatorRecord(
  policy: RolloutPolicy,
  state: RolloutState | null,
  cells: readonly Cell[],
  { kind, pack, release, explanation }: OperatorVerdict,
  nowMs: WallMs,
): VerdictRecord {
  const own = state?.release.imageDigest === release.imageDigest ? state : null
  const head = { atMs: nowMs, pack, ...release, ...(own ? placeOf(own) : { ring: '', wave: 0 }) }
  return { ...head, kind, reason: 'operator', ...bodyOf(policy, own, cells, nowMs), explanation }
}

function bodyOf(policy: RolloutPolicy, state: RolloutState | null, cells: readonly Cell[], nowMs: WallMs): VerdictBody {
  const said = { alternatives: [], resolvedBy: 'A new release.', explanation: '' }
  if (state === null) {
    const evidence = {
      logE: 0,
      haltLogE: Math.log(policy.haltEvidence),
      holdLogE: Math.log(policy.holdEvidence),
      signals: [],
    }
    return { counts: countsOf(null, []), evidence, excessUpperPpm: PPM_ALL, ...said }
  }
  const known = areReadable(cells) ? boundedCells(cells) : state.cells
  const { counts, evidence, size } = judgedOf(policy, state, known, nowMs)
  return { counts, evidence, excessUpperPpm: size.excessUpperPpm, ...said }
}

function placeOf(state: RolloutState): Pick<VerdictRecord, 'ring' | 'wave'> {
  return { ring: currentRing(state), wave: currentWave(state)?.arms.wave ?? 0 }
}
