import { BUCKET_NONE, bucketIn, FLAG, imageIn, placeOf, RELEASE_FLAGS } from './host-columns.ts'
import { type FleetState, waitOf } from './fleet-state.ts'
import { type HealthReport, newestOutcome } from './health-report.ts'
import { countHost, leaveCell } from './host-count.ts'
import { type HostKind, kindKey } from './strata.ts'
import { durationTicks, hourAfter } from './time-scale.ts'

/**
 * Takes in a beacon that is newer than the one the host is known by, and nothing otherwise; of the one that a server before this one counted, only what
 * the host says of itself. Leaves nothing on the heap as long as a host
 * says of itself what it said before: hence no closures in what it calls.
 *
 * @param heardAt - in ticks, by the server's clock
 */
export function foldReport(fleet: FleetState, host: number, report: HealthReport, heardAt: number): void {
  const { columns } = fleet
  const before = columns.sequence[host] ?? 0
  const flags = columns.flags[host] ?? 0
  const isRestored = (flags & FLAG.restored) !== 0
  if (report.sequence < before || (report.sequence === before && !isRestored)) return
  if (report.sequence === before) {
    columns.flags[host] = flags & ~FLAG.restored
    foldWords(fleet, host, report, heardAt)
    return
  }
  const wasAway = (flags & FLAG.stopped) !== 0 || isGap(fleet, host, heardAt)
  const hasRestarted = !isRestored && (report.engineRestarts & 0xff) !== (columns.restarts[host] ?? 0)
  const isTroubled = before !== 0 && ((flags & FLAG.silent) !== 0 || hasRestarted)
  columns.flags[host] =
    FLAG.heard |
    (flags & RELEASE_FLAGS) |
    (report.customer.takes === 'at-once' ? FLAG.takesAtOnce : 0) |
    (report.ending === null ? 0 : FLAG.stopped) |
    (isTroubled ? FLAG.troubled : 0)
  if (wasAway) columns.presentSince[host] = heardAt
  const kind = foldWords(fleet, host, report, heardAt)
  if (kind.watch !== null) countHost(fleet, kind.watch, host, report)
}

/** Whether the host was away since its last beacon. That is so for every server that hears the beacons, however often it sweeps. */
function isGap({ columns, rules }: FleetState, host: number, heardAt: number): boolean {
  return heardAt - (columns.heardAt[host] ?? 0) > waitOf(rules, columns.interval[host] ?? 0)
}

/** What the host says of itself. Nothing is counted. */
function foldWords(fleet: FleetState, host: number, report: HealthReport, heardAt: number): HostKind {
  const { columns } = fleet
  foldImage(fleet, host, report, heardAt)
  columns.sequence[host] = report.sequence
  columns.heardAt[host] = heardAt
  columns.interval[host] = durationTicks(report.beaconIntervalMs)
  columns.restarts[host] = report.engineRestarts & 0xff
  foldCustomer(fleet, host, report.customer.name)
  return foldKind(fleet, host, report)
}

/** A host that changes its pack starts anew: no rollout of the other pack has to do with it. */
function foldKind(fleet: FleetState, host: number, report: HealthReport): HostKind {
  const { columns, kinds } = fleet
  const number = columns.kind[host] ?? 0
  const kind = kinds.value(number)
  const { engineVersion, pack } = report
  const { os, architecture } = report.platform
  const ring = report.customer.ring === '' ? kind.enrolledRing : report.customer.ring
  if (
    kind.pack === pack &&
    kind.engineVersion === engineVersion &&
    kind.os === os &&
    kind.architecture === architecture &&
    kind.ring === ring
  )
    return kind
  const { enrolledRing } = kind
  const said = { pack, engineVersion, os, architecture, enrolledRing, ring }
  const next = kinds.take(kindKey(said), { ...said, watch: fleet.watches.get(pack) ?? null })
  kinds.drop(number)
  columns.kind[host] = next
  const changed = kinds.value(next)
  if (kind.pack !== changed.pack) joinPack(fleet, host, kind, changed)
  return changed
}

function joinPack(fleet: FleetState, host: number, from: HostKind, to: HostKind): void {
  const { columns } = fleet
  if (from.watch !== null) leaveCell(fleet, from.watch, host)
  columns.cell[host] = 0
  columns.history[host] = 0
  columns.flags[host] = (columns.flags[host] ?? 0) & ~RELEASE_FLAGS
  const bucket = to.watch === null ? BUCKET_NONE : to.watch.bucketOf(host)
  columns.place[host] = placeOf(bucket, imageIn(columns.place[host] ?? 0))
}

/**
 * The image that it runs and has confirmed, and since when. Hosts say when by their own clocks, so it is held between the beacon before,
 * which did not say it yet, and this one.
 */
function foldImage(fleet: FleetState, host: number, report: HealthReport, heardAt: number): void {
  const { columns, images, scale } = fleet
  const place = columns.place[host] ?? 0
  const before = imageIn(place)
  const running = report.running === null ? '' : report.running.imageDigest
  if (before !== 0 && images.value(before) === running) return
  const outcome = running === '' ? null : newestOutcome(report.outcomes, running)
  const isConfirmed = outcome !== null && outcome.outcome === 'confirmed'
  if (before === 0 && !isConfirmed) return
  const image = isConfirmed ? images.take(running, running) : 0
  images.drop(before)
  columns.place[host] = placeOf(bucketIn(place), image)
  if (!isConfirmed) return
  const earliest = columns.sequence[host] === 0 ? 0 : (columns.heardAt[host] ?? 0)
  columns.ranSince[host] = hourAfter(Math.min(Math.max(scale.heardAt(outcome.atMs), earliest), heardAt))
}

function foldCustomer({ columns, customers }: FleetState, host: number, name: string): void {
  const before = columns.customer[host] ?? 0
  if (customers.value(before) === name) return
  columns.customer[host] = name === '' ? 0 : customers.take(name, name)
  customers.drop(before)
}
