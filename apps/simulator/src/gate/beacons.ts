import { PROBATION_BEACONS_MS, probationIntervalMs } from '@firebreak/rollout'

const SECOND_MS = 1_000

/** The seconds after its enrolment at which a host reports, and what it says of the next time: `probationIntervalMs`, without its jitter. */
export class Beacons {
  /** Of the probation, and one more. */
  readonly #early: readonly number[]
  readonly #intervalS: number

  constructor(intervalS: number) {
    this.#intervalS = intervalS
    const lastS = (PROBATION_BEACONS_MS.at(-1) ?? 0) / SECOND_MS
    const early = [0]
    for (let sinceS = 0; sinceS < lastS; early.push(sinceS)) sinceS += this.stated(sinceS)
    this.#early = early
  }

  /** How long after the beacon at `sinceS` it says that the next one comes. */
  stated(sinceS: number): number {
    return probationIntervalMs(sinceS * SECOND_MS, this.#intervalS * SECOND_MS) / SECOND_MS
  }

  /** The last one at or before `sinceS`. */
  last(sinceS: number): number {
    const end = this.#early.at(-1) ?? 0
    if (sinceS >= end) return end + Math.floor((sinceS - end) / this.#intervalS) * this.#intervalS
    let last = 0
    for (const at of this.#early) if (at <= sinceS) last = at
    return last
  }

  /** The first one at or after `sinceS`. */
  next(sinceS: number): number {
    const end = this.#early.at(-1) ?? 0
    if (sinceS > end) return end + Math.ceil((sinceS - end) / this.#intervalS) * this.#intervalS
    return this.#early.find((at) => at >= sinceS) ?? end
  }

  /** When a host that is last heard before `sinceS` counts as silent: two of the intervals that it stated. */
  silent(sinceS: number): number {
    const last = this.last(sinceS)
    return last + 2 * this.stated(last)
  }
}
