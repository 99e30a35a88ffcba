import type { RolloutGate } from '../peers/peer.ts'
import type { Row } from './play.ts'

/** How one policy did. Shares from 0 to 1; null: there was nothing to take it of. */
export interface GateFigures {
  readonly name: string
  readonly title: string
  /** Of faulty rollouts: stopped before everybody could install. */
  readonly recall: number | null
  /** The same, where the release harms at least one host in a hundred, and one in a thousand. */
  readonly recallOnePercent: number | null
  readonly recallTenthPercent: number | null
  /** Of faulty rollouts: stopped at all, if only when everybody had it. */
  readonly recallLate: number | null
  /** Of the rollouts that it stopped: faulty ones. */
  readonly precision: number | null
  /** Of healthy rollouts: stopped. */
  readonly falseHaltRate: number | null
  /** Over faulty rollouts. */
  readonly harmedMedian: number | null
  readonly exposedMedian: number | null
  /** Over those of them that were stopped: from the first harm. */
  readonly haltSecondsMedian: number | null
  /** Over healthy rollouts: until everybody may install; those that never got there count as infinitely long. */
  readonly rolloutHoursMedian: number | null
  readonly rolloutHoursMax: number | null
  /** Of healthy rollouts. */
  readonly within24Hours: number | null
}

export interface KindFigures {
  readonly kind: string
  readonly rollouts: number
  readonly inTime: number
  readonly stopped: number
  readonly harmedMedian: number | null
  readonly haltSecondsMedian: number | null
  readonly rolloutHoursMedian: number | null
}

const ONE_PERCENT_PPM = 10_000
const TENTH_PERCENT_PPM = 1_000
const DAY_HOURS = 24

export function figuresOf({ name, title }: RolloutGate, rows: readonly Row[]): GateFigures {
  const own = rows.filter(({ gate }) => gate === name)
  const [faulty, healthy] = [own.filter((row) => row.faulty), own.filter((row) => !row.faulty)]
  const recallOf = (some: readonly Row[]) => share(some, ({ inTime }) => inTime)
  const hours = healthy.map((row) => row.hours ?? Number.POSITIVE_INFINITY)
  return {
    name,
    title,
    recall: recallOf(faulty),
    recallOnePercent: recallOf(faulty.filter(({ strengthPpm }) => strengthPpm >= ONE_PERCENT_PPM)),
    recallTenthPercent: recallOf(faulty.filter(({ strengthPpm }) => strengthPpm === TENTH_PERCENT_PPM)),
    recallLate: share(faulty, ({ stopped }) => stopped),
    precision: share(
      own.filter(({ stopped }) => stopped),
      (row) => row.faulty,
    ),
    falseHaltRate: share(healthy, ({ stopped }) => stopped),
    harmedMedian: medianOf(faulty.map(({ harmed }) => harmed)),
    exposedMedian: medianOf(faulty.map(({ exposed }) => exposed)),
    haltSecondsMedian: medianOf(faulty.flatMap(({ haltSeconds }) => haltSeconds ?? [])),
    rolloutHoursMedian: medianOf(hours),
    rolloutHoursMax: finite(Math.max(...hours)),
    within24Hours: share(healthy, (row) => row.hours !== null && row.hours <= DAY_HOURS),
  }
}

export function kindsOf(name: string, rows: readonly Row[]): readonly KindFigures[] {
  const own = Map.groupBy(
    rows.filter(({ gate }) => gate === name),
    ({ kind }) => kind,
  )
  return [...own].map(([kind, some]) => ({
    kind,
    rollouts: some.length,
    inTime: some.filter(({ inTime }) => inTime).length,
    stopped: some.filter(({ stopped }) => stopped).length,
    harmedMedian: medianOf(some.map(({ harmed }) => harmed)),
    haltSecondsMedian: medianOf(some.flatMap(({ haltSeconds }) => haltSeconds ?? [])),
    rolloutHoursMedian: medianOf(some.map(({ hours }) => hours ?? Number.POSITIVE_INFINITY)),
  }))
}

/** Of the peers that catch nearly everything too, the one that harms fewest hosts; null: there is none. */
export function bestPeer(peers: readonly GateFigures[]): GateFigures | null {
  const careful = peers.filter(({ recall }) => (recall ?? 0) > 0.95)
  return careful.toSorted((a, b) => (a.harmedMedian ?? 0) - (b.harmedMedian ?? 0))[0] ?? null
}

function share(rows: readonly Row[], is: (row: Row) => boolean): number | null {
  return rows.length === 0 ? null : rows.filter(is).length / rows.length
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return low === undefined || high === undefined ? null : finite((low + high) / 2)
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
