import type { HostColumns } from './host-columns.ts'
import type { Numbering } from './numbering.ts'
import type { ReleaseWatch, WatchedWave } from './release-watch.ts'
import type { SignalThresholds } from './signal-rules.ts'
import type { HostKind } from './strata.ts'
import type { TimeScale } from './time-scale.ts'

/** What the operations of a fleet table work on. Times are ticks. */
export interface FleetState {
  readonly columns: HostColumns
  readonly kinds: Numbering<HostKind>
  readonly customers: Numbering<string>
  readonly images: Numbering<string>
  /** By pack. */
  readonly watches: Map<string, ReleaseWatch>
  readonly rules: RuleTicks
  readonly scale: TimeScale
  hosts: number
  /** Since when the server has been listening without a gap, as of the last sweep. */
  listeningAt: number
  /** When the last sweep was; 0: there was none. */
  sweptAt: number
}

/** The rules, with durations in ticks where they are compared with ticks. */
export interface RuleTicks {
  readonly thresholds: SignalThresholds
  readonly silenceAfter: number
  readonly silenceMin: number
  readonly absenceAfter: number
  readonly applyWithin: number
  readonly provenAfterMs: number
  readonly watch: number
}

/** How long a host may be quiet, by the rule of `decidePresence`. */
export function waitOf(rules: RuleTicks, interval: number): number {
  if (interval === 0) return rules.silenceAfter
  return 2 * interval > rules.silenceMin ? 2 * interval : rules.silenceMin
}

/** Whether a wave has been watched long enough: its compared signals count no more, in neither arm. */
export function isCensored(rules: RuleTicks, { startedAt }: WatchedWave, now: number): boolean {
  return now - startedAt >= rules.watch
}
