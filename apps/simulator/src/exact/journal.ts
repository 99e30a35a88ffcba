import type { Plan, RolloutState } from '@firebreak/rollout'
import type { Sha256Hex } from '@firebreak/kernel'

/** What really happened, as a bystander sees it who trusts nobody's account: what checks and pictures are made from. Times in seconds. */
export interface Journal {
  readonly plans: PlanEntry[]
  readonly installs: InstallEntry[]
  readonly harms: HarmEntry[]
  readonly statuses: StatusEntry[]
  /** Requests of hosts, polls and beacons, by the slot of time in which they were made. */
  readonly requests: number[]
  /** The same for beacons of the probation in a wave, which come on top. */
  readonly waveRequests: number[]
  readonly verdicts: VerdictEntry[]
  /** By host: when a plan first told it of a recall; 0: none has. */
  readonly heardRecallS: Uint32Array
}

export interface PlanEntry {
  readonly atS: number
  readonly plan: Plan
}

/** A release begins on a host. */
export interface InstallEntry {
  readonly atS: number
  readonly host: number
  readonly imageDigest: Sha256Hex
  /** Of the plan that it held. */
  readonly generation: number
}

export interface HarmEntry {
  readonly atS: number
  readonly host: number
  /** When the release that did it began there. */
  readonly begunAtS: number
}

export interface StatusEntry {
  readonly atS: number
  readonly status: RolloutState['status']
}

export interface VerdictEntry {
  readonly atS: number
  readonly kind: string
  readonly reason: string
  readonly explanation: string
}

export const REQUEST_SLOT_SECONDS = 10

export function emptyJournal(hosts: number): Journal {
  const heardRecallS = new Uint32Array(hosts)
  return {
    plans: [],
    installs: [],
    harms: [],
    statuses: [],
    requests: [],
    waveRequests: [],
    verdicts: [],
    heardRecallS,
  }
}
