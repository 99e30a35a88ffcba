import { assert, PPM_ALL } from '@firebreak/kernel'
import { type Draw, Draws, exponential, partOf, ppmOf, within } from './draws.ts'
import {
  type Fault,
  type Noise,
  REBOOT_MS,
  type RingShare,
  type Scenario,
  SILENCE_MS_MAX,
  type StratumShare,
} from './scenario.ts'
import { cumulative } from './shares.ts'
import { Sleep } from './sleep.ts'

const HOUR_MS = 3_600_000
const SECOND_MS = 1_000
/** A scenario has at most 64 strata. */
const KIND_UNKNOWN = 0xff

/** What befalls a host with any release or none. `silence` and `reboot` take it off the network for a while. */
export const NATURAL_EVENTS = ['silence', 'reboot', 'engineRestart', 'cpu', 'memory', 'flood', 'detection'] as const
export type NaturalEvent = (typeof NATURAL_EVENTS)[number]

/**
 * Everything about the hosts of a scenario, as functions of (seed, host number): 8.5 million hosts take a byte each, and
 * whoever asks in whatever order gets the same answer. Hosts are numbered from 0, in the order of their beacon phase. Times are
 * wall-clock milliseconds; the release is published at `startsAtMs`.
 */
export class World {
  readonly scenario: Scenario
  readonly hosts: number
  readonly seed: number
  readonly startsAtMs: number
  readonly #kinds: Uint8Array
  readonly #ringPpm: readonly number[]
  readonly #stratumPpm: readonly number[]
  readonly #sleeps: readonly (Sleep | null)[]
  readonly #ring: Draw
  readonly #stratum: Draw
  readonly #steady: Draw
  readonly #site: Draw
  readonly #install: Draw
  readonly #apply: Draw
  readonly #event: readonly Draw[]
  readonly #eventAt: readonly Draw[]
  readonly #gapLength: Draw
  readonly #outages: readonly { readonly hit: Draw; readonly sharePpm: number; fromMs: number; toMs: number }[]
  readonly #losses: readonly { readonly hit: Draw; readonly sharePpm: number; fromMs: number; toMs: number }[]
  readonly #faulty: readonly Draw[]
  readonly #onset: readonly Draw[]

  /** @param seed - a whole number from 0 to 2^32 - 1 */
  constructor(scenario: Scenario, hosts: number, seed: number) {
    assert(Number.isInteger(hosts) && hosts > 0 && seed >>> 0 === seed, 'a world has hosts and a 32-bit seed')
    const draws = new Draws(seed)
    const { fleet, faults, startsAtMs } = scenario
    this.scenario = scenario
    this.hosts = hosts
    this.seed = seed
    this.startsAtMs = startsAtMs
    this.#kinds = new Uint8Array(hosts).fill(KIND_UNKNOWN)
    this.#ringPpm = cumulative(fleet.rings)
    this.#stratumPpm = cumulative(fleet.strata)
    this.#sleeps = fleet.strata.map(({ sleep }) => {
      const pattern = fleet.sleeps[sleep]
      return pattern && new Sleep(pattern, draws, startsAtMs)
    })
    this.#ring = draws.of('ring')
    this.#stratum = draws.of('stratum')
    this.#steady = draws.of('steady')
    this.#site = draws.of('site')
    this.#install = draws.of('install fails')
    this.#apply = draws.of('apply fails')
    this.#event = NATURAL_EVENTS.map((name) => draws.of(name))
    this.#eventAt = NATURAL_EVENTS.map((name) => draws.of(`${name} at`))
    this.#gapLength = draws.of('silence for')
    this.#outages = this.#incidents('site-outage', draws)
    this.#losses = this.#incidents('telemetry-loss', draws)
    this.#faulty = faults.map((_, i) => draws.of(`fault ${i}`))
    this.#onset = faults.map((_, i) => draws.of(`onset ${i}`))
  }

  /** As servers make them: what the order of exposure is drawn from. */
  hostId(host: number): string {
    return `h-${host.toString(16).padStart(20, '0')}`
  }

  ringOf(host: number): number {
    return partOf(this.#ring(host), this.#ringPpm)
  }

  ring(host: number): RingShare {
    return at(this.scenario.fleet.rings, this.ringOf(host))
  }

  stratumOf(host: number): number {
    return this.#kindOf(host) >>> 1
  }

  stratum(host: number): StratumShare {
    return at(this.scenario.fleet.strata, this.stratumOf(host))
  }

  /** False for hosts that drop off the network often. */
  isSteady(host: number): boolean {
    return (this.#kindOf(host) & 1) === 1
  }

  /** Stratum and steadiness, of which everything else asks: a byte a host, so that they are drawn once. */
  #kindOf(host: number): number {
    const known = this.#kinds[host] ?? 0
    if (known !== KIND_UNKNOWN) return known
    const stratum = partOf(this.#stratum(host), this.#stratumPpm)
    const isSteady = ppmOf(this.#steady(host)) >= at(this.scenario.fleet.strata, stratum).unsteadyPpm
    const kind = (stratum << 1) | (isSteady ? 1 : 0)
    this.#kinds[host] = kind
    return kind
  }

  /** Of outages: hosts of one site go down together. */
  siteOf(host: number): number {
    return within(this.#site(host), this.scenario.fleet.sites)
  }

  /** When in each beacon interval it reports: grows with the host's number, so that a scan in that order is one in time. */
  beaconPhaseMs(host: number): number {
    return Math.floor((host * this.scenario.fleet.beaconSeconds * SECOND_MS) / this.hosts)
  }

  /** When in each poll interval of its ring it asks for the plan; like the beacon's, a third of the interval apart. */
  pollPhaseMs(host: number): number {
    const turned = (host + Math.floor(this.hosts / 3)) % this.hosts
    return Math.floor((turned * this.ring(host).pollSeconds * SECOND_MS) / this.hosts)
  }

  /** Not asleep, by its pattern. */
  isAwake(host: number, atMs: number): boolean {
    const sleep = this.#sleepOf(host)
    return sleep === null || sleep.isAwake(host, atMs)
  }

  /** When it next wakes or goes to sleep; infinity: it never does. */
  sleepChangesMs(host: number, atMs: number): number {
    return this.#sleepOf(host)?.changesMs(host, atMs) ?? Number.POSITIVE_INFINITY
  }

  /** Whether the host says that it goes to sleep, when the waking that `atMs` is in ends. */
  announcesSleep(host: number, atMs: number): boolean {
    return this.#sleepOf(host)?.isAnnounced(host, atMs) ?? false
  }

  /** Whether the waking that `atMs` is in began with a boot. */
  bootsToWake(host: number, atMs: number): boolean {
    return this.#sleepOf(host)?.isBoot(host, atMs) ?? false
  }

  /** Awake, and on the network: not in a silence of its own, not rebooting, not at a site that is out. What a release does is not in it. */
  isReachable(host: number, atMs: number): boolean {
    return this.isAwake(host, atMs) && !this.isOut(host, atMs) && !this.isOffline(host, atMs)
  }

  /** In a silence of its own, or rebooting. */
  isOffline(host: number, atMs: number): boolean {
    const hour = Math.floor(atMs / HOUR_MS)
    for (let one = hour - 1; one <= hour; one++) {
      const silentMs = this.eventMs(0, host, one)
      if (silentMs >= 0 && atMs >= silentMs && atMs < silentMs + this.silenceForMs(host, one)) return true
      const rebootMs = this.eventMs(1, host, one)
      if (rebootMs >= 0 && atMs >= rebootMs && atMs < rebootMs + REBOOT_MS) return true
    }
    return false
  }

  /** At a site that is out. */
  isOut(host: number, atMs: number): boolean {
    return this.#outages.some(
      ({ hit, sharePpm, fromMs, toMs }) => atMs >= fromMs && atMs < toMs && ppmOf(hit(this.siteOf(host))) < sharePpm,
    )
  }

  /** Whether a beacon sent at `atMs` is lost on the way to those who judge. */
  isBeaconLost(host: number, atMs: number): boolean {
    return this.#losses.some(
      ({ hit, sharePpm, fromMs, toMs }) =>
        atMs >= fromMs && atMs < toMs && ppmOf(hit(host, Math.floor(atMs / SECOND_MS))) < sharePpm,
    )
  }

  /** At most one event of a kind in an hour of the clock. @param kind - by its index in NATURAL_EVENTS @returns when; -1: none */
  eventMs(kind: number, host: number, hour: number): number {
    const rate = this.#noiseOf(host)[at(NATURAL_EVENTS, kind)]
    if (ppmOf(at(this.#event, kind)(host, hour)) >= rate) return -1
    return hour * HOUR_MS + within(at(this.#eventAt, kind)(host, hour), HOUR_MS / 2) * 2
  }

  /** How long the silence that begins in `hour` takes. */
  silenceForMs(host: number, hour: number): number {
    const meanMs = this.#noiseOf(host).silenceSecondsMean * SECOND_MS
    return Math.min(exponential(this.#gapLength(host, hour), meanMs), SILENCE_MS_MAX)
  }

  /** Visits, hour by hour, what befalls a host from `fromMs` up to and without `toMs`. @param visit - the kind by its index in NATURAL_EVENTS */
  forEachEvent(host: number, fromMs: number, toMs: number, visit: (kind: number, atMs: number) => void): void {
    for (let hour = Math.floor(fromMs / HOUR_MS); hour * HOUR_MS < toMs; hour++) {
      for (let kind = 0; kind < NATURAL_EVENTS.length; kind++) {
        const atMs = this.eventMs(kind, host, hour)
        if (atMs >= fromMs && atMs < toMs) visit(kind, atMs)
      }
    }
  }

  /** Installing any release fails on it, by nobody's fault. @param wave - of the rollout: each installation is a draw of its own */
  failsToInstall(host: number, wave: number): boolean {
    return ppmOf(this.#install(host, wave)) < this.#noiseOf(host).failure
  }

  /** It takes part, is there, and does not get round to its trial. */
  failsToApply(host: number, wave: number): boolean {
    return ppmOf(this.#apply(host, wave)) < this.#noiseOf(host).applyFailure
  }

  /** Whether the scenario's fault number `fault` is this host's. */
  isAffected(host: number, fault: number): boolean {
    const { sharePpm, stratum } = this.#fault(fault)
    if (stratum !== null && this.stratum(host).name !== stratum) return false
    return sharePpm === PPM_ALL || ppmOf(at(this.#faulty, fault)(host)) < sharePpm
  }

  /** From the start of the release, or with onset `reboot` from the boot, to its effect; only for hosts that are affected. */
  harmAfterMs(host: number, fault: number): number {
    const { onset, meanSeconds } = this.#fault(fault)
    return onset === 'event' ? exponential(at(this.#onset, fault)(host), meanSeconds * SECOND_MS) : 0
  }

  #fault(fault: number): Fault {
    return at(this.scenario.faults, fault)
  }

  #sleepOf(host: number): Sleep | null {
    return at(this.#sleeps, this.stratumOf(host))
  }

  #noiseOf(host: number): Noise {
    const { steady, unsteady } = this.scenario.fleet
    return this.isSteady(host) ? steady : unsteady
  }

  #incidents(kind: 'site-outage' | 'telemetry-loss', draws: Draws) {
    return this.scenario.incidents.flatMap((one, i) =>
      one.kind === kind
        ? [
            {
              hit: draws.of(`${kind} ${i}`),
              sharePpm: one.sharePpm,
              fromMs: this.startsAtMs + one.fromSeconds * SECOND_MS,
              toMs: this.startsAtMs + one.toSeconds * SECOND_MS,
            },
          ]
        : [],
    )
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  assert(item !== undefined, 'an index of a world is in range')
  return item
}
