/**
 * Rollouts of a release that changes nothing, in a fleet that is no laboratory: hosts of different frailty, some that flap all the time; hazards that
 * change with the hour, and are higher just after a host enrolled; outages that silence a whole site and reboot half of it, whatever the
 * arm; hosts that enrol late or never; the control of one wave is exposed by the next. Only the order of exposure is by chance.
 */

export const LOOKS = 120
export const WAVES = 4
export const SIGNALS = ['silence', 'reboot', 'engine-restart', 'detection'] as const
const [SILENCE, REBOOT, , DETECTION] = [0, 1, 2, 3]
/** Hosts of each stratum that a wave exposes, and what its control has at most. */
const EXPOSED = [4, 8, 16, 24]
const CONTROL_MAX = 40
/** Of each stratum, in the order in which they are exposed. */
const STRATA = [60, 76, 92]
const SITES = 8

/** Mean events a host in `LOOKS`, before frailty and hour. */
const RATES = [0.012, 0.012, 0.008, 0.03]
const FLAPPING = { share: 0.05, times: 12 }
const NEW_HOST = { chance: 0.02, looks: 4 }
const OUTAGE = { chance: 0.15, silenced: 0.9, rebooted: 0.5 }
const NEVER_ENROLS = 0.1
const ENROL_LOOKS = 25

/** What a server sees of one stratum of one wave. Index of an arm: 0 control, 1 exposed. */
export interface NullStratum {
  readonly cohort: readonly [control: number, exposed: number]
  /** [look * 2 + arm]: hosts enrolled before that look. */
  readonly enrolled: Int32Array
  /** For each signal [look * 2 + arm]: hosts struck for the first time. */
  readonly struck: readonly Int32Array[]
}

export type NullWave = readonly NullStratum[]

/** From 0 to below 1. */
export type Chance = () => number

/** The public-domain generator "mulberry32". */
export function chanceOf(seed: number): Chance {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One rollout: its waves. */
export function nullRollout(seed: number): readonly NullWave[] {
  const chance = chanceOf(seed)
  const fleets = STRATA.map((hosts) => {
    return Float64Array.from({ length: hosts }, () => (chance() < FLAPPING.share ? FLAPPING.times : 0.5 + chance()))
  })
  let first = 0
  return EXPOSED.map((exposed) => {
    const outages = Int32Array.from({ length: SITES }, () => (chance() < OUTAGE.chance ? within(chance, LOOKS) : LOOKS))
    const hours = hoursOf(within(chance, LOOKS))
    const wave = fleets.map((fleet) => nullStratum(fleet, first, exposed, outages, hours, chance))
    first += exposed
    return wave
  })
}

/** Cumulative share of the hazard of a day that begins at this phase, by look; sums to about 1. */
function hoursOf(phase: number): Float64Array {
  const cumulative = new Float64Array(LOOKS + 1)
  for (let look = 0; look < LOOKS; look++) {
    const hour = 1 + 0.9 * Math.sin(((look + phase) / LOOKS) * 2 * Math.PI)
    cumulative[look + 1] = (cumulative[look] ?? 0) + hour / LOOKS
  }
  return cumulative
}

function nullStratum(
  fleet: Float64Array,
  first: number,
  exposed: number,
  outages: Int32Array,
  hours: Float64Array,
  chance: Chance,
): NullStratum {
  const control = Math.min(CONTROL_MAX, fleet.length - first - exposed)
  const enrolled = new Int32Array((LOOKS + 1) * 2)
  const struck = SIGNALS.map(() => new Int32Array(LOOKS * 2))
  for (let host = first; host < first + exposed + control; host++) {
    const arm = host < first + exposed ? 1 : 0
    if (chance() < NEVER_ENROLS) continue
    const enrolsAt = within(chance, ENROL_LOOKS)
    add(enrolled, (enrolsAt + 1) * 2 + arm)
    const outageAt = outages[within(chance, SITES)] ?? LOOKS
    const hit = outageAt > enrolsAt && chance() < OUTAGE.silenced
    for (let signal = 0; signal < SIGNALS.length; signal++) {
      let at = naturalLook(signal, fleet[host] ?? 1, enrolsAt, hours, chance)
      if (hit && signal === SILENCE) at = Math.min(at, outageAt)
      if (hit && signal === REBOOT && chance() < OUTAGE.rebooted) at = Math.min(at, outageAt + 2)
      if (at < LOOKS) add(struck[signal], at * 2 + arm)
    }
  }
  for (let i = 2; i < enrolled.length; i++) enrolled[i] = (enrolled[i] ?? 0) + (enrolled[i - 2] ?? 0)
  return { cohort: [control, exposed], enrolled, struck }
}

/** The look after `enrolsAt` in which it happens by itself; LOOKS or more: not in this wave. */
function naturalLook(signal: number, frailty: number, enrolsAt: number, hours: Float64Array, chance: Chance): number {
  const times = signal === DETECTION ? 1 : frailty
  if (chance() < NEW_HOST.chance * times) return enrolsAt + 1 + within(chance, NEW_HOST.looks)
  const hazard = (hours[enrolsAt + 1] ?? 0) - Math.log(1 - chance()) / ((RATES[signal] ?? 0) * times)
  if (hazard >= (hours[LOOKS] ?? 0)) return LOOKS
  let look = enrolsAt + 1
  while ((hours[look + 1] ?? 0) <= hazard) look++
  return look
}

function within(chance: Chance, below: number): number {
  return Math.floor(chance() * below)
}

function add(counts: Int32Array | undefined, index: number): void {
  if (counts !== undefined) counts[index] = (counts[index] ?? 0) + 1
}
