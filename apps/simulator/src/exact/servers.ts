import type { WallMs } from '@firebreak/kernel'
import type { FleetTable, HealthReport, Plan } from '@firebreak/rollout'
import type { World } from '@firebreak/world'
import type { Controller } from './controller.ts'
import { forgedPlan } from './forged-plan.ts'
import type { Servers } from './hosts.ts'
import { type Journal, REQUEST_SLOT_SECONDS } from './journal.ts'
import type { Releases } from './releases.ts'

/** What hosts reach: the vendor's server, and with a stolen plan key whoever stands between. */
export class VirtualServers implements Servers {
  readonly #world: World
  readonly #table: FleetTable
  readonly #controller: Controller
  readonly #releases: Releases
  readonly #journal: Journal
  readonly #warmUpS: number
  /** Of the thief; null: nobody has stolen the key, yet. */
  #forged: Plan | null = null

  constructor(parts: VirtualServersParts) {
    this.#world = parts.world
    this.#table = parts.table
    this.#controller = parts.controller
    this.#releases = parts.releases
    this.#journal = parts.journal
    this.#warmUpS = parts.warmUpS
  }

  isUp(nowS: number): boolean {
    return !this.#happens('server-down', nowS)
  }

  /** Whether an incident of this kind goes on. */
  #happens(kind: 'server-down' | 'stolen-plan-key' | 'controller-kills', nowS: number): boolean {
    const tS = nowS - this.#warmUpS
    return this.#world.scenario.incidents.some(
      (one) => one.kind === kind && tS >= one.fromSeconds && tS < one.toSeconds,
    )
  }

  isControllerKilled(nowS: number): boolean {
    return this.#happens('controller-kills', nowS)
  }

  plan(nowS: number): Plan {
    if (!this.#happens('stolen-plan-key', nowS)) return this.#controller.plan
    this.#forged ??= forgedPlan(this.#controller.plan, this.#releases)
    return this.#forged
  }

  beacon(host: number, report: HealthReport, nowMs: WallMs): void {
    this.#table.fold(host, report, nowMs)
  }

  request(nowS: number, isOfWave: boolean): void {
    const slot = Math.floor(nowS / REQUEST_SLOT_SECONDS)
    const { requests, waveRequests } = this.#journal
    if (isOfWave) waveRequests[slot] = (waveRequests[slot] ?? 0) + 1
    else requests[slot] = (requests[slot] ?? 0) + 1
  }
}

export interface VirtualServersParts {
  readonly world: World
  readonly table: FleetTable
  readonly controller: Controller
  readonly releases: Releases
  readonly journal: Journal
  readonly warmUpS: number
}
