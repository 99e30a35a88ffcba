import { SIGNALS } from '@firebreak/rollout'
import { type HostRange, LOOK_SECONDS } from '../peers/peer.ts'
import { Arm, FIRST_ATTRIBUTED } from './arm.ts'
import { Beacons } from './beacons.ts'
import { Calendar } from './calendar.ts'
import { NEVER_S, type Trace } from './trace.ts'

export const SIGNAL = Object.fromEntries(SIGNALS.map((signal, i) => [signal, i])) as Readonly<
  Record<(typeof SIGNALS)[number], number>
>
/** What the calendar brings beside signals: what a host with nothing amiss would say then, and does not. */
export const NOT_INSTALLED = 21
export const NOT_PROVEN = 22
export const NOT_CONFIRMED = 23
/** Added to one of these: it says it after all. */
const AFTER_ALL = 3
/** A host that came late says that it runs the release. */
export const INSTALLED_LATE = 27
/** From here on the meaning is the playback's. */
export const OTHER = 28

/** Beside the bits of signals, and of what it does not say: it came after its wave had started. */
const LATE = 1 << 15
export const PROVEN_AFTER_S = 300
export const ABSENT_AFTER_S = 600
/** A host that is back reports within a minute, and so does one whose beacons were lost. */
const BACK_WITHIN_S = 60
/** A wave is compared for a day. */
const WATCH_SLOTS = 86_400 / LOOK_SECONDS
const AMISS_BITS = (1 << SIGNAL.failure) | (1 << SIGNAL['false-success']) | (1 << SIGNAL['engine-restart'])

export interface Span {
  readonly fromS: number
  readonly toS: number
}

/** Who takes part in which arm, and what the server is going to hear of them: booked when it is settled, told when its time comes. */
export class Members {
  readonly arms: Arm[] = []
  /** After its enrolment a host with nothing amiss says so much later that it runs the release, and that it confirmed it. */
  readonly installedAfterS: number
  readonly confirmedAfterS: number
  /** Nobody listens any more: nothing is booked. */
  isDeaf = false
  slot = 0
  readonly #trace: Trace
  readonly #beacons: Beacons
  readonly #calendar: Calendar
  readonly #losses: readonly Span[]
  /** Those in which hosts still enrol, or finish their trials. */
  #fresh: Arm[] = []
  /** Of each host: its arm (by id, 0: none), when it enrolled there, what it showed there, and since when it is dead. */
  readonly #arm: Uint16Array
  readonly #enrolledS: Int32Array
  readonly #shown: Uint16Array
  readonly #deadS: Int32Array

  /** @param losses - of all beacons */
  constructor(trace: Trace, losses: readonly Span[]) {
    const { fleet, horizonSeconds } = trace.scenario
    this.#trace = trace
    this.#losses = losses
    this.#beacons = new Beacons(fleet.beaconSeconds)
    this.#calendar = new Calendar(Math.ceil(horizonSeconds / LOOK_SECONDS) + 1)
    this.installedAfterS = this.#beacons.next(fleet.installSeconds)
    this.confirmedAfterS = this.#beacons.next(fleet.installSeconds + fleet.trialSeconds)
    this.#arm = new Uint16Array(trace.hosts)
    this.#enrolledS = new Int32Array(trace.hosts)
    this.#shown = new Uint16Array(trace.hosts)
    this.#deadS = new Int32Array(trace.hosts).fill(NEVER_S)
  }

  get nowS(): number {
    return this.slot * LOOK_SECONDS
  }

  /** @param withinS - hosts that are there enrol within this time */
  startArm(range: HostRange, isControl: boolean, withinS: number): Arm {
    const schedule = {
      installed: slotOf(this.installedAfterS),
      proven: slotOf(PROVEN_AFTER_S),
      confirmed: slotOf(this.confirmedAfterS),
    }
    const kinds = this.#trace.strata.length
    const arm = new Arm(this.arms.length + 1, range, isControl, this.slot, kinds, slotOf(withinS) + 1, schedule)
    this.arms.push(arm)
    if (arm.hosts > 0) this.#fresh.push(arm)
    return arm
  }

  /** A host that is there when its wave starts. */
  join(host: number, arm: Arm, enrolS: number): void {
    arm.join(this.#trace.kinds[host] ?? 0, slotOf(enrolS))
    this.#take(host, arm, enrolS, 0)
  }

  /** A host that comes back joins the newest wave that its bucket is in, whichever it was missing from before. */
  joinLate(host: number, arm: Arm): void {
    this.leave(host)
    arm.joinLate(this.#trace.kinds[host] ?? 0)
    this.#take(host, arm, this.nowS, LATE)
  }

  /** A later wave takes the host, whether it is there or not. */
  leave(host: number): void {
    const id = this.armOf(host)
    if (id === 0) return
    this.#arm[host] = 0
    if (this.enrolledS(host) > this.nowS) return
    this.arms[id - 1]?.leave(this.#rowOf(host), this.#shown[host] ?? 0)
  }

  /** By id; 0: none. */
  armOf(host: number): number {
    return this.#arm[host] ?? 0
  }

  enrolledS(host: number): number {
    return this.#enrolledS[host] ?? 0
  }

  isLate(host: number): boolean {
    return ((this.#shown[host] ?? 0) & LATE) !== 0
  }

  isDead(host: number, atS: number): boolean {
    return (this.#deadS[host] ?? NEVER_S) <= atS
  }

  kill(host: number, atS: number): void {
    this.#deadS[host] = Math.min(this.#deadS[host] ?? NEVER_S, atS)
  }

  /** It is not heard of from `fromS` to `toS`. */
  off(host: number, arm: number, { fromS, toS }: Span, announced = false): void {
    const enrolS = this.enrolledS(host)
    const noticedS = announced ? fromS + ABSENT_AFTER_S : enrolS + this.#beacons.silent(fromS - enrolS)
    if (toS > noticedS) this.book(noticedS, host, arm, announced ? SIGNAL.absence : SIGNAL.silence)
    for (let what = NOT_INSTALLED; what <= NOT_CONFIRMED; what++) {
      const dueS = enrolS + this.#dueAfterS(what)
      if (dueS < fromS || dueS >= toS || !this.unsay(host, arm, what) || toS >= NEVER_S) continue
      this.book(this.#trace.pollS(host, toS, BACK_WITHIN_S), host, arm, what + AFTER_ALL)
    }
  }

  /** What it would have said with nothing amiss, it does not say then. @returns false: that is booked already */
  unsay(host: number, arm: number, what: number): boolean {
    const bit = bitOf(what)
    const shown = this.#shown[host] ?? 0
    if ((shown & bit) !== 0) return false
    this.#shown[host] = shown | bit
    this.book(this.enrolledS(host) + this.#dueAfterS(what), host, arm, what)
    return true
  }

  /** It says so with its first beacon after `atS`. */
  say(host: number, arm: number, atS: number, what: number): void {
    const enrolS = this.enrolledS(host)
    this.book(this.heardS(enrolS + this.#beacons.next(atS - enrolS), host), host, arm, what)
  }

  /** It shows a fault at `atS`, and is not proven if that is in its probation. */
  sayAmiss(host: number, arm: number, atS: number, signal: number): void {
    this.say(host, arm, atS, signal)
    if (atS - this.enrolledS(host) < PROVEN_AFTER_S) this.unsay(host, arm, NOT_PROVEN)
  }

  book(atS: number, host: number, arm: number, what: number): void {
    if (!this.isDeaf) this.#calendar.put(Math.max(slotOf(atS), this.slot), host, arm, what)
  }

  /** When something that a host says at `atS` gets through. */
  heardS(atS: number, host: number): number {
    const loss = this.#losses.find(({ fromS, toS }) => atS >= fromS && atS < toS)
    return loss === undefined ? atS : this.#trace.pollS(host, loss.toS, BACK_WITHIN_S)
  }

  /** Tells what is booked for this slot. @param other - what is not of the members' own */
  endSlot(other: (host: number, arm: Arm, what: number) => void): void {
    if (!this.isDeaf) this.#fresh = this.#fresh.filter((arm) => arm.endSlot(this.slot))
    this.#calendar.take(this.slot, (host, id, what) => {
      const arm = this.arms[id - 1]
      if (arm === undefined) return
      if (what >= OTHER) other(host, arm, what)
      else if (!this.isDeaf && this.armOf(host) === id) this.#tell(host, arm, what)
    })
  }

  eachEnrolled(beforeS: number, visit: (host: number, arm: number) => void): void {
    for (let host = 0; host < this.#arm.length; host++) {
      const arm = this.armOf(host)
      if (arm > 0 && this.enrolledS(host) < beforeS) visit(host, arm)
    }
  }

  #take(host: number, arm: Arm, enrolS: number, shown: number): void {
    this.#arm[host] = arm.id
    this.#enrolledS[host] = enrolS
    this.#shown[host] = shown
  }

  #rowOf(host: number): number {
    return (this.#trace.kinds[host] ?? 0) * 2 + (this.isLate(host) ? 1 : 0)
  }

  #dueAfterS(what: number): number {
    if (what === NOT_INSTALLED) return this.installedAfterS
    return what === NOT_PROVEN ? PROVEN_AFTER_S : this.confirmedAfterS
  }

  #tell(host: number, arm: Arm, what: number): void {
    const row = this.#rowOf(host)
    if (what === INSTALLED_LATE) arm.installedLate(row)
    else if (what === NOT_INSTALLED) arm.notInstalled(row, this.slot)
    else if (what === NOT_PROVEN) arm.notProven(row)
    else if (what === NOT_CONFIRMED) arm.notConfirmed(row)
    else if (what > NOT_CONFIRMED) this.#sayAfterAll(host, arm, row, what - AFTER_ALL)
    else this.#show(host, arm, row, what)
  }

  /** Back from where nobody heard it, it says what was due meanwhile, unless something is amiss. */
  #sayAfterAll(host: number, arm: Arm, row: number, what: number): void {
    if (this.isDead(host, this.nowS) || ((this.#shown[host] ?? 0) & AMISS_BITS) !== 0) return
    if (what === NOT_INSTALLED) arm.installedAfterAll(row, this.slot)
    else if (what === NOT_PROVEN) arm.notProven(row, -1)
    else arm.notConfirmed(row, -1)
  }

  #show(host: number, arm: Arm, row: number, signal: number): void {
    const shown = this.#shown[host] ?? 0
    if (((shown >> signal) & 1) !== 0) return
    if (signal < FIRST_ATTRIBUTED && this.slot - arm.startSlot > WATCH_SLOTS) return
    // Who was dead when the evening came said no goodbye.
    if (signal === SIGNAL.absence && this.isDead(host, this.nowS - ABSENT_AFTER_S - LOOK_SECONDS)) return
    this.#shown[host] = shown | (1 << signal)
    arm.event(row, signal)
    // In the exposed arm it has to be with the release.
    if (signal === SIGNAL.reboot && (shown & bitOf(NOT_INSTALLED)) === 0) arm.rebooted(row)
  }
}

/** Of what a host does not say in time. */
function bitOf(what: number): number {
  return 1 << (what - NOT_INSTALLED + SIGNALS.length)
}

export function slotOf(atS: number): number {
  return Math.ceil(atS / LOOK_SECONDS)
}
