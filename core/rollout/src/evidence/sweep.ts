import { type FleetState, isCensored, waitOf } from './fleet-state.ts'
import { settleHistory } from './host-count.ts'
import { FLAG } from './host-columns.ts'
import { HISTORY } from './signal-rules.ts'
import { hourAfter } from './time-scale.ts'

/**
 * Finds out what time alone brings about: silence, absence, and releases that are not applied. One pass over the columns; a host for which nothing has changed
 * costs a few reads. How soon a silence is seen depends on how often this runs.
 *
 * @param now - in ticks
 * @param listeningAt - since when the server has been listening without a gap: nobody is missed for longer than that
 */
export function sweep(fleet: FleetState, now: number, listeningAt: number): void {
  fleet.sweptAt = now
  fleet.listeningAt = listeningAt
  const { flags, heardAt, interval } = fleet.columns
  for (let host = 0; host < fleet.hosts; host++) {
    const flag = flags[host] ?? 0
    const heard = heardAt[host] ?? 0
    // Comparisons, not Math.max: it would take twice as long over a large fleet.
    const quiet = now - (heard > listeningAt ? heard : listeningAt)
    // The usual host first: it has nothing to wait for, and is not late.
    if (quiet <= 2 * (interval[host] ?? 0) && (flag & WAITS) === 0) continue
    sweepHost(fleet, host, flag, quiet)
  }
}

const WAITS = FLAG.stopped | FLAG.applying

function sweepHost(fleet: FleetState, host: number, flag: number, quiet: number): void {
  const { columns, rules } = fleet
  if ((flag & (FLAG.silent | FLAG.heard)) !== FLAG.heard) return
  if ((flag & FLAG.stopped) !== 0) {
    if (quiet > rules.absenceAfter) addEvent(fleet, host, HISTORY.absence)
  } else if (quiet > waitOf(rules, columns.interval[host] ?? 0)) {
    columns.flags[host] = flag | FLAG.silent
    columns.unsteadyAt[host] = hourAfter(fleet.sweptAt)
    addEvent(fleet, host, HISTORY.silence)
  } else if ((flag & FLAG.applying) !== 0) {
    sweepApplying(fleet, host)
  }
}

/** It has been there all the time, as far as the server listened, and its newest beacon still knows nothing of the release. */
function sweepApplying(fleet: FleetState, host: number): void {
  const { columns, listeningAt, rules } = fleet
  const present = (columns.heardAt[host] ?? 0) - Math.max(columns.presentSince[host] ?? 0, listeningAt)
  if (present < rules.applyWithin) return
  columns.flags[host] = (columns.flags[host] ?? 0) & ~FLAG.applying
  addEvent(fleet, host, HISTORY.applyFailure)
}

/** Of a host that has enrolled in the wave of its arm, and only as long as the wave is watched. */
function addEvent(fleet: FleetState, host: number, bit: number): void {
  const { columns, kinds } = fleet
  const cell = columns.cell[host] ?? 0
  if (cell === 0) return
  const history = columns.history[host] ?? 0
  if ((history & bit) !== 0 || (history & HISTORY.enrolled) === 0) return
  const { watch } = kinds.value(columns.kind[host] ?? 0)
  if (watch === null) return
  const tally = watch.tally(cell)
  if (tally.isOutside || isCensored(fleet.rules, tally, fleet.sweptAt)) return
  settleHistory(fleet, watch, host, history | bit)
}
