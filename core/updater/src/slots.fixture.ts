import type { Sha256Hex } from '@firebreak/kernel'
import { EMPTY_SLOTS, type SlotImage, type SlotState } from './slots.ts'

/** Image 0, 1, 2, ...: distinct, valid, and told apart at a glance. */
export function imageOf(n: number): SlotImage {
  return { pack: 'linux-baseline', version: `1.${n}.0`, imageDigest: digestOf(n) }
}

export function digestOf(n: number): Sha256Hex {
  return n.toString(16).padStart(2, '0').repeat(32)
}

/** A state in one line: numbers are images. A candidate is [image, stage, kills]. */
export interface SlotSketch {
  readonly candidate?: readonly [image: number, stage: 'running' | 'waiting', kills: number]
  readonly confirmed?: number
  readonly lastKnownGood?: number
  readonly rejected?: readonly number[]
  readonly starts?: number
  readonly deathsAtMs?: readonly number[]
  readonly fallbacksAtMs?: readonly number[]
  /** Safe mode since then, by the plan of that generation. */
  readonly safe?: readonly [sinceMs: number, generation: number]
  readonly generation?: number
  readonly starter?: number
  readonly recalledStarter?: number
  readonly bootId?: string
}

export function slotsOf(sketch: SlotSketch): SlotState {
  const { candidate, confirmed, lastKnownGood, rejected = [], starts = 0, deathsAtMs = [] } = sketch
  const { fallbacksAtMs = [], safe, generation = 0, starter, recalledStarter, bootId = '' } = sketch
  return {
    ...EMPTY_SLOTS,
    starts,
    bootId,
    fallbacksAtMs,
    safe: safe ? { sinceMs: safe[0], generation: safe[1] } : null,
    generation,
    starter: starter === undefined ? null : imageOf(starter),
    recalledStarter: recalledStarter === undefined ? null : digestOf(recalledStarter),
    candidate: candidate ? { image: imageOf(candidate[0]), stage: candidate[1], kills: candidate[2] } : null,
    confirmed: confirmed === undefined ? null : imageOf(confirmed),
    lastKnownGood: lastKnownGood === undefined ? null : imageOf(lastKnownGood),
    rejected: rejected.map(digestOf),
    confirmedDeathsAtMs: deathsAtMs,
  }
}
