import { join } from 'node:path'
import type { HostStatus } from '@firebreak/api'
import type { RolloutPolicy } from '@firebreak/rollout'
import { type AgentOptions, type Deployment, installAgent, startAgent } from '../deployment.ts'
import { ENTRY } from '../places.ts'
import type { Service } from '../service.ts'
import { hostsOf, type Watch } from '../watch.ts'

/** Nine hosts in three rings, in order of risk. */
export const DRILL_RINGS = [
  { ring: 'canary', hosts: 2 },
  { ring: 'early', hosts: 3 },
  { ring: 'broad', hosts: 4 },
] as const
export const FLEET_SIZE: number = DRILL_RINGS.reduce((sum, { hosts }) => sum + hosts, 0)

/** Minutes become seconds; the rules stay. In rings of so few hosts each one counts. */
export const DRILL_POLICY: Partial<RolloutPolicy> = {
  bakeMs: 1_000,
  provenAfterMs: 1_000,
  provenShareMin: 1_000_000,
  // Each pack of the drill is a first release, which is as risky as it gets: its waves are small, but not for hours.
  riskBakeMsMax: 1_000,
}
const START_TIMEOUT_MS = 60_000

export interface DrillHost {
  readonly options: AgentOptions
  service: Service
}

/** Starts all nine agents, each with its own folder, sensor, engine, standby and fetcher, and waits until they are enrolled. */
export async function startFleet(
  folder: string,
  pack: string,
  deployment: Deployment,
  watch: Watch,
  onStart: (service: Service) => void,
): Promise<readonly DrillHost[]> {
  const hosts: DrillHost[] = []
  for (const { ring, hosts: count } of DRILL_RINGS) {
    for (let i = 1; i <= count; i++) {
      const hostName = `${ring}-${i}`
      const options: AgentOptions = {
        folder: join(folder, hostName),
        entry: ENTRY.drillAgent,
        hostName,
        ring,
        pack,
        beaconIntervalMs: 2_500,
        pollIntervalMs: 700,
        trialMs: 2_000,
      }
      await installAgent(options, deployment.operator, deployment.keystore.root)
      const service = startAgent(options)
      onStart(service)
      hosts.push({ options, service })
    }
  }
  await watch.until('nine agents reporting', START_TIMEOUT_MS, () => {
    const reporting = hostsOf(watch.status).filter(({ beacon }) => beacon !== null && beacon.sensorTier !== 'starting')
    return reporting.length === FLEET_SIZE
  })
  return hosts
}

/** Starts the agent of `host` again, on the folder that it left. */
export function restart(host: DrillHost, onStart: (service: Service) => void): void {
  host.service = startAgent(host.options)
  onStart(host.service)
}

export function hostNamed(watch: Watch, hostName: string): HostStatus | undefined {
  return hostsOf(watch.status).find(({ name }) => name === hostName)
}

export function ringOf(watch: Watch, ring: string): readonly HostStatus[] {
  return hostsOf(watch.status).filter((host) => host.ring === ring)
}
