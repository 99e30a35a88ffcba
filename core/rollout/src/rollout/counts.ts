import { type Cell, type Signal, SIGNALS } from '../evidence/signals.ts'
import { cellsOf, eventsOf, total } from './cells.ts'
import type { WaveRecord } from './state.ts'
import type { ArmCounts, WaveCounts } from './verdict.ts'

/** The numbers of a wave. Its denominators are those that were written down when it started, even if the cells have lost hosts since. */
export function countsOf(wave: WaveRecord | null, cells: readonly Cell[]): WaveCounts {
  if (wave === null) return { exposed: armCounts([], 0), control: armCounts([], 0) }
  const { arms, exposedHosts, controlHosts } = wave
  return {
    exposed: armCounts(cellsOf(cells, 'exposed', arms.wave), exposedHosts),
    control: armCounts(cellsOf(cells, 'control', arms.wave), controlHosts),
  }
}

function armCounts(cells: readonly Cell[], cohortMin: number): ArmCounts {
  const cohort = cells.filter((cell) => cell.cohort > 0)
  const events = SIGNALS.map((signal) => [signal, total(cells, (cell) => eventsOf(cell, signal))] as const)
  return {
    cohort: Math.max(
      cohortMin,
      total(cohort, (cell) => cell.cohort),
    ),
    enrolled: total(cohort, ({ enrolled }) => enrolled),
    confirmed: total(cohort, ({ confirmed }) => confirmed),
    proven: total(cohort, ({ proven }) => proven),
    rebooted: total(cohort, ({ rebooted }) => rebooted),
    events: Object.fromEntries(events) as Record<Signal, number>,
  }
}
