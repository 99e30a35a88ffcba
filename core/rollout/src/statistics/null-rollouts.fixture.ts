import { logSignalEvidence, logWeightedMax, waveWeight } from './combine.ts'
import { addTick, logMixture, noTerms, RATIOS_FEWER, RATIOS_MORE, type Tick } from './hazard-ratio.ts'
import { chanceOf, LOOKS, nullRollout, type NullStratum, type NullWave, SIGNALS } from './null-world.fixture.ts'

/** What somebody believes at most about a rollout, looking at it all the time: a logarithm, compared with that of 1/alpha. */
export type Judge = (waves: readonly NullWave[]) => number

/** What is told to the test instead of what happened. */
export type Rule = (tick: Tick) => Tick

const asIs: Rule = (tick) => tick
const RATIOS = SIGNALS.map((signal) => (signal === 'detection' ? RATIOS_FEWER : RATIOS_MORE))

/** As the rollout does: within a signal the mean over strata and all of them pooled; over signals and waves the weighted most. */
export function judge(waves: readonly NullWave[], rule: Rule = asIs): number {
  return logWeightedMax(
    waves.flatMap((strata, wave) => {
      const weight = waveWeight(wave + 1) / SIGNALS.length
      return SIGNALS.map((_, signal) => ({ logE: mostEvidence(strata, signal, rule), weight }))
    }),
  )
}

/** One signal of the last wave, with all of the permitted error: how near to the promise the test itself comes. */
export function judgeOneSignal(waves: readonly NullWave[], rule: Rule = asIs): number {
  return mostEvidence(waves.at(-1) ?? [], 0, rule)
}

/** The most log evidence of one signal of a wave after any look. */
function mostEvidence(strata: NullWave, signal: number, rule: Rule): number {
  const ratios = RATIOS[signal] ?? []
  const parts = strata.map((stratum) => {
    return { stratum, terms: noTerms(ratios), weight: 1 / strata.length, struck: [0, 0] as Pair }
  })
  let most = 0
  for (let look = 0; look < LOOKS; look++) {
    let isChanged = false
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]
      const tick = part === undefined ? null : tickOf(part.stratum, signal, look, part.struck)
      if (part === undefined || tick === null) continue
      part.terms = addTick(part.terms, ratios, rule(tick))
      isChanged = true
    }
    if (isChanged) most = Math.max(most, logSignalEvidence(parts))
  }
  return most
}

type Pair = [control: number, exposed: number]

/** @param before - hosts struck before this look; those of this look are added */
function tickOf(stratum: NullStratum, signal: number, look: number, before: Pair): Tick | null {
  const controlEvents = stratum.struck[signal]?.[look * 2] ?? 0
  const exposedEvents = stratum.struck[signal]?.[look * 2 + 1] ?? 0
  if (controlEvents + exposedEvents === 0) return null
  const control = stratum.enrolled[look * 2] ?? 0
  const exposed = stratum.enrolled[look * 2 + 1] ?? 0
  const tick = {
    exposedAtRisk: exposed - before[1],
    controlAtRisk: control - before[0],
    exposedToCome: stratum.cohort[1] - exposed,
    controlToCome: stratum.cohort[0] - control,
    exposedEvents,
    controlEvents,
  }
  before[0] += controlEvents
  before[1] += exposedEvents
  return tick
}

/** A mistake: the evidence of three signals that always come together, multiplied as if they were strangers. */
export function judgeByProduct(waves: readonly NullWave[]): number {
  return 3 * judgeOneSignal(waves)
}

/** A mistake: hosts at risk as many as the plan meant the control to have, instead of as many as there are. */
export function judgeByPlan(waves: readonly NullWave[]): number {
  return judge(waves, (tick) => ({
    ...tick,
    controlAtRisk: 10 * tick.exposedAtRisk + tick.controlEvents,
    exposedToCome: 0,
    controlToCome: 0,
  }))
}

/**
 * One who looks each minute for 78 minutes whether the exposed arm has more events than its equal control, "significantly" at 5 %, one-sided.
 *
 * @returns whether they ever halt a release that changes nothing; and the most log evidence that the test has which allows looking
 */
export function peeking(seed: number): { readonly naive: boolean; readonly logE: number } {
  const chance = chanceOf(seed)
  let [exposed, control, naive, logE, terms] = [0, 0, false, 0, noTerms(RATIOS_MORE)]
  for (let minute = 0; minute < PEEKING.minutes; minute++) {
    const tick = { ...PEEKING.arms, exposedEvents: 0, controlEvents: 0 }
    for (let i = 0; i < PEEKING.events; i++) {
      if (chance() < 1 / 2) tick.exposedEvents++
      else tick.controlEvents++
    }
    exposed += tick.exposedEvents
    control += tick.controlEvents
    terms = addTick(terms, RATIOS_MORE, tick)
    naive ||= exposed - control > PEEKING.deviations * Math.sqrt(exposed + control)
    logE = Math.max(logE, logMixture(terms))
  }
  return { naive, logE }
}

/** So many hosts that those struck are not missed. */
const PEEKING = {
  minutes: 78,
  events: 2,
  deviations: 1.645,
  arms: { exposedAtRisk: 1_000_000, controlAtRisk: 1_000_000, exposedToCome: 0, controlToCome: 0 },
}

export interface Crossings {
  readonly rollouts: number
  /** How many of them ever reached each of the bars. */
  readonly crossed: readonly number[]
}

export function countCrossings(rollouts: number, bars: readonly number[], judgeOf: Judge, seed = 1): Crossings {
  const crossed = bars.map(() => 0)
  for (let i = 0; i < rollouts; i++) {
    const most = judgeOf(nullRollout(seed * 1_000_003 + i))
    for (const [at, bar] of bars.entries()) if (most >= Math.log(bar)) crossed[at] = (crossed[at] ?? 0) + 1
  }
  return { rollouts, crossed }
}
