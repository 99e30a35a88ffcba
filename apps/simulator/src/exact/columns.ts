import type { World } from '@firebreak/world'

/** What is kept of every host, also of those to which nothing happens: 20 bytes. Times are seconds of the simulation. */
export class Columns {
  readonly nextBeaconS: Uint32Array
  readonly nextPollS: Uint32Array
  /** Of its last beacon. */
  readonly sequence: Uint32Array
  /** The plan that it holds: `HeldPlans`. */
  readonly heldPlan: Uint16Array
  /** Ring, stratum and steadiness: `kindOf`. */
  readonly kind: Uint8Array
  /** In a row, those that did not get through. */
  readonly failedBeacons: Uint8Array
  readonly failedPolls: Uint8Array
  /** 1: there is a Member of it. */
  readonly isMember: Uint8Array

  constructor(hosts: number) {
    this.nextBeaconS = new Uint32Array(hosts)
    this.nextPollS = new Uint32Array(hosts)
    this.sequence = new Uint32Array(hosts)
    this.heldPlan = new Uint16Array(hosts)
    this.kind = new Uint8Array(hosts)
    this.failedBeacons = new Uint8Array(hosts)
    this.failedPolls = new Uint8Array(hosts)
    this.isMember = new Uint8Array(hosts)
  }
}

/** Hosts of one kind differ in nothing that a plan or a beacon could name. */
export function kindOf(world: World, host: number): number {
  return world.ringOf(host) * world.scenario.fleet.strata.length + world.stratumOf(host)
}

export function ringOfKind(world: World, kind: number): number {
  return Math.floor(kind / world.scenario.fleet.strata.length)
}

export function stratumOfKind(world: World, kind: number): number {
  return kind % world.scenario.fleet.strata.length
}

export function at(column: Uint32Array | Uint16Array | Uint8Array, host: number): number {
  return column[host] ?? 0
}
