import { assert, type WallMs } from '@firebreak/kernel'
import type { HostDecision, ReleaseRef } from '@firebreak/rollout'
import { NATURAL_EVENTS, REBOOT_MS, type World } from '@firebreak/world'
import type { Journal } from './journal.ts'
import { type Member, recordOutcome, runningOf } from './member.ts'
import type { Releases } from './releases.ts'
import type { Wheel } from './wheel.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const REBOOT = NATURAL_EVENTS.indexOf('reboot')
const ENGINE_RESTART = NATURAL_EVENTS.indexOf('engineRestart')

/** Kinds of events of the wheel; `onset` and above: of the fault with that number. */
export const EVENT = { beacon: 0, poll: 1, sleep: 2, reboot: 3, boot: 4, begin: 5, confirm: 6, onset: 16 } as const

/** What a host does towards the network when something happens to it. */
export interface HostActs {
  /** There is news: it is told at once. */
  readonly beacon: (member: Member, nowS: number) => void
  /** It goes down in order, and says so. */
  readonly goodbye: (member: Member, nowS: number) => void
  readonly restarted: (member: Member, nowS: number) => void
  /** Of the plan that it holds. */
  readonly generation: (member: Member) => number
}

/** What becomes of hosts that have, or had, the release: trial, confirmation, the effects of faults, reboots, recall. */
export class LifeOfMembers {
  readonly #world: World
  readonly #releases: Releases
  readonly #wheel: Wheel
  readonly #journal: Journal
  readonly #epochMs: WallMs
  readonly #acts: HostActs

  constructor(world: World, releases: Releases, wheel: Wheel, journal: Journal, epochMs: WallMs, acts: HostActs) {
    this.#world = world
    this.#releases = releases
    this.#wheel = wheel
    this.#journal = journal
    this.#epochMs = epochMs
    this.#acts = acts
  }

  due(kind: number, member: Member, nowS: number): void {
    if (member.isDead) return
    if (kind === EVENT.reboot) this.#reboot(member, nowS)
    else if (kind === EVENT.boot) this.#boot(member, nowS)
    else if (kind === EVENT.begin) this.#begin(member, nowS)
    else if (kind === EVENT.confirm) this.#confirm(member, nowS)
    else this.#setIn(kind - EVENT.onset, member, nowS)
  }

  carryOut(member: Member, decision: HostDecision, nowS: number): void {
    if (decision.kind === 'revoke') this.#revoke(member, decision.digests, nowS)
    const next = decision.kind === 'revoke' ? decision.next : decision
    if (next.kind !== 'install' || member.installing !== null || member.stuckOn === next.release.imageDigest) return
    if (this.#world.failsToApply(member.host, waveOf(member)) || this.#isKeptFrom(member, next.release, nowS)) {
      member.stuckOn = next.release.imageDigest
      return
    }
    member.installing = next.release
    this.#wheel.push(nowS + this.#world.scenario.fleet.installSeconds, EVENT.begin, member.host)
  }

  /** A fault of the release that shows before it begins. */
  #isKeptFrom(member: Member, release: ReleaseRef, nowS: number): boolean {
    if (release.imageDigest !== this.#releases.fresh.imageDigest) return false
    const { faults } = this.#world.scenario
    const isKept = faults.some((fault, i) => fault.effect === 'apply-failure' && this.#world.isAffected(member.host, i))
    if (isKept) this.#harm(member, nowS, nowS)
    return isKept
  }

  #begin(member: Member, nowS: number): void {
    const release = member.installing
    if (release === null) return // recalled meanwhile
    member.installing = null
    if (nowS < member.offUntilS || !this.#world.isAwake(member.host, this.#ms(nowS))) {
      // Off in the middle of it: when it is back it asks again what to do.
      member.waits = true
      return
    }
    const generation = this.#acts.generation(member)
    this.#journal.installs.push({ atS: nowS, host: member.host, imageDigest: release.imageDigest, generation })
    if (this.#world.failsToInstall(member.host, waveOf(member))) return this.#fail(member, release, nowS)
    member.candidate = release
    member.begunAtS = nowS
    this.#outcome(member, release, 'trial', nowS)
    this.#wheel.push(nowS + this.#world.scenario.fleet.trialSeconds, EVENT.confirm, member.host)
    if (release.imageDigest === this.#releases.fresh.imageDigest) this.#expectOnsets(member, nowS, 'begin')
    this.#acts.beacon(member, nowS)
  }

  #expectOnsets(member: Member, nowS: number, when: 'begin' | 'boot'): void {
    for (const [i, { onset }] of this.#world.scenario.faults.entries()) {
      if ((onset === 'reboot') !== (when === 'boot') || !this.#world.isAffected(member.host, i)) continue
      const afterS = Math.round(this.#world.harmAfterMs(member.host, i) / SECOND_MS)
      this.#wheel.push(nowS + afterS, EVENT.onset + i, member.host)
    }
  }

  #confirm(member: Member, nowS: number): void {
    const { candidate } = member
    if (candidate === null || nowS < member.begunAtS + this.#world.scenario.fleet.trialSeconds) return
    member.lastKnownGood = member.confirmed
    member.confirmed = candidate
    member.candidate = null
    member.pretends = member.effects.has('false-success')
    this.#outcome(member, candidate, 'confirmed', nowS)
    if (nowS >= member.offUntilS) this.#acts.beacon(member, nowS)
  }

  /** An effect of the release sets in, if the host still runs it. */
  #setIn(fault: number, member: Member, nowS: number): void {
    const { fresh } = this.#releases
    const isRunning = runningOf(member).imageDigest === fresh.imageDigest && nowS >= member.offUntilS
    const effect = this.#world.scenario.faults[fault]?.effect
    assert(effect !== undefined, 'a fault of the scenario')
    if (!isRunning || effect === 'apply-failure') return
    this.#harm(member, nowS, member.begunAtS)
    const back = this.#world.scenario.faults[fault]?.backAfterSeconds ?? null
    switch (effect) {
      case 'silence':
      case 'reboot':
      case 'absence':
        return this.#goDown(member, back, nowS)
      case 'failure':
        return this.#fail(member, fresh, nowS)
      case 'engine-restart':
        member.engineRestarts++
        member.since.engineRestarts++
        return
      case 'flood':
        member.floodsSinceS = nowS
        break
      case 'cpu':
      case 'memory':
      case 'detection':
      case 'false-success':
        break
    }
    member.effects.add(effect)
  }

  #goDown(member: Member, backAfterSeconds: number | null, nowS: number): void {
    if (backAfterSeconds === null) {
      member.isDead = true
      return
    }
    member.offUntilS = nowS + backAfterSeconds
    this.#wheel.push(member.offUntilS, EVENT.boot, member.host)
  }

  /** Falls back to what it confirmed before, or refuses: it never tries that release again. */
  #fail(member: Member, release: ReleaseRef, nowS: number): void {
    if (member.confirmed.imageDigest === release.imageDigest && member.lastKnownGood) {
      member.confirmed = member.lastKnownGood
      member.lastKnownGood = null
    }
    member.candidate = null
    member.effects.clear()
    member.rejected.push(release.imageDigest)
    this.#outcome(member, release, 'fell-back', nowS)
    this.#acts.beacon(member, nowS)
  }

  #revoke(member: Member, digests: readonly string[], nowS: number): void {
    const isRecalled = (held: ReleaseRef | null): boolean => held !== null && digests.includes(held.imageDigest)
    if (isRecalled(member.candidate)) member.candidate = null
    if (isRecalled(member.installing)) member.installing = null
    if (isRecalled(member.confirmed)) {
      assert(member.lastKnownGood !== null, 'a simulated host has a last known good image')
      member.confirmed = member.lastKnownGood
      member.lastKnownGood = null
      member.pretends = false
    }
    if (isRecalled(member.lastKnownGood)) member.lastKnownGood = null
    member.effects.clear()
    member.rejected.push(...digests)
    this.#acts.beacon(member, nowS)
  }

  /** In order: the host has said so, and is back soon. */
  #reboot(member: Member, nowS: number): void {
    if (member.rebootedAtS === nowS || nowS < member.offUntilS) return
    this.#acts.goodbye(member, nowS)
    member.rebootedAtS = nowS
    member.offUntilS = nowS + Math.ceil(REBOOT_MS / SECOND_MS)
    this.#wheel.push(member.offUntilS, EVENT.boot, member.host)
  }

  #boot(member: Member, nowS: number): void {
    if (nowS < member.offUntilS || !this.#world.isAwake(member.host, this.#ms(nowS))) return
    member.boots++
    member.since.reboots++
    if (runningOf(member).imageDigest === this.#releases.fresh.imageDigest) this.#expectOnsets(member, nowS, 'boot')
    // A fault that sets in at once leaves no time to report.
    const dies = this.#world.scenario.faults.some(
      ({ onset, effect, backAfterSeconds }, i) =>
        onset === 'reboot' &&
        effect === 'silence' &&
        backAfterSeconds === null &&
        this.#world.isAffected(member.host, i),
    )
    if (dies && runningOf(member).imageDigest === this.#releases.fresh.imageDigest) return
    this.#acts.beacon(member, nowS)
    this.#acts.restarted(member, nowS)
  }

  #harm(member: Member, nowS: number, begunAtS: number): void {
    if (member.isHarmed) return
    member.isHarmed = true
    this.#journal.harms.push({ atS: nowS, host: member.host, begunAtS })
  }

  #outcome(
    member: Member,
    { imageDigest }: ReleaseRef,
    outcome: 'trial' | 'confirmed' | 'fell-back',
    nowS: number,
  ): void {
    recordOutcome(member, { imageDigest, outcome, atMs: this.#ms(nowS) })
  }

  /** Visits the reboots of a host in (fromMs, untilMs]. */
  reboots(host: number, fromMs: WallMs, untilMs: WallMs, visit: (atMs: WallMs) => void): void {
    for (let hour = Math.floor(fromMs / HOUR_MS); hour * HOUR_MS <= untilMs; hour++) {
      const atMs = this.#world.eventMs(REBOOT, host, hour)
      if (atMs > fromMs && atMs <= untilMs) visit(atMs)
    }
  }

  /** Whether an engine of it dies in (fromMs, untilMs], by nobody's fault. */
  losesEngine(host: number, fromMs: WallMs, untilMs: WallMs): boolean {
    for (let hour = Math.floor(fromMs / HOUR_MS); hour * HOUR_MS <= untilMs; hour++) {
      const atMs = this.#world.eventMs(ENGINE_RESTART, host, hour)
      if (atMs > fromMs && atMs <= untilMs) return true
    }
    return false
  }

  #ms(nowS: number): WallMs {
    return this.#epochMs + nowS * SECOND_MS
  }
}

function waveOf({ enrolment }: Member): number {
  return enrolment?.wave ?? 0
}
