import {
  absentAs,
  digest,
  integer,
  jsonBytes,
  list,
  literal,
  malformed,
  nullable,
  object,
  parseJson,
  type Sha256Hex,
  text,
  type Version,
  version,
  WALL_MS_MAX,
  type WallMs,
} from '@firebreak/kernel'
import { name } from '@firebreak/rollout'

/** An image that a slot holds. The bytes lie beside the state, in a file named by the digest. */
export interface SlotImage {
  readonly pack: string
  readonly version: Version
  readonly imageDigest: Sha256Hex
}

/** How a release fared here. `trial` is not an end; the others are. */
export interface ReleaseOutcome {
  readonly imageDigest: Sha256Hex
  readonly outcome: 'trial' | 'confirmed' | 'refused' | 'fell-back'
  /** Why, for refused and fell-back; else ''. */
  readonly code: string
  readonly message: string
  readonly atMs: WallMs
  /** fell-back: from the last sign of life of the candidate's engine to the next verdict by the standby; else 0. */
  readonly recoverMs: number
}

export interface Candidate {
  readonly image: SlotImage
  /**
   * running: its engine is loading it or judges events. waiting: a restart of the agent interrupted its trial; it is tried again only
   * when a plan offers it again.
   */
  readonly stage: 'running' | 'waiting'
  /** Engine deaths and restarts of the agent inside this trial. */
  readonly kills: number
}

/** The host trusts no release: it runs the starter image. Ends when a candidate passes its trial, or by a person's word. */
export interface SafeMode {
  /** When it began, or a candidate failed in it last: the cool-down counts from here. */
  readonly sinceMs: WallMs
  /** The plan that led here. Only a newer one may offer a candidate. */
  readonly generation: number
}

/**
 * What a host knows of its content, durable. Invariants, held by `stepSlots` and proved by its property tests:
 * a rejected or recalled digest is in no slot; the three slots hold different digests; outcomes are bounded.
 */
export interface SlotState {
  /** Starts of the agent on this folder: makes sequences increase over restarts. */
  readonly starts: number
  /** The boot in which it was started last: a restart with another one is a reboot. '' when unknown. */
  readonly bootId: string
  readonly candidate: Candidate | null
  /** The newest image that finished its trial here: runs outside trials, and is the way back during one. */
  readonly confirmed: SlotImage | null
  /** The image confirmed before that one: the way back when the confirmed image itself turns bad or is recalled. */
  readonly lastKnownGood: SlotImage | null
  /** Never tried again on this host: refused, fell back, or recalled. Newest last. */
  readonly rejected: readonly Sha256Hex[]
  readonly outcomes: readonly ReleaseOutcome[]
  /** When engines died of what runs outside trials, newest last, within the crash-loop window. */
  readonly confirmedDeathsAtMs: readonly WallMs[]
  /** When this host fell back, newest last, within the window. */
  readonly fallbacksAtMs: readonly WallMs[]
  /** Null in normal mode. */
  readonly safe: SafeMode | null
  /** The newest plan of which a candidate was taken. */
  readonly generation: number
  /** The image built into the agent. No slot: nothing but a recall or damage takes it away. Null when there is none to run. */
  readonly starter: SlotImage | null
  /** The starter that was recalled: it comes back no more; another one, of a newer agent, may. */
  readonly recalledStarter: Sha256Hex | null
}

export const SLOT_STATE_SIZE_BYTES_MAX = 1_048_576
export const OUTCOMES_MAX = 16
export const OUTCOME_CODE_CHARS_MAX = 64
export const OUTCOME_MESSAGE_CHARS_MAX = 1_024
/** Plans may recall 2,048 images; a host remembers as many and some of its own. */
export const REJECTED_MAX = 4_096
/** The second death inside a trial ends it. One may be an accident; two are the content. */
export const TRIAL_KILLS_MAX = 2
/** This many deaths of the confirmed image's engine within the window are a crash loop. */
export const CRASH_LOOP_DEATHS_MAX = 5
export const CRASH_LOOP_WINDOW_MS = 600_000
/** This many fallbacks within the window put the host into safe mode: it is no longer one bad release. */
export const FALLBACKS_MAX = 3
export const FALLBACK_WINDOW_MS = 86_400_000
/** Before it tries a candidate, a host in safe mode gives people this long to look. */
export const SAFE_MODE_COOL_DOWN_MS = 3_600_000

export const EMPTY_SLOTS: SlotState = {
  starts: 0,
  bootId: '',
  candidate: null,
  confirmed: null,
  lastKnownGood: null,
  rejected: [],
  outcomes: [],
  confirmedDeathsAtMs: [],
  fallbacksAtMs: [],
  safe: null,
  generation: 0,
  starter: null,
  recalledStarter: null,
}

const count = integer(0, Number.MAX_SAFE_INTEGER)
const wallMs = integer(0, WALL_MS_MAX)
export const slotImage = object<SlotImage>({ pack: name, version, imageDigest: digest })

export const releaseOutcome = object<ReleaseOutcome>({
  imageDigest: digest,
  outcome: literal('trial', 'confirmed', 'refused', 'fell-back'),
  code: text(OUTCOME_CODE_CHARS_MAX),
  message: text(OUTCOME_MESSAGE_CHARS_MAX),
  atMs: wallMs,
  recoverMs: count,
})

const slotState = object<SlotState>({
  starts: count,
  candidate: nullable(object<Candidate>({ image: slotImage, stage: literal('running', 'waiting'), kills: count })),
  confirmed: nullable(slotImage),
  lastKnownGood: nullable(slotImage),
  rejected: list(digest, REJECTED_MAX),
  outcomes: list(releaseOutcome, OUTCOMES_MAX),
  confirmedDeathsAtMs: list(wallMs, CRASH_LOOP_DEATHS_MAX),
  // From here on: what agents of version 0.1.0 did not write.
  bootId: absentAs('', text(64)),
  fallbacksAtMs: absentAs([], list(wallMs, FALLBACKS_MAX)),
  safe: absentAs(null, nullable(object<SafeMode>({ sinceMs: wallMs, generation: count }))),
  generation: absentAs(0, count),
  starter: absentAs(null, nullable(slotImage)),
  recalledStarter: absentAs(null, nullable(digest)),
})

/** @throws KernelError kernel/malformed, also for a state that breaks an invariant of `SlotState` */
export function parseSlots(bytes: Uint8Array): SlotState {
  const state = slotState(parseJson(bytes, SLOT_STATE_SIZE_BYTES_MAX, 'slot state'), 'slot state')
  const digests = slotDigests(state)
  if (new Set(digests).size < digests.length) throw malformed('slot state', 'a different image in each slot', state)
  const rejected = digests.find((one) => state.rejected.includes(one))
  if (rejected !== undefined) throw malformed('slot state', 'no rejected image in a slot', rejected)
  if (state.starter && state.starter.imageDigest === state.recalledStarter) {
    throw malformed('slot state', 'no recalled starter', state.recalledStarter)
  }
  return state
}

export function encodeSlots(state: SlotState): Uint8Array {
  return jsonBytes(state)
}

/** What a host runs outside trials, and where it comes from. */
export interface Resting {
  readonly slot: 'confirmed' | 'starter'
  readonly image: SlotImage
}

/**
 * What engine and standby run outside trials, and what is the way back during one: in normal mode the confirmed image, in safe
 * mode the starter; each for want of the other, so that a host is not without detection.
 */
export function restingImage({ safe, confirmed, starter }: SlotState): Resting | null {
  const own: Resting | null = confirmed && { slot: 'confirmed', image: confirmed }
  const built: Resting | null = starter && { slot: 'starter', image: starter }
  return safe ? (built ?? own) : (own ?? built)
}

/** The digests whose bytes must be kept in the slot folder. */
export function slotDigests(state: SlotState): readonly Sha256Hex[] {
  return [state.candidate?.image, state.confirmed, state.lastKnownGood].flatMap((image) =>
    image ? [image.imageDigest] : [],
  )
}
