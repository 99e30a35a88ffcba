import type { Json, Ppm, Version, WallMs } from '@firebreak/kernel'
import type { Signal } from '@firebreak/rollout'

/** A fleet, a release, and what befalls them: all that a simulation needs but the number of hosts and the seed. */
export interface Scenario {
  /** One line. */
  readonly title: string
  /** What happened, or would: a few sentences, with the source of the figures. */
  readonly story: string
  /** Simulated when nobody says how many. */
  readonly hosts: number
  /** When the release is published. */
  readonly startsAtMs: WallMs
  /** How long after that is simulated at most. */
  readonly horizonSeconds: number
  /** How long it goes on after the rollout is decided, at least: for what comes later. */
  readonly afterSeconds: number
  readonly fleet: Fleet
  /** What the release does to hosts that run it; none: it is healthy. */
  readonly faults: readonly Fault[]
  /** What would have happened with any release. */
  readonly incidents: readonly Incident[]
  /** Where the rollout policy differs from the default one: for `parseRolloutPolicy`. */
  readonly rolloutPolicy: Json
  readonly expected: Expected
}

/** Kinds of hosts and how they behave when nothing is wrong. */
export interface Fleet {
  /** In order of risk; shares sum up to everybody. */
  readonly rings: readonly RingShare[]
  readonly beaconSeconds: number
  /** From the plan that offers a release to the release in its trial: download, verification, hand-over. */
  readonly installSeconds: number
  readonly trialSeconds: number
  /** Shares sum up to everybody. */
  readonly strata: readonly StratumShare[]
  readonly sleeps: Readonly<Record<SleepName, SleepPattern | null>>
  readonly steady: Noise
  readonly unsteady: Noise
  /** Hosts share sites, and an outage hits whole sites. */
  readonly sites: number
}

export interface RingShare {
  readonly ring: string
  readonly sharePpm: Ppm
  readonly pollSeconds: number
}

export interface StratumShare {
  readonly name: string
  readonly sharePpm: Ppm
  readonly engineVersion: Version
  readonly os: string
  readonly architecture: string
  /** Of its hosts, those that were silent lately and unannounced. */
  readonly unsteadyPpm: Ppm
  readonly sleep: SleepName
}

export const SLEEP_NAMES = ['always-on', 'office', 'laptop'] as const
export type SleepName = (typeof SLEEP_NAMES)[number]

/** When hosts are up, by the clock on their wall. */
export interface SleepPattern {
  readonly weekends: boolean
  readonly fromMinute: number
  readonly toMinute: number
  /** Each host and day begins and ends up to so much later. */
  readonly jitterMinutes: number
  /** Shares sum up to everybody. */
  readonly zones: readonly { readonly utcMinutes: number; readonly sharePpm: Ppm }[]
  /** The chance that a host stays off for a whole day. */
  readonly dayOffPpm: Ppm
  /** Hosts that are away when the release is published, and come back after days, exponentially distributed. */
  readonly awayPpm: Ppm
  readonly awayDaysMean: number
  /** Of the times that a host goes to sleep: those that it announces. */
  readonly announcedPpm: Ppm
  /** Of the times that it wakes: those that are a boot, because it had been shut down. */
  readonly bootsPpm: Ppm
}

/** How often things happen to a host with any release or none: parts per million of hosts, an hour. */
export interface Noise {
  /** Drops off the network, unannounced, for `silenceSecondsMean`, exponentially distributed, at most an hour. */
  readonly silence: Ppm
  readonly silenceSecondsMean: number
  /** In order: announced, and back after `REBOOT_MS`. */
  readonly reboot: Ppm
  readonly engineRestart: Ppm
  readonly cpu: Ppm
  readonly memory: Ppm
  readonly flood: Ppm
  readonly detection: Ppm
  /** For each installation, not an hour. */
  readonly failure: Ppm
  readonly applyFailure: Ppm
}

/**
 * What a release does: it makes a signal happen to a share of the hosts that run it. `detection` is the one signal that it takes
 * away.
 */
export interface Fault {
  readonly effect: Signal
  /** Of hosts, by a draw for each host and fault. */
  readonly sharePpm: Ppm
  /** The only stratum that has it; null: all. */
  readonly stratum: string | null
  /** at-once: when the release starts. event: at the first event that matches. reboot: when the host next boots. */
  readonly onset: 'at-once' | 'event' | 'reboot'
  /** To the first event that matches: the mean of an exponential distribution. Only with `event`. */
  readonly meanSeconds: number
  /** Of a host that it silences: when it is back; null: never. */
  readonly backAfterSeconds: number | null
}

/**
 *   site-outage       sites are off, power and all
 *   telemetry-loss    beacons are lost; hosts and plans are well
 *   server-down       no plan, no beacon, no judgement
 *   controller-kills  the controller dies at each step that it takes: once before and once after the step is durable
 *   stolen-plan-key   somebody else serves plans: newer generations, approved releases of the past
 */
export const INCIDENTS = [
  'site-outage',
  'telemetry-loss',
  'server-down',
  'controller-kills',
  'stolen-plan-key',
] as const

/** Times are seconds since the release was published. */
export interface Incident {
  readonly kind: (typeof INCIDENTS)[number]
  readonly fromSeconds: number
  readonly toSeconds: number
  /** Of sites that are off, or of beacons that are lost; of no meaning to the others. */
  readonly sharePpm: Ppm
}

/** What has to come of it at the default number of hosts and fewer. */
export interface Expected {
  readonly outcome: 'halted' | 'complete' | 'rolling'
  readonly harmedMax: number
  /** From the first exposure that harms; null: it is not limited, or nothing halts. */
  readonly haltSecondsMax: number | null
}

/** An orderly reboot: from the last beacon to the first. */
export const REBOOT_MS = 120_000
export const SILENCE_MS_MAX = 3_600_000
