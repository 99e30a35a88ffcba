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
 * Who could have been struck is counted twice, and what proves less is taken, so that the evidence is never more than a test martingale of
 * either kind. *Those at risk*: right if they are alike, also where one arm enrols faster. *The whole cohort that was not struck*: right if
 * chance alone chose the arms, also where hosts that have just enrolled are struck more often than others.
 *
 * @see ter Schure, Perez-Ortiz, Ly, Grunwald, The anytime-valid logrank test (arXiv 2011.06931), section 3 and, for ties, appendix
 */
export function addTick(terms: LogTerms, ratios: readonly number[], tick: Tick): LogTerms {
  const { exposedAtRisk, controlAtRisk, exposedToCome, controlToCome, exposedEvents, controlEvents } = tick
  if (exposedEvents + controlEvents === 0) return terms
  assert(terms.length === ratios.length, 'one term for each ratio')
  assert(exposedEvents <= exposedAtRisk && controlEvents <= controlAtRisk, 'only hosts at risk are struck')
  const struck = exposedEvents + controlEvents
  const enrolled = outcomesOf(exposedAtRisk, controlAtRisk, struck)
  const drawn =
    exposedToCome + controlToCome === 0
      ? enrolled
      : outcomesOf(exposedAtRisk + exposedToCome, controlAtRisk + controlToCome, struck)
  const next: number[] = []
  for (let i = 0; i < ratios.length; i++) {
    const ratio = ratios[i] ?? 1
    const mean = logMean(enrolled, ratio)
    const most = drawn === enrolled ? mean : Math.max(mean, logMean(drawn, ratio))
    next.push((terms[i] ?? 0) + exposedEvents * Math.log(ratio) - most)
  }
  return next
}

/** The terms of several strata as if a ratio were the same in all: what each of them proves about it adds up. */
export function pooledTerms(strata: readonly LogTerms[]): LogTerms {
  const [first = [], ...others] = strata
  return others.reduce((sum, terms) => sum.map((term, i) => term + (terms[i] ?? 0)), first)
}

/** Log evidence of the mixture that gives each ratio the same weight: a mean of martingales is one. */
export function logMixture(terms: LogTerms): number {
  const largest = Math.max(...terms)
  let sum = 0
  for (let i = 0; i < terms.length; i++) sum += Math.exp((terms[i] ?? 0) - largest)
  return largest + Math.log(sum / terms.length)
}

/** How many of the hosts struck may be exposed. */
interface Outcomes {
  readonly least: number
  /** The probabilities of `least`, `least + 1` ...; empty: too many to sum. */
  readonly shares: readonly number[]
  /** With replacement: so many draws, each with this chance. */
  readonly draws: number
  readonly chance: number
}

/** `struck` hosts drawn without replacement from both arms. */
function outcomesOf(exposed: number, control: number, struck: number): Outcomes {
  const least = Math.max(0, struck - control)
  const most = Math.min(struck, exposed)
  // Which of the two numbers is drawn and which is marked is a matter of view: the smaller draw spreads less.
  const [draws, chance] = [most, Math.max(struck, exposed) / (exposed + control)]
  // One draw is the same with replacement and without.
  const isSummed = draws !== 1 && most - least < EXACT_OUTCOMES_MAX
  return { least, shares: isSummed ? sharesOf(exposed, control, struck, least, most) : [], draws, chance }
}

/** The hypergeometric distribution from `least` to `most`, begun at its mode: only shares that don't matter get lost in rounding. */
function sharesOf(exposed: number, control: number, struck: number, least: number, most: number): readonly number[] {
  const next = (k: number): number => ((exposed - k) * (struck - k)) / ((k + 1) * (control - struck + k + 1))
  const mode = Math.floor(((struck + 1) * (exposed + 1)) / (exposed + control + 2))
  const shares = [1]
  let sum = 1
  for (let k = mode, share = 1; k < most; k++) {
    share *= next(k)
    sum += share
    shares.push(share)
  }
  for (let k = mode - 1, share = 1; k >= least; k--) {
    share /= next(k)
    sum += share
    shares.unshift(share)
  }
  for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] ?? 0) / sum
  return shares
}

/** The logarithm of the mean of ratio^K, K being how many are exposed; or an upper bound on it. */
function logMean({ least, shares, draws, chance }: Outcomes, ratio: number): number {
  // Hoeffding (1963, theorem 4): drawing with replacement spreads K more, so the mean of a convex function of it is no smaller.
  if (shares.length === 0) return draws * Math.log1p(chance * (ratio - 1))
  // Horner's rule: at most 64 factors of at most 100, far below what a double holds.
  let mean = 0
  for (let k = shares.length - 1; k >= 0; k--) mean = mean * ratio + (shares[k] ?? 0)
  return (least === 0 ? 0 : least * Math.log(ratio)) + Math.log(mean)
}
