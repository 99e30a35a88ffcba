import { type Signal, SIGNALS } from '@firebreak/rollout'
import { type ArmSeen, type HostRange, LOOK_SECONDS } from '../peers/peer.ts'

/** Columns of a tally; after these: events by signal, and those who left by signal. */
const COHORT = 0
const ENROLLED = 1
const INSTALLED = 2
const CONFIRMED = 3
const PROVEN = 4
const REBOOTED = 5
const EVENTS = 6
const LEFT = EVENTS + SIGNALS.length
/** Left before anything had happened to them: one number instead of one for each signal. */
const LEFT_CLEAN = LEFT + SIGNALS.length
const COLUMNS = LEFT_CLEAN + 1

/** By index in SIGNALS: the compared ones come before. */
export const FIRST_ATTRIBUTED = SIGNALS.indexOf('failure')
const COMPARED_BITS = (1 << FIRST_ATTRIBUTED) - 1

/** How long after its enrolment a host with nothing amiss says what, in slots. */
export interface Schedule {
  readonly installed: number
  readonly proven: number
  readonly confirmed: number
}

/**
 * What the server knows of one arm of one wave, by kind of host, at the end of the newest slot. Hosts that were there when the wave started enrol within one poll
 * interval, and with nothing amiss say the rest at fixed times after that: so one histogram of enrolments has it all, and only what goes
 * otherwise is booked host by host.
 */
export class Arm implements ArmSeen {
  readonly id: number
  readonly range: HostRange
  readonly isControl: boolean
  readonly startSlot: number
  readonly kinds: number
  readonly #schedule: Schedule
  /** Rows: twice the kind, and 1 more for hosts that came after the wave had started. */
  readonly #tally: Int32Array
  readonly #enrolments: Uint32Array
  readonly #slots: number
  /** Hosts that were told to install and did not say that they did: the slot in which that showed, and how many so far. */
  readonly #stuck: { readonly slot: number; readonly hosts: number }[] = []
  /** Counts the changes: who keeps numbers of it can tell whether they still hold. */
  version = 0

  /** @param slots - in which hosts that are there enrol */
  constructor(
    id: number,
    range: HostRange,
    isControl: boolean,
    startSlot: number,
    kinds: number,
    slots: number,
    schedule: Schedule,
  ) {
    this.id = id
    this.range = range
    this.isControl = isControl
    this.startSlot = startSlot
    this.kinds = kinds
    this.#schedule = schedule
    this.#tally = new Int32Array(kinds * 2 * COLUMNS)
    this.#enrolments = new Uint32Array(kinds * slots)
    this.#slots = slots
  }

  get hosts(): number {
    return this.range.to - this.range.from
  }

  get heard(): number {
    return this.#sum(ENROLLED, 0) + this.#sum(ENROLLED, 1)
  }

  get installed(): number {
    return this.#sum(INSTALLED, 0) + this.#sum(INSTALLED, 1)
  }

  overdue(seconds: number, tS: number): number {
    const slot = Math.floor((tS - seconds) / LOOK_SECONDS)
    const stuck = this.#stuck.findLast((one) => one.slot <= slot)?.hosts ?? 0
    return Math.max(0, stuck - this.events('apply-failure'))
  }

  events(signal: Signal): number {
    const column = EVENTS + SIGNALS.indexOf(signal)
    return this.#sum(column, 0) + this.#sum(column, 1)
  }

  /** A host that was there when the wave started, and will enrol in `slot`. */
  join(kind: number, slot: number): void {
    this.#add(kind * 2, COHORT, 1)
    // Who enrols in the very second in which the wave starts is heard of at the end of its first slot.
    const at = Math.min(Math.max(slot - this.startSlot, 1), this.#slots - 1)
    this.#enrolments[kind * this.#slots + at] = (this.#enrolments[kind * this.#slots + at] ?? 0) + 1
  }

  /** A host that comes later enrols now. */
  joinLate(kind: number): void {
    this.#add(kind * 2 + 1, ENROLLED, 1)
  }

  /**
   * The slot is over: books what hosts with nothing amiss said in it. Called once for each slot, in order.
   *
   * @returns whether there is more to come
   */
  endSlot(slot: number): boolean {
    const since = slot - this.startSlot
    for (let kind = 0; kind < this.kinds; kind++) {
      this.#addEnrolled(kind, ENROLLED, since)
      this.#addEnrolled(kind, PROVEN, since - this.#schedule.proven)
      if (this.isControl) continue
      this.#addEnrolled(kind, INSTALLED, since - this.#schedule.installed)
      this.#addEnrolled(kind, CONFIRMED, since - this.#schedule.confirmed)
    }
    return since < this.#slots + this.#schedule.confirmed
  }

  installedLate(row: number): void {
    this.#add(row, INSTALLED, 1)
  }

  /** Of a host that was there: does not say it in this slot after all. */
  notInstalled(row: number, slot: number): void {
    if (this.isControl) return
    if (row % 2 === 0) this.#add(row, INSTALLED, -1)
    this.#addStuck(slot, 1)
  }

  /** It says so after all. */
  installedAfterAll(row: number, slot: number): void {
    this.#add(row, INSTALLED, 1)
    this.#addStuck(slot, -1)
  }

  notProven(row: number, hosts = 1): void {
    if (row % 2 === 0) this.#add(row, PROVEN, -hosts)
  }

  notConfirmed(row: number, hosts = 1): void {
    if (row % 2 === 0 && !this.isControl) this.#add(row, CONFIRMED, -hosts)
  }

  event(row: number, signal: number): void {
    this.#add(row, EVENTS + signal, 1)
  }

  rebooted(row: number): void {
    this.#add(row, REBOOTED, 1)
  }

  /** A later wave took the host. @param seen - bits of the signals that it had shown here */
  leave(row: number, seen: number): void {
    const shown = seen & COMPARED_BITS
    if (shown === 0) {
      this.#add(row, LEFT_CLEAN, 1)
      return
    }
    for (let signal = 0; signal < FIRST_ATTRIBUTED; signal++) {
      if (!((seen >> signal) & 1)) this.#add(row, LEFT + signal, 1)
    }
  }

  /** The numbers of one row of hosts. */
  counts(row: number) {
    const at = row * COLUMNS
    const value = (column: number): number => this.#tally[at + column] ?? 0
    return {
      cohort: value(COHORT),
      enrolled: value(ENROLLED),
      confirmed: Math.max(0, value(CONFIRMED)),
      proven: Math.max(0, value(PROVEN)),
      rebooted: value(REBOOTED),
      events: [...this.#tally.subarray(at + EVENTS, at + LEFT)],
      left: SIGNALS.map((_, i) => (i < FIRST_ATTRIBUTED ? value(LEFT + i) + value(LEFT_CLEAN) : 0)),
    }
  }

  #addStuck(slot: number, hosts: number): void {
    this.#stuck.push({ slot, hosts: (this.#stuck.at(-1)?.hosts ?? 0) + hosts })
  }

  #addEnrolled(kind: number, column: number, since: number): void {
    if (since < 0 || since >= this.#slots) return
    const hosts = this.#enrolments[kind * this.#slots + since] ?? 0
    if (hosts > 0) this.#add(kind * 2, column, hosts)
  }

  #add(row: number, column: number, count: number): void {
    const at = row * COLUMNS + column
    this.#tally[at] = (this.#tally[at] ?? 0) + count
    this.version++
  }

  #sum(column: number, late: number): number {
    let sum = 0
    for (let row = late; row < this.kinds * 2; row += 2) sum += this.#tally[row * COLUMNS + column] ?? 0
    return sum
  }
}
