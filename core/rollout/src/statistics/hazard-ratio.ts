import { assert } from '@firebreak/kernel'

/** How many times as often the exposed arm is struck: what a bad release does. One grid for faults of every size. */
export const RATIOS_MORE: readonly number[] = [1.25, 1.5, 2, 3, 5, 10, 30, 100]
/** For good events, of which a bad release brings fewer. */
export const RATIOS_FEWER: readonly number[] = [0.8, 0.67, 0.5, 0.33, 0.2, 0.1, 0.05, 0.02]

/** For each ratio, the logarithm of how much better it explains what was seen than no difference does. */
export type LogTerms = readonly number[]

/** What happened between two looks to the two arms of one stratum of one wave, for one signal. Numbers of hosts. */
export interface Tick {
  /** Enrolled, and not struck before this tick. */
  readonly exposedAtRisk: number
  readonly controlAtRisk: number
  /** Of the cohort, and not enrolled yet. */
  readonly exposedToCome: number
  readonly controlToCome: number
  /** Of those at risk: struck in this tick. */
  readonly exposedEvents: number
  readonly controlEvents: number
}

/** So many possible outcomes of a tick are summed one by one; beyond, a bound does. */
const EXACT_OUTCOMES_MAX = 64

export function noTerms(ratios: readonly number[]): LogTerms {
  return ratios.map(() => 0)
}

/**
 * One look of a safe logrank test, for each of `ratios`: `terms` plus the log likelihood ratio of this tick. `terms` itself when nothing happened.
 *
 * If the release makes no difference, each of the hosts struck was as likely to be any other that could have been struck. So of all
 * outcomes with as many struck, a share known beforehand has k of them exposed: K is hypergeometric. The ratio h
 * to the power k, divided by its mean over K, has mean 1 whatever the arms' sizes and however many fall at once: multiplied up over ticks
 * it is a test martingale.
 *
 * Who could have been struck is counted twice, and what proves less is taken. *Those at risk*: right if they are alike, also where one
 * arm enrols faster. *The whole cohort that was not struck*: right if chance alone chose the arms, also where hosts that have just
 * enrolled are struck more often than others.
 *
 * @see ter Schure, Perez-Ortiz, Ly, Grunwald, The anytime-valid logrank test (arXiv 2011.06931), section 3 and, for ties, appendix
 */
export function addTick(terms: LogTerms, ratios: readonly number[], tick: Tick): LogTerms {
  const { exposedAtRisk, controlAtRisk, exposedToCome, controlToCome, exposedEvents, controlEvents } = tick
  if (exposedEvents + controlEvents === 0) return terms
  assert(terms.length === ratios.length, 'one term for each ratio')
  assert(exposedEvents <= exposedAtRisk && controlEvents <= controlAtRisk, 'only hosts at risk are struck')
  const struck = exposedEvents + controlEvents
  const enrolled = logMeans(ratios, exposedAtRisk, controlAtRisk, struck)
  const drawn =
    exposedToCome + controlToCome === 0
      ? enrolled
      : logMeans(ratios, exposedAtRisk + exposedToCome, controlAtRisk + controlToCome, struck)
  return terms.map((term, i) => {
    return term + exposedEvents * Math.log(ratios[i] ?? 1) - Math.max(enrolled[i] ?? 0, drawn[i] ?? 0)
  })
}

/** The terms of several strata as if a ratio were the same in all: what each of them proves about it adds up. */
export function pooledTerms(strata: readonly LogTerms[]): LogTerms {
  const [first = [], ...others] = strata
  return others.reduce((sum, terms) => sum.map((term, i) => term + (terms[i] ?? 0)), first)
}

/** Log evidence of the mixture that gives each ratio the same weight: a mean of martingales is one. */
export function logMixture(terms: LogTerms): number {
  let largest = Number.NEGATIVE_INFINITY
  for (const term of terms) if (term > largest) largest = term
  let sum = 0
  for (const term of terms) sum += Math.exp(term - largest)
  return largest + Math.log(sum / terms.length)
}

/**
 * For each ratio h the logarithm of the mean of h^K, or an upper bound on it, where K is how many of `struck` hosts drawn from both arms
 * without replacement are exposed.
 */
function logMeans(ratios: readonly number[], exposed: number, control: number, struck: number): readonly number[] {
  const least = Math.max(0, struck - control)
  const most = Math.min(struck, exposed)
  if (struck > 1 && most - least < EXACT_OUTCOMES_MAX) {
    const shares = sharesOfOutcomes(exposed, control, struck, least, most)
    return ratios.map((ratio) => least * Math.log(ratio) + Math.log(meanOfPowers(shares, ratio)))
  }
  // Hoeffding (1963, theorem 4): drawing with replacement instead spreads K more, so the mean of a convex function of it is no smaller. Which of
  // the two numbers is drawn and which is marked is a matter of view; the smaller draw spreads less. Exact for one.
  const draws = Math.min(struck, exposed)
  const share = Math.max(struck, exposed) / (exposed + control)
  return ratios.map((ratio) => draws * Math.log1p(share * (ratio - 1)))
}

/** The hypergeometric distribution from `least` to `most`, begun at its mode: only shares that don't matter get lost in rounding. */
function sharesOfOutcomes(
  exposed: number,
  control: number,
  struck: number,
  least: number,
  most: number,
): readonly number[] {
  const next = (k: number): number => ((exposed - k) * (struck - k)) / ((k + 1) * (control - struck + k + 1))
  const mode = Math.floor(((struck + 1) * (exposed + 1)) / (exposed + control + 2))
  const shares = Array.from<number>({ length: most - least + 1 }).fill(1)
  for (let k = mode; k < most; k++) shares[k + 1 - least] = (shares[k - least] ?? 0) * next(k)
  for (let k = mode - 1; k >= least; k--) shares[k - least] = (shares[k + 1 - least] ?? 0) / next(k)
  const sum = shares.reduce((total, share) => total + share, 0)
  return shares.map((share) => share / sum)
}

/** Horner's rule: at most 64 factors of at most 100, far below what a double holds. */
function meanOfPowers(shares: readonly number[], ratio: number): number {
  let mean = 0
  for (let k = shares.length - 1; k >= 0; k--) mean = mean * ratio + (shares[k] ?? 0)
  return mean
}
