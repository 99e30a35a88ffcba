import { unreachable } from '@firebreak/kernel'
import type { Harm } from './harm.ts'
import { INSTALLED_LATE, type Members, NOT_CONFIRMED, NOT_INSTALLED, SIGNAL } from './members.ts'
import { NEVER_S, type Trace } from './trace.ts'

const APPLY_WITHIN_S = 900

/** What comes of it when a host is told to install: what the release does to it, and what the server hears of that. */
export class Effects {
  readonly #trace: Trace
  readonly #members: Members
  readonly #harm: Harm
  /** The fault that keeps hosts from installing; -1: none. */
  readonly #stuck: number

  constructor(trace: Trace, members: Members, harm: Harm) {
    this.#trace = trace
    this.#members = members
    this.#harm = harm
    this.#stuck = trace.scenario.faults.findIndex(({ effect }) => effect === 'apply-failure')
  }

  /** A host of an exposed arm has just enrolled there. */
  install(host: number, arm: number): void {
    const { fleet, faults } = this.#trace.scenario
    const enrolS = this.#members.enrolledS(host)
    const installedS = enrolS + fleet.installSeconds
    const isStuck = this.#stuck >= 0 && this.#afterS(this.#stuck, host) >= 0
    if (isStuck || this.#trace.failsToApply(host)) {
      if (isStuck) this.#harm.add(host, installedS)
      this.#members.book(this.#members.heardS(enrolS + APPLY_WITHIN_S, host), host, arm, SIGNAL['apply-failure'])
      for (let what = NOT_INSTALLED; what <= NOT_CONFIRMED; what++) this.#members.unsay(host, arm, what)
      return
    }
    this.#harm.installed(host, installedS)
    if (this.#members.isLate(host)) this.#members.say(host, arm, installedS, INSTALLED_LATE)
    if (this.#trace.failsToInstall(host)) this.#fail(host, arm, installedS)
    for (let fault = 0; fault < faults.length; fault++) {
      const afterS = this.#afterS(fault, host)
      if (afterS >= 0 && faults[fault]?.onset !== 'reboot') this.#strike(host, arm, fault, installedS + afterS)
    }
  }

  /** It is back from a boot. @param arm - in which it takes part; 0: none */
  boot(host: number, arm: number, backS: number): void {
    for (const [fault, { onset }] of this.#trace.scenario.faults.entries()) {
      const afterS = this.#afterS(fault, host)
      if (onset === 'reboot' && afterS >= 0 && this.#harm.runs(host, backS)) {
        this.#strike(host, arm, fault, backS + afterS)
      }
    }
    if (arm > 0 && !this.#members.isDead(host, backS)) this.#members.say(host, arm, backS, SIGNAL.reboot)
  }

  /** Whether the release keeps it from detecting anything. */
  isBlind(host: number, atS: number): boolean {
    return this.#trace.scenario.faults.some(
      ({ effect }, fault) => effect === 'detection' && this.#afterS(fault, host) >= 0 && this.#harm.runs(host, atS),
    )
  }

  #afterS(fault: number, host: number): number {
    return this.#trace.harm[fault]?.[host] ?? -1
  }

  /** The release does to the host, at `atS`, what it does. */
  #strike(host: number, arm: number, fault: number, atS: number): void {
    const what = this.#trace.scenario.faults[fault]
    if (what === undefined) return
    this.#harm.add(host, atS)
    switch (what.effect) {
      case 'silence':
      case 'absence': {
        const backS = what.backAfterSeconds === null ? NEVER_S : atS + what.backAfterSeconds
        if (backS === NEVER_S) this.#members.kill(host, atS)
        this.#members.off(host, arm, { fromS: atS, toS: backS }, what.effect === 'absence')
        return
      }
      case 'failure':
        this.#fail(host, arm, atS)
        return
      case 'false-success': {
        const saidS = this.#members.enrolledS(host) + this.#members.confirmedAfterS
        this.#members.book(this.#members.heardS(saidS, host), host, arm, SIGNAL['false-success'])
        return
      }
      case 'detection':
        return // `isBlind`: what it does not report can't be booked
      case 'engine-restart':
        this.#members.sayAmiss(host, arm, atS + 1, SIGNAL['engine-restart'])
        return
      case 'apply-failure':
        return // `install`: it never begins
      case 'reboot':
      case 'cpu':
      case 'memory':
      case 'flood':
        this.#members.say(host, arm, atS + 1, SIGNAL[what.effect])
        return
      default:
        unreachable(what.effect)
    }
  }

  #fail(host: number, arm: number, atS: number): void {
    this.#members.sayAmiss(host, arm, atS, SIGNAL.failure)
    this.#members.unsay(host, arm, NOT_CONFIRMED)
  }
}
