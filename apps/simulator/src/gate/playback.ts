import type { Cell } from '@firebreak/rollout'
import { NATURAL_EVENTS, REBOOT_MS } from '@firebreak/world'
import { type HostRange, LOOK_SECONDS, type Seen, type WaveSeen } from '../peers/peer.ts'
import type { Arm } from './arm.ts'
import { CellBook } from './cells.ts'
import { Effects } from './effects.ts'
import { Harm } from './harm.ts'
import { ABSENT_AFTER_S, Members, OTHER, SIGNAL, type Span } from './members.ts'
import { NOISE_CHUNK_SECONDS } from './noise.ts'
import { NEVER_S, type Trace } from './trace.ts'

const JOIN_LATE = OTHER
const WAKES_BY_BOOT = OTHER + 1
const [SILENCE, REBOOT, ENGINE_RESTART, DETECTION] = (['silence', 'reboot', 'engineRestart', 'detection'] as const).map(
  (name) => NATURAL_EVENTS.indexOf(name),
)
/** By index in NATURAL_EVENTS. */
const SIGNAL_OF = [
  SIGNAL.silence,
  SIGNAL.reboot,
  SIGNAL['engine-restart'],
  SIGNAL.cpu,
  SIGNAL.memory,
  SIGNAL.flood,
  SIGNAL.detection,
]
const REBOOT_S = REBOOT_MS / 1_000
const NOBODY: HostRange = { from: 0, to: 0 }
/** A beacon that is lost is sent again four times in an interval: only a loss of nearly all of them makes silence. */
const TOTAL_LOSS_PPM = 990_000
/** Of the order in which hosts are heard again after a loss. */
const HEARD_WITHIN_S = 60

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
  readonly #members: Members
  readonly #effects: Effects
  readonly #cells: CellBook
  /** Hosts that are off by nobody's doing, until when. */
  readonly #awayUntilS: Int32Array
  readonly #losses: readonly Span[]
  readonly #marks: { readonly atS: number; readonly mark: () => void }[]
  #noiseChunk = 0
  #noiseNext = 0
  #exposed = 0

  /** @param order - in which hosts are exposed; null: ring after ring, as they are numbered */
  constructor(trace: Trace, order: Uint32Array | null = null) {
    const { incidents } = trace.scenario
    const spans = (kind: 'telemetry-loss' | 'site-outage', least: number): readonly Span[] =>
      incidents.flatMap((one) =>
        one.kind === kind && one.sharePpm >= least ? [{ fromS: one.fromSeconds, toS: one.toSeconds }] : [],
      )
    this.#trace = trace
    this.#order = order
    this.#losses = spans('telemetry-loss', TOTAL_LOSS_PPM)
    this.harm = new Harm(trace)
    this.#members = new Members(trace, this.#losses)
    this.#effects = new Effects(trace, this.#members, this.harm)
    this.#cells = new CellBook(trace)
    this.#awayUntilS = new Int32Array(trace.hosts)
    this.#marks = [
      ...this.#losses.map((span) => ({ atS: span.fromS, mark: () => this.#takeOff(span, () => true) })),
      ...spans('site-outage', 0).map((span) => ({
        atS: span.fromS,
        mark: () => this.#takeOff(span, (host) => trace.isOut(host, span.fromS)),
      })),
    ].toSorted((a, b) => a.atS - b.atS)
  }

  /** From now on the first `hosts` may install; `control` is watched beside those that are new. */
  expose(hosts: number, control: HostRange | null): void {
    const wave: WaveSeen = {
      sinceS: this.#members.nowS,
      exposed: this.#enrol({ from: this.#exposed, to: hosts }, false),
      control: this.#enrol(control ?? NOBODY, true),
    }
    this.waves.push(wave)
    this.harm.exposed(wave.sinceS, hosts)
    this.#exposed = hosts
  }

  cells(): readonly Cell[] {
    return this.#cells.of(this.#members.arms)
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
    while (this.#members.nowS < tS) {
      this.#members.slot++
      const { nowS, isDeaf } = this.#members
      if (!isDeaf) {
        this.#passNoise(nowS)
        while ((this.#marks[0]?.atS ?? NEVER_S) < nowS) this.#marks.shift()?.mark()
      }
      this.#members.endSlot((host, arm, what) => {
        if (what === JOIN_LATE) this.#joinLate(host, arm)
        else if (this.#members.armOf(host) === arm.id) this.#effects.boot(host, arm.id, nowS)
      })
    }
  }

  /** To the end, when nobody listens any more: who comes back, and what the release does to whom. */
  finish(): void {
    const { faults, horizonSeconds } = this.#trace.scenario
    this.#members.isDeaf = !faults.some(({ onset }) => onset === 'reboot')
    this.advance(Math.floor(horizonSeconds / LOOK_SECONDS) * LOOK_SECONDS)
  }

  #isPresent(host: number): boolean {
    return this.#isThere(host, this.#trace.turnsBefore(host, this.#members.nowS))
  }

  /** @param turns - how often it has fallen asleep or woken so far */
  #isThere(host: number, turns: number): boolean {
    const { nowS } = this.#members
    if (!this.#trace.isAwakeAfter(host, turns)) return false
    if (this.#members.isDead(host, nowS) || (this.#awayUntilS[host] ?? 0) > nowS) return false
    if (this.#losses.some(({ fromS, toS }) => nowS >= fromS + ABSENT_AFTER_S && nowS < toS)) return false
    return !this.#trace.isOut(host, nowS)
  }

  #enrol(range: HostRange, isControl: boolean): Arm {
    const { nowS } = this.#members
    const arm = this.#members.startArm(range, isControl, this.#enrolWithinS())
    for (let place = range.from; place < range.to; place++) {
      const host = this.#order === null ? place : (this.#order[place] ?? 0)
      const pollSeconds = this.#trace.pollSeconds(host)
      const turns = this.#trace.turnsBefore(host, nowS)
      this.#members.leave(host)
      if (this.#isThere(host, turns)) {
        this.#members.join(host, arm, this.#members.heardS(this.#trace.pollS(host, nowS, pollSeconds), host))
        this.#begin(host, arm, turns)
        continue
      }
      const backS = this.#backS(host, nowS)
      if (backS < NEVER_S) this.#members.book(this.#trace.pollS(host, backS, pollSeconds), host, arm.id, JOIN_LATE)
    }
    return arm
  }

  /** Who is there asks within a poll interval, or when beacons get through again. */
  #enrolWithinS(): number {
    const { nowS } = this.#members
    const pollS = Math.max(...this.#trace.rings.map(({ pollSeconds }) => pollSeconds))
    return this.#losses.reduce((most, { fromS, toS }) => {
      return toS > nowS && fromS < nowS + pollS ? Math.max(most, toS - nowS + HEARD_WITHIN_S) : most
    }, pollS)
  }

  #joinLate(host: number, arm: Arm): void {
    const { nowS } = this.#members
    // It was there when a later wave started.
    if (this.#members.armOf(host) >= arm.id) return
    const turns = this.#trace.turnsBefore(host, nowS)
    // Some have gone again before they asked.
    if (!this.#trace.isAwakeAfter(host, turns)) return
    if (turns > 0 && this.harm.runs(host, nowS) && this.#trace.bootsToWake(host, turns - 1)) {
      this.#effects.boot(host, 0, nowS)
    }
    if (this.#members.isDead(host, nowS)) return
    this.#members.joinLate(host, arm)
    this.#begin(host, arm, turns)
  }

  /** It has enrolled: books when it goes to sleep, and what the release does. @param turn - with which it falls asleep next */
  #begin(host: number, arm: Arm, turn: number): void {
    const fromS = this.#trace.turnS(host, turn)
    if (fromS < NEVER_S) {
      const toS = this.#trace.turnS(host, turn + 1)
      this.#members.off(host, arm.id, { fromS, toS }, this.#trace.announcesSleep(host, turn))
      if (toS < this.#trace.scenario.horizonSeconds && this.#trace.bootsToWake(host, turn + 1)) {
        this.#members.book(toS, host, arm.id, WAKES_BY_BOOT)
      }
    }
    if (!arm.isControl) this.#effects.install(host, arm.id)
  }

  /** When a host that is not there is there again. */
  #backS(host: number, nowS: number): number {
    if (this.#members.isDead(host, nowS)) return NEVER_S
    let backS = Math.max(nowS, this.#awayUntilS[host] ?? 0)
    if (!this.#trace.isAwake(host, backS)) backS = this.#trace.turnS(host, this.#trace.turnsBefore(host, backS))
    for (const { kind, fromSeconds, toSeconds } of this.#trace.scenario.incidents) {
      const isHit = kind === 'site-outage' && backS >= fromSeconds && backS < toSeconds
      if (isHit && this.#trace.isOut(host, backS)) backS = toSeconds
    }
    return backS
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
    if (this.#members.isDead(host, atS)) return
    const arm = this.#members.enrolledS(host) <= atS ? this.#members.armOf(host) : 0
    if (kind === SILENCE) {
      const toS = atS + this.#trace.silenceForS(host, atS)
      this.#awayUntilS[host] = toS
      if (arm > 0) this.#members.off(host, arm, { fromS: atS, toS })
    } else if (kind === REBOOT) {
      this.#awayUntilS[host] = atS + REBOOT_S
      this.#effects.boot(host, arm, atS + REBOOT_S)
    } else if (kind === ENGINE_RESTART && arm > 0) {
      this.#members.sayAmiss(host, arm, atS, SIGNAL['engine-restart'])
    } else if (arm > 0 && !(kind === DETECTION && this.#effects.isBlind(host, atS))) {
      this.#members.say(host, arm, atS, SIGNAL_OF[kind] ?? 0)
    }
  }

  #takeOff(span: Span, isHit: (host: number) => boolean): void {
    this.#members.eachEnrolled(span.fromS, (host, arm) => {
      if (isHit(host)) this.#members.off(host, arm, span)
    })
  }
}
