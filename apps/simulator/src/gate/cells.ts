import { type Cell, SIGNALS } from '@firebreak/rollout'
import { type Arm, FIRST_ATTRIBUTED } from './arm.ts'
import type { Trace } from './trace.ts'

/** The arms as the production controller gets them: a cell for each stratum, and one for hosts that came late. What did not change is the same object as before. */
export class CellBook {
  readonly #trace: Trace
  readonly #known: { version: number; cells: readonly Cell[] }[] = []

  constructor(trace: Trace) {
    this.#trace = trace
  }

  of(arms: readonly Arm[]): readonly Cell[] {
    return arms.flatMap((arm, i) => {
      if (arm.hosts === 0) return []
      const known = (this.#known[i] ??= { version: -1, cells: [] })
      if (known.version !== arm.version) {
        known.cells = cellsOf(this.#trace, arm, known.cells)
        known.version = arm.version
      }
      return known.cells
    })
  }
}

function cellsOf(trace: Trace, arm: Arm, before: readonly Cell[]): readonly Cell[] {
  const cells: Cell[] = []
  const ring = trace.rings[trace.ringOf(arm.range.from)]?.ring ?? ''
  // Arms come in pairs: exposed, control.
  const wave = Math.ceil(arm.id / 2)
  const side = arm.isControl ? 'control' : 'exposed'
  const add = (cell: Cell): void => {
    const old = before[cells.length]
    cells.push(old !== undefined && isSame(old, cell) ? old : cell)
  }
  for (let kind = 0; kind < arm.kinds; kind++) {
    const stratum = (trace.strata[kind] ?? '').replace(/, (un)?steady$/, (steadiness) => `, ring ${ring}${steadiness}`)
    const prompt = arm.counts(kind * 2)
    if (prompt.cohort > 0) add({ wave, stratum, arm: side, ...prompt })
    const late = arm.counts(kind * 2 + 1)
    if (arm.isControl || late.enrolled === 0) continue
    const events = late.events.map((count, signal) => (signal < FIRST_ATTRIBUTED ? 0 : count))
    add({ wave, stratum: `outside, ${stratum}`, arm: 'exposed', ...late, events, left: SIGNALS.map(() => 0) })
  }
  return cells
}

function isSame(a: Cell, b: Cell): boolean {
  return (
    a.stratum === b.stratum &&
    a.enrolled === b.enrolled &&
    a.confirmed === b.confirmed &&
    a.proven === b.proven &&
    a.rebooted === b.rebooted &&
    a.events.every((count, i) => count === b.events[i]) &&
    a.left.every((count, i) => count === b.left[i])
  )
}
