import { type Cell, type Signal, SIGNALS } from '../evidence/signals.ts'
import { PLAN_WAVES_MAX } from '../plan/plan.ts'
import type { Arm } from '../plan/exposure.ts'

/** Of one wave: the largest by cohort have a name of their own, the rest are one. */
export const STRATA_MAX = 16
export const REST_STRATUM = 'other'
/** Hosts that have the release and are in no cohort: all of them together. */
export const OUTSIDE_STRATUM = 'outside'

/**
 * Whether these can be numbers of hosts. If not, nothing follows from any of them: a row that is wrong says that whoever counted is, too.
 */
export function areReadable(cells: readonly Cell[]): boolean {
  return cells.every(isReadable) && new Set(cells.map(keyOf)).size === cells.length
}

function isReadable({ wave, arm, cohort, enrolled, confirmed, proven, rebooted, events, left }: Cell): boolean {
  if (!isCount(cohort, Number.MAX_SAFE_INTEGER)) return false
  const most = cohort === 0 ? Number.MAX_SAFE_INTEGER : cohort
  return (
    isCount(wave, PLAN_WAVES_MAX) &&
    wave >= 1 &&
    (arm === 'exposed' || arm === 'control') &&
    isCount(enrolled, most) &&
    isCount(confirmed, most) &&
    isCount(proven, most) &&
    isCount(rebooted, most) &&
    areCounts(events, most) &&
    areCounts(left, most)
  )
}

function areCounts(counts: unknown, most: number): boolean {
  return Array.isArray(counts) && counts.length === SIGNALS.length && counts.every((count) => isCount(count, most))
}

function isCount(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most
}

/**
 * The same evidence in a fixed order and of bounded size. The strata of a wave are pooled by their cohorts, which are fixed when it starts: so
 * who is pooled never changes afterwards.
 */
export function boundedCells(cells: readonly Cell[]): readonly Cell[] {
  const waves = [...Map.groupBy(cells, ({ wave }) => wave)].toSorted(([a], [b]) => a - b)
  return waves.flatMap(([, wave]) => boundedWave(wave).toSorted(compareCells))
}

function boundedWave(cells: readonly Cell[]): readonly Cell[] {
  const cohorts = new Map<string, number>()
  for (const { stratum, cohort } of cells) cohorts.set(stratum, (cohorts.get(stratum) ?? 0) + cohort)
  const compared = [...cohorts].filter(([, cohort]) => cohort > 0)
  const largest = compared.toSorted(([a, one], [b, other]) => other - one || compareText(a, b))
  const named = new Set(largest.slice(0, largest.length > STRATA_MAX ? STRATA_MAX - 1 : STRATA_MAX).map(([one]) => one))
  const nameOf = ({ stratum }: Cell) => {
    if (named.has(stratum)) return stratum
    return (cohorts.get(stratum) ?? 0) > 0 ? REST_STRATUM : OUTSIDE_STRATUM
  }
  if (cells.every((cell) => nameOf(cell) === cell.stratum)) return cells
  const pooled = Map.groupBy(
    cells.map((cell) => ({ ...cell, stratum: nameOf(cell) })),
    keyOf,
  )
  return [...pooled.values()].map((same) => same.reduce(addCells))
}

function addCells(a: Cell, b: Cell): Cell {
  return {
    ...a,
    cohort: a.cohort + b.cohort,
    enrolled: a.enrolled + b.enrolled,
    confirmed: a.confirmed + b.confirmed,
    proven: a.proven + b.proven,
    rebooted: a.rebooted + b.rebooted,
    events: a.events.map((count, i) => count + (b.events[i] ?? 0)),
    left: a.left.map((count, i) => count + (b.left[i] ?? 0)),
  }
}

/** Whether the hosts of a stratum were not silent without notice for a week, as its name says. */
export function isSteady(stratum: string): boolean {
  return stratum.endsWith(', steady')
}

export function keyOf({ wave, stratum, arm }: Cell): string {
  return `${wave} ${arm} ${stratum}`
}

const NUMBERS = Object.fromEntries(SIGNALS.map((signal, i) => [signal, i])) as Readonly<Record<Signal, number>>

/** How many hosts of the cell the signal has struck. */
export function eventsOf(cell: Cell | undefined, signal: Signal): number {
  return cell?.events[NUMBERS[signal]] ?? 0
}

export function leftOf(cell: Cell | undefined, signal: Signal): number {
  return cell?.left[NUMBERS[signal]] ?? 0
}

export function cellsOf(cells: readonly Cell[], arm: Arm, wave?: number): readonly Cell[] {
  return (wave === undefined ? cells : cellsOfWave(cells, wave)).filter((cell) => cell.arm === arm)
}

/** Of the same cells much is asked, wave by wave. */
const WAVES = new WeakMap<readonly Cell[], ReadonlyMap<number, readonly Cell[]>>()

function cellsOfWave(cells: readonly Cell[], wave: number): readonly Cell[] {
  const waves = WAVES.get(cells) ?? Map.groupBy(cells, (cell) => cell.wave)
  WAVES.set(cells, waves)
  return waves.get(wave) ?? []
}

/** The sum of one number over `cells`. */
export function total(cells: readonly Cell[], numberOf: (cell: Cell) => number): number {
  return cells.reduce((sum, cell) => sum + numberOf(cell), 0)
}

/** `now`, with what has not changed since `before` as it was: so that it is known by being the same. */
export function keptCells(before: readonly Cell[], now: readonly Cell[]): readonly Cell[] {
  const known = new Map(before.map((cell) => [keyOf(cell), cell]))
  const kept = now.map((cell) => {
    const same = known.get(keyOf(cell))
    return same !== undefined && isSameCell(same, cell) ? same : cell
  })
  return kept.length === before.length && kept.every((cell, i) => cell === before[i]) ? before : kept
}

/** Of two cells of the same wave, stratum and arm. */
function isSameCell(a: Cell, b: Cell): boolean {
  return (
    a.cohort === b.cohort &&
    a.enrolled === b.enrolled &&
    a.confirmed === b.confirmed &&
    a.proven === b.proven &&
    a.rebooted === b.rebooted &&
    a.events.every((count, i) => count === b.events[i]) &&
    a.left.every((count, i) => count === b.left[i])
  )
}

/** Both arms of each stratum of a wave in which hosts are exposed, and the exposed hosts outside the cohorts. */
export interface Stratum {
  readonly stratum: string
  readonly exposed: Cell
  readonly control: Cell | null
}

export function strataOf(cells: readonly Cell[], wave: number): readonly Stratum[] {
  const control = new Map(cellsOf(cells, 'control', wave).map((cell) => [cell.stratum, cell]))
  return cellsOf(cells, 'exposed', wave).map((exposed) => {
    return { stratum: exposed.stratum, exposed, control: control.get(exposed.stratum) ?? null }
  })
}

function compareCells(a: Cell, b: Cell): number {
  return compareText(a.stratum, b.stratum) || compareText(a.arm, b.arm)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
