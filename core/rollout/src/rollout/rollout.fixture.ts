import { PPM_ALL } from '@firebreak/kernel'
import type { Census } from '../evidence/census.ts'
import { type Cell, COMPARED_SIGNALS, type Signal, SIGNALS } from '../evidence/signals.ts'
import type { Arm } from '../plan/exposure.ts'
import { decideWave } from './decide.ts'
import { lookAt } from './look.ts'
import { DEFAULT_ROLLOUT_POLICY, type RolloutPolicy } from './policy.ts'
import { recordOf } from './record.ts'
import { applyDecision, type Lane, type NextWave, type RolloutState, startRollout, type WaveDecision } from './state.ts'
import type { VerdictRecord } from './verdict.ts'

export const DIGEST = 'd'.repeat(64)
export const START = {
  pack: 'p',
  category: 'c',
  release: { version: '1.2.0', imageDigest: DIGEST },
  lane: 'normal',
} as const
export const POLICY: RolloutPolicy = { ...DEFAULT_ROLLOUT_POLICY, rings: ['canary', 'broad'] }
export const T0 = 1_750_000_020_000
export const MINUTE = 60_000

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Counts = { -readonly [K in keyof Cell]: Cell[K] extends readonly number[] ? number[] : Cell[K] }

export interface FakeHost {
  readonly ring: string
  readonly bucket: number
  stratum: string
  isPresent: boolean
  /** Since when it takes part in the wave of `cell`; null: it has not said so. */
  enrolledAtMs: number | null
  cell: Counts | null
  readonly struck: Set<Signal>
  isProven: boolean
  /** It has the release. */
  hasIt: boolean
}

export interface FakeRing {
  readonly ring: string
  readonly hosts: number
  readonly strata?: readonly string[]
}

const PROVEN_AFTER_MS = 300_000

/** A small fleet that lives by its own rules: it shares no code with what is tested on it. */
export class FakeFleet {
  readonly hosts: FakeHost[] = []
  readonly cells: Counts[] = []
  readonly #random: () => number

  constructor(rings: readonly FakeRing[], seed = 1) {
    this.#random = randomFrom(seed)
    for (const { ring, hosts, strata = [`ring ${ring}, steady`] } of rings) {
      for (let i = 0; i < hosts; i++) this.add(ring, strata[i % strata.length] ?? '')
    }
  }

  add(ring: string, stratum: string = `ring ${ring}, steady`): void {
    const bucket = Math.floor(this.#random() * PPM_ALL)
    const idle = { enrolledAtMs: null, cell: null, isProven: false, hasIt: false }
    this.hosts.push({ ring, bucket, stratum, isPresent: true, struck: new Set(), ...idle })
  }

  readonly censuses = (ring: string): Census => {
    const inRing = this.hosts.filter((host) => host.ring === ring)
    const free = inRing.filter(({ isPresent, struck }) => isPresent && !struck.has('failure'))
    const buckets = free.map(({ bucket }) => bucket).toSorted((a, b) => a - b)
    return {
      hosts: inRing.length,
      eligibleBetween: (from, to) => buckets.filter((bucket) => bucket >= from && bucket < to).length,
      ppmAfter: (from, wanted) => (buckets.filter((bucket) => bucket >= from)[wanted - 1] ?? PPM_ALL - 1) + 1,
    }
  }

  start({ ring, arms }: NextWave): void {
    for (const host of this.hosts) {
      const arm = armAt(arms, host.bucket)
      if (host.ring !== ring || arm === null) continue
      this.#leave(host)
      if (!host.isPresent || host.struck.has('failure')) continue
      host.cell = this.#cell(arms.wave, host.stratum, arm)
      host.cell.cohort++
    }
  }

  #leave(host: FakeHost): void {
    if (host.cell && host.enrolledAtMs !== null) {
      for (const [i, signal] of COMPARED_SIGNALS.entries()) {
        if (!host.struck.has(signal)) host.cell.left[i] = (host.cell.left[i] ?? 0) + 1
      }
    }
    host.cell = null
    host.enrolledAtMs = null
    host.isProven = false
    for (const signal of COMPARED_SIGNALS) host.struck.delete(signal)
  }

  #cell(wave: number, stratum: string, arm: Arm): Counts {
    const known = this.cells.find((one) => one.wave === wave && one.stratum === stratum && one.arm === arm)
    if (known) return known
    const none = { cohort: 0, enrolled: 0, confirmed: 0, proven: 0, rebooted: 0 }
    const made = { wave, stratum, arm, ...none, events: SIGNALS.map(() => 0), left: SIGNALS.map(() => 0) }
    this.cells.push(made)
    return made
  }

  /** Whoever takes part and is there says so, and proves well in time. */
  report(nowMs: number): void {
    for (const host of this.hosts) {
      const { cell } = host
      if (!cell || !host.isPresent) continue
      if (host.enrolledAtMs === null) {
        host.enrolledAtMs = nowMs
        cell.enrolled++
        host.hasIt ||= cell.arm === 'exposed'
      } else if (!host.isProven && nowMs - host.enrolledAtMs >= PROVEN_AFTER_MS && !host.struck.has('failure')) {
        host.isProven = true
        cell.proven++
        if (cell.arm === 'exposed') cell.confirmed++
      }
    }
  }

  /** Something happens to a host; it counts where it takes part, once. A silent or absent host is gone. */
  strike(host: FakeHost, signal: Signal): void {
    const { cell } = host
    if (host.struck.has(signal)) return
    host.struck.add(signal)
    if (signal === 'silence' || signal === 'absence') host.isPresent = false
    const i = SIGNALS.indexOf(signal)
    if (cell && host.enrolledAtMs !== null) cell.events[i] = (cell.events[i] ?? 0) + 1
  }

  random(): number {
    return this.#random()
  }

  get harmed(): number {
    return this.hosts.filter(({ hasIt, struck }) => hasIt && struck.size > 0).length
  }
}

function armAt({ exposed, control }: NextWave['arms'], bucket: number): Arm | null {
  if (bucket >= exposed.fromPpm && bucket < exposed.toPpm) return 'exposed'
  return bucket >= control.fromPpm && bucket < control.toPpm ? 'control' : null
}

export interface Ride {
  readonly policy?: RolloutPolicy
  readonly lane?: Lane
  readonly minutesMax?: number
  /** What happens in a minute, before the hosts report. */
  readonly happens?: (fleet: FakeFleet, nowMs: number) => void
  readonly onLook?: (before: RolloutState, after: RolloutState, decision: WaveDecision, nowMs: number) => void
}

export interface Ridden {
  readonly state: RolloutState
  /** Those that differ from the one before in kind, reason or wave. */
  readonly records: readonly VerdictRecord[]
  readonly minutes: number
}

/** Rolls a release out over the fleet, a look a minute, until it ends or the time is over. */
export function rollOut(fleet: FakeFleet, ride: Ride = {}): Ridden {
  const { policy = POLICY, lane = 'normal', minutesMax = 1_440, happens = () => {}, onLook } = ride
  let state = startRollout(policy, { ...START, lane }, T0)
  const records: VerdictRecord[] = []
  let minutes = 0
  for (; minutes < minutesMax && state.status === 'rolling'; minutes++) {
    const nowMs = T0 + minutes * MINUTE
    happens(fleet, nowMs)
    fleet.report(nowMs)
    const cells = JSON.parse(JSON.stringify(fleet.cells)) as readonly Cell[]
    const before = lookAt(state, cells, nowMs)
    const decision = decideWave(policy, before, cells, fleet.censuses, nowMs)
    const record = recordOf(before, decision, nowMs)
    const last = records.at(-1)
    if (record.kind !== last?.kind || record.reason !== last.reason || record.wave !== last.wave) records.push(record)
    state = applyDecision(before, decision, nowMs)
    if (decision.kind === 'advance' && decision.next !== 'complete') fleet.start(decision.next)
    onLook?.(before, state, decision, nowMs)
  }
  return { state, records, minutes }
}

/** Each exposed host is struck once, with this probability, in the minute after it got the release. */
export function fault(rate: number, signal: Signal): (fleet: FakeFleet) => void {
  return (fleet) => {
    for (const host of fleet.hosts) {
      const isNew = host.enrolledAtMs !== null && !host.isProven && host.cell?.arm === 'exposed'
      if (isNew && !doomed.has(host)) doomed.set(host, fleet.random() < rate)
      if (isNew && doomed.get(host)) fleet.strike(host, signal)
    }
  }
}

/** Whom a fault chose, whether it has struck them yet or not. */
export const doomed = new WeakMap<FakeHost, boolean>()

/** A cell as a test says it; what it doesn't say is 0. */
export function cellOf({ events = {}, left = {}, ...rest }: CellSpec): Cell {
  const counts = (given: Readonly<Partial<Record<Signal, number>>>) => SIGNALS.map((signal) => given[signal] ?? 0)
  const none = { cohort: 0, enrolled: 0, confirmed: 0, proven: 0, rebooted: 0 }
  return { wave: 1, stratum: 's', arm: 'exposed', ...none, ...rest, events: counts(events), left: counts(left) }
}

export interface CellSpec extends Partial<Omit<Cell, 'events' | 'left'>> {
  readonly events?: Readonly<Partial<Record<Signal, number>>>
  readonly left?: Readonly<Partial<Record<Signal, number>>>
}

/** A rollout in its first wave, of `exposedHosts` and `controlHosts`, since T0. */
export function inFirstWave(exposedHosts = 10, controlHosts = 200, policy: RolloutPolicy = POLICY): RolloutState {
  const size = { hostsMax: 10, excessUpperPpm: PPM_ALL, proven: 0, harmed: 0 }
  const exposed = { fromPpm: 0, toPpm: 100_000 }
  const control = { fromPpm: 800_000, toPpm: controlHosts === 0 ? 800_000 : PPM_ALL }
  const arms = { wave: 1, exposed, control }
  const controlOf = controlHosts === 0 ? 'nobody' : 'unexposed'
  const wave = { ring: 'canary', arms, exposedHosts, controlHosts, controlOf, size, startedAtMs: T0 } as const
  return { ...startRollout(policy, START, T0), waves: [wave] }
}

/** Looks at the cells with nobody struck yet, and then at them as they are: as a server does that looks all the time. */
export function judge(policy: RolloutPolicy, state: RolloutState, cells: readonly Cell[], nowMs: number, free = 1_000) {
  const none = SIGNALS.map(() => 0)
  const before = lookAt(
    state,
    cells.map((cell) => ({ ...cell, events: none })),
    nowMs,
  )
  return decideWave(policy, lookAt(before, cells, nowMs), cells, () => censusOf(free), nowMs)
}

/** So many hosts, all of them eligible, evenly spread. */
export function censusOf(hosts: number): Census {
  const upTo = (ppm: number) => Math.floor((hosts * ppm) / PPM_ALL)
  return {
    hosts,
    eligibleBetween: (from, to) => Math.max(0, upTo(to) - upTo(from)),
    ppmAfter: (from, wanted) => Math.min(PPM_ALL, Math.ceil(((upTo(from) + wanted) * PPM_ALL) / hosts)),
  }
}
