import type { Simulation } from '../exact/simulate.ts'
import { WARM_UP_SECONDS } from '../exact/simulate.ts'
import type { SeriesPoint } from './figures.ts'

const POINTS_MAX = 400

/** Who had the release and who was harmed by it, over time; at most POINTS_MAX moments, the last one the end. */
export function seriesOf({ journal, releases, endedAtS }: Simulation): readonly SeriesPoint[] {
  const began = journal.installs.filter((one) => one.imageDigest === releases.fresh.imageDigest)
  const seen = new Set<number>()
  const steps = [
    ...began.map(({ atS, host }) => ({ atS, host, harmed: 0 })),
    ...journal.harms.map(({ atS, host }) => ({ atS, host, harmed: 1 })),
  ].toSorted((a, b) => a.atS - b.atS)
  const points: SeriesPoint[] = [{ tS: 0, exposed: 0, harmed: 0 }]
  let harmed = 0
  for (const step of steps) {
    seen.add(step.host)
    harmed += step.harmed
    const tS = step.atS - WARM_UP_SECONDS
    if (points.at(-1)?.tS === tS) points.pop()
    points.push({ tS, exposed: seen.size, harmed })
  }
  points.push({ tS: endedAtS - WARM_UP_SECONDS, exposed: seen.size, harmed })
  return thinned(points)
}

export function thinned(points: readonly SeriesPoint[]): readonly SeriesPoint[] {
  if (points.length <= POINTS_MAX) return points
  const every = Math.ceil(points.length / POINTS_MAX)
  return points.filter((_, i) => i % every === 0 || i === points.length - 1)
}
