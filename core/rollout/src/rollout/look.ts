import type { WallMs } from '@firebreak/kernel'
import { type Cell, COMPARED_SIGNALS, type ComparedSignal } from '../evidence/signals.ts'
import { addTick, noTerms, RATIOS_FEWER, RATIOS_MORE, type Tick } from '../statistics/hazard-ratio.ts'
import {
  areReadable,
  boundedCells,
  cellsOf,
  eventsOf,
  isSteady,
  keptCells,
  keyOf,
  leftOf,
  strataOf,
  total,
} from './cells.ts'
import { epochStarts } from './epochs.ts'
import type { ControlLoss, ProcessState, RolloutState } from './state.ts'

/** What happened within this time is recent: an outage is judged by it. */
export const OUTAGE_MINUTES = 10
export const MINUTE_MS = 60_000

/**
 * Looks once: what has happened since the last look is one tick of each test. Any number of looks is allowed, at any times. Before `decideWave`.
 *
 * @param cells - cumulative, in any order; where they can't be read nothing is learnt from them
 * @returns `state` itself when nothing happened
 */
export function lookAt(state: RolloutState, cells: readonly Cell[], nowMs: WallMs): RolloutState {
  if (state.status !== 'rolling' || !areReadable(cells) || !Number.isFinite(nowMs)) return state
  const next = keptCells(state.cells, boundedCells(cells.filter(({ wave }) => wave <= state.waves.length)))
  if (next === state.cells) return state
  const known = new Set(state.cells)
  const changed = new Set(next.filter((cell) => !known.has(cell)).map(({ wave }) => wave))
  const before = new Map(state.cells.filter(({ wave }) => changed.has(wave)).map((cell) => [keyOf(cell), cell]))
  const processes = new Map<string | ProcessState, ProcessState>()
  for (const process of state.processes) {
    const isTouched = process.stratum === null || changed.has(process.wave)
    processes.set(isTouched ? processKey(process) : process, process)
  }
  const epoch = epochStarts(state.waves).at(-1) ?? 1
  for (const wave of changed) {
    for (const { stratum, exposed, control } of strataOf(next, wave)) {
      if (control === null || exposed.cohort === 0) continue
      for (const signal of COMPARED_SIGNALS) {
        const tick = tickOf(signal, before, exposed, control)
        if (tick.exposedEvents + tick.controlEvents === 0) continue
        take(processes, { wave, stratum, signal }, tick)
        if (wave === state.waves.length)
          take(processes, { wave: isFirst(signal, stratum) ? 1 : epoch, stratum: null, signal }, tick)
      }
    }
  }
  return { ...state, cells: next, processes: [...processes.values()], controlLosses: controlLosses(state, next, nowMs) }
}

/**
 * Whether the signal is the first of its kind in a week for whoever it strikes. Then nobody is struck in each wave anew, and no epoch has to be begun for a control
 * that is there again.
 */
function isFirst(signal: ComparedSignal, stratum: string): boolean {
  return signal === 'silence' && isSteady(stratum)
}

type ProcessId = Pick<ProcessState, 'wave' | 'stratum' | 'signal'>

function take(processes: Map<string | ProcessState, ProcessState>, id: ProcessId, tick: Tick): void {
  // A detection is a good event: a bad release brings fewer of them.
  const ratios = id.signal === 'detection' ? RATIOS_FEWER : RATIOS_MORE
  const known = processes.get(processKey(id))
  processes.set(processKey(id), {
    ...id,
    logTerms: addTick(known?.logTerms ?? noTerms(ratios), ratios, tick),
    exposedEvents: (known?.exposedEvents ?? 0) + tick.exposedEvents,
    controlEvents: (known?.controlEvents ?? 0) + tick.controlEvents,
  })
}

function tickOf(signal: ComparedSignal, before: ReadonlyMap<string, Cell>, exposed: Cell, control: Cell): Tick {
  const exposedBefore = before.get(keyOf(exposed))
  // Whoever a new wave took during the tick was at risk for a part of it: of the two ways to count them the one that proves less.
  const exposedArm = armTick(signal, exposedBefore, exposed, leftOf(exposedBefore, signal))
  const controlArm = armTick(signal, before.get(keyOf(control)), control, leftOf(control, signal))
  return {
    exposedAtRisk: exposedArm.atRisk,
    controlAtRisk: controlArm.atRisk,
    exposedToCome: exposedArm.toCome,
    controlToCome: controlArm.toCome,
    exposedEvents: exposedArm.events,
    controlEvents: controlArm.events,
  }
}

/**
 * At risk in a tick are all that have enrolled by its end and were not struck or taken away before it began. Those who enrolled during it have to be
 * among them: a host that enrolled and was struck between two looks is counted on both sides of the bar, or on neither. A count that went
 * down, because a server lost its newest beacons, is no event.
 */
function armTick(signal: ComparedSignal, before: Cell | undefined, now: Cell, left: number) {
  const struckBefore = eventsOf(before, signal)
  const atRisk = Math.max(0, now.enrolled - struckBefore - left)
  const events = Math.min(atRisk, Math.max(0, eventsOf(now, signal) - struckBefore))
  return { atRisk, toCome: Math.max(0, now.cohort - now.enrolled), events }
}

/** One entry a minute, and those before the oldest minute that counts: what had been lost until then. */
function controlLosses(state: RolloutState, cells: readonly Cell[], nowMs: WallMs): readonly ControlLoss[] {
  const hosts = total(cellsOf(cells, 'control', state.waves.length), (cell) => eventsOf(cell, 'silence'))
  const known = state.controlLosses
  if ((known.at(-1)?.hosts ?? 0) === hosts) return known
  const atMs = Math.ceil(nowMs / MINUTE_MS) * MINUTE_MS
  return [...known.filter((loss) => loss.atMs !== atMs), { atMs, hosts }].slice(-OUTAGE_MINUTES - 2)
}

function processKey({ wave, stratum, signal }: ProcessId): string {
  return `${wave} ${signal} ${stratum}`
}
