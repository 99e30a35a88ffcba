import { type FleetState, isCensored, type RuleTicks } from './fleet-state.ts'
import { type HealthReport, newestOutcome, type ReportedOutcome } from './health-report.ts'
import { FLAG } from './host-columns.ts'
import type { ReleaseWatch, Tally } from './release-watch.ts'
import { AMISS_BITS, ATTRIBUTED_BITS, countedByHost, HISTORY } from './signal-rules.ts'
import { isSteady, stratumOf } from './strata.ts'

type Outcome = ReportedOutcome['outcome'] | null

/**
 * Counts what a beacon says of the release that is rolled out.
 *
 * Compared signals count for hosts of a cohort that have enrolled in its wave, and from then on: what began before the release could
 * reach the host is nobody's event. Attributed signals count wherever the release is. A host that has it without being in the exposed
 * arm of a wave (settled control, a late comer, one that never enrolled) counts for them in the cell `outside`, as a trial from its
 * first outcome on, so that failures have a denominator there too.
 */
export function countHost(fleet: FleetState, watch: ReleaseWatch, host: number, report: HealthReport): void {
  const { columns, rules } = fleet
  const { imageDigest } = watch.release
  const outcome: Outcome = newestOutcome(report.outcomes, imageDigest)?.outcome ?? null
  const isRunning = report.running !== null && report.running.imageDigest === imageDigest
  const isWrong = outcome === 'confirmed' && !isRunning
  const before = columns.flags[host] ?? 0
  columns.flags[host] = (before & ~(FLAG.wrong | FLAG.applying)) | flagsOf(outcome) | (isWrong ? FLAG.wrong : 0)
  const beganNow = outcome !== null && (before & FLAG.begun) === 0
  const cell = settleCell(fleet, watch, host, report, beganNow)
  if (cell === 0) return

  const tally = watch.tally(cell)
  const history = columns.history[host] ?? 0
  const heardAt = columns.heardAt[host] ?? 0
  const hasBegun = ((columns.flags[host] ?? 0) & FLAG.begun) !== 0
  const member = tally.isOutside ? 0 : memberBits(rules, tally, report, imageDigest, heardAt)
  let next = history | member
  next |= outsideBits(tally, next, hasBegun)
  if (outcome === 'refused' || outcome === 'fell-back') next |= HISTORY.failure
  if (isWrong && (before & FLAG.wrong) !== 0) next |= HISTORY.falseSuccess
  const exposed = isExposed(tally, next)
  if (outcome === 'confirmed' && exposed) next |= HISTORY.confirmed
  if (member !== 0 && (!exposed || isRunning)) next |= provenBits(rules, report, next)
  if (exposed && !hasBegun) columns.flags[host] = (columns.flags[host] ?? 0) | FLAG.applying
  if ((next & ~history & HISTORY.enrolled) !== 0) columns.presentSince[host] = heardAt
  settleHistory(fleet, watch, host, next)
}

/** Counts what is new in `next`, a host's HISTORY bits, and keeps them. */
export function settleHistory({ columns }: FleetState, watch: ReleaseWatch, host: number, next: number): void {
  const news = next & ~(columns.history[host] ?? 0)
  if (news === 0) return
  const cell = columns.cell[host] ?? 0
  columns.history[host] = next
  if ((next & HISTORY.outside) === 0) {
    watch.count(cell, news)
    return
  }
  const tally = watch.tally(cell)
  watch.count(cell, news & ~ATTRIBUTED_BITS)
  const trial = (news & HISTORY.outside) === 0 ? 0 : HISTORY.enrolled
  if (((news & ATTRIBUTED_BITS) | trial) === 0) return
  watch.count(watch.cellOutside(tally, tally.stratum), (news & ATTRIBUTED_BITS) | trial)
}

/**
 * Counts a host outside, together with its failure, that has begun the release and is not enrolled in the exposed arm of its wave: what it said before counts, and
 * not only its next beacon, which may never come.
 */
export function countOutside(fleet: FleetState, watch: ReleaseWatch, host: number): void {
  const { columns } = fleet
  const flags = columns.flags[host] ?? 0
  const cell = (flags & FLAG.begun) === 0 ? 0 : enterCell(fleet, watch, host)
  if (cell === 0) return
  const history = columns.history[host] ?? 0
  const failure = (flags & FLAG.rejected) === 0 ? 0 : HISTORY.failure
  settleHistory(fleet, watch, host, history | outsideBits(watch.tally(cell), history, true) | failure)
}

/** Takes a host out of the cell in which it counts. */
export function leaveCell({ columns }: FleetState, watch: ReleaseWatch, host: number): void {
  const cell = columns.cell[host] ?? 0
  if (cell === 0) return
  watch.leave(cell, columns.history[host] ?? 0)
  columns.cell[host] = 0
  columns.history[host] = 0
  columns.flags[host] = (columns.flags[host] ?? 0) & ~FLAG.applying
}

function flagsOf(outcome: Outcome): number {
  if (outcome === null) return 0
  return outcome === 'refused' || outcome === 'fell-back' ? FLAG.begun | FLAG.rejected : FLAG.begun
}

/**
 * The cell in which the host counts from now on. It leaves its arm when it takes part in a later wave, which its owner's policy can bring
 * about, and when it is control and begins the release: it is nobody's control any more. A host that has the release and is in no arm
 * counts outside, in the wave that is going on.
 */
function settleCell(
  fleet: FleetState,
  watch: ReleaseWatch,
  host: number,
  report: HealthReport,
  beganNow: boolean,
): number {
  const { columns } = fleet
  const cell = columns.cell[host] ?? 0
  if (cell !== 0) {
    const tally = watch.tally(cell)
    const isCounted = ((columns.history[host] ?? 0) & ATTRIBUTED_BITS) !== 0
    const isElsewhere = (beganNow && tally.arm === 'control') || isInLaterWave(watch, tally, report)
    if (tally.isOutside || isCounted || !isElsewhere) return cell
    leaveCell(fleet, watch, host)
  }
  return ((columns.flags[host] ?? 0) & FLAG.begun) === 0 ? 0 : enterCell(fleet, watch, host)
}

/** The cell of a host that has begun the release: when it is in none, the one outside. */
function enterCell(fleet: FleetState, watch: ReleaseWatch, host: number): number {
  const { columns } = fleet
  const cell = columns.cell[host] ?? 0
  if (cell !== 0 || watch.wave === null) return cell
  const stratum = stratumOf(
    fleet.kinds.value(columns.kind[host] ?? 0),
    isSteady(fleet, host, columns.heardAt[host] ?? 0),
  )
  columns.cell[host] = watch.cellOutside(watch.wave, stratum)
  return columns.cell[host] ?? 0
}

function isInLaterWave(watch: ReleaseWatch, tally: Tally, { enrolment }: HealthReport): boolean {
  return enrolment !== null && enrolment.wave > tally.wave && enrolment.imageDigest === watch.release.imageDigest
}

/** What a host of an arm says of itself since it enrolled in the arm's wave. */
function memberBits(
  rules: RuleTicks,
  tally: Tally,
  { enrolment }: HealthReport,
  imageDigest: string,
  heardAt: number,
): number {
  if (enrolment === null || enrolment.wave !== tally.wave || enrolment.imageDigest !== imageDigest) return 0
  if (isCensored(rules, tally, heardAt)) return HISTORY.enrolled
  return HISTORY.enrolled | countedByHost(enrolment, rules.thresholds)
}

/** What only a host that is well, or has come back, can say; of the exposed arm: with the release. */
function provenBits(rules: RuleTicks, { enrolment }: HealthReport, history: number): number {
  if (enrolment === null) return 0
  const isProven = enrolment.sinceMs >= rules.provenAfterMs && (history & AMISS_BITS) === 0
  return (isProven ? HISTORY.proven : 0) | (enrolment.reboots > 0 ? HISTORY.rebooted : 0)
}

/** A host becomes a trial of the cell outside when it has the release and is not enrolled in the exposed arm. */
function outsideBits(tally: Tally, history: number, hasBegun: boolean): number {
  if (tally.isOutside) return HISTORY.enrolled
  return hasBegun && !isExposed(tally, history) ? HISTORY.outside : 0
}

function isExposed({ arm, isOutside }: Tally, history: number): boolean {
  return !isOutside && arm === 'exposed' && (history & HISTORY.enrolled) !== 0
}
