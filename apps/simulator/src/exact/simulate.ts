import { FleetTable, parseRolloutPolicy, type Plan } from '@firebreak/rollout'
import type { Scenario } from '@firebreak/world'
import { World } from '@firebreak/world'
import { Buckets } from './buckets.ts'
import { Controller } from './controller.ts'
import { addHistory } from './history.ts'
import { CONFIRMED_MS, Hosts } from './hosts.ts'
import { emptyJournal, type Journal } from './journal.ts'
import { type Member, runningOf } from './member.ts'
import { type Releases, releasesOf } from './releases.ts'
import { VirtualServers } from './servers.ts'
import { Wheel } from './wheel.ts'

const SECOND_MS = 1_000
const HOUR_S = 3_600
/** Before the release is published every host that is up has reported. */
export const WARM_UP_SECONDS = 360
/** How often the controller looks: while a plan is new, and later. The server looks four times a second; a look costs a pass over all hosts. */
const LOOK_SECONDS = 5
const LATER_LOOK_SECONDS = 60
const NEW_SECONDS = 1_800
/** How often it is asked whether all is over. */
const END_SECONDS = 30

export interface SimulationOptions {
  readonly hosts: number
  readonly seed: number
  /** Seconds of the simulation so far, of at most so many. */
  readonly progress?: (nowS: number, ofS: number) => void
  /** For tests of the checks: a bug in the controller. */
  readonly tamper?: (plan: Plan) => Plan
}

/** All that a simulation leaves behind. Seconds count from its beginning; the release is published at WARM_UP_SECONDS. */
export interface Simulation {
  readonly world: World
  readonly releases: Releases
  readonly journal: Journal
  readonly members: ReadonlyMap<number, Member>
  readonly status: 'rolling' | 'halted' | 'complete'
  readonly endedAtS: number
}

/** Runs a scenario through the production code: the same seed gives the same journal. */
export function simulate(scenario: Scenario, options: SimulationOptions): Simulation {
  const world = new World(scenario, options.hosts, options.seed)
  const run = new Run(world, options)
  const horizonS = WARM_UP_SECONDS + scenario.horizonSeconds
  let nowS = 0
  while (nowS < horizonS && !(nowS % END_SECONDS === 0 && run.isOver(nowS))) {
    run.second(nowS++)
    if (nowS % HOUR_S === 0 || nowS % 60 === 0) options.progress?.(nowS, horizonS)
  }
  const { releases, journal, hosts, controller } = run
  return {
    world,
    releases,
    journal,
    members: hosts.members,
    status: controller.rollout?.status ?? 'rolling',
    endedAtS: nowS,
  }
}

class Run {
  readonly releases: Releases
  readonly journal: Journal
  readonly hosts: Hosts
  readonly controller: Controller
  readonly #world: World
  readonly #servers: VirtualServers
  readonly #wheel = new Wheel()
  #wasUp = true

  constructor(world: World, { seed, tamper = (plan) => plan }: SimulationOptions) {
    const journal = emptyJournal(world.hosts)
    this.journal = journal
    const epochMs = world.startsAtMs - WARM_UP_SECONDS * SECOND_MS
    const policy = parseRolloutPolicy(world.scenario.rolloutPolicy)
    const releases = releasesOf(seed)
    const buckets = new Buckets(world, releases)
    const table = new FleetTable({ ...policy, epochMs: epochMs - 2 * CONFIRMED_MS })
    const completed = (release: Releases['old'], agoMs: number) => {
      return { pack: releases.pack, category: releases.category, release, completedAtMs: epochMs - agoMs }
    }
    this.#world = world
    this.releases = releases
    this.controller = new Controller(
      {
        policy,
        table,
        bucketOf: (host) => buckets.of(host),
        baseline: completed(releases.old, CONFIRMED_MS),
        earlier: completed(releases.ancient, 2 * CONFIRMED_MS),
        journal,
        isKilled: (nowS) => this.#servers.isControllerKilled(nowS),
        tamper,
        epochMs,
      },
      epochMs - CONFIRMED_MS,
    )
    const { controller } = this
    this.#servers = new VirtualServers({ world, table, controller, releases, journal, warmUpS: WARM_UP_SECONDS })
    addHistory(world, releases, table, epochMs, CONFIRMED_MS)
    this.hosts = new Hosts({ world, releases, buckets, servers: this.#servers, wheel: this.#wheel, journal, epochMs })
  }

  second(nowS: number): void {
    const { pack, category, fresh } = this.releases
    if (nowS === WARM_UP_SECONDS) {
      this.controller.publish({ pack, category, release: fresh, lane: 'normal' }, nowS)
      this.journal.statuses.push({ atS: nowS, status: 'rolling' })
    }
    this.#wheel.drain((kind, host) => this.hosts.due(kind, host, nowS))
    const isUp = this.#servers.isUp(nowS)
    if (isUp && !this.#wasUp) this.controller.resume(nowS)
    this.#wasUp = isUp
    const isNew = nowS - (this.journal.plans.at(-1)?.atS ?? 0) < NEW_SECONDS
    if (isUp && nowS % (isNew ? LOOK_SECONDS : LATER_LOOK_SECONDS) === 0) this.controller.tick(nowS)
  }

  /** Decided, and whoever can be reached is where it belongs; incidents that are still to come are waited for. */
  isOver(nowS: number): boolean {
    const decided = this.journal.statuses.find(({ status }) => status !== 'rolling')
    const { incidents, fleet } = this.#world.scenario
    const lastS = Math.max(0, ...incidents.map((one) => (one.kind === 'controller-kills' ? 0 : one.toSeconds)))
    const { afterSeconds } = this.#world.scenario
    if (decided === undefined || nowS < Math.max(WARM_UP_SECONDS + lastS, decided.atS + afterSeconds)) return false
    if (decided.status === 'halted') return nowS > decided.atS && stillRunning(this.#run(nowS)).up === 0
    const pollS = Math.max(...fleet.rings.map(({ pollSeconds }) => pollSeconds))
    return nowS > decided.atS + 2 * pollS + fleet.installSeconds + fleet.trialSeconds
  }

  #run(nowS: number): Pick<Simulation, 'world' | 'releases' | 'members' | 'endedAtS'> {
    return { world: this.#world, releases: this.releases, members: this.hosts.members, endedAtS: nowS }
  }
}

/** So long a host has to be up to have heard of a recall. */
const HEARS_WITHIN_SECONDS = 900

/** Survivors that run the release, or are about to: those that have been up for a while, and those that sleep or are cut off. */
export function stillRunning(run: Pick<Simulation, 'world' | 'releases' | 'members' | 'endedAtS'>): {
  up: number
  off: number
} {
  const { imageDigest } = run.releases.fresh
  const endMs = run.world.startsAtMs + (run.endedAtS - WARM_UP_SECONDS) * SECOND_MS
  let [up, off] = [0, 0]
  for (const member of run.members.values()) {
    const runs = member.installing?.imageDigest === imageDigest || runningOf(member).imageDigest === imageDigest
    if (member.isDead || !runs) continue
    const isUp = [endMs, endMs - HEARS_WITHIN_SECONDS * SECOND_MS].every((atMs) =>
      run.world.isReachable(member.host, atMs),
    )
    if (isUp) up++
    else off++
  }
  return { up, off }
}
