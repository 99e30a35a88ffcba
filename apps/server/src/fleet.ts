import type { FleetStatus, HostStatus } from '@firebreak/api'
import type { WallMs } from '@firebreak/kernel'
import { decidePresence, type Presence, type RolloutPolicy } from '@firebreak/rollout'
import type { Host, Hosts } from './hosts.ts'
import type { Ingest } from './ingest.ts'
import type { Ledger } from './ledger.ts'
import type { Repository } from './repository.ts'

export interface FleetParts {
  readonly policy: RolloutPolicy
  readonly hosts: Hosts
  readonly ingest: Ingest
  readonly ledger: Ledger
  readonly repository: Repository
  readonly listeningSinceMs: WallMs
}

/** All that an operator sees, as of `nowMs`. */
export function fleetStatus(parts: FleetParts, nowMs: WallMs): FleetStatus {
  const { policy, hosts, ledger, repository } = parts
  const rings = new Map<string, HostStatus[]>(policy.rings.map(({ ring }) => [ring, []]))
  for (const host of hosts.all) {
    const inRing = rings.get(host.ring)
    if (inRing) inRing.push(hostStatus(parts, host, nowMs))
    else rings.set(host.ring, [hostStatus(parts, host, nowMs)])
  }
  return {
    serverTimeMs: nowMs,
    rings: [...rings].map(([ring, ofRing]) => ({ ring, hosts: ofRing })),
    releases: ledger.releases,
    plan: repository.plan,
    verdicts: ledger.verdicts(),
  }
}

/** The hosts that are silent, as one text: changes when the picture does. */
export function silentHosts(parts: FleetParts, nowMs: WallMs): string {
  return parts.hosts.all
    .filter((host) => presenceOf(parts, host, nowMs).kind === 'silent')
    .map(({ host }) => host)
    .join(' ')
}

function hostStatus(parts: FleetParts, host: Host, nowMs: WallMs): HostStatus {
  const state = parts.ingest.state(host.host)
  return {
    ...host,
    lastSeenMs: state?.seenAtMs ?? null,
    presence: presenceOf(parts, host, nowMs),
    beacon: state?.beacon ?? null,
  }
}

function presenceOf({ ingest, policy, listeningSinceMs }: FleetParts, host: Host, nowMs: WallMs): Presence {
  const state = ingest.state(host.host)
  const evidence = {
    enrolledAtMs: host.enrolledAtMs,
    listeningSinceMs,
    lastSeenMs: state?.seenAtMs ?? null,
    beaconIntervalMs: state?.beacon.beaconIntervalMs ?? 0,
    ending: state?.beacon.ending ?? null,
    silenceAfterMs: policy.silenceAfterMs,
  }
  return decidePresence(evidence, nowMs)
}
