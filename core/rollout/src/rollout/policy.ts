import {
  boolean,
  integer,
  type Json,
  list,
  malformed,
  object,
  optional,
  type Ppm,
  PPM_ALL,
  type Reader,
  record,
} from '@firebreak/kernel'
import { name, PLAN_RINGS_MAX } from '../plan/plan.ts'

/** How the vendor's side rolls a release out: where first, how much at a time, and on what evidence it goes on. */
export interface RolloutPolicy {
  /** In order of risk. */
  readonly rings: readonly RingPolicy[]
  /** A wave is watched at least this long before the next one, however good it looks. */
  readonly bakeMs: number
  /** A host that sends no beacon for this long is silent. */
  readonly silenceAfterMs: number
  /** The share of the cohort that must have confirmed the release; the silent stay in the denominator. */
  readonly confirmedShareMin: Ppm
  /** This many hosts may refuse a release or fall back from it; one more halts. */
  readonly failuresMax: number
  /** A ring with no host in it is passed over instead of holding for ever. At least one host must confirm in any case. */
  readonly skipEmptyRings: boolean
}

export interface RingPolicy {
  readonly ring: string
  /** The exposure of each wave in the ring, strictly growing, the last one everybody. */
  readonly wavesPpm: readonly Ppm[]
}

export const WAVES_PER_RING_MAX = 32
/** 30 days. */
export const POLICY_DURATION_MS_MAX = 2_592_000_000

export const DEFAULT_ROLLOUT_POLICY: RolloutPolicy = {
  rings: ['canary', 'early', 'broad'].map((ring) => ({ ring, wavesPpm: [PPM_ALL] })),
  bakeMs: 900_000,
  silenceAfterMs: 90_000,
  confirmedShareMin: 950_000,
  failuresMax: 0,
  skipEmptyRings: false,
}

const waves: Reader<readonly Ppm[]> = (value, at) => {
  const ppm = list(integer(1, PPM_ALL), WAVES_PER_RING_MAX)(value, at)
  if (ppm.some((one, i) => i > 0 && one <= (ppm[i - 1] ?? 0)) || ppm.at(-1) !== PPM_ALL) {
    throw malformed(at, `strictly growing shares that end at ${PPM_ALL}`, ppm.join(', '))
  }
  return ppm
}

const rings: Reader<readonly RingPolicy[]> = (value, at) => {
  const read = list(object<RingPolicy>({ ring: name, wavesPpm: waves }), PLAN_RINGS_MAX)(value, at)
  if (read.length === 0) throw malformed(at, 'at least one ring', 'none')
  if (new Set(read.map((one) => one.ring)).size !== read.length) throw malformed(at, 'each ring once', 'one twice')
  return read
}

const overrides = object<Partial<RolloutPolicy>>({
  rings: optional(rings),
  bakeMs: optional(integer(0, POLICY_DURATION_MS_MAX)),
  silenceAfterMs: optional(integer(1, POLICY_DURATION_MS_MAX)),
  confirmedShareMin: optional(integer(1, PPM_ALL)),
  failuresMax: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  skipEmptyRings: optional(boolean),
})

/**
 * The defaults, with what `json` says instead. A key that is misspelt is refused, not ignored: otherwise a threshold that
 * nobody reads would count as met.
 *
 * @throws KernelError kernel/malformed
 */
export function parseRolloutPolicy(json: Json): RolloutPolicy {
  const unknown = Object.keys(record(json, 'policy')).find((key) => !Object.hasOwn(DEFAULT_ROLLOUT_POLICY, key))
  if (unknown !== undefined) {
    throw malformed('policy', `the keys ${Object.keys(DEFAULT_ROLLOUT_POLICY).join(', ')}`, unknown)
  }
  return { ...DEFAULT_ROLLOUT_POLICY, ...overrides(json, 'policy') }
}
