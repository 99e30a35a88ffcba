import { type Sha256Hex, unreachable, type WallMs } from '@firebreak/kernel'
import {
  CRASH_LOOP_DEATHS_MAX,
  CRASH_LOOP_WINDOW_MS,
  type ReleaseOutcome,
  OUTCOMES_MAX,
  REJECTED_MAX,
  type SlotImage,
  type SlotState,
  TRIAL_KILLS_MAX,
} from './slots.ts'

/**
 * What happened on the host. `refused`, `candidate-died` and `trial-passed` are about the candidate of the state that they are applied
 * to: an event that waited for its turn counts only if its image is still the candidate then. The caller sees to that.
 */
export type SlotEvent =
  /** The agent starts: after an install, a reboot, or a crash of its own. */
  | { readonly kind: 'started' }
  /** The plan offers this image and its verified bytes are in the slot folder. */
  | { readonly kind: 'offered'; readonly image: SlotImage }
  /** The candidate's engine refused it before activation: verifier or contract. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** The candidate's engine died or was killed by the watchdog. */
  | { readonly kind: 'candidate-died'; readonly code: string; readonly message: string }
  /** The candidate was active for its whole trial. */
  | { readonly kind: 'trial-passed' }
  /** An engine that ran the confirmed image died. */
  | { readonly kind: 'confirmed-died' }
  /** The standby gave its first verdict after a candidate died. */
  | { readonly kind: 'recovered'; readonly imageDigest: Sha256Hex; readonly recoverMs: number }
  /** The plan recalls these images. Always obeyed. */
  | { readonly kind: 'recalled'; readonly digests: readonly Sha256Hex[] }
  /** The bytes of a slot are gone or changed. It may be fetched again. */
  | { readonly kind: 'damaged'; readonly imageDigest: Sha256Hex }

/** What the supervisor has to do, after the new state is durable. */
export type SlotEffect =
  /** Outside trials, engine and standby run the confirmed image (none: null). A trial that runs goes on. */
  | { readonly kind: 'run-confirmed'; readonly image: SlotImage | null }
  /** Start an engine for the candidate, load it, activate it; the engine of the confirmed image becomes the standby. */
  | { readonly kind: 'try-candidate'; readonly image: SlotImage }
  /** End the candidate's engine; the standby judges events. */
  | { readonly kind: 'end-trial' }
  /** The candidate's engine is the main engine now; make its standby run the same image. */
  | { readonly kind: 'keep-candidate'; readonly image: SlotImage }

export interface SlotStep {
  readonly state: SlotState
  readonly effects: readonly SlotEffect[]
}

/**
 * The host's slot machine. Pure; total: an event that no longer applies (a candidate that is gone) changes nothing.
 * The way back never needs anything but this function: no network, no server, no approval.
 */
export function stepSlots(state: SlotState, event: SlotEvent, nowMs: WallMs): SlotStep {
  switch (event.kind) {
    case 'started':
      return onStarted(state, nowMs)
    case 'offered':
      return onOffered(state, event.image, nowMs)
    case 'refused':
      return state.candidate ? endTrial(state, 'refused', event.code, event.message, nowMs) : same(state)
    case 'candidate-died':
      return onCandidateDied(state, event.code, event.message, nowMs)
    case 'trial-passed':
      return onTrialPassed(state, nowMs)
    case 'confirmed-died':
      return onConfirmedDied(state, nowMs)
    case 'recovered':
      return onRecovered(state, event.imageDigest, event.recoverMs)
    case 'recalled':
      return onRecalled(state, event.digests)
    case 'damaged':
      return withoutDigests(state, new Set([event.imageDigest]))
    default:
      return unreachable(event)
  }
}

function same(state: SlotState): SlotStep {
  return { state, effects: [] }
}

/** A restart inside a trial counts as a kill, and the host comes up on what it trusts. */
function onStarted(state: SlotState, nowMs: WallMs): SlotStep {
  const started = { ...state, starts: state.starts + 1 }
  const run = { kind: 'run-confirmed', image: state.confirmed } as const
  if (!started.candidate) return { state: started, effects: [run] }
  const kills = started.candidate.kills + (started.candidate.stage === 'running' ? 1 : 0)
  if (kills >= TRIAL_KILLS_MAX) {
    const message = `the agent restarted inside the trial, death ${kills} of at most ${TRIAL_KILLS_MAX - 1}`
    return { state: endTrial(started, 'fell-back', 'trial/restarted', message, nowMs).state, effects: [run] }
  }
  return { state: { ...started, candidate: { ...started.candidate, stage: 'waiting', kills } }, effects: [run] }
}

function onOffered(state: SlotState, image: SlotImage, nowMs: WallMs): SlotStep {
  const digest = image.imageDigest
  if (state.rejected.includes(digest) || state.confirmed?.imageDigest === digest) return same(state)
  const current = state.candidate
  if (current?.stage === 'running') return same(state)
  const kills = current?.image.imageDigest === digest ? current.kills : 0
  const trial: ReleaseOutcome = {
    imageDigest: digest,
    outcome: 'trial',
    code: '',
    message: '',
    atMs: nowMs,
    recoverMs: 0,
  }
  const next: SlotState = {
    ...state,
    candidate: { image, stage: 'running', kills },
    // A release that is offered again may be the one that was confirmed before: one digest, one slot.
    lastKnownGood: state.lastKnownGood?.imageDigest === digest ? null : state.lastKnownGood,
    outcomes: withOutcome(state.outcomes, trial),
  }
  return { state: next, effects: [{ kind: 'try-candidate', image }] }
}

function onCandidateDied(state: SlotState, code: string, message: string, nowMs: WallMs): SlotStep {
  const { candidate } = state
  if (candidate?.stage !== 'running') return same(state)
  const kills = candidate.kills + 1
  if (kills >= TRIAL_KILLS_MAX) return endTrial(state, 'fell-back', code, message, nowMs)
  const again = { ...state, candidate: { ...candidate, kills } }
  return { state: again, effects: [{ kind: 'end-trial' }, { kind: 'try-candidate', image: candidate.image }] }
}

function endTrial(
  state: SlotState,
  outcome: 'refused' | 'fell-back',
  code: string,
  message: string,
  nowMs: WallMs,
): SlotStep {
  const imageDigest = state.candidate?.image.imageDigest
  if (imageDigest === undefined) return same(state)
  const ended: ReleaseOutcome = {
    imageDigest,
    outcome,
    code: code.slice(0, 64),
    message: message.slice(0, 1_024),
    atMs: nowMs,
    recoverMs: 0,
  }
  const next: SlotState = {
    ...state,
    candidate: null,
    rejected: withRejected(state.rejected, [imageDigest]),
    outcomes: withOutcome(state.outcomes, ended),
  }
  return { state: next, effects: [{ kind: 'end-trial' }] }
}

function onTrialPassed(state: SlotState, nowMs: WallMs): SlotStep {
  if (state.candidate?.stage !== 'running') return same(state)
  const { image } = state.candidate
  const confirmed: ReleaseOutcome = {
    imageDigest: image.imageDigest,
    outcome: 'confirmed',
    code: '',
    message: '',
    atMs: nowMs,
    recoverMs: 0,
  }
  const next: SlotState = {
    ...state,
    candidate: null,
    confirmed: image,
    lastKnownGood: state.confirmed ?? state.lastKnownGood,
    outcomes: withOutcome(state.outcomes, confirmed),
    confirmedDeathsAtMs: [],
  }
  return { state: next, effects: [{ kind: 'keep-candidate', image }] }
}

function onConfirmedDied(state: SlotState, nowMs: WallMs): SlotStep {
  const { confirmed, lastKnownGood } = state
  if (!confirmed) return same(state)
  const recent = state.confirmedDeathsAtMs.filter((at) => Math.abs(nowMs - at) <= CRASH_LOOP_WINDOW_MS)
  const deaths = [...recent, nowMs].slice(-CRASH_LOOP_DEATHS_MAX)
  if (deaths.length < CRASH_LOOP_DEATHS_MAX || !lastKnownGood) {
    return same({ ...state, confirmedDeathsAtMs: deaths })
  }
  const looped: ReleaseOutcome = {
    imageDigest: confirmed.imageDigest,
    outcome: 'fell-back',
    code: 'confirmed/crash-loop',
    message: `${deaths.length} engine deaths within ${CRASH_LOOP_WINDOW_MS / 60_000} minutes`,
    atMs: nowMs,
    recoverMs: 0,
  }
  const next: SlotState = {
    ...state,
    confirmed: lastKnownGood,
    lastKnownGood: null,
    rejected: withRejected(state.rejected, [confirmed.imageDigest]),
    outcomes: withOutcome(state.outcomes, looped),
    confirmedDeathsAtMs: [],
  }
  return { state: next, effects: [{ kind: 'run-confirmed', image: lastKnownGood }] }
}

function onRecovered(state: SlotState, imageDigest: Sha256Hex, recoverMs: number): SlotStep {
  const outcomes = state.outcomes.map((one) =>
    one.imageDigest === imageDigest ? { ...one, recoverMs: Math.max(one.recoverMs, recoverMs) } : one,
  )
  return same({ ...state, outcomes })
}

function onRecalled(state: SlotState, digests: readonly Sha256Hex[]): SlotStep {
  const unseen = [...new Set(digests)].filter((digest) => !state.rejected.includes(digest))
  if (unseen.length === 0) return same(state)
  const step = withoutDigests(state, new Set(unseen))
  return { ...step, state: { ...step.state, rejected: withRejected(state.rejected, unseen) } }
}

/** Empties every slot that holds one of `digests`; the next best image moves up. */
function withoutDigests(state: SlotState, digests: ReadonlySet<Sha256Hex>): SlotStep {
  const keep = (image: SlotImage | null): SlotImage | null => (image && !digests.has(image.imageDigest) ? image : null)
  const candidate = state.candidate && keep(state.candidate.image) ? state.candidate : null
  const lastKnownGood = keep(state.lastKnownGood)
  const stays = keep(state.confirmed)
  const next: SlotState = {
    ...state,
    candidate,
    confirmed: stays ?? lastKnownGood,
    lastKnownGood: stays ? lastKnownGood : null,
    confirmedDeathsAtMs: stays ? state.confirmedDeathsAtMs : [],
  }
  const effects: SlotEffect[] = []
  if (state.candidate?.stage === 'running' && !candidate) effects.push({ kind: 'end-trial' })
  if (state.confirmed && !stays) effects.push({ kind: 'run-confirmed', image: next.confirmed })
  return { state: next, effects }
}

function withRejected(rejected: readonly Sha256Hex[], more: readonly Sha256Hex[]): readonly Sha256Hex[] {
  return [...rejected.filter((digest) => !more.includes(digest)), ...more].slice(-REJECTED_MAX)
}

/** The newest outcome of a release replaces its older one, but keeps the longest gap that was measured. */
function withOutcome(outcomes: readonly ReleaseOutcome[], next: ReleaseOutcome): readonly ReleaseOutcome[] {
  const before = outcomes.find((one) => one.imageDigest === next.imageDigest)
  const merged = { ...next, recoverMs: Math.max(next.recoverMs, before?.recoverMs ?? 0) }
  return [...outcomes.filter((one) => one !== before), merged].slice(-OUTCOMES_MAX)
}
