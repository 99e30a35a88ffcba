/** Sigma's levels, from the mildest on. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Level = (typeof LEVELS)[number]

/** 0 for a level that is none of Sigma's, so that nothing is hidden for want of one. */
export function rankOf(level: string): number {
  return Math.max(0, (LEVELS as readonly string[]).indexOf(level))
}

/** A level that is none of Sigma's is shown as the mildest. */
export function levelOf(level: string): Level {
  return LEVELS[rankOf(level)] ?? 'informational'
}
