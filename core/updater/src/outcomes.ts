import type { Sha256Hex, WallMs } from '@firebreak/kernel'
import {
  OUTCOME_CODE_CHARS_MAX,
  OUTCOME_MESSAGE_CHARS_MAX,
  OUTCOMES_MAX,
  REJECTED_MAX,
  type ReleaseOutcome,
} from './slots.ts'

/** An outcome of now. An engine's words are cut to what a state may hold. */
export function outcomeOf(
  imageDigest: Sha256Hex,
  outcome: ReleaseOutcome['outcome'],
  atMs: WallMs,
  code = '',
  message = '',
): ReleaseOutcome {
  const words = { code: code.slice(0, OUTCOME_CODE_CHARS_MAX), message: message.slice(0, OUTCOME_MESSAGE_CHARS_MAX) }
  return { imageDigest, outcome, ...words, atMs, recoverMs: 0 }
}

/** The newest outcome of a release replaces its older one, but keeps the longest gap that was measured. */
export function withOutcome(outcomes: readonly ReleaseOutcome[], next: ReleaseOutcome): readonly ReleaseOutcome[] {
  const before = outcomes.find((one) => one.imageDigest === next.imageDigest)
  const merged = { ...next, recoverMs: Math.max(next.recoverMs, before?.recoverMs ?? 0) }
  return [...outcomes.filter((one) => one !== before), merged].slice(-OUTCOMES_MAX)
}

export function withRejected(rejected: readonly Sha256Hex[], more: readonly Sha256Hex[]): readonly Sha256Hex[] {
  return [...rejected.filter((digest) => !more.includes(digest)), ...more].slice(-REJECTED_MAX)
}
