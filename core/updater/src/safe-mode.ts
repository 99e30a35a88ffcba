import type { WallMs } from '@firebreak/kernel'
import {
  FALLBACK_WINDOW_MS,
  FALLBACKS_MAX,
  restingImage,
  SAFE_MODE_COOL_DOWN_MS,
  type SlotImage,
  type SlotState,
} from './slots.ts'

/** What becomes of an offer. `held` ones may be taken later. */
export type OfferDecision =
  | { readonly kind: 'take' }
  | { readonly kind: 'refuse'; readonly reason: 'rejected' | 'confirmed' }
  | { readonly kind: 'hold'; readonly reason: 'in-trial' | 'safe-mode-plan' | 'safe-mode-cool-down' }

/**
 * Whether this host tries `image`, which the plan of `generation` offers. In safe mode the plan has to be a newer one than the one that
 * led there, and the cool-down to be over; then even the confirmed image is only a candidate.
 */
export function decideOffer(state: SlotState, image: SlotImage, generation: number, nowMs: WallMs): OfferDecision {
  const digest = image.imageDigest
  const resting = restingImage(state)
  if (state.rejected.includes(digest)) return { kind: 'refuse', reason: 'rejected' }
  if (resting?.slot === 'confirmed' && resting.image.imageDigest === digest) {
    return { kind: 'refuse', reason: 'confirmed' }
  }
  if (state.candidate?.stage === 'running') return { kind: 'hold', reason: 'in-trial' }
  if (!state.safe) return { kind: 'take' }
  if (generation <= state.safe.generation) return { kind: 'hold', reason: 'safe-mode-plan' }
  // A clock that was set back far must not lengthen the wait.
  const isCool = Math.abs(nowMs - state.safe.sinceMs) >= SAFE_MODE_COOL_DOWN_MS
  return isCool ? { kind: 'take' } : { kind: 'hold', reason: 'safe-mode-cool-down' }
}

/** One more fallback. The last that the window allows puts the host into safe mode, and whatever is in trial has to wait. */
export function countFallback(state: SlotState, nowMs: WallMs): SlotState {
  const recent = state.fallbacksAtMs.filter((at) => Math.abs(nowMs - at) <= FALLBACK_WINDOW_MS)
  const fallbacksAtMs = [...recent, nowMs].slice(-FALLBACKS_MAX)
  if (!state.safe && fallbacksAtMs.length < FALLBACKS_MAX) return { ...state, fallbacksAtMs }
  return {
    ...state,
    fallbacksAtMs,
    safe: { sinceMs: nowMs, generation: state.generation },
    candidate: state.candidate && { ...state.candidate, stage: 'waiting' },
  }
}

/** Back to normal mode, with a clean record. */
export function leaveSafeMode(state: SlotState): SlotState {
  return state.safe ? { ...state, safe: null, fallbacksAtMs: [] } : state
}
