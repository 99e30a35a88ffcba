import { assert, PPM_ALL, type WallMs } from '@firebreak/kernel'
import { type CohortEvidence, type FleetEvidence, type HostEvidence, weighEvidence } from '../evidence/evidence.ts'
import { exposureBucketPpm } from '../plan/exposure.ts'
import type { ReleaseRef, RingExposure } from '../plan/plan.ts'
import type { RolloutPolicy } from './policy.ts'
import type { CohortCounts } from './verdict.ts'

/**
 * One release on its way through the rings. The waves are written down when the rollout starts, the cohort when its wave
 * starts: later edits of the policy, enrolments and disappearances change neither.
 */
export interface RolloutState {
  readonly pack: string
  readonly category: string
  readonly release: ReleaseRef
  readonly status: 'rolling' | 'halted' | 'complete'
  /** All waves in order: a ring and the share of it that may install. */
  readonly waves: readonly RingExposure[]
  readonly waveIndex: number
  readonly waveStartedAtMs: WallMs
  /** The exposed hosts of the wave's ring that were enrolled when it started. */
  readonly cohort: readonly string[]
  /** The cohorts of all earlier waves. */
  readonly reached: readonly string[]
}

export type WaveDecision = { readonly counts: CohortCounts; readonly explanation: string } & (
  | { readonly kind: 'advance'; readonly reason: 'evidence-sufficient' | 'rollout-complete' }
  | { readonly kind: 'hold'; readonly reason: 'baking' | 'empty-cohort' | 'insufficient-evidence' }
  | { readonly kind: 'halt'; readonly reason: 'attributable-failure' | 'silence'; readonly hosts: readonly string[] }
)

export interface RolloutStart {
  readonly pack: string
  readonly category: string
  readonly release: ReleaseRef
}

export function startRollout(
  policy: RolloutPolicy,
  start: RolloutStart,
  hosts: readonly HostEvidence[],
  nowMs: WallMs,
): RolloutState {
  const { pack, category, release } = start
  const waves = policy.rings.flatMap(({ ring, wavesPpm }) => wavesPpm.map((ppm) => ({ ring, ppm, arms: null })))
  const fresh = { pack, category, release, status: 'rolling', waves, cohort: [], reached: [] } as const
  return startWave(policy, { ...fresh, waveIndex: 0, waveStartedAtMs: nowMs }, hosts, nowMs)
}

/**
 * A wave that started with nobody starts again once there is somebody; any other state is returned as it is. An empty
 * cohort has judged nothing, so this changes no denominator.
 */
export function enrolCohort(
  policy: RolloutPolicy,
  state: RolloutState,
  hosts: readonly HostEvidence[],
  nowMs: WallMs,
): RolloutState {
  if (state.status !== 'rolling' || state.cohort.length > 0) return state
  const started = startWave(policy, state, hosts, nowMs)
  return started.cohort.length > 0 ? started : state
}

/**
 * Judges the current wave. Halting needs little: one failure above `failuresMax`, or one host lost. Advancing needs all of
 * it: a cohort, the share confirmed, and the time. Everything else holds. Total, and independent of the order of the
 * evidence.
 *
 * @param state - rolling
 */
export function decideWave(
  policy: RolloutPolicy,
  state: RolloutState,
  fleet: FleetEvidence,
  nowMs: WallMs,
): WaveDecision {
  assert(state.status === 'rolling', 'only a rollout that is rolling is judged')
  const { silenceAfterMs } = policy
  const watch = { imageDigest: state.release.imageDigest, waveStartedAtMs: state.waveStartedAtMs, silenceAfterMs }
  const evidence = weighEvidence(fleet, watch, state.cohort, state.reached, nowMs)
  return (
    haltOn(policy, state, evidence) ??
    holdOn(policy, state, evidence.counts, nowMs) ??
    advanceOn(policy, state, evidence.counts, fleet.hosts)
  )
}

function haltOn(policy: RolloutPolicy, state: RolloutState, evidence: CohortEvidence): WaveDecision | null {
  const { counts, failed, lost } = evidence
  const { version } = state.release
  if (failed.length > policy.failuresMax) {
    const explanation = `${hostCount(failed.length)} refused ${version} or fell back from it; ${policy.failuresMax} may. Nobody else gets it.`
    return { kind: 'halt', reason: 'attributable-failure', hosts: failed, counts, explanation }
  }
  if (lost.length > 0) {
    const explanation = `${hostCount(lost.length)} sent no beacon for more than ${seconds(policy.silenceAfterMs)} after ${version} reached the ring. Nobody else gets it.`
    return { kind: 'halt', reason: 'silence', hosts: lost, counts, explanation }
  }
  return null
}

function holdOn(policy: RolloutPolicy, state: RolloutState, counts: CohortCounts, nowMs: WallMs): WaveDecision | null {
  if (counts.cohort === 0) {
    const explanation = `No host of ring ${currentRing(state)} is exposed to ${state.release.version}: nothing is known about it.`
    return { kind: 'hold', reason: 'empty-cohort', counts, explanation }
  }
  // In whole numbers, so that exactly the minimum is enough.
  if (counts.confirmed * PPM_ALL < policy.confirmedShareMin * counts.cohort) {
    const explanation = `${confirmedSentence(state, counts)}; ${percent(policy.confirmedShareMin)} must. Waiting for the others.`
    return { kind: 'hold', reason: 'insufficient-evidence', counts, explanation }
  }
  const bakedAtMs = state.waveStartedAtMs + policy.bakeMs
  if (nowMs < bakedAtMs) {
    const explanation = `${confirmedSentence(state, counts)}; the wave is watched for ${seconds(policy.bakeMs)} in all.`
    return { kind: 'hold', reason: 'baking', counts, explanation }
  }
  return null
}

function advanceOn(
  policy: RolloutPolicy,
  state: RolloutState,
  counts: CohortCounts,
  hosts: readonly HostEvidence[],
): WaveDecision {
  const confirmed = confirmedSentence(state, counts)
  const next = nextWave(policy, state, state.waveIndex + 1, hosts)
  return next === null
    ? { kind: 'advance', reason: 'rollout-complete', counts, explanation: `${confirmed}. It is the baseline now.` }
    : {
        kind: 'advance',
        reason: 'evidence-sufficient',
        counts,
        explanation: `${confirmed}. Next: ${percent(next.ppm)} of ring ${next.ring}.`,
      }
}

/**
 * The state after a decision. A hold changes nothing; an advance starts the next wave with the hosts that are enrolled
 * now, or completes the rollout.
 */
export function applyDecision(
  policy: RolloutPolicy,
  state: RolloutState,
  decision: WaveDecision,
  hosts: readonly HostEvidence[],
  nowMs: WallMs,
): RolloutState {
  if (decision.kind === 'hold') return state
  if (decision.kind === 'halt') return haltRollout(state)
  if (decision.reason === 'rollout-complete') return { ...state, status: 'complete' }
  const reached = [...new Set([...state.reached, ...state.cohort])]
  return startWave(policy, { ...state, reached, waveIndex: state.waveIndex + 1 }, hosts, nowMs)
}

/** Also for operators. A halted rollout never goes on: what is wrong is repaired by a new release. */
export function haltRollout(state: RolloutState): RolloutState {
  return state.status === 'rolling' ? { ...state, status: 'halted' } : state
}

/** The ring whose wave is being judged, or was when the rollout ended. */
export function currentRing(state: RolloutState): string {
  return waveOf(state).ring
}

/** What the waves so far let each ring install; nothing once the rollout has ended. */
export function exposureOf(state: RolloutState): readonly RingExposure[] {
  if (state.status !== 'rolling') return []
  const largest = new Map<string, number>()
  for (const { ring, ppm } of state.waves.slice(0, state.waveIndex + 1)) {
    largest.set(ring, Math.max(ppm, largest.get(ring) ?? 0))
  }
  return [...largest].map(([ring, ppm]) => ({ ring, ppm, arms: null }))
}

function startWave(
  policy: RolloutPolicy,
  state: RolloutState,
  hosts: readonly HostEvidence[],
  nowMs: WallMs,
): RolloutState {
  // With no host in any ring that is left the wave starts empty, and holds.
  const next = nextWave(policy, state, state.waveIndex, hosts)
  const waveIndex = next ? state.waves.indexOf(next) : state.waveIndex
  const cohort = cohortOf(state, waveOf({ ...state, waveIndex }), hosts)
  return { ...state, waveIndex, waveStartedAtMs: nowMs, cohort }
}

/**
 * The first wave from `from` on that can give evidence, or null when there is none and the rollout has come to its end.
 * A wave that exposes none of its ring's hosts is merged into the next wave of that ring, which exposes more of them: alone it
 * could neither harm nor tell anything. A ring without hosts holds, unless the policy says to pass over it.
 */
function nextWave(
  policy: RolloutPolicy,
  state: RolloutState,
  from: number,
  hosts: readonly HostEvidence[],
): RingExposure | null {
  const populated = new Set(hosts.map(({ ring }) => ring))
  const found = state.waves
    .slice(from)
    .find((wave) =>
      populated.has(wave.ring)
        ? wave.ppm === PPM_ALL || cohortOf(state, wave, hosts).length > 0
        : !policy.skipEmptyRings,
    )
  return found ?? null
}

function cohortOf(state: RolloutState, wave: RingExposure, hosts: readonly HostEvidence[]): readonly string[] {
  return hosts
    .filter(
      ({ host, ring }) =>
        ring === wave.ring && exposureBucketPpm(host, state.pack, state.release.imageDigest) < wave.ppm,
    )
    .map(({ host }) => host)
}

function waveOf(state: RolloutState): RingExposure {
  const wave = state.waves[state.waveIndex]
  assert(wave !== undefined, 'a rollout stands in one of its waves')
  return wave
}

function confirmedSentence(state: RolloutState, { confirmed, cohort }: CohortCounts): string {
  return `${confirmed} of ${hostCount(cohort)} of ring ${currentRing(state)} confirmed ${state.release.version}`
}

function hostCount(count: number): string {
  return count === 1 ? '1 host' : `${count} hosts`
}

function percent(ppm: number): string {
  return `${ppm / 10_000} %`
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`
}
