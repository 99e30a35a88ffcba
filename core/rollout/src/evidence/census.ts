import { type Ppm, PPM_ALL } from '@firebreak/kernel'
import { type FleetState, waitOf } from './fleet-state.ts'
import { bucketIn, FLAG } from './host-columns.ts'
import { ATTRIBUTED_BITS } from './signal-rules.ts'

/** Who could take part in a wave of one ring now. */
export interface Census {
  /** In the ring, with this pack, whatever their state; hosts that have not said yet which pack they follow are among them. */
  readonly hosts: number
  /** With a bucket from `fromPpm` up to, and without, `toPpm`. */
  eligibleBetween(fromPpm: Ppm, toPpm: Ppm): number
  /** The smallest end of a range from `fromPpm` that has at least so many eligible hosts; PPM_ALL when there are fewer. */
  ppmAfter(fromPpm: Ppm, hosts: number): Ppm
}

export function takeCensus(fleet: FleetState, pack: string, ring: string): Census {
  const kinds = fleet.kinds.values()
  const inRing = kinds.map((kind) => kind.ring === ring && (kind.pack === pack || kind.pack === ''))
  const isWatched = kinds.map((kind) => kind.watch !== null)
  const { kind, place } = fleet.columns
  const buckets = new Uint32Array(fleet.hosts)
  let hosts = 0
  let eligible = 0
  for (let host = 0; host < fleet.hosts; host++) {
    const number = kind[host] ?? 0
    if (inRing[number] !== true) continue
    hosts++
    if (isWatched[number] === true && isEligible(fleet, host)) buckets[eligible++] = bucketIn(place[host] ?? 0)
  }
  const sorted = sortBuckets(buckets.subarray(0, eligible))
  const below = (ppm: number) => countBelow(sorted, ppm)
  return {
    hosts,
    eligibleBetween: (fromPpm, toPpm) => Math.max(0, below(toPpm) - below(fromPpm)),
    ppmAfter: (fromPpm, wanted) => {
      if (wanted <= 0) return fromPpm
      const last = sorted[below(fromPpm) + wanted - 1]
      return last === undefined ? PPM_ALL : last + 1
    },
  }
}

/**
 * Whether a host may be in a cohort that is written down now. Decided before it is known which arm it is in, and alike for both: it is
 * there, it takes releases at once, nothing was wrong with it in its last interval, and it has not failed with this release before. So a
 * fault that is older than the wave is not the wave's.
 */
export function isEligible({ columns, rules, sweptAt }: FleetState, host: number): boolean {
  const flags = columns.flags[host] ?? 0
  if ((flags & ELIGIBLE_MASK) !== (FLAG.heard | FLAG.takesAtOnce)) return false
  if (((columns.history[host] ?? 0) & ATTRIBUTED_BITS) !== 0) return false
  return sweptAt - (columns.heardAt[host] ?? 0) <= waitOf(rules, columns.interval[host] ?? 0)
}

const ELIGIBLE_MASK = FLAG.heard | FLAG.takesAtOnce | FLAG.stopped | FLAG.silent | FLAG.troubled | FLAG.rejected

/** Beyond this many, counting each of the million buckets is faster than comparing. */
export const COMPARED_MAX = 65_536

export function sortBuckets(buckets: Uint32Array): Uint32Array {
  if (buckets.length <= COMPARED_MAX) return buckets.toSorted()
  const counts = new Uint32Array(PPM_ALL)
  for (const bucket of buckets) counts[bucket] = (counts[bucket] ?? 0) + 1
  let filled = 0
  for (let bucket = 0; bucket < PPM_ALL; bucket++) {
    const end = filled + (counts[bucket] ?? 0)
    buckets.fill(bucket, filled, end)
    filled = end
  }
  return buckets
}

/** How many are smaller. */
function countBelow(sorted: Uint32Array, ppm: number): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((sorted[middle] ?? 0) < ppm) from = middle + 1
    else to = middle
  }
  return from
}
