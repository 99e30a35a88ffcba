import type { Sha256Hex, Version } from '@firebreak/kernel'
import { EVIDENCE_RAN_MS, PLAN_EVIDENCE_MAX, type ReleaseEvidence } from '../plan/plan.ts'
import type { FleetState } from './fleet-state.ts'
import { imageIn } from './host-columns.ts'
import { durationTicks, ticksOfHour } from './time-scale.ts'

/** Hosts with one engine version and operating system. */
interface Group {
  readonly engineVersion: Version
  readonly os: string
  /** By the customer's number: how many ran the image as long as each of EVIDENCE_RAN_MS. */
  readonly byCustomer: Map<number, number[]>
}

const RAN_TICKS = EVIDENCE_RAN_MS.map(durationTicks)

/**
 * How many hosts have confirmed each of `images` and have run it since, without those of the customer who has most: for customers who
 * delay a release until it has run elsewhere. A host counts as far as its newest beacon; times are rounded down, by less than an hour.
 * Rows without a host are left out. Of more rows than a plan holds, those with most hosts stay.
 */
export function releaseEvidence(fleet: FleetState, images: readonly Sha256Hex[]): readonly ReleaseEvidence[] {
  const rows = images.flatMap((image) => groupHosts(fleet, image).flatMap((group) => rowsOf(image, group)))
  return rows
    .toSorted((a, b) => b.hosts - a.hosts)
    .slice(0, PLAN_EVIDENCE_MAX)
    .toSorted(compareRows)
}

function groupHosts(fleet: FleetState, imageDigest: Sha256Hex): readonly Group[] {
  const { columns, hosts } = fleet
  const image = fleet.images.numberOf(imageDigest)
  if (image === 0) return []
  const groups = new Map<string, Group>()
  const ofKind = fleet.kinds.values().map(({ engineVersion, os }) => {
    const key = JSON.stringify([engineVersion, os])
    const group = groups.get(key) ?? { engineVersion, os, byCustomer: new Map() }
    groups.set(key, group)
    return group
  })
  for (let host = 0; host < hosts; host++) {
    if (imageIn(columns.place[host] ?? 0) !== image) continue
    const group = ofKind[columns.kind[host] ?? 0]
    const ran = (columns.heardAt[host] ?? 0) - ticksOfHour(columns.ranSince[host] ?? 0)
    if (group !== undefined) addHost(group, columns.customer[host] ?? 0, ran)
  }
  return [...groups.values()]
}

function addHost({ byCustomer }: Group, customer: number, ran: number): void {
  let counts = byCustomer.get(customer)
  if (counts === undefined) {
    counts = RAN_TICKS.map(() => 0)
    byCustomer.set(customer, counts)
  }
  for (const [i, ticks] of RAN_TICKS.entries()) if (ran >= ticks) counts[i] = (counts[i] ?? 0) + 1
}

function rowsOf(imageDigest: Sha256Hex, { engineVersion, os, byCustomer }: Group): readonly ReleaseEvidence[] {
  const customers = [...byCustomer.values()]
  return EVIDENCE_RAN_MS.flatMap((ranMs, i) => {
    const counts = customers.map((one) => one[i] ?? 0)
    const hosts = counts.reduce((sum, one) => sum + one, 0) - counts.reduce((most, one) => Math.max(most, one), 0)
    return hosts === 0 ? [] : [{ imageDigest, engineVersion, os, ranMs, hosts }]
  })
}

function compareRows(a: ReleaseEvidence, b: ReleaseEvidence): number {
  return (
    compareTexts(a.imageDigest, b.imageDigest) ||
    compareTexts(a.engineVersion, b.engineVersion) ||
    compareTexts(a.os, b.os) ||
    a.ranMs - b.ranMs
  )
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
