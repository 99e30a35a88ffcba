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
import type { SignalThresholds } from '../evidence/signal-rules.ts'
import { name, PLAN_RINGS_MAX } from '../plan/plan.ts'
import { RISK_BAKE_MS_MAX } from '../plan/release.ts'

/**
 * How the vendor's side rolls a release out: in which order, how much may go wrong, and on what evidence it goes on. How large each wave is
 * stands nowhere: it follows from the budget and from what has been proven (`pacing.ts`).
 */
export interface RolloutPolicy {
  /** In order of risk. */
  readonly rings: readonly string[]
  /** The blast-radius budget: how many harmed hosts a wave may be expected to bring, at `budgetConfidencePpm`. */
  readonly budgetHosts: number
  readonly budgetConfidencePpm: Ppm
  /** A wave is watched at least this long before the next one, however good it looks. */
  readonly bakeMs: number
  /** The same for a release of the emergency lane. It has the same waves. */
  readonly emergencyBakeMs: number
  /** The longest bake that the risk of a release may ask for, in either lane. */
  readonly riskBakeMsMax: number
  /** A host that reports so long after its enrolment, with nothing amiss, is proven. */
  readonly provenAfterMs: number
  /** The share of the exposed cohort that must be confirmed and proven; the silent stay in the denominator. */
  readonly provenShareMin: Ppm
  /** A wave is compared with its control for this long at most. */
  readonly watchMs: number
  /** Evidence (E) at which a release is halted: the chance that a healthy one ever is, is one in this. */
  readonly haltEvidence: number
  /** Evidence at which nothing more is exposed for four bakes; if it has not fallen by then, a wave of the budget's size has to tell. */
  readonly holdEvidence: number
  /** The control has so many hosts for each exposed one, and at least `controlHostsMin`, as far as the ring has them. */
  readonly controlPerExposed: number
  readonly controlHostsMin: number
  /** When the control loses more than this share within ten minutes, something else is going on: hold. */
  readonly outageShareMax: Ppm
  /** Where a cohort is too small for statistics: this many hosts may fail, and be lost. One more halts. */
  readonly failuresMax: number
  readonly lossesMax: number
  /**
   * Of all hosts that are exposed once the next wave is, so many must have rebooted and come back with the release before it: 100 ppm is one for each
   * whole 10,000. A release that harms at the next boot shows nothing until then.
   */
  readonly rebootedShareMin: Ppm
  /** A host that does not say how often it reports is silent after this long without a beacon. */
  readonly silenceAfterMs: number
  /** An enrolled host that is present and has not begun its trial by then has failed to apply the release. */
  readonly applyWithinMs: number
  /** A host that said that it stops, and is not back by then, is absent. */
  readonly absenceAfterMs: number
  readonly thresholds: SignalThresholds
  readonly baselines: BaselineRates
  /** A ring with no host in it is passed over instead of holding for ever. At least one host must be proven in any case. */
  readonly skipEmptyRings: boolean
}

/** What a healthy release does at worst, of all hosts that enrol: attributed signals are tested against it. */
export interface BaselineRates {
  readonly failurePpm: Ppm
  readonly applyFailurePpm: Ppm
  readonly falseSuccessPpm: Ppm
}

/** 30 days. */
export const POLICY_DURATION_MS_MAX = 2_592_000_000
export const BUDGET_HOSTS_MAX = 1_000_000
/** Beyond this, numbers are no longer exact. */
export const EVIDENCE_MAX = 1e15

export const DEFAULT_ROLLOUT_POLICY: RolloutPolicy = {
  rings: ['canary', 'early', 'broad'],
  budgetHosts: 10,
  budgetConfidencePpm: 950_000,
  bakeMs: 900_000,
  emergencyBakeMs: 300_000,
  riskBakeMsMax: RISK_BAKE_MS_MAX,
  provenAfterMs: 300_000,
  provenShareMin: 800_000,
  watchMs: 86_400_000,
  haltEvidence: 1_000_000,
  holdEvidence: 1_000,
  controlPerExposed: 10,
  controlHostsMin: 200,
  outageShareMax: 50_000,
  failuresMax: 0,
  lossesMax: 0,
  rebootedShareMin: 100,
  silenceAfterMs: 90_000,
  applyWithinMs: 900_000,
  absenceAfterMs: 600_000,
  thresholds: { engineCpuPpm: 500_000, engineMemoryKiB: 524_288, detectionsPerHour: 1_000 },
  baselines: { failurePpm: 10, applyFailurePpm: 5_000, falseSuccessPpm: 10 },
  skipEmptyRings: false,
}

const rings: Reader<readonly string[]> = (value, at) => {
  const read = list(name, PLAN_RINGS_MAX)(value, at)
  if (read.length === 0) throw malformed(at, 'at least one ring', 'none')
  if (new Set(read).size !== read.length) throw malformed(at, 'each ring once', 'one twice')
  return read
}

const count = integer(0, Number.MAX_SAFE_INTEGER)
const positive = integer(1, Number.MAX_SAFE_INTEGER)
const duration = integer(0, POLICY_DURATION_MS_MAX)
const span = integer(1, POLICY_DURATION_MS_MAX)
const evidence = integer(2, EVIDENCE_MAX)
/** A rate of nothing could never be tested against, and one of everything always passes. */
const rate = integer(1, PPM_ALL - 1)

const thresholds = within<SignalThresholds>(DEFAULT_ROLLOUT_POLICY.thresholds, {
  engineCpuPpm: optional(positive),
  engineMemoryKiB: optional(positive),
  detectionsPerHour: optional(positive),
})
const baselines = within<BaselineRates>(DEFAULT_ROLLOUT_POLICY.baselines, {
  failurePpm: optional(rate),
  applyFailurePpm: optional(rate),
  falseSuccessPpm: optional(rate),
})

const policy = within<RolloutPolicy>(DEFAULT_ROLLOUT_POLICY, {
  rings: optional(rings),
  budgetHosts: optional(integer(1, BUDGET_HOSTS_MAX)),
  budgetConfidencePpm: optional(integer(500_000, PPM_ALL - 1)),
  bakeMs: optional(duration),
  emergencyBakeMs: optional(duration),
  riskBakeMsMax: optional(duration),
  provenAfterMs: optional(duration),
  provenShareMin: optional(integer(1, PPM_ALL)),
  watchMs: optional(span),
  haltEvidence: optional(evidence),
  holdEvidence: optional(evidence),
  controlPerExposed: optional(integer(1, 1_000)),
  controlHostsMin: optional(integer(0, BUDGET_HOSTS_MAX)),
  outageShareMax: optional(integer(0, PPM_ALL)),
  failuresMax: optional(count),
  lossesMax: optional(count),
  rebootedShareMin: optional(integer(0, PPM_ALL)),
  silenceAfterMs: optional(span),
  applyWithinMs: optional(span),
  absenceAfterMs: optional(span),
  thresholds: optional(thresholds),
  baselines: optional(baselines),
  skipEmptyRings: optional(boolean),
})

/**
 * The defaults, with what `json` says instead, in each of its objects. A key that is misspelt is refused, not ignored: otherwise a
 * threshold that nobody reads would count as met.
 *
 * @throws KernelError kernel/malformed
 */
export function parseRolloutPolicy(json: Json): RolloutPolicy {
  const read = policy(json, 'policy')
  if (read.holdEvidence > read.haltEvidence) {
    throw malformed('policy.holdEvidence', `at most haltEvidence, ${read.haltEvidence}`, read.holdEvidence)
  }
  return read
}

/** Reads an object of overrides whose keys are those of `defaults`, all of them and no others. */
function within<T extends object>(
  defaults: T,
  shape: { readonly [K in keyof T]-?: Reader<T[K] | undefined> },
): Reader<T> {
  const read = object<Partial<T>>(shape)
  return (value, at) => {
    const unknown = Object.keys(record(value, at)).find((key) => !Object.hasOwn(defaults, key))
    if (unknown !== undefined) throw malformed(at, `the keys ${Object.keys(defaults).join(', ')}`, unknown)
    return { ...defaults, ...read(value, at) }
  }
}
