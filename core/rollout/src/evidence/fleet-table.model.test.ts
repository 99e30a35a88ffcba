import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { BucketRange, WaveArms } from '../plan/exposure.ts'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'
import type { HealthReport } from './health-report.ts'
import { NaiveFleet } from './naive-fleet.fixture.ts'
import { type Cell, SIGNALS } from './signals.ts'

const HOSTS = 12
const SPACING_PPM = 83_000
const SECOND = 1_000
const HOUR = 3_600 * SECOND
const START_MS = 1_000 * HOUR
const bucketOf = (host: number) => (((host * 5) % HOSTS) * SPACING_PPM) % 1_000_000
const OTHER_IMAGE = 'e'.repeat(64)

type Step =
  | { readonly kind: 'beacon'; readonly host: number; readonly newer: number; readonly says: Says }
  | {
      readonly kind: 'calm'
      readonly times: number
      readonly outcome: Says['outcome']
      readonly says: Says
      readonly isFalse: boolean
    }
  | { readonly kind: 'sweep'; readonly afterMs: number; readonly isDeaf: boolean }
  | { readonly kind: 'start'; readonly ring: string; readonly cuts: readonly number[]; readonly isSettled: boolean }
  | { readonly kind: 'restart'; readonly epochHours: number }

interface Says extends Omit<HealthReport, 'sequence' | 'enrolment' | 'outcomes' | 'running' | 'platform'> {
  readonly waveBack: number | null
  readonly outcome: 'none' | 'trial' | 'confirmed' | 'refused' | 'fell-back'
  readonly runs: 'watched' | 'other' | 'nothing'
  readonly since: Omit<NonNullable<HealthReport['enrolment']>, 'imageDigest' | 'wave'>
}

/** The first of these most of the time. */
function mostly<T>(...values: readonly [T, ...T[]]): fc.Arbitrary<T> {
  const [usual, ...others] = values
  return fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, ...others.map((one) => fc.constant(one)))
}

const says: fc.Arbitrary<Says> = fc.record({
  pack: mostly(RELEASE.pack, 'q', ''),
  engineVersion: mostly('1.2.0', '1.3.0'),
  engineRestarts: mostly(0, 1),
  beaconIntervalMs: fc.constantFrom(0, 100, 30 * SECOND, 300 * SECOND),
  ending: mostly<string | null>(null, 'by hand', 'shutdown', 'by hand'),
  customer: fc.record({ name: fc.constant(''), ring: mostly('', 'early'), takes: mostly('at-once', 'later', 'never') }),
  waveBack: mostly<number | null>(0, 1, -1, null),
  outcome: mostly<Says['outcome']>('none', 'trial', 'confirmed', 'confirmed', 'refused', 'fell-back'),
  runs: fc.constantFrom('watched', 'other', 'nothing'),
  since: fc.record({
    sinceMs: fc.constantFrom(0, 60 * SECOND, 299 * SECOND, 300 * SECOND, HOUR),
    reboots: mostly(0, 1),
    engineRestarts: mostly(0, 1),
    detections: mostly(0, 1, 83, 84, 1_001),
    engineCpuPpmPeak: mostly(0, 500_000, 500_001),
    engineMemoryKiBPeak: mostly(0, 524_289),
  }),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('beacon'),
      host: fc.nat(HOSTS - 1),
      newer: mostly(1, 0, -1, 5),
      says,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('sweep'),
      afterMs: fc.constantFrom(0, SECOND, 30 * SECOND, 61 * SECOND, 601 * SECOND, 15 * 60 * SECOND, 13 * HOUR),
      isDeaf: mostly(false, true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('start'),
      ring: mostly('canary', 'early'),
      cuts: fc.array(fc.nat(HOSTS + 1), { minLength: 4, maxLength: 4 }),
      isSettled: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('calm'),
      times: fc.integer({ min: 1, max: 4 }),
      outcome: fc.constantFrom('none', 'none', 'trial', 'confirmed', 'confirmed'),
      isFalse: mostly(false, true),
      says,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), epochHours: fc.nat(900) }) },
)

/** A table and its model, through the same history. */
class Pair {
  table = newTable(0)
  readonly model = new NaiveFleet(RULES, RELEASE.pack, RELEASE.imageDigest, bucketOf)
  readonly sequences = Array.from({ length: HOSTS }, () => 0)
  readonly newest = new Map<number, { readonly report: HealthReport; readonly atMs: number }>()
  nowMs = START_MS
  listeningSinceMs = START_MS - HOUR
  wave = 0
  readonly exposed: BucketRange[] = []

  constructor() {
    for (let host = 0; host < HOSTS; host++) this.model.add(factsOf(host))
  }

  take(one: Step): void {
    if (one.kind === 'beacon') this.beacon(one.host, one.newer, one.says)
    if (one.kind === 'calm') for (let i = 0; i < one.times; i++) this.calm(one.outcome, one.isFalse, one.says)
    if (one.kind === 'sweep') this.sweep(one.afterMs, one.isDeaf)
    if (one.kind === 'start') this.start(one.ring, one.cuts, one.isSettled)
    if (one.kind === 'restart') this.restart(one.epochHours)
  }

  beacon(host: number, newer: number, what: Says): void {
    const sequence = Math.max(1, (this.sequences[host] ?? 0) + newer)
    const report = reportOf(sequence, this.wave, what)
    if (sequence > (this.sequences[host] ?? 0)) this.newest.set(host, { report, atMs: this.nowMs })
    this.sequences[host] = Math.max(sequence, this.sequences[host] ?? 0)
    this.table.fold(host, report, this.nowMs)
    this.model.fold(host, report, this.nowMs)
  }

  /** Five minutes in which every host reports; those that were exposed all have the same to say of the release. */
  calm(outcome: Says['outcome'], isFalse: boolean, what: Says): void {
    this.sweep(300 * SECOND, false)
    const usual = { pack: RELEASE.pack, ending: null, beaconIntervalMs: 300 * SECOND, engineRestarts: 0 } as const
    const customer = { name: '', ring: '', takes: 'at-once' } as const
    const fine = { engineRestarts: 0, reboots: 0, engineCpuPpmPeak: 0, engineMemoryKiBPeak: 0 }
    for (let host = 0; host < HOSTS; host++) {
      const isExposed = this.exposed.some(({ fromPpm, toPpm }) => fromPpm <= bucketOf(host) && bucketOf(host) < toPpm)
      const release: Pick<Says, 'outcome' | 'runs'> =
        isExposed && outcome !== 'none'
          ? { outcome, runs: isFalse ? 'other' : 'watched' }
          : { outcome: 'none', runs: 'other' }
      this.beacon(host, 1, { ...what, ...usual, ...release, customer, since: { ...what.since, ...fine } })
    }
  }

  sweep(afterMs: number, isDeaf: boolean): void {
    this.nowMs += afterMs
    if (isDeaf) this.listeningSinceMs = this.nowMs - SECOND
    this.table.sweep(this.nowMs, this.listeningSinceMs)
    this.model.sweep(this.nowMs, this.listeningSinceMs)
  }

  start(ring: string, cuts: readonly number[], isSettled: boolean): void {
    this.sweep(0, false)
    const [a = 0, b = 0, c = 0, d = 0] = cuts.map((cut) => cut * SPACING_PPM).toSorted((x, y) => x - y)
    const [low, high] = [
      { fromPpm: a, toPpm: b },
      { fromPpm: c, toPpm: d },
    ]
    const arms: WaveArms = { wave: ++this.wave, exposed: isSettled ? high : low, control: isSettled ? low : high }
    this.exposed.push(arms.exposed)
    const before = this.model.eligible(ring)
    const census = this.table.census(RELEASE.pack, ring)
    assert.equal(census.eligibleBetween(a, b), before.filter((one) => one >= a && one < b).length)
    this.table.reserve(this.table.size.hosts + 1)
    const sizes = this.table.start(RELEASE.pack, ring, arms, this.nowMs)
    assert.deepEqual(sizes, this.model.start(ring, arms, this.nowMs))
  }

  /** The server ends; another one starts with what was written down, and reads the newest beacons again. */
  restart(epochHours: number): void {
    const saved = this.table.members(RELEASE.pack)
    this.table = newTable(epochHours * HOUR + 7)
    this.table.restore(RELEASE.pack, saved)
    this.listeningSinceMs = this.nowMs
    this.model.restart()
    for (const [host, { report, atMs }] of this.newest) this.table.fold(host, report, atMs)
  }
}

function newTable(epochMs: number): FleetTable {
  const table = new FleetTable({ ...RULES, epochMs })
  for (let host = 0; host < HOSTS; host++) table.add(factsOf(host))
  table.watch(RELEASE, bucketOf)
  return table
}

function factsOf(host: number) {
  return { ...FACTS, ring: host % 4 === 3 ? 'early' : 'canary' }
}

function reportOf(sequence: number, wave: number, { waveBack, outcome, runs, since, ...what }: Says): HealthReport {
  const digest = { watched: RELEASE.imageDigest, other: OTHER_IMAGE, nothing: null }[runs]
  const { imageDigest } = RELEASE
  const enrolment = waveBack === null || wave - waveBack < 1 ? null : { imageDigest, wave: wave - waveBack, ...since }
  const outcomes = outcome === 'none' ? [] : [{ imageDigest, outcome, atMs: 0 }]
  const running = digest === null ? null : { imageDigest: digest }
  return { ...HEALTHY, ...what, sequence, enrolment, outcomes, running }
}

const histories = fc.array(step, { maxLength: 150, size: 'max' })

const isCountedAnew = (reached: Set<string>) =>
  fc.property(histories, (steps) => {
    const pair = new Pair()
    for (const one of steps) {
      pair.take(one)
      assert.deepEqual(pair.table.cells(RELEASE.pack), pair.model.cells())
    }
    for (const what of namesIn(pair.table.cells(RELEASE.pack))) reached.add(what)
  })

test('in any history the cells are what counting every host anew gives', () => {
  fc.assert(isCountedAnew(new Set()), { numRuns: 60 })
})

test('these histories reach whatever can happen to a host', () => {
  const reached = new Set<string>()
  fc.assert(isCountedAnew(reached), { numRuns: 140 })
  assert.deepEqual(
    [...EVERYTHING].filter((what) => !reached.has(what)),
    [],
    'what no history has reached',
  )
})

const EVERYTHING = [...SIGNALS, 'left', 'outside', 'confirmed', 'proven', 'rebooted']

function namesIn(cells: readonly Cell[]): readonly string[] {
  return cells.flatMap((cell) => [
    ...SIGNALS.filter((_, i) => (cell.events[i] ?? 0) > 0),
    ...(cell.left.some((count) => count > 0) ? ['left'] : []),
    ...(cell.cohort === 0 ? ['outside'] : []),
    ...(['confirmed', 'proven', 'rebooted'] as const).filter((one) => cell[one] > 0),
  ])
}

test('a cohort stays as it was written down, counts only grow, and nobody is counted who has not enrolled', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const pair = new Pair()
      let before: readonly Cell[] = []
      for (const one of steps) {
        pair.take(one)
        const now = pair.table.cells(RELEASE.pack)
        for (const cell of now) assertSound(cell)
        for (const cell of before) assertGrown(cell, now)
        before = now
      }
    }),
  )
})

function assertSound({ cohort, enrolled, confirmed, proven, rebooted, events, left }: Cell): void {
  if (cohort > 0) assert.ok(enrolled <= cohort)
  for (const one of [confirmed, proven, rebooted]) assert.ok(one <= enrolled)
  for (const [i] of SIGNALS.entries()) assert.ok((events[i] ?? 0) + (left[i] ?? 0) <= enrolled)
}

function assertGrown(before: Cell, now: readonly Cell[]): void {
  const after = now.find((one) => one.wave === before.wave && one.stratum === before.stratum && one.arm === before.arm)
  assert.ok(after !== undefined)
  assert.equal(after.cohort, before.cohort)
  assert.ok(after.enrolled >= before.enrolled && after.proven >= before.proven)
  for (const [i, count] of before.events.entries()) assert.ok((after.events[i] ?? 0) >= count)
}

test('beacons of different hosts may come in any order', () => {
  const rounds = fc.array(fc.array(fc.record({ host: fc.nat(HOSTS - 1), says }), { maxLength: 30 }), { maxLength: 4 })
  fc.assert(
    fc.property(rounds, fc.infiniteStream(fc.nat()), (beacons, keys) => {
      const [one, other] = [new Pair(), new Pair()]
      for (const round of beacons) {
        const order = round.map(({ host }) => ({ host, key: (host * 7_919 + keys.next().value) % 97 }))
        const byHost = new Map(order.map(({ host, key }) => [host, key]))
        const shuffled = round.toSorted((a, b) => (byHost.get(a.host) ?? 0) - (byHost.get(b.host) ?? 0))
        for (const { host, says: what } of round) one.beacon(host, 1, what)
        for (const { host, says: what } of shuffled) other.beacon(host, 1, what)
        for (const pair of [one, other]) pair.start('canary', [0, 3, 3, 12], false)
      }
      assert.deepEqual(one.table.cells(RELEASE.pack), other.table.cells(RELEASE.pack))
    }),
  )
})
