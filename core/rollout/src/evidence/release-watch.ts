import { assert, type Sha256Hex } from '@firebreak/kernel'
import type { Arm } from '../plan/exposure.ts'
import { PLAN_WAVES_MAX } from '../plan/plan.ts'
import { COMPARED_BITS, HISTORY } from './signal-rules.ts'
import { type Cell, SIGNALS } from './signals.ts'
import { OTHER_STRATUM, outsideOf } from './strata.ts'

/** The release of a pack that is being rolled out. */
export interface WatchedRelease {
  readonly pack: string
  readonly imageDigest: Sha256Hex
}

export interface WatchedWave {
  /** Of the rollout, from 1. */
  readonly wave: number
  /** In ticks. */
  readonly startedAt: number
}

/** A cell while it is counted. */
export interface Tally extends WatchedWave {
  readonly stratum: string
  readonly arm: Arm
  /** Of hosts that have the release and are not in the exposed arm of their wave. */
  readonly isOutside: boolean
  cohort: number
  enrolled: number
  confirmed: number
  proven: number
  rebooted: number
  readonly events: number[]
  readonly left: number[]
  /** As it was given out; null: it has changed since. */
  cell: Cell | null
}

/** What a host's cell is a number of: 16 bits, and 0 is none. */
export const CELLS_MAX = 0xffff
/** Kept for the strata that come last: of each wave both arms, and one outside. */
const CELLS_KEPT = 3 * PLAN_WAVES_MAX

/** The cells of one rollout. They are counted as things happen; nothing here looks at a host twice. */
export class ReleaseWatch {
  readonly release: WatchedRelease
  readonly bucketOf: (host: number) => number
  readonly #waves: WatchedWave[] = []
  /** By the number of the cell, less one. */
  readonly #tallies: Tally[] = []
  readonly #numbers = new Map<string, number>()
  #cells: readonly Cell[] | null = null

  constructor(release: WatchedRelease, bucketOf: (host: number) => number) {
    this.release = release
    this.bucketOf = bucketOf
  }

  get wave(): WatchedWave | null {
    return this.#waves.at(-1) ?? null
  }

  get tallies(): readonly Tally[] {
    return this.#tallies
  }

  get waves(): readonly WatchedWave[] {
    return this.#waves
  }

  startWave(wave: WatchedWave): void {
    assert(wave.wave > (this.wave?.wave ?? 0), 'a wave starts after the one before it')
    this.#waves.push(wave)
  }

  tally(cell: number): Tally {
    const tally = this.#tallies[cell - 1]
    assert(tally !== undefined, 'a cell that exists')
    return tally
  }

  /** The number of the cell of this stratum and arm. */
  cellFor(wave: WatchedWave, stratum: string, arm: Arm, isOutside = false): number {
    const known = this.#numbers.get(nameOf(wave, stratum, arm))
    if (known !== undefined) return known
    const other = isOutside ? outsideOf(OTHER_STRATUM) : OTHER_STRATUM
    if (this.#tallies.length >= CELLS_MAX - CELLS_KEPT && stratum !== other) {
      return this.cellFor(wave, other, arm, isOutside)
    }
    return this.addTally(emptyTally(wave, stratum, arm, isOutside))
  }

  /** The number of a new cell. */
  addTally(tally: Tally): number {
    this.#tallies.push(tally)
    this.#numbers.set(nameOf(tally, tally.stratum, tally.arm), this.#tallies.length)
    this.#cells = null
    return this.#tallies.length
  }

  /** Where the attributed signals count of a host that has the release without being in the exposed arm of `wave`. */
  cellOutside(wave: WatchedWave, stratum: string): number {
    return this.cellFor(wave, outsideOf(stratum), 'exposed', true)
  }

  addToCohort(cell: number): void {
    this.#changed(cell).cohort++
  }

  /** Adds what is new of a host: HISTORY bits that were not set before. */
  count(cell: number, news: number): void {
    const tally = this.#changed(cell)
    if ((news & HISTORY.enrolled) !== 0) tally.enrolled++
    if ((news & HISTORY.confirmed) !== 0) tally.confirmed++
    if ((news & HISTORY.proven) !== 0) tally.proven++
    if ((news & HISTORY.rebooted) !== 0) tally.rebooted++
    addBits(tally.events, news)
  }

  /** A host goes elsewhere. What it has been through stays; for the rest of the compared signals it is not at risk here any more. */
  leave(cell: number, history: number): void {
    if ((history & HISTORY.enrolled) === 0) return
    const tally = this.#changed(cell)
    if (!tally.isOutside) addBits(tally.left, COMPARED_BITS & ~history)
  }

  /** In a fixed order. A cell that has not changed is the same object as before. */
  cells(): readonly Cell[] {
    this.#cells ??= this.#tallies.map((tally) => (tally.cell ??= cellOf(tally))).toSorted(compareCells)
    return this.#cells
  }

  #changed(cell: number): Tally {
    const tally = this.tally(cell)
    tally.cell = null
    this.#cells = null
    return tally
  }
}

function nameOf({ wave }: WatchedWave, stratum: string, arm: Arm): string {
  return `${wave} ${arm} ${stratum}`
}

function emptyTally({ wave, startedAt }: WatchedWave, stratum: string, arm: Arm, isOutside: boolean): Tally {
  const none = () => SIGNALS.map(() => 0)
  const counts = { cohort: 0, enrolled: 0, confirmed: 0, proven: 0, rebooted: 0, events: none(), left: none() }
  return { wave, startedAt, stratum, arm, isOutside, ...counts, cell: null }
}

function addBits(counts: number[], bits: number): void {
  for (let signal = 0; signal < counts.length; signal++) {
    if ((bits & (1 << signal)) !== 0) counts[signal] = (counts[signal] ?? 0) + 1
  }
}

/** What is known of a cell now. */
export function cellOf({
  wave,
  stratum,
  arm,
  cohort,
  enrolled,
  confirmed,
  proven,
  rebooted,
  events,
  left,
}: Tally): Cell {
  return { wave, stratum, arm, cohort, enrolled, confirmed, proven, rebooted, events: [...events], left: [...left] }
}

/** Of two cells: no two are of one wave, stratum and arm. */
function compareCells(a: Cell, b: Cell): number {
  if (a.wave !== b.wave) return a.wave - b.wave
  if (a.stratum !== b.stratum) return a.stratum < b.stratum ? -1 : 1
  return a.arm === 'exposed' ? -1 : 1
}
