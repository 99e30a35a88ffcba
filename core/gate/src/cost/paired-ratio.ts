import type { PairedBlocks } from './evidence.ts'

/** How many times the CPU time of the running release the candidate takes. */
export interface PairedRatio {
  readonly median: number
  /** Of the median, at 97.5 % each. */
  readonly lower: number
  readonly upper: number
}

const DOUBT = 0.025

/** Fewer pairs have no limits at that confidence. */
export const PAIRS_MIN = 6

/**
 * The median of the ratios of pairs, with its limits by the sign test: whatever the noise is distributed like, and however far its
 * outliers lie. For pairs that are independent, which turns in alternating order make them nearly.
 *
 * @returns null for fewer than PAIRS_MIN pairs with a time on both sides
 * @see Conover, Practical Nonparametric Statistics, 3.2
 */
export function pairedRatio(pairs: readonly PairedBlocks[]): PairedRatio | null {
  const ratios = pairs
    .filter(({ candidateNs, runningNs }) => candidateNs > 0 && runningNs > 0)
    .map(({ candidateNs, runningNs }) => candidateNs / runningNs)
    .toSorted((a, b) => a - b)
  const outside = ranksOutside(ratios.length)
  const [lower, upper] = [ratios[outside], ratios[ratios.length - 1 - outside]]
  const [middle, other] = [ratios[(ratios.length - 1) >> 1], ratios[ratios.length >> 1]]
  if (ratios.length < PAIRS_MIN || !lower || !upper || !middle || !other) return null
  return { median: (middle + other) / 2, lower, upper }
}

/** The most ratios that may lie below the limit: so few of `count` fair coins fall on one side in at most DOUBT of all cases. */
function ranksOutside(count: number): number {
  let below = 0
  let chance = 0.5 ** count
  let term = chance
  while (chance <= DOUBT && below < count) {
    term *= (count - below) / (below + 1)
    below++
    chance += term
  }
  return Math.max(0, below - 1)
}
