import { assert, type WallMs } from '@firebreak/kernel'
import { retryDelayMs } from '@firebreak/api'
import { decideHost, type Enrolment, enrolmentOf, type HealthReport, offersTo, type Plan } from '@firebreak/rollout'
import { type Draw, Draws, type World } from '@firebreak/world'
import { BeaconWriter } from './beacons.ts'
import type { Buckets } from './buckets.ts'
import { at, Columns, kindOf, ringOfKind } from './columns.ts'
import { EVENT, LifeOfMembers } from './life.ts'
import { type Member, newMember, nothingSince } from './member.ts'
import type { Journal } from './journal.ts'
import { type Answer, HeldPlans } from './held-plans.ts'
import type { Releases } from './releases.ts'
import { View } from './view.ts'
import type { Wheel } from './wheel.ts'

const SECOND_MS = 1_000
const DRAWS = 2 ** 32
const NEVER = 0xffff_ffff
/** After waking, a host reports within so many seconds. */
const WAKING_SECONDS = 30
/** So long before the simulation hosts confirmed what they have. */
export const CONFIRMED_MS = 30 * 86_400_000

/** What hosts reach over the network. */
export interface Servers {
  /** Answers. */
  isUp(nowS: number): boolean
  /** The newest plan. */
  plan(nowS: number): Plan
  beacon(host: number, report: HealthReport, nowMs: WallMs): void
  /** A request was made, whether it got through or not. @param isOfWave - it is more than a host usually asks: a beacon of a probation */
  request(nowS: number, isOfWave: boolean): void
}

export interface HostsParts {
  readonly world: World
  readonly releases: Releases
  readonly buckets: Buckets
  readonly servers: Servers
  readonly wheel: Wheel
  readonly journal: Journal
  /** Second 0 of the simulation. */
  readonly epochMs: WallMs
}

/**
 * All hosts of a world, as agents behave: they poll, decide by `decideHost`, say that they take part in a wave before they install, report on
 * probation, sleep, reboot, and die of what the release does. Whatever decides is production code; this carries out.
 */
export class Hosts {
  readonly members = new Map<number, Member>()
  readonly columns: Columns
  readonly #world: World
  readonly #releases: Releases
  readonly #servers: Servers
  readonly #wheel: Wheel
  readonly #view: View
  readonly #plans = new HeldPlans()
  readonly #writer: BeaconWriter
  readonly #life: LifeOfMembers
  readonly #beaconJitter: Draw
  readonly #pollJitter: Draw
  readonly #epochMs: WallMs
  readonly #heardRecallS: Uint32Array

  constructor({ world, releases, buckets, servers, wheel, journal, epochMs }: HostsParts) {
    const draws = new Draws(world.seed)
    this.#world = world
    this.#releases = releases
    this.#servers = servers
    this.#wheel = wheel
    this.#epochMs = epochMs
    this.#heardRecallS = journal.heardRecallS
    this.columns = new Columns(world.hosts)
    this.columns.sequence.fill(1)
    this.#view = new View(world, releases, buckets, epochMs - CONFIRMED_MS)
    this.#writer = new BeaconWriter(world, releases)
    this.#life = new LifeOfMembers(world, releases, wheel, journal, epochMs, {
      beacon: (member, nowS) => this.#beaconNow(member.host, nowS),
      goodbye: (member, nowS) => this.#goodbye(member.host, nowS, 'reboots'),
      generation: (member) => this.#plans.plan(at(this.columns.heldPlan, member.host)).generation,
      restarted: (member, nowS) => this.#setPoll(member.host, nowS, this.#pollJitter(member.host, nowS)),
    })
    this.#beaconJitter = draws.of('beacon jitter')
    this.#pollJitter = draws.of('poll jitter')
    for (let host = 0; host < world.hosts; host++) {
      this.columns.kind[host] = kindOf(world, host)
      this.#schedule(host, EVENT.beacon, Math.floor(world.beaconPhaseMs(host) / SECOND_MS))
      this.#schedule(host, EVENT.poll, Math.floor(world.pollPhaseMs(host) / SECOND_MS))
    }
  }

  /** Something is due at a host. */
  due(kind: number, host: number, nowS: number): void {
    if (kind === EVENT.beacon) {
      if (this.#isDue(this.columns.nextBeaconS, host, nowS)) this.#beacon(host, nowS)
    } else if (kind === EVENT.poll) {
      if (this.#isDue(this.columns.nextPollS, host, nowS)) this.#poll(host, nowS)
    } else if (kind === EVENT.sleep) {
      this.#fallAsleep(host, nowS)
    } else {
      const member = kind === EVENT.reboot ? this.#member(host, nowS) : this.members.get(host)
      assert(member !== undefined, 'only members have more to do')
      this.#life.due(kind, member, nowS)
    }
  }

  /** What was put off, or has been done in this second already, is not due any more. */
  #isDue(next: Uint32Array, host: number, nowS: number): boolean {
    if (at(next, host) !== nowS) return false
    next[host] = NEVER
    return true
  }

  #schedule(host: number, kind: typeof EVENT.beacon | typeof EVENT.poll, atS: number): void {
    const column = kind === EVENT.beacon ? this.columns.nextBeaconS : this.columns.nextPollS
    column[host] = atS
    this.#wheel.push(atS, kind, host)
  }

  /** On, awake, and on the network. */
  #isReachable(host: number, nowS: number): boolean {
    const nowMs = this.#epochMs + nowS * SECOND_MS
    return !this.#world.isOut(host, nowMs) && !this.#world.isOffline(host, nowMs)
  }

  #beacon(host: number, nowS: number): void {
    const nowMs = this.#epochMs + nowS * SECOND_MS
    const member = this.#memberOf(host)
    if (member?.isDead) return
    if (!this.#world.isAwake(host, nowMs)) return this.#wakeLater(host, nowMs, EVENT.beacon)
    if (member && nowS < member.offUntilS) return this.#schedule(host, EVENT.beacon, member.offUntilS)
    this.#beaconNow(host, nowS)
  }

  /** Sends one, or tries to, and sets the time of the next. @returns whether the server has it */
  #beaconNow(host: number, nowS: number): boolean {
    const { columns } = this
    const nowMs = this.#epochMs + nowS * SECOND_MS
    const isReachable = this.#isReachable(host, nowS)
    const member = this.#memberOf(host)
    if (isReachable) this.#servers.request(nowS, this.#writer.isOnProbation(member, nowS))
    const isHeard = isReachable && this.#servers.isUp(nowS) && !this.#world.isBeaconLost(host, nowMs)
    if (isHeard) this.#send(host, member, nowS, null)
    const failures = isHeard ? 0 : Math.min(at(columns.failedBeacons, host) + 1, 0xff)
    columns.failedBeacons[host] = failures
    const random = this.#beaconJitter(host, nowS) / DRAWS
    const delayS = this.#writer.delayS(member, nowS, failures, at(columns.failedPolls, host) > 0, random)
    this.#schedule(host, EVENT.beacon, nowS + delayS)
    this.#lookAhead(host, nowMs, delayS)
    return isHeard
  }

  #send(host: number, member: Member | null, nowS: number, ending: string | null): void {
    const nowMs = this.#epochMs + nowS * SECOND_MS
    const sequence = at(this.columns.sequence, host) + 1
    this.columns.sequence[host] = sequence
    const kind = at(this.columns.kind, host)
    if (member) this.#writer.count(member, nowMs, nowS)
    const report = member
      ? this.#writer.ofMember(member, kind, sequence, ending, nowS)
      : this.#writer.plain(kind, sequence, ending)
    this.#servers.beacon(host, report, nowMs)
  }

  /** What comes before the next beacon, and is not a beacon: sleep, a reboot, an engine that dies. */
  #lookAhead(host: number, nowMs: WallMs, forS: number): void {
    const untilMs = nowMs + forS * SECOND_MS
    if (!this.#world.isAwake(host, untilMs)) {
      const sleepsMs = this.#world.sleepChangesMs(host, nowMs)
      if (sleepsMs <= untilMs) this.#wheel.push(this.#secondOf(sleepsMs), EVENT.sleep, host)
    }
    const life = this.#life
    life.reboots(host, nowMs, untilMs, (atMs) => this.#wheel.push(this.#secondOf(atMs), EVENT.reboot, host))
    if (at(this.columns.isMember, host) === 0 && life.losesEngine(host, nowMs, untilMs))
      this.#member(host, this.#secondOf(nowMs))
  }

  #fallAsleep(host: number, nowS: number): void {
    const beforeMs = this.#epochMs + (nowS - 1) * SECOND_MS
    if (this.#memberOf(host)?.isDead || !this.#world.announcesSleep(host, beforeMs)) return
    if (!this.#world.isOut(host, beforeMs) && !this.#world.isOffline(host, beforeMs)) {
      this.#goodbye(host, nowS, 'goes to sleep')
    }
  }

  /** The last beacon before it is off in order; nothing repeats it. */
  #goodbye(host: number, nowS: number, why: string): void {
    this.#servers.request(nowS, false)
    if (!this.#servers.isUp(nowS) || this.#world.isBeaconLost(host, this.#epochMs + nowS * SECOND_MS)) return
    this.#send(host, this.#memberOf(host), nowS, why)
  }

  #wakeLater(host: number, nowMs: WallMs, kind: typeof EVENT.beacon | typeof EVENT.poll): void {
    const jitter = kind === EVENT.beacon ? this.#beaconJitter : this.#pollJitter
    const withinS = kind === EVENT.beacon ? WAKING_SECONDS : this.#pollSeconds(host)
    const wakesMs = this.#world.sleepChangesMs(host, nowMs)
    const wakesS = this.#secondOf(wakesMs)
    const boots = kind === EVENT.beacon && this.#memberOf(host) !== null && this.#world.bootsToWake(host, wakesMs)
    if (boots) this.#wheel.push(wakesS, EVENT.boot, host)
    this.#schedule(host, kind, wakesS + 1 + Math.floor((jitter(host, wakesS) / DRAWS) * withinS))
  }

  #poll(host: number, nowS: number): void {
    const nowMs = this.#epochMs + nowS * SECOND_MS
    const member = this.#memberOf(host)
    if (member?.isDead) return
    if (!this.#world.isAwake(host, nowMs)) return this.#wakeLater(host, nowMs, EVENT.poll)
    if (member && nowS < member.offUntilS) return this.#schedule(host, EVENT.poll, member.offUntilS)
    const isReachable = this.#isReachable(host, nowS)
    if (isReachable) this.#servers.request(nowS, false)
    const isServed = isReachable && this.#servers.isUp(nowS)
    this.columns.failedPolls[host] = isServed ? 0 : Math.min(at(this.columns.failedPolls, host) + 1, 0xff)
    if (isServed) this.#obey(host, member, nowS)
    this.#setPoll(host, nowS, this.#pollJitter(host, nowS))
  }

  #setPoll(host: number, nowS: number, drawn: number): void {
    const pace = {
      intervalMs: this.#pollSeconds(host) * SECOND_MS,
      failures: at(this.columns.failedPolls, host),
    }
    const delayS = Math.round(retryDelayMs(pace, drawn / DRAWS) / SECOND_MS)
    this.#schedule(host, EVENT.poll, nowS + Math.max(1, delayS))
  }

  #pollSeconds(host: number): number {
    const ring = ringOfKind(this.#world, at(this.columns.kind, host))
    return this.#world.scenario.fleet.rings[ring]?.pollSeconds ?? 0
  }

  /** A plan that it has decided about already, and no wait that time ends: nothing new follows, as when a server answers 304. */
  #obey(host: number, member: Member | null, nowS: number): void {
    const held = at(this.columns.heldPlan, host)
    const offered = this.#servers.plan(nowS)
    const number = this.#plans.succeed(held, offered)
    if (number === held && !member?.waits) return
    this.columns.heldPlan[host] = number
    if (offered.recalled.length > 0) this.#heardRecallS[host] ||= nowS
    const plan = this.#plans.plan(number)
    const { decision, enrolment } = this.#answer(plan, host, member, nowS)
    const waits = decision.kind === 'keep' && decision.untilMs !== null
    if (member === null && enrolment === null && decision.kind === 'keep' && !waits) return
    const acting = member ?? this.#member(host, nowS)
    acting.waits = waits
    this.#rememberOffers(plan, acting, nowS)
    if (enrolment && !this.#enrol(acting, enrolment, nowS)) acting.waits = true
    else this.#life.carryOut(acting, decision, nowS)
  }

  #answer(plan: Plan, host: number, member: Member | null, nowS: number): Answer {
    const kind = at(this.columns.kind, host)
    const known = member === null ? this.#plans.answers(plan)[kind] : null
    if (known) return known
    const nowMs = this.#epochMs + nowS * SECOND_MS
    const view = this.#view.of(host, kind, member)
    const decision = decideHost(plan, view, nowMs)
    const answer = { decision, enrolment: enrolmentOf(plan, view, nowMs) }
    const isOfAll = !view.isPersonal && decision.kind === 'keep' && decision.untilMs === null
    if (isOfAll) this.#plans.answers(plan)[kind] = answer
    return answer
  }

  #rememberOffers(plan: Plan, member: Member, nowS: number): void {
    const view = this.#view.of(member.host, at(this.columns.kind, member.host), member)
    for (const imageDigest of offersTo(plan, view)) {
      if (!member.firstSeen.has(imageDigest)) member.firstSeen.set(imageDigest, this.#epochMs + nowS * SECOND_MS)
    }
  }

  /** Says that it takes part. @returns whether the server knows: before that, nothing is installed */
  #enrol(member: Member, enrolment: Enrolment, nowS: number): boolean {
    const before = member.enrolment
    if (before?.imageDigest === enrolment.imageDigest && before.wave === enrolment.wave) return true
    member.enrolment = { ...enrolment, atS: nowS }
    member.since = nothingSince()
    member.countedToS = nowS
    if (this.#beaconNow(member.host, nowS)) return true
    member.enrolment = before
    return false
  }

  #memberOf(host: number): Member | null {
    return at(this.columns.isMember, host) === 0 ? null : (this.members.get(host) ?? null)
  }

  #member(host: number, nowS: number): Member {
    const known = this.members.get(host)
    if (known) return known
    const member = newMember(host, this.#releases, nowS)
    this.members.set(host, member)
    this.columns.isMember[host] = 1
    return member
  }

  #secondOf(atMs: WallMs): number {
    return Math.ceil((atMs - this.#epochMs) / SECOND_MS)
  }
}
