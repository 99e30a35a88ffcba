import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { EVIDENCE_RAN_MS, PLAN_EVIDENCE_MAX } from '../plan/plan.ts'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'
import type { HealthReport } from './health-report.ts'

const HOUR = 3_600_000
const NOW_MS = 10_000 * HOUR
const IMAGES = ['a'.repeat(64), 'b'.repeat(64)] as const

interface Host {
  readonly image: (typeof IMAGES)[number]
  readonly outcome: 'trial' | 'confirmed'
  readonly hoursAgo: number
  readonly customer: string
  readonly engineVersion: string
  readonly os: string
}

function reportOf({ image, outcome, hoursAgo, customer, engineVersion, os }: Host, sequence = 1): HealthReport {
  return {
    ...HEALTHY,
    sequence,
    engineVersion,
    platform: { os, architecture: 'x64' },
    running: { imageDigest: image },
    outcomes: [{ imageDigest: image, outcome, atMs: NOW_MS - hoursAgo * HOUR }],
    customer: { ...HEALTHY.customer, name: customer },
  }
}

function tableOf(hosts: readonly Host[]): FleetTable {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  for (const host of hosts) table.fold(table.add(FACTS), reportOf(host), NOW_MS)
  return table
}

const host: fc.Arbitrary<Host> = fc.record({
  image: fc.constantFrom(...IMAGES),
  outcome: fc.constantFrom('trial', 'confirmed', 'confirmed'),
  hoursAgo: fc.constantFrom(0, 1, 23, 24, 72, 200),
  customer: fc.constantFrom('', 'x', 'y', 'z'),
  engineVersion: fc.constantFrom('1.2.0', '1.3.0'),
  os: fc.constantFrom('linux 6.18', 'linux 6.1'),
})

test('the rows are what counting by customer gives, without the largest', () => {
  fc.assert(
    fc.property(fc.array(host, { size: 'medium' }), (hosts) => {
      const rows = tableOf(hosts).releaseEvidence(IMAGES)
      const expected = IMAGES.flatMap((imageDigest) =>
        ['1.2.0', '1.3.0'].flatMap((engineVersion) =>
          ['linux 6.1', 'linux 6.18'].flatMap((os) =>
            EVIDENCE_RAN_MS.map((ranMs) => {
              const same = hosts.filter((one) => {
                const isAlike = one.image === imageDigest && one.engineVersion === engineVersion && one.os === os
                return isAlike && one.outcome === 'confirmed' && one.hoursAgo * HOUR >= ranMs
              })
              const sizes = [...Map.groupBy(same, ({ customer }) => customer).values()].map((group) => group.length)
              return { imageDigest, engineVersion, os, ranMs, hosts: same.length - Math.max(0, ...sizes) }
            }),
          ),
        ),
      )
      assert.deepEqual(
        rows,
        expected.filter((row) => row.hosts > 0),
      )
    }),
  )
})

const OLD: Host = {
  image: IMAGES[0],
  outcome: 'confirmed',
  hoursAgo: 24,
  customer: 'x',
  engineVersion: '1.2.0',
  os: 'o',
}
const hostsAt = (table: FleetTable, ranMs: number) =>
  table.releaseEvidence([IMAGES[0]]).find((row) => row.ranMs === ranMs)?.hosts ?? 0

test('one customer alone is no evidence for anybody', () => {
  assert.deepEqual(tableOf([OLD, OLD, OLD]).releaseEvidence(IMAGES), [])
})

test('of an image that no host has confirmed there is no evidence', () => {
  const table = tableOf(['x', 'y'].map((customer) => ({ ...OLD, customer, outcome: 'trial' })))
  assert.deepEqual(table.releaseEvidence([IMAGES[0], IMAGES[1]]), [])
})

test('a rollout that begins, and a new customer, take nothing from the evidence', () => {
  const table = tableOf([OLD, { ...OLD, customer: 'y' }, { ...OLD, customer: 'z' }])
  table.watch(RELEASE, () => 7)
  assert.equal(hostsAt(table, 24 * HOUR), 2)
  table.fold(0, reportOf({ ...OLD, customer: 'z' }, 2), NOW_MS + HOUR)
  assert.equal(hostsAt(table, 24 * HOUR), 1)
  table.fold(0, reportOf({ ...OLD, customer: '' }, 3), NOW_MS + HOUR)
  assert.equal(hostsAt(table, 24 * HOUR), 2)
})

test('a trial ends what was confirmed before, and no customer is one customer', () => {
  const none = { ...OLD, customer: '' }
  const table = tableOf([OLD, { ...OLD, customer: 'y' }, none, none])
  assert.equal(hostsAt(table, 24 * HOUR), 2)
  table.fold(0, reportOf(none, 2), NOW_MS)
  assert.equal(hostsAt(table, 24 * HOUR), 1)
  table.fold(2, reportOf({ ...none, image: IMAGES[1], outcome: 'trial' }, 2), NOW_MS + 1_000)
  assert.equal(hostsAt(table, 24 * HOUR), 1)
  table.fold(1, reportOf({ ...OLD, customer: 'y', image: IMAGES[1], outcome: 'trial' }, 2), NOW_MS + 1_000)
  assert.equal(hostsAt(table, 24 * HOUR), 0)
})

test('what a host confirmed before it enrolled counts from then on', () => {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  for (const customer of ['x', 'y']) {
    const host = table.add({ ...FACTS, enrolledAtMs: NOW_MS - HOUR })
    table.fold(host, reportOf({ ...OLD, customer }), NOW_MS)
  }
  assert.equal(hostsAt(table, 24 * HOUR), 1)
})

test('a host that runs something else, or has not been heard of since, has not run it for longer', () => {
  const table = tableOf([OLD, { ...OLD, customer: 'y' }, { ...OLD, customer: 'z' }])
  assert.equal(hostsAt(table, 24 * HOUR), 2)
  table.fold(0, reportOf({ ...OLD, image: IMAGES[1] }, 2), NOW_MS + HOUR)
  table.fold(1, reportOf({ ...OLD, customer: 'y' }, 2), NOW_MS + 48 * HOUR)
  assert.equal(hostsAt(table, 24 * HOUR), 1)
  assert.equal(hostsAt(table, 72 * HOUR), 0)
})

test('a host cannot have confirmed a release before the beacon in which it did not say so', () => {
  const table = tableOf([OLD, { ...OLD, customer: 'y', image: IMAGES[1] }])
  table.fold(1, reportOf({ ...OLD, customer: 'y', hoursAgo: 100 }, 2), NOW_MS + HOUR)
  table.fold(0, reportOf(OLD, 2), NOW_MS + HOUR)
  assert.equal(hostsAt(table, HOUR), 1)
  assert.equal(hostsAt(table, 24 * HOUR), 0)
})

test('a plan holds the rows with most hosts', () => {
  const systems = Array.from({ length: PLAN_EVIDENCE_MAX }, (_, i) => `linux ${i}`)
  const few = systems.flatMap((os) => ['x', 'y'].map((customer) => ({ ...OLD, os, customer })))
  const many = ['x', 'y', 'z'].map((customer) => ({ ...OLD, os: 'plan 9', customer }))
  const rows = tableOf([...few, ...many]).releaseEvidence(IMAGES)
  assert.equal(rows.length, PLAN_EVIDENCE_MAX)
  assert.equal(rows.filter(({ os }) => os === 'plan 9').length, 2)
})
