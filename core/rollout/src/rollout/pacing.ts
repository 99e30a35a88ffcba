import { type Ppm, PPM_ALL } from '@firebreak/kernel'
import type { Census } from '../evidence/census.ts'
import type { Cell, Signal } from '../evidence/signals.ts'
import type { BucketRange, WaveArms } from '../plan/exposure.ts'
import { PLAN_WAVES_MAX } from '../plan/plan.ts'
import { type ArmCount, excessRateUpper } from '../statistics/bounds.ts'
import { cellsOf, eventsOf, isSteady, total } from './cells.ts'
import { takenFrom } from './epochs.ts'
import type { RolloutPolicy } from './policy.ts'
import type { NextWave, RolloutState, WaveSize } from './state.ts'
import type { EvidenceSummary } from './verdict.ts'

/** Asked only where a wave may start: taking a census looks at every host. */
export type Censuses = (ring: string) => Census

export type Pace =
  | { readonly kind: 'wave'; readonly next: NextWave }
  | { readonly kind: 'complete' }
  | { readonly kind: 'hold'; readonly reason: 'empty-cohort' | 'pacing' | 'waves-spent'; readonly ring: string }

/** Harm that a healthy fleet hardly has: it tells of a rate after a few hosts. */
export const HARM: readonly Signal[] = ['failure', 'false-success', 'silence', 'engine-restart']
/** Harm that a healthy fleet has as well, every evening: it counts once its own evidence says that the release brings more of it. */
export const COMMON_HARM: readonly Signal[] = ['absence', 'reboot', 'cpu', 'memory', 'flood']
/**
 * Hosts that are asleep, or whose owner waits, are exposed with the others and may all come back at once: for one that could take part,
 * at most so many in all.
 */
export const REACH_PER_HOST = 4
/** In budgets: the least that a wave may reach in all, so that a small ring with many dead enrolments goes on. */
const REACH_BUDGETS_MIN = 10
/** Of the hosts that were in no control of the epoch, for one wave, but for `controlHostsMin`: the rest is for the next ones. */
const FRESH_SHARE = 1 / 3

/**
 * How large the next wave may be: so many hosts that, were each harmed with the highest rate that what is proven leaves possible, the budget
 * would be met. No round percentages: 10, 33, 143 ... while nothing happens.
 *
 * Harmed are hosts with a signal of HARM, each wave as it was when the next one started: until then both arms are watched alike. A host with two
 * signals counts twice, which can only make waves smaller. A signal that is suspected counts with all that has happened since, whichever it
 * is.
 *
 * @param cells - as of now, of all waves
 */
export function nextWaveSize(
  policy: RolloutPolicy,
  state: RolloutState,
  cells: readonly Cell[],
  evidence: EvidenceSummary,
): WaveSize {
  const doubtPpm = PPM_ALL - policy.budgetConfidencePpm
  const current = cells.filter(({ wave }) => wave === state.waves.length)
  const fresh = [...state.passedCells, ...current]
  const suspected = evidence.signals.filter(({ signal, logE }) => {
    return [...HARM, ...COMMON_HARM].includes(signal) && logE >= Math.log(PPM_ALL / doubtPpm)
  })
  const bounds = suspected.map(({ signal }) => excessUpper([cells], [signal], doubtPpm))
  const excess = Math.max(excessUpper([fresh, current], HARM, doubtPpm), ...bounds)
  const { hosts, events } = armCount(cellsOf(fresh, 'exposed'), HARM)
  return {
    hostsMax: Math.floor(policy.budgetHosts / excess),
    excessUpperPpm: Math.ceil(excess * PPM_ALL),
    proven: hosts,
    harmed: events,
  }
}

/**
 * The best of several bounds, each with its share of the permitted doubt. Over several sets of cells: all waves together know most, unless an outage
 * was among them, whose noise would slow the rollout down for ever; then the newest wave does. And in each of them over all hosts, and over
 * steady ones, which have less noise of their own.
 */
function excessUpper(sets: readonly (readonly Cell[])[], signals: readonly Signal[], doubtPpm: Ppm): number {
  const steady = sets.map((cells) => cells.filter(({ stratum }) => isSteady(stratum)))
  const all = [...sets, ...steady].filter(({ length }) => length > 0)
  const different = all.filter((cells, i) => all.findIndex((other) => isSame(cells, other)) === i)
  const confidencePpm = PPM_ALL - doubtPpm / Math.max(1, different.length)
  return Math.min(1, ...different.map((cells) => excessOf(cells, signals, confidencePpm)))
}

function isSame(a: readonly Cell[], b: readonly Cell[]): boolean {
  return a.length === b.length && a.every((cell, i) => cell === b[i])
}

function excessOf(cells: readonly Cell[], signals: readonly Signal[], confidencePpm: Ppm): number {
  const [exposed, control] = [cellsOf(cells, 'exposed'), cellsOf(cells, 'control')]
  return excessRateUpper(armCount(exposed, signals), armCount(control, signals), confidencePpm)
}

/** A host may be proven first and harmed later: not to count it twice, the larger number stands for both. */
function armCount(cells: readonly Cell[], signals: readonly Signal[]): ArmCount {
  const events = total(cells, (cell) => signals.reduce((sum, signal) => sum + eventsOf(cell, signal), 0))
  return {
    events,
    hosts: Math.max(
      events,
      total(cells, ({ proven }) => proven),
    ),
  }
}

/**
 * What comes next for a rollout whose current wave is judged good, or that has none: ring by ring in the order of risk, inside a ring from bucket 0
 * upwards, also in the emergency lane. What a ring has left over when nobody there could take part is few enough to go without a judgement.
 */
export function nextStep(policy: RolloutPolicy, state: RolloutState, size: WaveSize, censuses: Censuses): Pace {
  const current = state.waves.at(-1)?.ring
  const first = Math.max(0, current === undefined ? 0 : state.rings.indexOf(current))
  for (const ring of state.rings.slice(first)) {
    const fromPpm = exposedIn(state, ring)
    const census = censuses(ring)
    if (fromPpm === PPM_ALL || (census.hosts === 0 && (fromPpm > 0 || policy.skipEmptyRings))) continue
    // Nobody there has been heard lately, as after an outage of the server: who could say what the release does to them?
    if (census.eligibleBetween(0, PPM_ALL) === 0) return { kind: 'hold', reason: 'empty-cohort', ring }
    const toPpm = withinRisk(state, census, fromPpm, exposedUpTo(policy, census, fromPpm, size.hostsMax))
    const exposedHosts = census.eligibleBetween(fromPpm, toPpm)
    if (exposedHosts > 0) return waveOf(policy, state, ring, census, { fromPpm, toPpm }, size)
    if (toPpm < PPM_ALL) return { kind: 'hold', reason: 'pacing', ring }
  }
  if (state.waves.length > 0) return { kind: 'complete' }
  return { kind: 'hold', reason: 'empty-cohort', ring: state.rings[0] ?? '' }
}

function exposedIn(state: RolloutState, ring: string): Ppm {
  const waves = state.waves.filter((wave) => wave.ring === ring)
  return waves.reduce((most, { arms }) => Math.max(most, arms.exposed.toPpm), 0)
}

/** The end of a wave: at most `hostsMax` that could take part, and not too many in all. At least one bucket. */
function exposedUpTo(policy: RolloutPolicy, census: Census, fromPpm: Ppm, paced: number): Ppm {
  const hostsMax = Math.min(paced, withControl(policy, census, fromPpm))
  const reachMax = Math.max(REACH_PER_HOST * paced, REACH_BUDGETS_MIN * policy.budgetHosts)
  const share = Math.max(1, Math.floor((reachMax / Math.max(1, census.hosts)) * PPM_ALL))
  const reachPpm = Math.min(PPM_ALL, fromPpm + share)
  const enough = census.ppmAfter(fromPpm, hostsMax)
  // The last bucket may hold more than one host.
  const isOver = census.eligibleBetween(fromPpm, enough) > hostsMax && enough > fromPpm + 1
  const toPpm = Math.min(reachPpm, isOver ? enough - 1 : enough)
  const isLast = reachPpm === PPM_ALL && census.eligibleBetween(toPpm, PPM_ALL) === 0
  return isLast ? PPM_ALL : toPpm
}

/** The first wave of a ring is no larger than the risk of the release lets it be; one host has to tell in any case. */
function withinRisk({ risk }: RolloutState, census: Census, fromPpm: Ppm, toPpm: Ppm): Ppm {
  if (risk === undefined || fromPpm > 0) return toPpm
  return Math.min(toPpm, Math.max(risk.firstWavePpmMax, census.ppmAfter(0, 1)))
}

/** A wave leaves at least as many hosts to compare with as it exposes, unexposed or settled; but for a ring that the first wave could take whole. */
function withControl({ budgetHosts }: RolloutPolicy, census: Census, fromPpm: Ppm): number {
  const unexposed = census.eligibleBetween(fromPpm, PPM_ALL)
  const settled = census.eligibleBetween(0, fromPpm)
  return settled >= unexposed ? unexposed : Math.max(budgetHosts, Math.floor(unexposed / 2))
}

function waveOf(
  policy: RolloutPolicy,
  state: RolloutState,
  ring: string,
  census: Census,
  exposed: BucketRange,
  size: WaveSize,
): Pace {
  const wave = state.waves.length + 1
  if (wave > PLAN_WAVES_MAX) return { kind: 'hold', reason: 'waves-spent', ring }
  const exposedHosts = census.eligibleBetween(exposed.fromPpm, exposed.toPpm)
  const { control, controlOf } = controlFor(policy, state, ring, census, exposed, exposedHosts)
  const controlHosts = census.eligibleBetween(control.fromPpm, control.toPpm)
  const arms: WaveArms = { wave, exposed, control }
  return { kind: 'wave', next: { ring, arms, exposedHosts, controlHosts, controlOf, size } }
}

/**
 * Whom to compare with. Buckets that are not exposed yet, from the far end, so that they stay unexposed for longest: a fault that takes hours to show
 * is then still compared; and such that were in no control of the epoch, if they are as many as the wave exposes. When fewer are left
 * unexposed than that, the hosts that were exposed first.
 */
function controlFor(
  policy: RolloutPolicy,
  state: RolloutState,
  ring: string,
  census: Census,
  exposed: BucketRange,
  exposedHosts: number,
): Pick<NextWave, 'controlOf'> & { readonly control: BucketRange } {
  const wanted = Math.max(policy.controlPerExposed * exposedHosts, policy.controlHostsMin)
  const unexposed = census.eligibleBetween(exposed.toPpm, PPM_ALL)
  const settled = census.eligibleBetween(0, exposed.fromPpm)
  if (unexposed === 0 && settled === 0) {
    return { controlOf: 'nobody', control: { fromPpm: exposed.toPpm, toPpm: exposed.toPpm } }
  }
  if (unexposed < exposedHosts && settled > unexposed) {
    const toPpm = Math.min(exposed.fromPpm, census.ppmAfter(0, wanted))
    return { controlOf: 'settled', control: { fromPpm: 0, toPpm } }
  }
  const freePpm = Math.min(PPM_ALL, ...takenFrom(state.waves, ring))
  const free = freePpm > exposed.toPpm ? census.eligibleBetween(exposed.toPpm, freePpm) : 0
  const isFresh = free >= exposedHosts
  const [toPpm, choice] = isFresh ? [freePpm, free] : [PPM_ALL, unexposed]
  const share = Math.max(Math.floor(free * FRESH_SHARE), exposedHosts, policy.controlHostsMin)
  const hosts = isFresh ? Math.min(wanted, share) : wanted
  const fromPpm = choice > hosts ? census.ppmAfter(exposed.toPpm, choice - hosts) : exposed.toPpm
  return { controlOf: 'unexposed', control: { fromPpm, toPpm } }
}
