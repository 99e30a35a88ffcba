import { type Arm, armOf, type WaveArms } from '../plan/exposure.ts'
import { isEligible } from './census.ts'
import type { FleetState } from './fleet-state.ts'
import { countOutside, leaveCell } from './host-count.ts'
import { bucketIn } from './host-columns.ts'
import type { ReleaseWatch, WatchedWave } from './release-watch.ts'
import { ATTRIBUTED_BITS } from './signal-rules.ts'
import { isSteady, stratumOf } from './strata.ts'

export interface CohortSizes {
  readonly exposedHosts: number
  readonly controlHosts: number
}

/**
 * Writes down the cohort of a wave: the eligible hosts of both arms, each in the cell of the stratum that it is in now. Every host in the range of an arm leaves the
 * earlier wave in which it counted, eligible or not: were it only the healthy ones, those who stay behind would be the sick ones, and of one arm only. Who has failed
 * already stays, and is counted once. Who has begun the release and is nowhere now counts outside, at once.
 */
export function startWave(
  fleet: FleetState,
  watch: ReleaseWatch,
  ring: string,
  arms: WaveArms,
  startedAt: number,
): CohortSizes {
  const { columns } = fleet
  const kinds = fleet.kinds.values()
  const isWatched = kinds.map((kind) => kind.watch === watch)
  const follows = kinds.map((kind) => kind.ring === ring)
  const sizes = { exposed: 0, control: 0 }
  const wave = { wave: arms.wave, startedAt }
  watch.startWave(wave)
  for (let host = 0; host < fleet.hosts; host++) {
    const number = columns.kind[host] ?? 0
    if (isWatched[number] !== true) continue
    const arm = follows[number] === true ? armOf(arms, bucketIn(columns.place[host] ?? 0)) : null
    if (arm !== null && joinCohort(fleet, watch, host, { ...wave, arm })) sizes[arm]++
    countOutside(fleet, watch, host)
  }
  return { exposedHosts: sizes.exposed, controlHosts: sizes.control }
}

interface WatchedArm extends WatchedWave {
  readonly arm: Arm
}

/** @returns whether it is in the cohort now */
function joinCohort(fleet: FleetState, watch: ReleaseWatch, host: number, wave: WatchedArm): boolean {
  const { columns, kinds } = fleet
  if (((columns.history[host] ?? 0) & ATTRIBUTED_BITS) !== 0) return false
  leaveCell(fleet, watch, host)
  if (!isEligible(fleet, host)) return false
  const stratum = stratumOf(kinds.value(columns.kind[host] ?? 0), isSteady(fleet, host, wave.startedAt))
  const cell = watch.cellFor(wave, stratum, wave.arm)
  columns.cell[host] = cell
  watch.addToCohort(cell)
  return true
}
