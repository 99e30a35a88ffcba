import { type Draw, type Draws, exponential, partOf, ppmOf, within } from './draws.ts'
import type { SleepPattern } from './scenario.ts'
import { cumulative } from './shares.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** 1 January 1970 was a Thursday. */
const THURSDAY = 4
/** Longest search for the next waking: a host that stays off longer counts as gone for that long. */
const DAYS_SEARCHED = 30

/** When hosts of one pattern are up. All times are wall-clock milliseconds, UTC. */
export class Sleep {
  readonly #pattern: SleepPattern
  readonly #zonePpm: readonly number[]
  readonly #startsAtMs: number
  readonly #zone: Draw
  readonly #day: Draw
  readonly #begin: Draw
  readonly #end: Draw
  readonly #away: Draw
  readonly #awayFor: Draw
  readonly #announced: Draw
  readonly #boots: Draw

  /** @param startsAtMs - hosts that are away are back some days after that */
  constructor(pattern: SleepPattern, draws: Draws, startsAtMs: number) {
    this.#pattern = pattern
    this.#zonePpm = cumulative(pattern.zones)
    this.#startsAtMs = startsAtMs
    this.#zone = draws.of('zone')
    this.#day = draws.of('day off')
    this.#begin = draws.of('day begins')
    this.#end = draws.of('day ends')
    this.#away = draws.of('away')
    this.#awayFor = draws.of('away for')
    this.#announced = draws.of('announced')
    this.#boots = draws.of('boots')
  }

  isAwake(host: number, atMs: number): boolean {
    const localMs = atMs + this.#offsetMs(host)
    const day = Math.floor(localMs / DAY_MS)
    if (atMs < this.#backMs(host) || !this.#isUsed(host, day)) return false
    const inDayMs = localMs - day * DAY_MS
    return inDayMs >= this.#beginsMs(host, day) && inDayMs < this.#endsMs(host, day)
  }

  /** The first moment after `atMs` at which the host is awake if it sleeps now, or asleep if it is awake now. */
  changesMs(host: number, atMs: number): number {
    const offsetMs = this.#offsetMs(host)
    if (this.isAwake(host, atMs)) {
      const day = Math.floor((atMs + offsetMs) / DAY_MS)
      return day * DAY_MS + this.#endsMs(host, day) - offsetMs
    }
    const fromMs = Math.max(atMs, this.#backMs(host))
    const first = Math.floor((fromMs + offsetMs) / DAY_MS)
    for (let day = first; day < first + DAYS_SEARCHED; day++) {
      if (!this.#isUsed(host, day)) continue
      const beginsMs = day * DAY_MS + this.#beginsMs(host, day) - offsetMs
      const endsMs = day * DAY_MS + this.#endsMs(host, day) - offsetMs
      if (fromMs < endsMs) return Math.max(fromMs, beginsMs)
    }
    return (first + DAYS_SEARCHED) * DAY_MS
  }

  /** Whether the host says so when the waking that `atMs` is in ends. */
  isAnnounced(host: number, atMs: number): boolean {
    const day = Math.floor((atMs + this.#offsetMs(host)) / DAY_MS)
    return ppmOf(this.#announced(host, day)) < this.#pattern.announcedPpm
  }

  /** Whether the waking that `atMs` is in began with a boot. */
  isBoot(host: number, atMs: number): boolean {
    const day = Math.floor((atMs + this.#offsetMs(host)) / DAY_MS)
    return ppmOf(this.#boots(host, day)) < this.#pattern.bootsPpm
  }

  #offsetMs(host: number): number {
    return (this.#pattern.zones[partOf(this.#zone(host), this.#zonePpm)]?.utcMinutes ?? 0) * MINUTE_MS
  }

  #isUsed(host: number, day: number): boolean {
    const weekday = (day + THURSDAY) % 7
    if (!this.#pattern.weekends && (weekday === 0 || weekday === 6)) return false
    return ppmOf(this.#day(host, day)) >= this.#pattern.dayOffPpm
  }

  #beginsMs(host: number, day: number): number {
    return (this.#pattern.fromMinute + within(this.#begin(host, day), this.#pattern.jitterMinutes + 1)) * MINUTE_MS
  }

  #endsMs(host: number, day: number): number {
    return (this.#pattern.toMinute + within(this.#end(host, day), this.#pattern.jitterMinutes + 1)) * MINUTE_MS
  }

  #backMs(host: number): number {
    if (this.#pattern.awayPpm === 0 || ppmOf(this.#away(host)) >= this.#pattern.awayPpm) return 0
    return this.#startsAtMs + exponential(this.#awayFor(host), this.#pattern.awayDaysMean * DAY_MS)
  }
}
