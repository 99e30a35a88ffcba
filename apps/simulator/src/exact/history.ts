import type { WallMs } from '@firebreak/kernel'
import type { FleetTable } from '@firebreak/rollout'
import type { World } from '@firebreak/world'
import { BeaconWriter } from './beacons.ts'
import { kindOf } from './columns.ts'
import type { Releases } from './releases.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * What the server knew of the fleet before the simulation begins: everybody enrolled long ago and reported a day ago; unsteady hosts were
 * then silent for a while, and who sleeps has said so, or not.
 */
export function addHistory(
  world: World,
  releases: Releases,
  table: FleetTable,
  epochMs: WallMs,
  enrolledMs: number,
): void {
  const writer = new BeaconWriter(world, releases)
  const quiet = new BeaconWriter(world, releases, DAY_MS)
  table.reserve(world.hosts)
  for (let host = 0; host < world.hosts; host++) {
    table.add({ ring: world.ring(host).ring, enrolledAtMs: epochMs - enrolledMs })
    const sleeps = !world.isAwake(host, epochMs)
    const isAnnounced = sleeps && world.announcesSleep(host, epochMs - DAY_MS)
    // Who states an interval of a day is not silent yet.
    const isQuiet = world.isSteady(host) && (!sleeps || isAnnounced)
    const beacon = (isQuiet ? quiet : writer).plain(kindOf(world, host), 1, isAnnounced ? 'goes to sleep' : null)
    table.fold(host, beacon, epochMs - DAY_MS)
  }
  table.sweep(epochMs - DAY_MS + HOUR_MS, epochMs - enrolledMs)
}
