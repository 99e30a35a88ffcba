import { assert, type Ppm, type WallMs } from '@firebreak/kernel'
import type { Cell, ComparedSignal } from '../evidence/signals.ts'
import type { WaveArms } from '../plan/exposure.ts'
import type { ReleaseRef, RingExposure } from '../plan/plan.ts'
import type { ReleaseRisk } from '../plan/release.ts'
import type { LogTerms } from '../statistics/hazard-ratio.ts'
import type { RolloutPolicy } from './policy.ts'
import type { AdvanceReason, HaltReason, HoldReason, VerdictBody } from './verdict.ts'

/** emergency: shorter baking, and as much shorter delays on hosts as their owners consented to. The same waves. */
export type Lane = 'normal' | 'emergency'

export interface RolloutStart {
  readonly pack: string
  readonly category: string
  readonly release: ReleaseRef
  readonly lane: Lane
  /** As approvers signed it. */
  readonly risk?: ReleaseRisk
}

/**
 * One release on its way through the rings. Everything that a judgement depends on is written down when it happens: rings when the rollout
 * starts, arms and cohorts when a wave starts. Later edits of the policy, enrolments and disappearances change neither. Plain data, so that a server can
 * keep it as JSON.
 */
export interface RolloutState extends RolloutStart {
  readonly status: 'rolling' | 'halted' | 'complete'
  readonly rings: readonly string[]
  readonly startedAtMs: WallMs
  /** In order; at most PLAN_WAVES_MAX. Empty until somebody is there. */
  readonly waves: readonly WaveRecord[]
  /** Only those in which something has happened. */
  readonly processes: readonly ProcessState[]
  /** As of the last look, sorted and bounded (`cells.ts`). */
  readonly cells: readonly Cell[]
  /** Of earlier waves: as they were when the next one started. From then on a later wave takes their hosts, and the arms are watched unequally long. */
  readonly passedCells: readonly Cell[]
  /** How many of the current wave's control had fallen silent, at the end of each of the last minutes in which that changed. */
  readonly controlLosses: readonly ControlLoss[]
}

/** A wave to be started. */
export interface NextWave {
  readonly ring: string
  readonly arms: WaveArms
  /** Hosts in the arms that can take part now: the cohorts. */
  readonly exposedHosts: number
  readonly controlHosts: number
  /** unexposed: of later buckets; settled: exposed by earlier waves; nobody: there is no control. */
  readonly controlOf: 'unexposed' | 'settled' | 'nobody'
  readonly size: WaveSize
}

export interface WaveRecord extends NextWave {
  readonly startedAtMs: WallMs
}

/** Why a wave is as large as it is. */
export interface WaveSize {
  /** The budget divided by `excessUpperPpm`: how many hosts it could have had. */
  readonly hostsMax: number
  readonly excessUpperPpm: Ppm
  /** What that bound rests on: exposed hosts of all waves so far. */
  readonly proven: number
  readonly harmed: number
}

/**
 * The evidence of one compared signal: in one stratum of a wave; or, for stratum null, in all strata of the epoch that begins with the wave, each wave while
 * it was the current one. Silence of steady hosts is of the first epoch for ever.
 */
export interface ProcessState {
  readonly wave: number
  readonly stratum: string | null
  readonly signal: ComparedSignal
  readonly logTerms: LogTerms
  readonly exposedEvents: number
  readonly controlEvents: number
}

export interface ControlLoss {
  readonly atMs: WallMs
  readonly hosts: number
}

export type WaveDecision = VerdictBody &
  (
    | {
        readonly kind: 'advance'
        readonly reason: Exclude<AdvanceReason, 'rollout-complete'>
        readonly next: NextWave
      }
    | { readonly kind: 'advance'; readonly reason: 'rollout-complete'; readonly next: 'complete' }
    | { readonly kind: 'hold'; readonly reason: HoldReason }
    | { readonly kind: 'halt'; readonly reason: HaltReason }
  )

/** No wave yet: the first one starts by a decision, like all others. */
export function startRollout(policy: RolloutPolicy, start: RolloutStart, nowMs: WallMs): RolloutState {
  const { pack, category, release, lane, risk } = start
  return {
    pack,
    category,
    release,
    lane,
    ...(risk && { risk }),
    status: 'rolling',
    rings: policy.rings,
    startedAtMs: nowMs,
    waves: [],
    processes: [],
    cells: [],
    passedCells: [],
    controlLosses: [],
  }
}

/**
 * The state after a decision. A hold changes nothing; an advance starts the wave that it names, whose cohorts the caller writes down at the
 * same moment, or completes the rollout.
 */
export function applyDecision(state: RolloutState, decision: WaveDecision, nowMs: WallMs): RolloutState {
  assert(state.status === 'rolling', 'only a rollout that is rolling is decided about')
  if (decision.kind === 'hold') return state
  if (decision.kind === 'halt') return haltRollout(state)
  if (decision.next === 'complete') return { ...state, status: 'complete' }
  const passed = state.cells.filter(({ wave }) => wave === state.waves.length)
  const waves = [...state.waves, { ...decision.next, startedAtMs: nowMs }]
  return { ...state, waves, passedCells: [...state.passedCells, ...passed], controlLosses: [] }
}

/** Also for operators. A halted rollout never goes on: what is wrong is repaired by a new release. */
export function haltRollout(state: RolloutState): RolloutState {
  return state.status === 'rolling' ? { ...state, status: 'halted' } : state
}

/** The wave that is judged, or was when the rollout ended; null before the first. */
export function currentWave(state: RolloutState): WaveRecord | null {
  return state.waves.at(-1) ?? null
}

/** The ring that is judged, or was when the rollout ended; the first one before there is a wave. */
export function currentRing(state: RolloutState): string {
  return currentWave(state)?.ring ?? state.rings[0] ?? ''
}

/** What the waves so far let each ring install, with the arms of the current one; nothing once the rollout has ended. */
export function exposureOf(state: RolloutState): readonly RingExposure[] {
  if (state.status !== 'rolling') return []
  const current = currentWave(state)
  return state.rings.flatMap((ring) => {
    const waves = state.waves.filter((wave) => wave.ring === ring)
    const ppm = waves.reduce((most, { arms }) => Math.max(most, arms.exposed.toPpm), 0)
    return ppm === 0 ? [] : [{ ring, ppm, arms: ring === current?.ring ? current.arms : null }]
  })
}
