import { type FleetState, waitOf } from './fleet-state.ts'
import { settleHistory } from './host-count.ts'
import { at, FLAG } from './host-columns.ts'
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
  const { hosts, rules } = fleet
  const { flags, heardAt, interval, sequence } = fleet.columns
  for (let host = 0; host < hosts; host++) {
    const flag = at(flags, host)
    if ((flag & FLAG.silent) !== 0) continue
    const quiet = now - Math.max(at(heardAt, host), listeningAt)
    if ((flag & FLAG.stopped) !== 0) {
      if (quiet > rules.absenceAfter) addEvent(fleet, host, HISTORY.absence)
    } else if (quiet > waitOf(rules, at(interval, host)) && at(sequence, host) !== 0) {
      flags[host] = flag | FLAG.silent
      fleet.columns.unsteadyAt[host] = hourAfter(now)
      addEvent(fleet, host, HISTORY.silence)
    } else if ((flag & FLAG.applying) !== 0) {
      sweepApplying(fleet, host)
    }
  }
}

/** It has been there all the time, as far as the server listened, and its newest beacon still knows nothing of the release. */
function sweepApplying(fleet: FleetState, host: number): void {
  const { columns, listeningAt, rules } = fleet
  const present = at(columns.heardAt, host) - Math.max(at(columns.presentSince, host), listeningAt)
  if (present < rules.applyWithin) return
  columns.flags[host] = at(columns.flags, host) & ~FLAG.applying
  addEvent(fleet, host, HISTORY.applyFailure)
}

/** Of a host that has enrolled in the wave of its arm, and only as long as the wave is watched. */
function addEvent(fleet: FleetState, host: number, bit: number): void {
  const { columns, kinds } = fleet
  const cell = at(columns.cell, host)
  const history = at(columns.history, host)
  if (cell === 0 || (history & bit) !== 0 || (history & HISTORY.enrolled) === 0) return
  const { watch } = kinds.value(at(columns.kind, host))
  if (watch === null) return
  const tally = watch.tally(cell)
  if (tally.isOutside || fleet.sweptAt >= tally.censoredFrom) return
  settleHistory(fleet, watch, host, history | bit)
}
