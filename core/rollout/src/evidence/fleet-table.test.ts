import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ARMS,
  begun,
  confirmed,
  fellBack,
  HOUR,
  MINUTE,
  NEW,
  SECOND,
  type SINCE,
  Story,
  STRATUM,
  T0,
  trial,
} from './fleet-story.fixture.ts'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'
import { type Signal, SIGNALS } from './signals.ts'

test('silence counts once, even if the host comes back and is silent again', () => {
  const story = begun()
  story.pass(61 * SECOND)
  story.sweep()
  story.says(0, { enrolment: {} })
  story.pass(61 * SECOND)
  assert.equal(story.events('silence'), 2)
})

test('in probation a host is missed after twice the short interval that it states', () => {
  const story = new Story()
  story.start()
  story.says(0, { beaconIntervalMs: 15 * SECOND, enrolment: {} })
  story.pass(30 * SECOND)
  assert.equal(story.events('silence'), 0)
  story.pass(SECOND)
  assert.equal(story.events('silence'), 1)
})

test('a server that was away calls nobody silent for its own gap', () => {
  const story = begun()
  story.pass(HOUR, T0 + HOUR)
  assert.equal(story.events('silence'), 0)
  story.pass(60 * SECOND, T0 + HOUR)
  assert.equal(story.events('silence'), 0)
  story.pass(SECOND, T0 + HOUR)
  assert.equal(story.events('silence'), 2)
})

test('a host that says that it stops is absent when it is not back in time, and never silent', () => {
  const story = begun()
  for (const host of [0, 1]) story.says(host, { enrolment: {}, ending: 'by hand' })
  story.pass(10 * MINUTE)
  assert.equal(story.events('absence'), 0)
  story.says(1, { enrolment: {} })
  story.pass(SECOND)
  assert.equal(story.events('absence'), 1)
  assert.equal(story.events('silence'), 0)
})

test('nothing compared counts before a host has enrolled, or for a wave that it has not enrolled in', () => {
  const story = new Story()
  story.start()
  story.says(0, { enrolment: { wave: 2, reboots: 1 } })
  story.says(1, { enrolment: { imageDigest: 'a'.repeat(64), reboots: 1 } })
  story.pass(61 * SECOND)
  assert.equal(story.cell('exposed').enrolled, 0)
  assert.deepEqual(
    story.cell('exposed').events,
    SIGNALS.map(() => 0),
  )
})

const counted: readonly (readonly [Signal, Partial<typeof SINCE>, number])[] = [
  ['reboot', { reboots: 1 }, 1],
  ['engine-restart', { engineRestarts: 1 }, 1],
  ['cpu', { engineCpuPpmPeak: 500_000 }, 0],
  ['cpu', { engineCpuPpmPeak: 500_001 }, 1],
  ['memory', { engineMemoryKiBPeak: 524_288 }, 0],
  ['memory', { engineMemoryKiBPeak: 524_289 }, 1],
  ['detection', { detections: 1 }, 1],
  ['flood', { detections: 2, sinceMs: SECOND }, 0],
  ['flood', { detections: 83, sinceMs: SECOND }, 0],
  ['flood', { detections: 84, sinceMs: SECOND }, 1],
  ['flood', { detections: 1_000, sinceMs: HOUR }, 0],
  ['flood', { detections: 1_001, sinceMs: HOUR }, 1],
]

test('what a host counts since it enrolled is an event from its threshold on', () => {
  for (const [signal, since, events] of counted) {
    for (const [host, arm] of [
      [0, 'exposed'],
      [2, 'control'],
    ] as const) {
      const story = begun()
      story.says(host, { enrolment: since })
      story.says(host, { enrolment: since })
      assert.equal(story.events(signal, arm), events, `${signal} ${JSON.stringify(since)}`)
    }
  }
})

test('a host has confirmed, is proven and has rebooted when it says so and runs the release', () => {
  const story = begun()
  const since = { sinceMs: 5 * MINUTE, reboots: 1 }
  story.says(0, { ...confirmed, enrolment: since })
  assert.equal(story.cell('exposed').proven, 0)
  assert.equal(story.cell('exposed').rebooted, 0)
  story.says(0, { ...NEW, ...confirmed, enrolment: since })
  story.says(1, { ...NEW, ...trial, enrolment: { sinceMs: 5 * MINUTE - 1 } })
  story.says(2, { enrolment: { sinceMs: 5 * MINUTE } })
  const { proven, rebooted, confirmed: done } = story.cell('exposed')
  assert.deepEqual({ proven, rebooted, done }, { proven: 1, rebooted: 1, done: 1 })
  assert.equal(story.cell('control').proven, 1)
})

test('a host with something amiss is not proven; one that was away and reports fine is', () => {
  const story = begun()
  story.says(0, { ...NEW, ...confirmed, enrolment: { sinceMs: 6 * MINUTE, engineRestarts: 1 } })
  story.pass(61 * SECOND)
  story.says(1, { ...NEW, ...confirmed, enrolment: { sinceMs: 6 * MINUTE } })
  assert.equal(story.cell('exposed').proven, 1)
})

test('an apply failure needs a host that was there all the time', () => {
  const story = begun()
  for (let minutes = 0; minutes < 15; minutes++) {
    story.pass(MINUTE)
    story.says(0, { enrolment: {} })
    if (minutes !== 7) story.says(1, { enrolment: {}, beaconIntervalMs: 20 * SECOND })
  }
  story.sweep()
  assert.equal(story.events('apply-failure'), 1, 'host 1 was silent in between')
  story.says(0, { ...trial, enrolment: {} })
  story.sweep()
  assert.equal(story.events('apply-failure'), 1)
})

test('an apply failure needs a server that was there all the time', () => {
  const story = begun()
  story.pass(20 * MINUTE, T0 + 19 * MINUTE)
  story.says(0, { enrolment: {} })
  story.sweep(T0 + 19 * MINUTE)
  assert.equal(story.events('apply-failure'), 0)
})

test('false success takes two beacons in a row', () => {
  const story = begun()
  story.says(0, { ...confirmed, enrolment: {} })
  story.says(0, { ...NEW, ...confirmed, enrolment: {} })
  story.says(0, { ...confirmed, enrolment: {} })
  assert.equal(story.events('false-success'), 0)
  story.says(0, { ...confirmed, enrolment: {} })
  story.says(0, { ...confirmed, enrolment: {} })
  assert.equal(story.events('false-success'), 1)
})

test('a failure outside the cohorts counts once, over all waves, and has a denominator', () => {
  const story = begun()
  for (const host of [4, 5]) story.says(host, trial)
  story.says(5, fellBack)
  story.says(5, fellBack)
  story.start({ wave: 2, exposed: { fromPpm: 2, toPpm: 6 }, control: { fromPpm: 0, toPpm: 2 } })
  story.says(5, fellBack)
  const outside = story.cell('exposed', `outside, ${STRATUM}`)
  assert.deepEqual([outside.cohort, outside.enrolled, story.events('failure', 'exposed', outside.stratum)], [0, 2, 1])
  const failures = story.table.cells(RELEASE.pack).map((cell) => cell.events[SIGNALS.indexOf('failure')] ?? 0)
  assert.equal(
    failures.reduce((sum, one) => sum + one, 0),
    1,
  )
})

test('a host of the exposed arm that never enrolled fails outside', () => {
  const story = new Story()
  story.start()
  story.says(0, fellBack)
  assert.equal(story.events('failure'), 0)
  assert.equal(story.events('failure', 'exposed', `outside, ${STRATUM}`), 1)
})

test('a settled control host that falls back is a failure, and no control event', () => {
  const story = begun()
  for (const host of [0, 1]) story.says(host, { ...NEW, ...confirmed, enrolment: {} })
  story.start({ wave: 2, exposed: { fromPpm: 2, toPpm: 6 }, control: { fromPpm: 0, toPpm: 2 } })
  for (const host of [0, 1]) story.says(host, { ...NEW, ...confirmed, enrolment: { wave: 2 } })
  story.says(0, { ...fellBack, enrolment: { wave: 2 } })
  assert.equal(story.events('failure', 'control', STRATUM, 2), 0)
  const outside = story.cell('exposed', `outside, ${STRATUM}`, 2)
  assert.deepEqual([outside.enrolled, outside.events[SIGNALS.indexOf('failure')]], [2, 1])
})

test('after the time to watch, compared signals count no more, and attributed ones do', () => {
  const story = begun()
  story.pass(RULES.watchMs, T0 + RULES.watchMs)
  story.says(0, { ...NEW, ...trial, enrolment: { reboots: 1 } })
  story.says(1, { ...fellBack, enrolment: { reboots: 1 } })
  story.pass(61 * SECOND, T0 + RULES.watchMs)
  assert.equal(story.events('silence'), 0)
  assert.equal(story.events('reboot'), 0)
  assert.equal(story.events('failure'), 1)
})

test('a cell that has not changed is the same object as before', () => {
  const story = begun()
  const before = story.table.cells(RELEASE.pack)
  assert.equal(story.table.cells(RELEASE.pack), before)
  story.says(0, { enrolment: { reboots: 1 } })
  const after = story.table.cells(RELEASE.pack)
  assert.notEqual(after, before)
  assert.equal(
    after.find((cell) => cell.arm === 'control'),
    before.find((cell) => cell.arm === 'control'),
  )
})

test('an apply failure needs a host that was there all the time since it came back', () => {
  const story = begun()
  const says = (words: Parameters<Story['says']>[1]) =>
    story.says(0, { enrolment: {}, beaconIntervalMs: HOUR, ...words })
  const after = (minutes: number) => story.pass(minutes * MINUTE)
  says({})
  after(5)
  says({ ending: 'by hand' })
  after(1)
  says({})
  after(14)
  says({})
  story.sweep()
  assert.equal(story.events('apply-failure'), 0)
  after(1)
  says({})
  story.sweep()
  assert.equal(story.events('apply-failure'), 1)
  after(121)
  assert.equal(story.events('silence'), 1 + 1, 'it is missed all the same')
})

test('who is to begin nothing does not fail to', () => {
  const story = begun()
  for (let minutes = 0; minutes < 20; minutes++) {
    story.pass(MINUTE)
    for (const host of [0, 2]) story.says(host, { enrolment: {}, beaconIntervalMs: 0, ...(host === 0 ? trial : {}) })
  }
  story.sweep()
  assert.deepEqual([story.events('apply-failure'), story.events('apply-failure', 'control')], [0, 0])
})

test('an enrolment for another release moves nobody', () => {
  const story = begun()
  story.says(2, { enrolment: { wave: 2, imageDigest: 'a'.repeat(64) } })
  assert.ok(story.cell('control').left.every((count) => count === 0))
})

test('a host that changes its system or its architecture is in another stratum', () => {
  const story = new Story()
  story.says(0, { platform: { os: 'linux 7.0', architecture: 'x64' } })
  story.says(1, { platform: { os: 'linux 6.18', architecture: 'arm64' } })
  story.start()
  const strata = story.table.cells(RELEASE.pack).map(({ arm, stratum, cohort }) => [arm, stratum, cohort])
  assert.deepEqual(strata, [
    ['exposed', STRATUM.replace('x64', 'arm64'), 1],
    ['control', STRATUM, 2],
    ['exposed', STRATUM.replace('6.18', '7.0'), 1],
  ])
})

test('a host that was unsteady a week ago counts outside as a steady one', () => {
  const story = new Story()
  story.pass(61 * SECOND)
  for (let i = 0; i < 2; i++) story.says(4)
  story.pass(8 * 24 * HOUR, T0 + 1_000 * HOUR)
  story.says(4)
  story.start()
  story.says(4, trial)
  assert.equal(story.cell('exposed', `outside, ${STRATUM}`).enrolled, 1)
})

test('columns double when they are full, and not before', () => {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  for (let host = 0; host < 64; host++) table.add(FACTS)
  assert.equal(table.size.hosts, 64)
  table.reserve(64)
  assert.equal(table.size.hosts, 64)
  assert.equal(table.add(FACTS), 64)
  assert.equal(table.size.hosts, 128)
})

test('a host that was not added has no beacon, and a pack that is not rolled out no cells and no members', () => {
  const { table } = new Story()
  for (const host of [-1, 6]) assert.throws(() => table.fold(host, HEALTHY, T0), { code: 'kernel/bug' })
  assert.deepEqual(table.cells('q'), [])
  assert.throws(() => table.members('q'), { code: 'kernel/bug' })
})

test('a release of one pack is nothing to the hosts of another, nor to its cells', () => {
  const story = begun()
  story.says(0, { enrolment: { reboots: 1 } })
  const before = story.table.cells(RELEASE.pack)
  story.table.watch({ pack: 'q', imageDigest: 'e'.repeat(64) }, (host) => 100 + host)
  assert.deepEqual(story.start({ wave: 2, exposed: { fromPpm: 4, toPpm: 6 }, control: { fromPpm: 6, toPpm: 6 } }), {
    exposedHosts: 2,
    controlHosts: 0,
  })
  story.says(5, { pack: 'q' })
  const ofQ = [{ imageDigest: 'e'.repeat(64), outcome: 'trial' as const, atMs: T0 }]
  story.says(4, { pack: 'q', outcomes: ofQ })
  story.start({ wave: 3, exposed: { fromPpm: 0, toPpm: 0 }, control: { fromPpm: 0, toPpm: 0 } })
  assert.deepEqual(
    story.table.cells(RELEASE.pack).filter((cell) => cell.wave === 3),
    [],
  )
  const arms = { ...ARMS, exposed: { fromPpm: 100, toPpm: 106 }, control: { fromPpm: 106, toPpm: 106 } }
  assert.deepEqual(story.table.start('q', 'canary', arms, story.nowMs), { exposedHosts: 2, controlHosts: 0 })
  assert.deepEqual(
    story.table.cells(RELEASE.pack).filter((cell) => cell.wave === 1),
    before,
  )
})

test('a host takes at most 40 bytes', () => {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  for (let host = 0; host < 1_000; host++) table.add(FACTS)
  assert.ok(table.size.hosts >= 1_000)
  assert.ok(table.size.bytes <= 40 * table.size.hosts)
  table.reserve(3_000)
  assert.deepEqual(table.size, { bytes: 117_000, hosts: 3_000 })
})
