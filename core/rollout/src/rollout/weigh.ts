import { PPM_ALL } from '@firebreak/kernel'
import { type AttributedSignal, type Cell, type Signal, SIGNALS } from '../evidence/signals.ts'
import { logSignalEvidence, logWeightedMax, logWeightedMean, waveWeight } from '../statistics/combine.ts'
import { addTick, logMixture, noTerms, RATIOS_MORE } from '../statistics/hazard-ratio.ts'
import { logKnownRate } from '../statistics/known-rate.ts'
import { eventsOf, type Stratum, strataOf } from './cells.ts'
import { epochStarts } from './epochs.ts'
import type { BaselineRates, RolloutPolicy } from './policy.ts'
import type { ProcessState, RolloutState } from './state.ts'
import { type EvidenceSummary, LOG_EVIDENCE_MAX, type SignalEvidence } from './verdict.ts'

/**
 * How much of the permitted error each signal may use: chosen before anything is seen, together 1. Most where most harm shows: a release that breaks
 * hosts is refused, fells engines, or is never heard of again. Doubling a weight saves less than one more loss.
 */
export const SIGNAL_WEIGHTS: Readonly<Record<Signal, number>> = {
  silence: 1 / 4,
  failure: 1 / 4,
  absence: 1 / 8,
  reboot: 1 / 16,
  'engine-restart': 1 / 16,
  'apply-failure': 1 / 16,
  'false-success': 1 / 16,
  cpu: 1 / 32,
  memory: 1 / 32,
  flood: 1 / 32,
  detection: 1 / 32,
}

/**
 * Of a signal's weight, half is for each wave by itself, as long as it is watched, so that a long good past can't dilute a new fault; and half for
 * the waves of an epoch together, because the budget lets no single wave lose many: each while it is the current one, so that what a fleet suffers anyway in a day
 * does not drown what a release does at once.
 */
const TOGETHER = 1 / 2

/**
 * All evidence against the release. By Ville's inequality a healthy one ever reaches 1/a with a probability of at most a, however often it is
 * looked at: each part is a test martingale, and their weights are 1 together.
 */
export function weigh(policy: RolloutPolicy, state: RolloutState, cells: readonly Cell[]): EvidenceSummary {
  const waves = state.waves.map(({ arms: { wave } }) => ({ wave, strata: strataOf(cells, wave) }))
  const epochs = epochStarts(state.waves)
  const bySignal = Map.groupBy(state.processes, ({ signal }) => signal)
  const parts = SIGNALS.flatMap((signal) => {
    const own = isAttributed(signal) ? [] : (bySignal.get(signal) ?? [])
    return signalParts(policy, own, waves, epochs, signal)
  })
  const logs = parts.map(({ logE, weight }) => ({ logE, weight }))
  const strongest = parts
    .filter(({ exposedEvents, controlEvents }) => exposedEvents + controlEvents > 0)
    .map(({ weight, ...part }) => ({ ...part, logE: cut(part.logE + Math.log(weight)) }))
    .toSorted((a, b) => b.logE - a.logE)
  return {
    logE: cut(Math.max(0, logWeightedMax(logs))),
    haltLogE: Math.log(policy.haltEvidence),
    holdLogE: Math.log(policy.holdEvidence),
    signals: strongest.filter((one, i) => strongest.findIndex(({ signal }) => signal === one.signal) === i),
  }
}

interface WaveStrata {
  readonly wave: number
  readonly strata: readonly Stratum[]
}

interface Part extends SignalEvidence {
  readonly weight: number
}

function signalParts(
  policy: RolloutPolicy,
  processes: readonly ProcessState[],
  waves: readonly WaveStrata[],
  epochs: readonly number[],
  signal: Signal,
): readonly Part[] {
  const own = SIGNAL_WEIGHTS[signal]
  const apart = ({ wave }: WaveStrata) => ({ wave, weight: own * (1 - TOGETHER) * waveWeight(wave) })
  const all = waves.flatMap(({ strata }) => strata)
  if (isAttributed(signal)) {
    const rate = policy.baselines[BASELINES[signal]] / PPM_ALL
    return [
      {
        ...described(signal, all),
        wave: null,
        weight: own * TOGETHER,
        stratum: null,
        logE: logOfTotals(all, signal, rate),
      },
      ...waves.map((one) => ({
        ...described(signal, one.strata),
        ...apart(one),
        ...attributedEvidence(one.strata, signal, rate),
      })),
    ]
  }
  const byWave = Map.groupBy(processes, ({ wave, stratum }) => (stratum === null ? null : wave))
  return [
    ...epochParts(byWave.get(null) ?? [], epochs, own),
    ...waves.map((one) => {
      const finding = comparedEvidence(byWave.get(one.wave) ?? [], one.strata)
      return { ...described(signal, one.strata), ...apart(one), ...finding }
    }),
  ]
}

/** Of all waves together, epoch by epoch. */
function epochParts(processes: readonly ProcessState[], epochs: readonly number[], own: number): readonly Part[] {
  return processes.map(({ wave, signal, logTerms, exposedEvents, controlEvents }) => {
    const weight = own * TOGETHER * waveWeight(epochs.indexOf(wave) + 1)
    return { signal, wave: null, stratum: null, exposedEvents, controlEvents, logE: logMixture(logTerms), weight }
  })
}

type Finding = Pick<SignalEvidence, 'logE' | 'stratum'>

interface Found {
  readonly known: readonly ProcessState[]
  readonly weight: number
  readonly finding: Finding
}

/** By the first of the processes: most waves are as they were at the last look. */
const FOUND = new WeakMap<ProcessState, Found>()

/** @param known - of one signal in one wave. The weights of its strata are settled when it starts */
function comparedEvidence(known: readonly ProcessState[], strata: readonly Stratum[]): Finding {
  const [first] = known
  if (first === undefined) return { logE: 0, stratum: null }
  // If the numbers of some are gone, what was learnt from them is not.
  const weight = 1 / Math.max(known.length, strata.filter(({ exposed }) => exposed.cohort > 0).length)
  const found = FOUND.get(first)
  if (found?.weight === weight && isSame(found.known, known)) return found.finding
  const finding = findingOf(known, weight)
  FOUND.set(first, { known, weight, finding })
  return finding
}

function isSame(a: readonly ProcessState[], b: readonly ProcessState[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i])
}

function findingOf(known: readonly ProcessState[], weight: number): Finding {
  const strongest = known.toSorted((a, b) => logMixture(b.logTerms) - logMixture(a.logTerms))[0]
  const logE = logSignalEvidence(known.map(({ logTerms }) => ({ terms: logTerms, weight })))
  return { logE, stratum: strongest?.stratum ?? null }
}

const BASELINES: Readonly<Record<AttributedSignal, keyof BaselineRates>> = {
  failure: 'failurePpm',
  'apply-failure': 'applyFailurePpm',
  'false-success': 'falseSuccessPpm',
}

/** Against the rate that the policy states; hosts that have the release outside the cohort count as one more stratum. */
function attributedEvidence(strata: readonly Stratum[], signal: AttributedSignal, rate: number): Finding {
  if (strata.every(({ exposed }) => eventsOf(exposed, signal) === 0)) return { logE: 0, stratum: null }
  const weight = 1 / Math.max(strata.length, strata.filter(({ exposed }) => exposed.cohort > 0).length + 1)
  const apart = strata.map((one) => ({ ...one, logE: logOfTotals([one], signal, rate), weight: weight / 2 }))
  const struck = apart.filter(({ exposed }) => eventsOf(exposed, signal) > 0)
  const strongest = struck.toSorted((a, b) => b.logE - a.logE)[0]
  const pooled = { logE: logOfTotals(strata, signal, rate), weight: 1 / 2 }
  return { logE: logWeightedMean([pooled, ...apart]), stratum: strongest?.stratum ?? null }
}

/**
 * A trial is every exposed host that has enrolled, decided or not: those that fail answer first, so to count finished trials alone would find failure in
 * every large wave. No host is no trial, and proves nothing.
 */
function logOfTotals(strata: readonly Stratum[], signal: AttributedSignal, rate: number): number {
  const events = strata.reduce((sum, { exposed }) => sum + eventsOf(exposed, signal), 0)
  const trials = strata.reduce((sum, { exposed }) => sum + Math.max(exposed.enrolled, eventsOf(exposed, signal)), 0)
  return logKnownRate(events, trials, rate)
}

export function isAttributed(signal: Signal): signal is AttributedSignal {
  return signal in BASELINES
}

function described(signal: Signal, strata: readonly Stratum[]) {
  return {
    signal,
    exposedEvents: strata.reduce((sum, { exposed }) => sum + eventsOf(exposed, signal), 0),
    controlEvents: strata.reduce((sum, { control }) => sum + eventsOf(control ?? undefined, signal), 0),
  }
}

/** More than these are not tried: losses never take evidence away. */
const LOSSES_TRIED_MAX = 1_000
/** Of a cohort: where even so many losses would not halt, statistics come too late. */
const LOSSES_SHARE = 0.8

/**
 * From which wave on the statistics can protect a rollout: the first by which evidence would reach `haltEvidence` if four of five exposed hosts so far fell
 * silent, one after another, and the control lost nobody. Before, hosts are counted instead (`failuresMax`, `lossesMax`). Depends on
 * the cohorts only, so for each wave it is settled when the wave starts.
 *
 * @returns Infinity: so far none
 */
export function firstProtected(policy: RolloutPolicy, cells: readonly Cell[]): number {
  const needed = Math.log(policy.haltEvidence) - Math.log(SIGNAL_WEIGHTS.silence * TOGETHER * waveWeight(1))
  const waves = [...new Set(cells.map(({ wave }) => wave))].toSorted((a, b) => a - b)
  let terms = noTerms(RATIOS_MORE)
  for (const { exposed, control } of waves.values().flatMap((wave) => strataOf(cells, wave))) {
    if (control === null || control.cohort === 0) continue
    const losses = Math.min(Math.ceil(exposed.cohort * LOSSES_SHARE), LOSSES_TRIED_MAX)
    for (let lost = 0; lost < losses; lost++) {
      const atRisk = {
        exposedAtRisk: exposed.cohort - lost,
        controlAtRisk: control.cohort,
        exposedToCome: 0,
        controlToCome: 0,
      }
      terms = addTick(terms, RATIOS_MORE, { ...atRisk, exposedEvents: 1, controlEvents: 0 })
      if (logMixture(terms) >= needed) return exposed.wave
    }
  }
  return Number.POSITIVE_INFINITY
}

/** Downwards, so that what is shown is never more than there is. */
function cut(logE: number): number {
  return Math.floor(Math.min(logE, LOG_EVIDENCE_MAX) * 1_000) / 1_000
}
