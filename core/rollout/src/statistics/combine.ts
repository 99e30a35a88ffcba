import { assert } from '@firebreak/kernel'
import { logMixture, type LogTerms, pooledTerms } from './hazard-ratio.ts'

export interface WeightedEvidence {
  readonly logE: number
  /** Chosen before the evidence is seen; together at most 1. */
  readonly weight: number
}

export interface StratumEvidence {
  readonly terms: LogTerms
  /** Chosen when the wave starts; over all strata of the wave together at most 1. */
  readonly weight: number
}

/** Sums of weights like 1/3 may be this much above 1. */
const ROUNDING = 1e-9

/**
 * Log evidence of one signal in one wave. Half of it asks for one ratio in all strata, which finds a small fault that is everywhere; half for any
 * ratio in any one, which finds a fault of a single engine or operating system. Strata have no host in common and a host is
 * struck at most once, so all that is averaged here are martingales of one and the same history.
 *
 * @param strata - of which nothing is known yet may be left out
 */
export function logSignalEvidence(strata: readonly StratumEvidence[]): number {
  if (strata.length === 0) return 0
  const apart = strata.map(({ terms, weight }) => ({ logE: logMixture(terms), weight: weight / 2 }))
  return logWeightedMean([{ logE: logMixture(pooledTerms(strata.map(({ terms }) => terms))), weight: 1 / 2 }, ...apart])
}

/** The logarithm of the weighted mean. What is left of the weight is put on 1, which proves nothing. */
export function logWeightedMean(parts: readonly WeightedEvidence[]): number {
  const rest = 1 - sumOfWeights(parts)
  const logs = parts.filter(({ weight }) => weight > 0).map(({ logE, weight }) => logE + Math.log(weight))
  if (rest > ROUNDING) logs.push(Math.log(rest))
  const largest = Math.max(...logs)
  if (!Number.isFinite(largest)) return largest
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0))
}

/**
 * The logarithm of the largest product of weight and evidence, over signals and waves. It passes 1/alpha only where one of them passes
 * 1/(alpha weight), which Ville's inequality says happens with at most alpha times its weight: together at most alpha, however they depend on each other.
 *
 * Not their mean: a host that one signal has struck is likelier to be struck by another, so what one signal is about to show can be foretold from
 * the other, and a mean of martingales of different histories is a martingale of none (Choe, Ramdas, arXiv 2402.09698).
 */
export function logWeightedMax(parts: readonly WeightedEvidence[]): number {
  sumOfWeights(parts)
  return parts.reduce((most, { logE, weight }) => Math.max(most, logE + Math.log(weight)), Number.NEGATIVE_INFINITY)
}

/** Of the `wave`th wave, from 1: together 1 over any number of them, because the sum of 1/n^2 is pi^2/6. */
export function waveWeight(wave: number): number {
  return 6 / (Math.PI * wave) ** 2
}

function sumOfWeights(parts: readonly WeightedEvidence[]): number {
  const sum = parts.reduce((total, { weight }) => total + weight, 0)
  assert(sum <= 1 + ROUNDING && parts.every(({ weight }) => weight >= 0), 'weights are at most 1 together')
  return sum
}
