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
}

export function slotsOf(sketch: SlotSketch): SlotState {
  const { candidate, confirmed, lastKnownGood, rejected = [], starts = 0, deathsAtMs = [] } = sketch
  return {
    ...EMPTY_SLOTS,
    starts,
    candidate: candidate ? { image: imageOf(candidate[0]), stage: candidate[1], kills: candidate[2] } : null,
    confirmed: confirmed === undefined ? null : imageOf(confirmed),
    lastKnownGood: lastKnownGood === undefined ? null : imageOf(lastKnownGood),
    rejected: rejected.map(digestOf),
    confirmedDeathsAtMs: deathsAtMs,
  }
}
