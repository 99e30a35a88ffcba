import { type Cell, SIGNALS } from '@firebreak/rollout'
import { NATURAL_EVENTS, REBOOT_MS } from '@firebreak/world'
import { type HostRange, LOOK_SECONDS, type Seen, type WaveSeen } from '../peers/peer.ts'
import { Arm, FIRST_ATTRIBUTED } from './arm.ts'
import { Beacons } from './beacons.ts'
import { Calendar } from './calendar.ts'
import { CellBook } from './cells.ts'
import { Harm } from './harm.ts'
import { NOISE_CHUNK_SECONDS } from './noise.ts'
import { NEVER_S, type Trace } from './trace.ts'

/** What the calendar brings beside signals. */
const JOIN_LATE = 20
const INSTALLED_LATE = 21
const NOT_INSTALLED = 22
const NOT_PROVEN = 23
const NOT_CONFIRMED = 24
/** Added to one of these: it says it after all. */
const AFTER_ALL = 3
const WAKES_BY_BOOT = 30

const SIGNAL = Object.fromEntries(SIGNALS.map((signal, i) => [signal, i])) as Record<(typeof SIGNALS)[number], number>
const NATURAL = Object.fromEntries(NATURAL_EVENTS.map((name, i) => [name, i])) as Record<
  (typeof NATURAL_EVENTS)[number],
  number
>
const NATURAL_SIGNAL = [-1, -1, SIGNAL['engine-restart'], SIGNAL.cpu, SIGNAL.memory, SIGNAL.flood, SIGNAL.detection]
/** Beside the bits of signals: it came after its wave had started. */
const LATE = 1 << 15
const REBOOT_S = REBOOT_MS / 1_000
const ABSENT_AFTER_S = 600
const APPLY_WITHIN_S = 900
const PROVEN_AFTER_S = 300
/** A wave is compared for a day. */
const WATCH_SLOTS = 86_400 / LOOK_SECONDS
/** A host that is back reports within a minute, and so does one whose beacons were lost. */
const BACK_WITHIN_S = 60
const AMISS_BITS = (1 << SIGNAL.failure) | (1 << SIGNAL['false-success']) | (1 << SIGNAL['engine-restart'])
const NOBODY: HostRange = { from: 0, to: 0 }

/**
 * One rollout under one policy, on a trace: who is told to install when, what comes of it, and what the server hears. It moves in slots of
 * LOOK_SECONDS. Hosts are looked at when a wave takes them and when something happens to them, not when they report: beacons that say
 * nothing new are counted by formula.
 */
export class Playback implements Seen {
  readonly waves: WaveSeen[] = []
  readonly harm: Harm
  readonly #trace: Trace
  readonly #order: Uint32Array | null
  readonly #cells: CellBook
  readonly #beacons: Beacons
  readonly #arms: Arm[] = []
  /** Those in which hosts still enrol, or finish their trials. */
  #fresh: Arm[] = []
  readonly #calendar: Calendar
  /** After its enrolment a host with nothing amiss says so much later that it runs the release, and that it confirmed it. */
  readonly #installedAfterS: number
  readonly #confirmedAfterS: number
  /** Of each host: its arm (by id, 0: none), when it enrolled there, what it showed there, and since when it is dead. */
  readonly #arm: Uint16Array
  readonly #enrolledS: Int32Array
  readonly #shown: Uint16Array
  readonly #deadS: Int32Array
  /** Hosts that are off by nobody's doing, until when. */
  readonly #awayUntilS: Int32Array
  readonly #losses: readonly { readonly fromS: number; readonly toS: number }[]
  /** The fault that keeps hosts from installing; -1: none. */
  readonly #stuck: number
  readonly #marks: { readonly atS: number; readonly mark: () => void }[]
  #isDeaf = false
  #slot = 0
  #noiseChunk = 0
  #noiseNext = 0
  #exposed = 0

  /** @param order - in which hosts are exposed; null: ring after ring, as they are numbered */
  constructor(trace: Trace, order: Uint32Array | null = null) {
    const { fleet, incidents, horizonSeconds } = trace.scenario
    this.#trace = trace
    this.#order = order
    this.harm = new Harm(trace)
    this.#cells = new CellBook(trace)
    this.#beacons = new Beacons(fleet.beaconSeconds)
    this.#calendar = new Calendar(Math.ceil(horizonSeconds / LOOK_SECONDS) + 1)
    this.#installedAfterS = this.#beacons.next(fleet.installSeconds)
    this.#confirmedAfterS = this.#beacons.next(fleet.installSeconds + fleet.trialSeconds)
    this.#stuck = trace.scenario.faults.findIndex(({ effect }) => effect === 'apply-failure')
    this.#arm = new Uint16Array(trace.hosts)
    this.#enrolledS = new Int32Array(trace.hosts)
    this.#shown = new Uint16Array(trace.hosts)
    this.#awayUntilS = new Int32Array(trace.hosts)
    this.#deadS = new Int32Array(trace.hosts).fill(NEVER_S)
    // A beacon that is lost is sent again four times in an interval: only a loss of nearly all of them makes silence.
    const total = incidents.filter((one) => one.kind === 'telemetry-loss' && one.sharePpm >= 990_000)
    this.#losses = total.map(({ fromSeconds, toSeconds }) => ({ fromS: fromSeconds, toS: toSeconds }))
    this.#marks = [
      ...this.#losses.map(({ fromS, toS }) => ({ atS: fromS, mark: () => this.#silenceAll(fromS, toS) })),
      ...incidents
        .filter(({ kind }) => kind === 'site-outage')
        .map(({ fromSeconds, toSeconds }) => ({ atS: fromSeconds, mark: () => this.#takeOut(fromSeconds, toSeconds) })),
    ].toSorted((a, b) => a.atS - b.atS)
  }

  /** From now on the first `hosts` may install; `control` is watched beside those that are new. */
  expose(hosts: number, control: HostRange | null): void {
    const wave: WaveSeen = {
      sinceS: this.#slot * LOOK_SECONDS,
      exposed: this.#enrol({ from: this.#exposed, to: hosts }, false),
      control: this.#enrol(control ?? NOBODY, true),
    }
    this.waves.push(wave)
    this.harm.exposed(wave.sinceS, hosts)
    this.#exposed = hosts
  }

  cells(): readonly Cell[] {
    return this.#cells.of(this.#arms)
  }

  present(from: number, to: number): number {
    let count = 0
    for (let host = from; host < to; host++) if (this.#isPresent(host)) count++
    return count
  }

  presentUntil(from: number, to: number, hosts: number): number | null {
    let count = 0
    let host = from
    for (; host < to && count < hosts; host++) if (this.#isPresent(host)) count++
    return count < hosts ? null : host
  }

  /** Lets time pass up to `tS`, a multiple of LOOK_SECONDS. */
  advance(tS: number): void {
    for (const last = tS / LOOK_SECONDS; this.#slot < last;) {
      this.#slot++
      const nowS = this.#slot * LOOK_SECONDS
      if (this.#isDeaf) {
        this.#calendar.take(this.#slot, (host, arm, what) => {
          if (what === JOIN_LATE) this.#notice(host, arm, what)
        })
        continue
      }
      this.#passNoise(nowS)
      while ((this.#marks[0]?.atS ?? NEVER_S) < nowS) this.#marks.shift()?.mark()
      this.#fresh = this.#fresh.filter((arm) => arm.endSlot(this.#slot))
      this.#calendar.take(this.#slot, (host, arm, what) => this.#notice(host, arm, what))
    }
  }

  /** To the end, when nobody listens any more: who comes back, and what the release does to whom. */
  finish(): void {
    const { faults, horizonSeconds } = this.#trace.scenario
    this.#isDeaf = !faults.some(({ onset }) => onset === 'reboot')
    this.advance(Math.floor(horizonSeconds / LOOK_SECONDS) * LOOK_SECONDS)
  }

  #isPresent(host: number): boolean {
    const nowS = this.#slot * LOOK_SECONDS
    return this.#isThere(host, nowS, this.#trace.turnsBefore(host, nowS))
  }

  /** @param turns - how often it has fallen asleep or woken before `nowS` */
  #isThere(host: number, nowS: number, turns: number): boolean {
    if (!this.#trace.isAwakeAfter(host, turns)) return false
    if ((this.#deadS[host] ?? NEVER_S) <= nowS || (this.#awayUntilS[host] ?? 0) > nowS) return false
    if (this.#losses.some(({ fromS, toS }) => nowS >= fromS + ABSENT_AFTER_S && nowS < toS)) return false
    return !this.#trace.isOut(host, nowS)
  }

  #enrol(range: HostRange, isControl: boolean): Arm {
    const { rings, kinds, strata } = this.#trace
    const pollMax = Math.max(...rings.map(({ pollSeconds }) => pollSeconds))
    const schedule = {
      installed: slotsIn(this.#installedAfterS),
      proven: slotsIn(PROVEN_AFTER_S),
      confirmed: slotsIn(this.#confirmedAfterS),
    }
    const slots = slotsIn(pollMax + this.#lossAhead()) + 1
    const arm = new Arm(this.#arms.length + 1, range, isControl, this.#slot, strata.length, slots, schedule)
    this.#arms.push(arm)
    if (arm.hosts > 0) this.#fresh.push(arm)
    const nowS = this.#slot * LOOK_SECONDS
    for (let place = range.from; place < range.to; place++) {
      const host = this.#order === null ? place : (this.#order[place] ?? 0)
      const pollSeconds = this.#trace.pollSeconds(host)
      this.#leave(host)
      const turns = this.#trace.turnsBefore(host, nowS)
      if (this.#isThere(host, nowS, turns)) {
        const enrolS = this.#heardS(this.#trace.pollS(host, nowS, pollSeconds), host)
        arm.join(kinds[host] ?? 0, slotOf(enrolS))
        this.#join(host, arm, enrolS, turns)
      } else {
        const backS = this.#backS(host, nowS)
        if (backS < NEVER_S) this.#put(this.#trace.pollS(host, backS, pollSeconds), host, arm.id, JOIN_LATE)
      }
    }
    return arm
  }

  /** A host takes part from `enrolS` on: books what will be noticed of it. */
  #join(host: number, arm: Arm, enrolS: number, turns: number, late = 0): void {
    this.#arm[host] = arm.id
    this.#enrolledS[host] = enrolS
    this.#shown[host] = late
    this.#bookSleep(host, arm.id, turns)
    if (!arm.isControl) this.#install(host, arm.id, enrolS)
  }

  #leave(host: number): void {
    const id = this.#arm[host] ?? 0
    if (id === 0) return
    this.#arm[host] = 0
    if ((this.#enrolledS[host] ?? 0) <= this.#slot * LOOK_SECONDS) this.#arms[id - 1]?.leave(this.#rowOf(host), this.#shown[host] ?? 0)
  }

  #rowOf(host: number): number {
    return (this.#trace.kinds[host] ?? 0) * 2 + ((this.#shown[host] ?? 0) & LATE ? 1 : 0)
  }

  /** @param turn - the one with which it falls asleep next */
  #bookSleep(host: number, arm: number, turn: number): void {
    const asleepS = this.#trace.turnS(host, turn)
    if (asleepS === NEVER_S) return
    const wakesS = this.#trace.turnS(host, turn + 1)
    this.#off(host, arm, asleepS, wakesS, this.#trace.announcesSleep(host, turn))
    if (wakesS < this.#trace.scenario.horizonSeconds && this.#trace.bootsToWake(host, turn + 1)) {
      this.#put(wakesS, host, arm, WAKES_BY_BOOT)
    }
  }

  /** It is not heard of from `fromS` to `toS`. */
  #off(host: number, arm: number, fromS: number, toS: number, announced = false): void {
    const enrolS = this.#enrolledS[host] ?? 0
    const noticedS = announced ? fromS + ABSENT_AFTER_S : enrolS + this.#beacons.silent(fromS - enrolS)
    if (toS > noticedS) this.#put(noticedS, host, arm, announced ? SIGNAL.absence : SIGNAL.silence)
    for (let what = NOT_INSTALLED; what <= NOT_CONFIRMED; what++) {
      const dueS = enrolS + this.#dueAfterS(what)
      if (dueS < fromS || dueS >= toS || !this.#unsay(host, arm, what) || toS >= NEVER_S) continue
      this.#put(this.#trace.pollS(host, toS, BACK_WITHIN_S), host, arm, what + AFTER_ALL)
    }
  }

  #dueAfterS(what: number): number {
    if (what === NOT_INSTALLED) return this.#installedAfterS
    return what === NOT_PROVEN ? PROVEN_AFTER_S : this.#confirmedAfterS
  }

  /** What it would have said with nothing amiss, it does not say then. @returns false: that is booked already */
  #unsay(host: number, arm: number, what: number): boolean {
    const bit = 1 << (what - NOT_INSTALLED + SIGNALS.length)
    if ((this.#shown[host] ?? 0) & bit) return false
    this.#shown[host] = (this.#shown[host] ?? 0) | bit
    this.#put((this.#enrolledS[host] ?? 0) + this.#dueAfterS(what), host, arm, what)
    return true
  }

  /** Back from where nobody heard it, it says what was due meanwhile, unless something is amiss. */
  #sayAfterAll(host: number, arm: Arm, row: number, what: number): void {
    if ((this.#deadS[host] ?? NEVER_S) <= this.#slot * LOOK_SECONDS) return
    if (((this.#shown[host] ?? 0) & AMISS_BITS) !== 0) return
    if (what === NOT_INSTALLED) arm.installedAfterAll(row, this.#slot)
    else if (what === NOT_PROVEN) arm.notProven(row, -1)
    else arm.notConfirmed(row, -1)
  }

  /** Noticed with the first beacon after `atS`. */
  #say(host: number, arm: number, atS: number, signal: number): void {
    const enrolS = this.#enrolledS[host] ?? 0
    this.#put(this.#heardS(enrolS + this.#beacons.next(atS - enrolS), host), host, arm, signal)
  }

  #put(atS: number, host: number, arm: number, what: number): void {
    if (this.#isDeaf) return
    this.#calendar.put(Math.max(slotOf(atS), this.#slot), host, arm, what)
  }

  #install(host: number, arm: number, enrolS: number): void {
    const { harm, scenario } = this.#trace
    const isStuck = this.#stuck >= 0 && (harm[this.#stuck]?.[host] ?? -1) >= 0
    if (isStuck || this.#trace.failsToApply(host)) {
      this.#put(this.#heardS(enrolS + APPLY_WITHIN_S, host), host, arm, SIGNAL['apply-failure'])
      this.#unsay(host, arm, NOT_INSTALLED)
      this.#unsay(host, arm, NOT_PROVEN)
      this.#unsay(host, arm, NOT_CONFIRMED)
      if (isStuck) this.harm.add(host, enrolS + scenario.fleet.installSeconds)
      return
    }
    const installedS = enrolS + scenario.fleet.installSeconds
    this.harm.installed(host, installedS)
    if ((this.#shown[host] ?? 0) & LATE) this.#say(host, arm, installedS, INSTALLED_LATE)
    if (this.#trace.failsToInstall(host)) this.#fail(host, arm, installedS)
    for (let fault = 0; fault < harm.length; fault++) {
      const afterS = harm[fault]?.[host] ?? -1
      if (afterS >= 0 && scenario.faults[fault]?.onset !== 'reboot') this.#harmed(host, arm, fault, installedS + afterS)
    }
  }

  #fail(host: number, arm: number, atS: number): void {
    this.#say(host, arm, atS, SIGNAL.failure)
    this.#unsay(host, arm, NOT_CONFIRMED)
    if (atS - (this.#enrolledS[host] ?? 0) < PROVEN_AFTER_S) this.#unsay(host, arm, NOT_PROVEN)
  }

  /** The release does to the host, at `atS`, what it does. */
  #harmed(host: number, arm: number, fault: number, atS: number): void {
    const { effect, backAfterSeconds } = this.#trace.scenario.faults[fault] ?? { effect: 'silence', backAfterSeconds: null }
    this.harm.add(host, atS)
    const enrolS = this.#enrolledS[host] ?? 0
    switch (effect) {
      case 'silence':
      case 'absence': {
        const backS = backAfterSeconds === null ? NEVER_S : atS + backAfterSeconds
        if (backAfterSeconds === null) this.#deadS[host] = Math.min(this.#deadS[host] ?? NEVER_S, atS)
        this.#off(host, arm, atS, backS, effect === 'absence')
        return
      }
      case 'failure':
        this.#fail(host, arm, atS)
        return
      case 'false-success':
        this.#put(enrolS + this.#confirmedAfterS, host, arm, SIGNAL[effect])
        return
      case 'detection':
        return // what it no longer reports is missing in #pass
      default:
        this.#say(host, arm, atS + 1, SIGNAL[effect])
        if (effect === 'engine-restart' && atS - enrolS < PROVEN_AFTER_S) this.#unsay(host, arm, NOT_PROVEN)
    }
  }

  #passNoise(nowS: number): void {
    for (;;) {
      const chunk = this.#trace.noise(this.#noiseChunk)
      if (this.#noiseNext >= chunk.events) {
        if ((this.#noiseChunk + 1) * NOISE_CHUNK_SECONDS >= nowS) return
        this.#noiseChunk++
        this.#noiseNext = 0
        continue
      }
      const atS = chunk.atS[this.#noiseNext] ?? 0
      if (atS >= nowS) return
      this.#pass(chunk.host[this.#noiseNext] ?? 0, chunk.kind[this.#noiseNext] ?? 0, Math.floor(atS))
      this.#noiseNext++
    }
  }

  /** Something befalls a host, with the release or without. */
  #pass(host: number, kind: number, atS: number): void {
    if ((this.#deadS[host] ?? NEVER_S) <= atS) return
    const arm = this.#arm[host] ?? 0
    const takesPart = arm > 0 && (this.#enrolledS[host] ?? 0) <= atS
    if (kind === NATURAL.silence) {
      const backS = atS + this.#trace.silenceForS(host, atS)
      this.#awayUntilS[host] = backS
      if (takesPart) this.#off(host, arm, atS, backS)
    } else if (kind === NATURAL.reboot) {
      this.#awayUntilS[host] = atS + REBOOT_S
      this.#boot(host, takesPart ? arm : 0, atS + REBOOT_S)
    } else if (takesPart && !(kind === NATURAL.detection && this.#isBlind(host, atS))) {
      this.#say(host, arm, atS, NATURAL_SIGNAL[kind] ?? 0)
      if (kind === NATURAL.engineRestart && atS - (this.#enrolledS[host] ?? 0) < PROVEN_AFTER_S) this.#unsay(host, arm, NOT_PROVEN)
    }
  }

  /** It is back from a boot. @param arm - in which it takes part; 0: none */
  #boot(host: number, arm: number, backS: number): void {
    const { harm, scenario } = this.#trace
    if (arm > 0) this.#say(host, arm, backS, SIGNAL.reboot)
    for (let fault = 0; fault < harm.length; fault++) {
      const afterS = harm[fault]?.[host] ?? -1
      if (scenario.faults[fault]?.onset === 'reboot' && afterS >= 0 && this.harm.runs(host, backS)) {
        this.#harmed(host, arm, fault, backS + afterS)
      }
    }
  }

  #isBlind(host: number, atS: number): boolean {
    return this.#trace.scenario.faults.some(
      ({ effect }, fault) =>
        effect === 'detection' && (this.#trace.harm[fault]?.[host] ?? -1) >= 0 && this.harm.runs(host, atS),
    )
  }

  #joinLate(host: number, arm: Arm, nowS: number): void {
    const turns = this.#trace.turnsBefore(host, nowS)
    // Some have gone again before they asked.
    if (!this.#trace.isAwakeAfter(host, turns)) return
    if (this.harm.runs(host, nowS) && turns > 0 && this.#trace.bootsToWake(host, turns - 1)) this.#boot(host, 0, nowS)
    if ((this.#deadS[host] ?? NEVER_S) <= nowS) return
    arm.joinLate(this.#trace.kinds[host] ?? 0)
    this.#join(host, arm, nowS, turns, LATE)
  }

  /** The end of a slot brings something of a host. */
  #notice(host: number, id: number, what: number): void {
    const arm = this.#arms[id - 1]
    if (arm === undefined) return
    if (what === JOIN_LATE) {
      this.#joinLate(host, arm, this.#slot * LOOK_SECONDS)
      return
    }
    if (this.#arm[host] !== id) return
    const row = this.#rowOf(host)
    if (what === WAKES_BY_BOOT) this.#boot(host, id, this.#slot * LOOK_SECONDS)
    else if (what === INSTALLED_LATE) arm.installedLate(row)
    else if (what === NOT_INSTALLED) arm.notInstalled(row, this.#slot)
    else if (what === NOT_PROVEN) arm.notProven(row)
    else if (what === NOT_CONFIRMED) arm.notConfirmed(row)
    else if (what > NOT_CONFIRMED) this.#sayAfterAll(host, arm, row, what - AFTER_ALL)
    else this.#show(host, arm, row, what)
  }

  #show(host: number, arm: Arm, row: number, signal: number): void {
    const shown = this.#shown[host] ?? 0
    if ((shown >> signal) & 1) return
    if (signal < FIRST_ATTRIBUTED && this.#slot - arm.startSlot > WATCH_SLOTS) return
    this.#shown[host] = shown | (1 << signal)
    arm.event(row, signal)
    if (signal === SIGNAL.reboot) arm.rebooted(row)
  }

  /** When a host that is not there is there again. */
  #backS(host: number, nowS: number): number {
    if ((this.#deadS[host] ?? NEVER_S) <= nowS) return NEVER_S
    let backS = Math.max(nowS, this.#awayUntilS[host] ?? 0)
    if (!this.#trace.isAwake(host, backS)) backS = this.#trace.turnS(host, this.#trace.turnsBefore(host, backS))
    for (const { kind, fromSeconds, toSeconds } of this.#trace.scenario.incidents) {
      if (kind === 'site-outage' && backS >= fromSeconds && backS < toSeconds && this.#trace.isOut(host, backS)) backS = toSeconds
    }
    return backS
  }

  /** When something that a host says at `atS` gets through. */
  #heardS(atS: number, host: number): number {
    const loss = this.#losses.find(({ fromS, toS }) => atS >= fromS && atS < toS)
    return loss === undefined ? atS : this.#trace.pollS(host, loss.toS, 300)
  }

  #lossAhead(): number {
    const nowS = this.#slot * LOOK_SECONDS
    return this.#losses.reduce((most, { toS }) => (toS > nowS ? Math.max(most, toS - nowS + 300) : most), 0)
  }

  #silenceAll(fromS: number, toS: number): void {
    this.#eachEnrolled(fromS, (host, arm) => this.#off(host, arm, fromS, toS))
  }

  #takeOut(fromS: number, toS: number): void {
    this.#eachEnrolled(fromS, (host, arm) => {
      if (this.#trace.isOut(host, fromS)) this.#off(host, arm, fromS, toS)
    })
  }

  #eachEnrolled(beforeS: number, visit: (host: number, arm: number) => void): void {
    for (let host = 0; host < this.#arm.length; host++) {
      const arm = this.#arm[host] ?? 0
      if (arm > 0 && (this.#enrolledS[host] ?? 0) < beforeS) visit(host, arm)
    }
  }
}

function slotOf(atS: number): number {
  return Math.ceil(atS / LOOK_SECONDS)
}

function slotsIn(seconds: number): number {
  return Math.ceil(seconds / LOOK_SECONDS)
}
