import { type Sha256Hex, unreachable, type WallMs } from '@firebreak/kernel'
import { outcomeOf, withOutcome, withRejected } from './outcomes.ts'
import { countFallback, decideOffer, leaveSafeMode } from './safe-mode.ts'
import {
  CRASH_LOOP_DEATHS_MAX,
  CRASH_LOOP_WINDOW_MS,
  restingImage,
  type SlotImage,
  type SlotState,
  TRIAL_KILLS_MAX,
} from './slots.ts'

/**
 * What happened on the host. `refused`, `candidate-died` and `trial-passed` are about the candidate of the state that they are applied
 * to: an event that waited for its turn counts only if its image is still the candidate then. The caller sees to that.
 */
export type SlotEvent =
  /** The agent starts: after an install, a reboot, or a crash of its own. `starter`: what is built into it and is whole; else null. */
  | { readonly kind: 'started'; readonly bootId: string; readonly starter: SlotImage | null }
  /** The plan of this generation offers this image and its verified bytes are in the slot folder. */
  | { readonly kind: 'offered'; readonly image: SlotImage; readonly generation: number }
  /** The candidate's engine refused it before activation: verifier or contract. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** The candidate's engine died or was killed by the watchdog. */
  | { readonly kind: 'candidate-died'; readonly code: string; readonly message: string }
  /** The candidate was active for its whole trial. */
  | { readonly kind: 'trial-passed' }
  /** An engine died that ran what the host runs outside trials, and no event is to blame. */
  | { readonly kind: 'confirmed-died' }
  /** The standby gave its first verdict after a candidate died. */
  | { readonly kind: 'recovered'; readonly imageDigest: Sha256Hex; readonly recoverMs: number }
  /** The plan recalls these images. Always obeyed. */
  | { readonly kind: 'recalled'; readonly digests: readonly Sha256Hex[] }
  /** The bytes of an image are gone or changed. It may be fetched again. */
  | { readonly kind: 'damaged'; readonly imageDigest: Sha256Hex }
  /** A person ends safe mode. */
  | { readonly kind: 'resumed' }

/** What the supervisor has to do, after the new state is durable. */
export type SlotEffect =
  /** Outside trials, engine and standby run this image (none: null). A trial that runs goes on. */
  | { readonly kind: 'run-confirmed'; readonly image: SlotImage | null }
  /** Start an engine for the candidate, load it, activate it; the engine of what runs now becomes the standby. */
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
      return onStarted(state, event.bootId, event.starter, nowMs)
    case 'offered':
      return onOffered(state, event.image, event.generation, nowMs)
    case 'refused':
      return onRefused(state, event.code, event.message, nowMs)
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
      return moveTo(state, withoutDigests(state, new Set([event.imageDigest])))
    case 'resumed':
      return state.safe ? moveTo(state, leaveSafeMode(state)) : same(state)
    default:
      return unreachable(event)
  }
}

function same(state: SlotState): SlotStep {
  return { state, effects: [] }
}

/** The step to `next`, with what follows for the engines: a trial that no longer runs ends, and what else should run does. */
function moveTo(before: SlotState, next: SlotState): SlotStep {
  const effects: SlotEffect[] = []
  if (before.candidate?.stage === 'running' && next.candidate?.stage !== 'running') effects.push({ kind: 'end-trial' })
  const [was, is] = [restingImage(before)?.image, restingImage(next)?.image]
  if (was?.imageDigest === is?.imageDigest) return { state: next, effects }
  effects.push({ kind: 'run-confirmed', image: is ?? null })
  return { state: { ...next, confirmedDeathsAtMs: [] }, effects }
}

/** A restart inside a trial counts as a kill, and the host comes up on what it trusts. */
function onStarted(state: SlotState, bootId: string, built: SlotImage | null, nowMs: WallMs): SlotStep {
  const starter = built?.imageDigest === state.recalledStarter ? null : built
  const next = afterInterruption({ ...state, starts: state.starts + 1, bootId, starter }, state.bootId, nowMs)
  const image = restingImage(next)?.image ?? null
  const isSame = image?.imageDigest === restingImage(state)?.image.imageDigest
  const confirmedDeathsAtMs = isSame ? next.confirmedDeathsAtMs : []
  return { state: { ...next, confirmedDeathsAtMs }, effects: [{ kind: 'run-confirmed', image }] }
}

function afterInterruption(state: SlotState, bootIdBefore: string, nowMs: WallMs): SlotState {
  const { candidate } = state
  if (!candidate) return state
  const kills = candidate.kills + (candidate.stage === 'running' ? 1 : 0)
  if (kills < TRIAL_KILLS_MAX) return { ...state, candidate: { ...candidate, stage: 'waiting', kills } }
  const isReboot = bootIdBefore !== '' && bootIdBefore !== state.bootId
  const what = isReboot ? 'the host rebooted' : 'the agent restarted'
  const message = `${what} inside the trial, death ${kills} of at most ${TRIAL_KILLS_MAX - 1}`
  return fellBack(state, candidate.image.imageDigest, isReboot ? 'trial/rebooted' : 'trial/restarted', message, nowMs)
}

function onOffered(state: SlotState, image: SlotImage, generation: number, nowMs: WallMs): SlotStep {
  if (decideOffer(state, image, generation, nowMs).kind !== 'take') return same(state)
  const digest = image.imageDigest
  const { candidate, confirmed, lastKnownGood } = state
  // A release that is offered again may be one that was confirmed before: one digest, one slot.
  const isOld = (held: SlotImage | null) => held?.imageDigest === digest
  const next: SlotState = {
    ...state,
    generation: Math.max(state.generation, generation),
    candidate: { image, stage: 'running', kills: candidate?.image.imageDigest === digest ? candidate.kills : 0 },
    confirmed: isOld(confirmed) ? lastKnownGood : confirmed,
    lastKnownGood: isOld(lastKnownGood) || isOld(confirmed) ? null : lastKnownGood,
    outcomes: withOutcome(state.outcomes, outcomeOf(digest, 'trial', nowMs)),
  }
  return { state: next, effects: [{ kind: 'try-candidate', image }] }
}

function onRefused(state: SlotState, code: string, message: string, nowMs: WallMs): SlotStep {
  if (!state.candidate) return same(state)
  const { imageDigest } = state.candidate.image
  const refused: SlotState = {
    ...state,
    candidate: null,
    rejected: withRejected(state.rejected, [imageDigest]),
    outcomes: withOutcome(state.outcomes, outcomeOf(imageDigest, 'refused', nowMs, code, message)),
  }
  // It has judged nothing: no reason to distrust anything else.
  return { state: refused, effects: [{ kind: 'end-trial' }] }
}

function onCandidateDied(state: SlotState, code: string, message: string, nowMs: WallMs): SlotStep {
  const { candidate } = state
  if (candidate?.stage !== 'running') return same(state)
  const kills = candidate.kills + 1
  if (kills >= TRIAL_KILLS_MAX) {
    return moveTo(state, fellBack(state, candidate.image.imageDigest, code, message, nowMs))
  }
  const again = { ...state, candidate: { ...candidate, kills } }
  return { state: again, effects: [{ kind: 'end-trial' }, { kind: 'try-candidate', image: candidate.image }] }
}

/** `imageDigest` leaves its slot for ever, and the fallback is counted. */
function fellBack(state: SlotState, imageDigest: Sha256Hex, code: string, message: string, nowMs: WallMs): SlotState {
  const without = withoutSlots(state, new Set([imageDigest]))
  const rejected = withRejected(state.rejected, [imageDigest])
  const outcomes = withOutcome(state.outcomes, outcomeOf(imageDigest, 'fell-back', nowMs, code, message))
  return countFallback({ ...without, rejected, outcomes }, nowMs)
}

function onTrialPassed(state: SlotState, nowMs: WallMs): SlotStep {
  if (state.candidate?.stage !== 'running') return same(state)
  const { image } = state.candidate
  const next: SlotState = {
    ...leaveSafeMode(state),
    candidate: null,
    confirmed: image,
    lastKnownGood: state.confirmed ?? state.lastKnownGood,
    outcomes: withOutcome(state.outcomes, outcomeOf(image.imageDigest, 'confirmed', nowMs)),
    confirmedDeathsAtMs: [],
  }
  return { state: next, effects: [{ kind: 'keep-candidate', image }] }
}

function onConfirmedDied(state: SlotState, nowMs: WallMs): SlotStep {
  const resting = restingImage(state)
  if (!resting) return same(state)
  const recent = state.confirmedDeathsAtMs.filter((at) => Math.abs(nowMs - at) <= CRASH_LOOP_WINDOW_MS)
  const deaths = [...recent, nowMs].slice(-CRASH_LOOP_DEATHS_MAX)
  const counted = { ...state, confirmedDeathsAtMs: deaths }
  const { imageDigest } = resting.image
  const isLoop = deaths.length >= CRASH_LOOP_DEATHS_MAX
  const hasOther = state.lastKnownGood ?? (state.starter && state.starter.imageDigest !== imageDigest)
  // With nothing else to run, or the starter itself at fault, it keeps trying, ever more slowly.
  if (!isLoop || resting.slot === 'starter' || !hasOther) return same(counted)
  const message = `${deaths.length} engine deaths within ${CRASH_LOOP_WINDOW_MS / 60_000} minutes`
  return moveTo(state, fellBack(counted, imageDigest, 'confirmed/crash-loop', message, nowMs))
}

function onRecovered(state: SlotState, imageDigest: Sha256Hex, recoverMs: number): SlotStep {
  const outcomes = state.outcomes.map((one) =>
    one.imageDigest === imageDigest ? { ...one, recoverMs: Math.max(one.recoverMs, recoverMs) } : one,
  )
  return same({ ...state, outcomes })
}

function onRecalled(state: SlotState, digests: readonly Sha256Hex[]): SlotStep {
  const unseen = [...new Set(digests)].filter((digest) => !state.rejected.includes(digest))
  const starter = digests.find((digest) => digest === state.starter?.imageDigest)
  if (unseen.length === 0 && starter === undefined) return same(state)
  const without = withoutDigests(state, new Set(digests))
  const recalledStarter = starter ?? state.recalledStarter
  return moveTo(state, { ...without, recalledStarter, rejected: withRejected(state.rejected, unseen) })
}

function withoutDigests(state: SlotState, digests: ReadonlySet<Sha256Hex>): SlotState {
  const { starter } = state
  return { ...withoutSlots(state, digests), starter: starter && digests.has(starter.imageDigest) ? null : starter }
}

/** Empties every slot that holds one of `digests`; the next best image moves up. */
function withoutSlots(state: SlotState, digests: ReadonlySet<Sha256Hex>): SlotState {
  const keep = (image: SlotImage | null): SlotImage | null => (image && !digests.has(image.imageDigest) ? image : null)
  const lastKnownGood = keep(state.lastKnownGood)
  const stays = keep(state.confirmed)
  return {
    ...state,
    candidate: state.candidate && keep(state.candidate.image) ? state.candidate : null,
    confirmed: stays ?? lastKnownGood,
    lastKnownGood: stays ? lastKnownGood : null,
  }
}
