import { assert, type Sha256Hex, type Version, type WallMs } from '@firebreak/kernel'
import { exposureBucketPpm } from '../plan/exposure.ts'
import type { Plan, ReleaseRef } from '../plan/plan.ts'
import type { CustomerPolicy } from './customer-policy.ts'
import { decideHost } from './host-decision.ts'
import type { HostView, InstallDecision, KeepDecision, KeepReason } from './host-view.ts'
import { customerRingOf, type LabelledHost } from './rings.ts'
import type { PlanStep } from './rollout-schedule.ts'
import { offersTo } from './stance.ts'

/** A host of a simulation, as it is before the first plan. */
export interface SimulatedHost extends LabelledHost {
  readonly enrolledRing: string
  readonly engineVersion: Version
  readonly os: string
  readonly confirmed: ReleaseRef | null
  readonly confirmedAtMs: WallMs | null
}

export interface PolicySimulation {
  readonly policy: CustomerPolicy | null
  readonly pack: string
  /** The release that is asked about. */
  readonly imageDigest: Sha256Hex
  readonly isEmergency: boolean
  /** In order of time. One plan alone: what becomes of it if nothing but time goes on. */
  readonly steps: readonly PlanStep[]
  readonly hosts: readonly SimulatedHost[]
}

/** What hosts of one customer ring do about the release. */
export interface RingForecast {
  /** Null: the hosts that no ring takes. */
  readonly ring: string | null
  readonly hosts: number
  /** How many of them install it, the first and the last of them when. */
  readonly installs: number
  readonly earliestMs: WallMs | null
  readonly latestMs: WallMs | null
  /** Why the others don't, as far as the last plan goes; most frequent first. */
  readonly never: readonly { readonly reason: KeepReason; readonly hosts: number }[]
}

export const SIMULATION_STEPS_MAX = 1_000
export const SIMULATED_HOSTS_MAX = 1_000_000
/** More waits than one host can have under one plan. */
const WAITS_MAX = 64

/**
 * When each customer ring would get a release, by the code that decides on hosts: for hosts that are always on, read each plan at once and take no time to
 * install. In the order of the policy's rings; rings without hosts are there as well.
 */
export function simulatePolicy(simulation: PolicySimulation): readonly RingForecast[] {
  const { policy, steps, hosts } = simulation
  assert(steps.length <= SIMULATION_STEPS_MAX, `a simulation has at most ${SIMULATION_STEPS_MAX} steps`)
  assert(hosts.length <= SIMULATED_HOSTS_MAX, `a simulation has at most ${SIMULATED_HOSTS_MAX} hosts`)
  const tallies = new Map<string | null, Tally>(
    [...(policy?.rings ?? []), { name: null }].map(({ name }) => [name, newTally()]),
  )
  for (const host of hosts) {
    const tally = tallies.get(policy && customerRingOf(policy, host))
    assert(tally !== undefined, 'a host is of a ring of the policy, or of none')
    count(tally, fateOf(simulation, host))
  }
  return [...tallies]
    .filter(([ring, { hosts: size }]) => ring !== null || size > 0)
    .map(([ring, tally]) => forecastOf(ring, tally))
}

/** When the host installs the release, or why it does not. */
type Fate = WallMs | KeepReason

function fateOf(simulation: PolicySimulation, host: SimulatedHost): Fate {
  const { steps, imageDigest } = simulation
  const run = newRun(simulation, host)
  let reason: KeepReason = 'nothing-released'
  for (const [i, { fromMs, plan }] of steps.entries()) {
    const endMs = steps[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY
    let atMs: WallMs | null = fromMs
    for (let waits = 0; atMs !== null && atMs < endMs && waits < WAITS_MAX; waits++) {
      const decision = run.read(plan, atMs)
      if (decision.kind === 'keep') {
        reason = decision.reason
        atMs = decision.untilMs
      } else if (decision.release.imageDigest === imageDigest) return atMs
    }
  }
  return reason
}

/** One host that goes through the plans: it remembers what it was offered when, and what it has. */
interface Run {
  /** What it does about the plan. What it installs it has from then on. */
  readonly read: (plan: Plan, atMs: WallMs) => InstallDecision | KeepDecision
}

function newRun({ policy, pack, isEmergency, imageDigest }: PolicySimulation, host: SimulatedHost): Run {
  const seen = new Map<Sha256Hex, WallMs>()
  let view: HostView = {
    ...host,
    pack,
    lastKnownGood: null,
    candidate: null,
    starter: null,
    isSafe: false,
    rejected: [],
    policy,
    bucketOf: (name, digest) => exposureBucketPpm(host.host, name, digest),
    firstSeenMs: (digest) => seen.get(digest) ?? null,
    isEmergency: (digest) => isEmergency && digest === imageDigest,
  }
  const read: Run['read'] = (plan, atMs) => {
    for (const digest of offersTo(plan, view)) if (!seen.has(digest)) seen.set(digest, atMs)
    const decision = decideHost(plan, view, atMs)
    if (decision.kind === 'revoke') view = { ...view, confirmed: null }
    const next = decision.kind === 'revoke' ? decision.next : decision
    if (next.kind === 'install') view = { ...view, confirmed: next.release, confirmedAtMs: atMs }
    return next
  }
  return { read }
}

interface Tally {
  hosts: number
  installs: number
  earliestMs: WallMs
  latestMs: WallMs
  readonly never: Map<KeepReason, number>
}

function newTally(): Tally {
  return {
    hosts: 0,
    installs: 0,
    earliestMs: Number.POSITIVE_INFINITY,
    latestMs: Number.NEGATIVE_INFINITY,
    never: new Map(),
  }
}

function count(tally: Tally, fate: Fate): void {
  tally.hosts++
  if (typeof fate === 'string') {
    tally.never.set(fate, (tally.never.get(fate) ?? 0) + 1)
    return
  }
  tally.installs++
  tally.earliestMs = Math.min(tally.earliestMs, fate)
  tally.latestMs = Math.max(tally.latestMs, fate)
}

function forecastOf(ring: string | null, { hosts, installs, earliestMs, latestMs, never }: Tally): RingForecast {
  return {
    ring,
    hosts,
    installs,
    earliestMs: installs === 0 ? null : earliestMs,
    latestMs: installs === 0 ? null : latestMs,
    never: [...never].map(([reason, size]) => ({ reason, hosts: size })).toSorted((a, b) => b.hosts - a.hosts),
  }
}
