import type { Sha256Hex } from '@firebreak/kernel'
import type { Arm, WaveArms } from '../plan/exposure.ts'
import type { HealthReport, HostFacts } from './health-report.ts'
import type { EvidenceRules } from './signal-rules.ts'
import type { Cell, Signal } from './signals.ts'

/**
 * What a fleet table should say, the slow way: objects, milliseconds, names and sets; and every cell counted anew from what each host has been
 * through. It shares no code with the table. Its times have to be whole seconds.
 */
const SIGNAL_NAMES: readonly Signal[] = [
  'silence',
  'absence',
  'reboot',
  'engine-restart',
  'cpu',
  'memory',
  'flood',
  'detection',
  'failure',
  'apply-failure',
  'false-success',
]
const ATTRIBUTED: ReadonlySet<Signal> = new Set(['failure', 'apply-failure', 'false-success'])
const HOUR_MS = 3_600_000

/** One host in one arm of one wave, or with the release outside. */
interface Membership {
  readonly wave: number
  readonly startedAtMs: number
  readonly arm: Arm
  readonly stratum: string
  readonly isOutside: boolean
  readonly facts: Set<'enrolled' | 'confirmed' | 'proven' | 'rebooted'>
  readonly events: Set<Signal>
  hasLeft: boolean
}

interface NaiveHost {
  readonly facts: HostFacts
  last: { report: HealthReport; atMs: number } | null
  isSilent: boolean
  isTroubled: boolean
  unsteadyAtMs: number | null
  presentSinceMs: number
  hasBegun: boolean
  hasRejected: boolean
  wasWrong: boolean
  /** Where it counts now, and where its attributed signals do. */
  member: Membership | null
  trial: Membership | null
}

export class NaiveFleet {
  readonly #rules: EvidenceRules
  readonly #pack: string
  readonly #imageDigest: Sha256Hex
  readonly #bucketOf: (host: number) => number
  readonly #hosts: NaiveHost[] = []
  readonly #memberships: Membership[] = []
  #wave: { wave: number; startedAtMs: number } | null = null
  #sweptAtMs = 0

  constructor(rules: EvidenceRules, pack: string, imageDigest: Sha256Hex, bucketOf: (host: number) => number) {
    this.#rules = rules
    this.#pack = pack
    this.#imageDigest = imageDigest
    this.#bucketOf = bucketOf
  }

  add(facts: HostFacts): void {
    const nothing = { last: null, isSilent: false, isTroubled: false, unsteadyAtMs: null, presentSinceMs: 0 }
    const release = { hasBegun: false, hasRejected: false, wasWrong: false, member: null, trial: null }
    this.#hosts.push({ facts, ...nothing, ...release })
  }

  fold(number: number, report: HealthReport, atMs: number): void {
    const host = this.#host(number)
    const before = host.last
    if (before !== null && report.sequence <= before.report.sequence) return
    const wasAway = before === null || before.report.ending !== null || atMs - before.atMs > this.#waitMs(before.report)
    host.isTroubled = before !== null && (host.isSilent || report.engineRestarts !== before.report.engineRestarts)
    if (wasAway) host.presentSinceMs = atMs
    host.isSilent = false
    host.last = { report, atMs }
    if (before !== null && before.report.pack !== report.pack) this.#forget(host)
    if (report.pack === this.#pack) this.#judge(host, report, atMs, before === null)
  }

  #forget(host: NaiveHost): void {
    this.#leave(host)
    host.hasBegun = false
    host.hasRejected = false
    host.wasWrong = false
  }

  #leave(host: NaiveHost): void {
    if (host.member !== null) host.member.hasLeft = true
    host.member = null
    host.trial = null
  }

  #judge(host: NaiveHost, report: HealthReport, atMs: number, isFirst: boolean): void {
    const outcome = report.outcomes.findLast((one) => one.imageDigest === this.#imageDigest)?.outcome
    const runs = report.running?.imageDigest === this.#imageDigest
    const begins = outcome !== undefined && !host.hasBegun
    if (outcome !== undefined) host.hasBegun = true
    const failed = outcome === 'refused' || outcome === 'fell-back'
    if (failed) host.hasRejected = true
    const isWrong = outcome === 'confirmed' && !runs
    const twiceWrong = isWrong && host.wasWrong
    host.wasWrong = isWrong
    const enrolment = report.enrolment?.imageDigest === this.#imageDigest ? report.enrolment : null

    const { member } = host
    if (member !== null && !member.isOutside && !this.#isMarked(host)) {
      const isNoControl = begins && !isFirst && member.arm === 'control'
      if (isNoControl || (enrolment !== null && enrolment.wave > member.wave)) this.#leave(host)
    }
    if (host.member === null && host.hasBegun && this.#wave !== null) {
      host.member = this.#record({ ...this.#wave, arm: 'exposed', isOutside: true }, this.#stratum(host, atMs))
      host.member.facts.add('enrolled')
      host.trial = host.member
    }
    const own = host.member
    if (own === null) return
    const takesPart = !own.isOutside && enrolment !== null && enrolment.wave === own.wave
    if (takesPart && !own.facts.has('enrolled')) {
      own.facts.add('enrolled')
      host.presentSinceMs = atMs
    }
    if (takesPart && atMs < own.startedAtMs + this.#rules.watchMs) this.#compare(own, report)
    const isExposed = own.arm === 'exposed' && own.facts.has('enrolled') && !own.isOutside
    if (host.hasBegun && host.trial === null && !isExposed) {
      host.trial = this.#record({ ...own, arm: 'exposed', isOutside: true }, own.stratum)
      host.trial.facts.add('enrolled')
    }
    const attributed = (host.trial ?? own).events
    if (failed) attributed.add('failure')
    if (twiceWrong) attributed.add('false-success')
    if (isExposed && outcome === 'confirmed') own.facts.add('confirmed')
    if (!takesPart || enrolment === null || (isExposed && !runs)) return
    const marks: readonly Signal[] = ['failure', 'false-success', 'engine-restart']
    const isFine = marks.every((signal) => !own.events.has(signal) && !attributed.has(signal))
    if (isFine && enrolment.sinceMs >= this.#rules.provenAfterMs) own.facts.add('proven')
    if (enrolment.reboots > 0) own.facts.add('rebooted')
  }

  #compare({ events }: Membership, { enrolment }: HealthReport): void {
    if (enrolment === null) return
    const { engineCpuPpm, engineMemoryKiB, detectionsPerHour } = this.#rules.thresholds
    const hours = Math.max(enrolment.sinceMs, 300_000) / HOUR_MS
    if (enrolment.reboots > 0) events.add('reboot')
    if (enrolment.engineRestarts > 0) events.add('engine-restart')
    if (enrolment.engineCpuPpmPeak > engineCpuPpm) events.add('cpu')
    if (enrolment.engineMemoryKiBPeak > engineMemoryKiB) events.add('memory')
    if (enrolment.detections / hours > detectionsPerHour) events.add('flood')
    if (enrolment.detections > 0) events.add('detection')
  }

  sweep(nowMs: number, listeningSinceMs: number): void {
    this.#sweptAtMs = nowMs
    for (const host of this.#hosts) {
      if (host.last === null || host.isSilent) continue
      const quietMs = nowMs - Math.max(host.last.atMs, listeningSinceMs)
      if (host.last.report.ending !== null) {
        if (quietMs > this.#rules.absenceAfterMs) this.#happens(host, 'absence')
      } else if (quietMs > this.#waitMs(host.last.report)) {
        host.isSilent = true
        host.unsteadyAtMs = Math.ceil(nowMs / HOUR_MS) * HOUR_MS
        this.#happens(host, 'silence')
      } else if (host.member?.arm === 'exposed' && host.trial === null && !host.hasBegun) {
        const thereMs = host.last.atMs - Math.max(host.presentSinceMs, listeningSinceMs)
        if (thereMs >= this.#rules.applyWithinMs) this.#happens(host, 'apply-failure')
      }
    }
  }

  #happens({ member }: NaiveHost, signal: Signal): void {
    if (member === null || member.isOutside || !member.facts.has('enrolled')) return
    if (this.#sweptAtMs < member.startedAtMs + this.#rules.watchMs) member.events.add(signal)
  }

  start(ring: string, arms: WaveArms, nowMs: number): { exposedHosts: number; controlHosts: number } {
    this.#wave = { wave: arms.wave, startedAtMs: nowMs }
    const sizes = { exposed: 0, control: 0 }
    for (const [number, host] of this.#hosts.entries()) {
      const bucket = this.#bucketOf(number)
      const arm = (['exposed', 'control'] as const).find((one) => {
        return arms[one].fromPpm <= bucket && bucket < arms[one].toPpm
      })
      if (arm !== undefined && this.#isIn(host, ring) && !this.#isMarked(host)) {
        this.#leave(host)
        if (this.#isEligible(host)) {
          host.member = this.#record({ ...this.#wave, arm, isOutside: false }, this.#stratum(host, nowMs))
          sizes[arm]++
        }
      }
      this.#countOutside(host)
    }
    return { exposedHosts: sizes.exposed, controlHosts: sizes.control }
  }

  /** The server restarts. Of hosts with another pack it knows no more than their newest beacon, and the hour of their last silence. */
  restart(): void {
    for (const host of this.#hosts) if (host.last?.report.pack !== this.#pack) host.isSilent = false
  }

  /** Whoever has begun the release, and is in no arm that would have brought it about, is on trial outside. */
  #countOutside(host: NaiveHost): void {
    const { hasBegun, hasRejected, last } = host
    if (!hasBegun || last === null || last.report.pack !== this.#pack || this.#wave === null) return
    const own = host.member ?? { ...this.#wave, arm: 'exposed', stratum: this.#stratum(host, last.atMs), facts: null }
    if (host.trial === null && !(own.arm === 'exposed' && own.facts?.has('enrolled') === true)) {
      host.trial = this.#record({ ...own, arm: 'exposed', isOutside: true }, own.stratum)
      host.trial.facts.add('enrolled')
      host.member ??= host.trial
    }
    if (hasRejected) (host.trial ?? host.member)?.events.add('failure')
  }

  /** Buckets of those who could take part now, in order. */
  eligible(ring: string): readonly number[] {
    const numbers = [...this.#hosts.keys()]
    const chosen = numbers.filter((one) => this.#isIn(this.#host(one), ring) && this.#isEligible(this.#host(one)))
    return chosen.map((one) => this.#bucketOf(one)).toSorted((a, b) => a - b)
  }

  cells(): readonly Cell[] {
    const groups = Map.groupBy(this.#memberships, ({ wave, arm, stratum }) => `${wave}|${stratum}|${arm}`)
    const cells = [...groups.values()].map((members) => naiveCell(members))
    return cells.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  }

  #record(of: Pick<Membership, 'wave' | 'startedAtMs' | 'arm' | 'isOutside'>, stratum: string): Membership {
    const record = {
      wave: of.wave,
      startedAtMs: of.startedAtMs,
      arm: of.arm,
      isOutside: of.isOutside,
      stratum: of.isOutside ? `outside, ${stratum}` : stratum,
      facts: new Set<'enrolled'>(),
      events: new Set<Signal>(),
      hasLeft: false,
    }
    this.#memberships.push(record)
    return record
  }

  #isEligible(host: NaiveHost): boolean {
    const { isSilent, isTroubled, hasRejected, last } = host
    if (last === null || isSilent || isTroubled || hasRejected || this.#isMarked(host)) return false
    if (last.report.customer.takes !== 'at-once' || last.report.ending !== null) return false
    return this.#sweptAtMs - last.atMs <= this.#waitMs(last.report)
  }

  /** An attributed signal was counted for it: it stays where it is. */
  #isMarked({ member, trial }: NaiveHost): boolean {
    return [member, trial].some((one) => one !== null && [...one.events].some((signal) => ATTRIBUTED.has(signal)))
  }

  #isIn({ facts, last }: NaiveHost, ring: string): boolean {
    if (last === null) return false
    const followed = last.report.customer.ring === '' ? facts.ring : last.report.customer.ring
    return last.report.pack === this.#pack && followed === ring
  }

  #stratum({ facts, last, unsteadyAtMs }: NaiveHost, nowMs: number): string {
    if (last === null) return 'nothing known'
    const { customer, engineVersion, platform } = last.report
    const ring = customer.ring === '' ? facts.ring : customer.ring
    const isSteady = unsteadyAtMs === null || nowMs - unsteadyAtMs >= 7 * 24 * HOUR_MS
    const words = `engine ${engineVersion}, ${platform.os} ${platform.architecture}, ring ${ring}`
    return `${words}, ${isSteady ? 'steady' : 'unsteady'}`
  }

  #waitMs({ beaconIntervalMs }: HealthReport): number {
    return beaconIntervalMs === 0 ? this.#rules.silenceAfterMs : Math.max(1_000, 2 * beaconIntervalMs)
  }

  #host(number: number): NaiveHost {
    const host = this.#hosts[number]
    if (host === undefined) throw new RangeError(`no host ${number}`)
    return host
  }
}

function naiveCell(members: readonly Membership[]): Cell {
  const first = members[0]
  if (first === undefined) throw new RangeError('a group of nobody')
  const { wave, stratum, arm, isOutside } = first
  const having = (fact: 'enrolled' | 'confirmed' | 'proven' | 'rebooted') =>
    members.filter(({ facts }) => facts.has(fact)).length
  return {
    wave,
    stratum,
    arm,
    cohort: isOutside ? 0 : members.length,
    enrolled: having('enrolled'),
    confirmed: having('confirmed'),
    proven: having('proven'),
    rebooted: having('rebooted'),
    events: SIGNAL_NAMES.map((signal) => members.filter(({ events }) => events.has(signal)).length),
    left: SIGNAL_NAMES.map((signal) => {
      if (ATTRIBUTED.has(signal) || isOutside) return 0
      return members.filter((one) => one.hasLeft && one.facts.has('enrolled') && !one.events.has(signal)).length
    }),
  }
}

function sortKey({ wave, stratum, arm }: Cell): string {
  return `${String(wave).padStart(4, '0')}|${stratum}|${arm === 'exposed' ? 0 : 1}`
}
