import { armOf, type WaveArms } from '../plan/exposure.ts'
import { isEligible, isOf } from './census.ts'
import type { FleetState } from './fleet-state.ts'
import { leaveCell } from './host-count.ts'
import { bucketIn } from './host-columns.ts'
import type { ReleaseWatch } from './release-watch.ts'
import { ATTRIBUTED_BITS } from './signal-rules.ts'
import { isSteady, stratumOf } from './strata.ts'

export interface CohortSizes {
  readonly exposedHosts: number
  readonly controlHosts: number
}

/**
 * Writes down the cohort of a wave: the eligible hosts of both arms, each in the cell of the stratum that it is in now. Every host in the range of an arm leaves the
 * earlier wave in which it counted, eligible or not: were it only the healthy ones, those who stay behind would be the sick ones, and of one arm only. Who has failed
 * already stays, and is counted once.
 */
export function startWave(
  fleet: FleetState,
  watch: ReleaseWatch,
  ring: string,
  arms: WaveArms,
  startedAt: number,
): CohortSizes {
  const { columns } = fleet
  const { pack } = watch.release
  const follows = fleet.kinds.values().map((kind) => isOf(kind, pack, ring))
  const sizes = { exposed: 0, control: 0 }
  const wave = { wave: arms.wave, startedAt }
  watch.startWave(wave)
  for (let host = 0; host < fleet.hosts; host++) {
    const number = columns.kind[host] ?? 0
    if (follows[number] !== true) continue
    const arm = armOf(arms, bucketIn(columns.place[host] ?? 0))
    if (arm === null || ((columns.history[host] ?? 0) & ATTRIBUTED_BITS) !== 0) continue
    leaveCell(fleet, watch, host)
    if (!isEligible(fleet, host)) continue
    const cell = watch.cellFor(wave, stratumOf(fleet.kinds.value(number), isSteady(fleet, host, startedAt)), arm)
    columns.cell[host] = cell
    watch.addToCohort(cell)
    sizes[arm]++
  }
  return { exposedHosts: sizes.exposed, controlHosts: sizes.control }
}
