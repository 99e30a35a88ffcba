import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arm, WaveArms } from '../plan/exposure.ts'
import { FleetTable } from './fleet-table.ts'
import { FACTS, HEALTHY, RELEASE, RULES } from './fleet-table.fixture.ts'
import type { HealthReport } from './health-report.ts'
import { type Cell, type Signal, SIGNALS } from './signals.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const T0 = 1_000 * HOUR
const ARMS: WaveArms = { wave: 1, exposed: { fromPpm: 0, toPpm: 2 }, control: { fromPpm: 2, toPpm: 4 } }
const STRATUM = 'engine 1.2.0, linux 6.18 x64, ring canary, steady'
const SINCE = {
  imageDigest: RELEASE.imageDigest,
  wave: 1,
  sinceMs: 0,
  reboots: 0,
  engineRestarts: 0,
  detections: 0,
  engineCpuPpmPeak: 0,
  engineMemoryKiBPeak: 0,
}
const NEW = { running: { imageDigest: RELEASE.imageDigest } }
const trial = { outcomes: [{ imageDigest: RELEASE.imageDigest, outcome: 'trial', atMs: T0 }] } as const
const confirmed = { outcomes: [{ imageDigest: RELEASE.imageDigest, outcome: 'confirmed', atMs: T0 }] } as const
const fellBack = { outcomes: [{ imageDigest: RELEASE.imageDigest, outcome: 'fell-back', atMs: T0 }] } as const

type Words = Partial<Omit<HealthReport, 'enrolment'>> & { readonly enrolment?: Partial<typeof SINCE> | null }

/** Hosts 0 and 1 are exposed by the first wave, 2 and 3 its control; their bucket is their number. */
class Story {
  readonly table = new FleetTable({ ...RULES, epochMs: 0 })
  nowMs = T0
  #sequence = 0

  constructor(hosts = 6) {
    this.table.watch(RELEASE, (host) => host)
    for (let host = 0; host < hosts; host++) this.table.add(FACTS)
    for (let host = 0; host < hosts; host++) this.says(host)
    this.sweep()
  }

  /** What a host says beside being healthy. An enrolment is in the wave that is named, without anything amiss but what is named. */
  says(host: number, words: Words = {}): void {
    const enrolment = words.enrolment ? { ...SINCE, ...words.enrolment } : null
    this.table.fold(host, { ...HEALTHY, sequence: ++this.#sequence, ...words, enrolment }, this.nowMs)
  }

  /** Time goes by, and the server was there. */
  pass(ms: number, listeningSinceMs = T0 - HOUR): void {
    this.nowMs += ms
    this.sweep(listeningSinceMs)
  }

  sweep(listeningSinceMs = T0 - HOUR): void {
    this.table.sweep(this.nowMs, listeningSinceMs)
  }

  start(arms: Partial<WaveArms> = {}) {
    return this.table.start(RELEASE.pack, 'canary', { ...ARMS, ...arms }, this.nowMs)
  }

  enrolAll(): void {
    for (const host of [0, 1, 2, 3]) this.says(host, { enrolment: {} })
  }

  cell(arm: Arm, stratum: string = STRATUM, wave = 1): Cell {
    const cell = this.table.cells(RELEASE.pack).find((one) => {
      return one.arm === arm && one.stratum === stratum && one.wave === wave
    })
    assert.ok(cell, `no cell ${wave} ${arm} ${stratum}`)
    return cell
  }

  events(signal: Signal, arm: Arm = 'exposed', stratum: string = STRATUM, wave = 1): number {
    return this.cell(arm, stratum, wave).events[SIGNALS.indexOf(signal)] ?? 0
  }
}

function begun(): Story {
  const story = new Story()
  story.start()
  story.enrolAll()
  return story
}

test('a cohort is the eligible hosts of both ranges, in strata', () => {
  const story = new Story()
  story.says(1, { engineVersion: '1.3.0' })
  assert.deepEqual(story.start(), { exposedHosts: 2, controlHosts: 2 })
  assert.equal(story.cell('exposed').cohort, 1)
  assert.equal(story.cell('exposed', STRATUM.replace('1.2.0', '1.3.0')).cohort, 1)
  assert.equal(story.cell('control').cohort, 2)
})

type Case = readonly [what: string, host: (story: Story, number: number) => void]
const ineligible: readonly Case[] = [
  ['takes releases later', (story, host) => story.says(host, { customer: { name: '', ring: '', takes: 'later' } })],
  [
    'follows another ring',
    (story, host) => story.says(host, { customer: { name: '', ring: 'broad', takes: 'at-once' } }),
  ],
  ['follows another pack', (story, host) => story.says(host, { pack: 'q' })],
  ['said that it stops', (story, host) => story.says(host, { ending: 'by hand' })],
  ['lost an engine in its last interval', (story, host) => story.says(host, { engineRestarts: 1 })],
  ['rejected the release before', (story, host) => story.says(host, fellBack)],
]

test('who is not eligible is in no cohort, whichever arm it would be in', () => {
  for (const [what, change] of ineligible) {
    for (const [host, sizes] of [
      [1, { exposedHosts: 1, controlHosts: 2 }],
      [2, { exposedHosts: 2, controlHosts: 1 }],
    ] as const) {
      const story = new Story()
      change(story, host)
      assert.deepEqual(story.start(), sizes, `${what}, host ${host}`)
    }
  }
})

test('a host that is silent, or was until its last beacon, is in no cohort', () => {
  const story = new Story()
  story.pass(61 * SECOND)
  for (const host of [1, 2, 3]) story.says(host)
  assert.deepEqual(story.start({ wave: 1 }), { exposedHosts: 0, controlHosts: 0 })
  for (const host of [1, 2, 3]) story.says(host)
  assert.deepEqual(story.start({ wave: 2 }), { exposedHosts: 1, controlHosts: 2 })
})

test('a server that came back knows nobody to be there who has not reported since', () => {
  const story = new Story()
  story.pass(HOUR, T0 + HOUR)
  assert.deepEqual(story.table.presence(0, story.nowMs), { kind: 'present' })
  assert.deepEqual(story.start(), { exposedHosts: 0, controlHosts: 0 })
})

test('hosts that vanish stay in the denominator', () => {
  const story = begun()
  story.pass(61 * SECOND)
  assert.equal(story.cell('exposed').cohort, 2)
  assert.equal(story.cell('exposed').enrolled, 2)
  assert.equal(story.events('silence'), 2)
  assert.equal(story.events('silence', 'control'), 2)
})

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

test('a control host that begins the release is no control any more', () => {
  const story = begun()
  story.says(2, { ...NEW, ...trial, enrolment: {} })
  story.pass(61 * SECOND)
  assert.equal(story.events('silence', 'control'), 1)
  assert.equal(story.cell('control').left[SIGNALS.indexOf('silence')], 1)
  assert.equal(story.cell('control').cohort, 2)
})

test('who goes to a later wave is at risk there, and here no more; what has happened stays', () => {
  const story = begun()
  story.says(2, { enrolment: { reboots: 1 } })
  story.start({ wave: 2, exposed: { fromPpm: 2, toPpm: 4 }, control: { fromPpm: 4, toPpm: 6 } })
  const { enrolled, events, left } = story.cell('control')
  const [silence, reboot] = [SIGNALS.indexOf('silence'), SIGNALS.indexOf('reboot')]
  assert.deepEqual([enrolled, events[reboot], left[reboot], left[silence]], [2, 1, 1, 2])
  for (const host of [2, 3]) story.says(host, { enrolment: { wave: 2 } })
  assert.equal(story.cell('exposed', STRATUM, 2).events[reboot], 0)
  story.pass(61 * SECOND)
  assert.equal(story.events('silence'), 2, 'hosts of the first wave are watched on')
  assert.equal(story.events('silence', 'control'), 0)
  assert.equal(story.events('silence', 'exposed', STRATUM, 2), 2)
})

test('a host that is ill when a later wave takes its range leaves the earlier one all the same', () => {
  const story = begun()
  story.says(2, { enrolment: {}, engineRestarts: 1 })
  const sizes = story.start({ wave: 2, exposed: { fromPpm: 2, toPpm: 4 }, control: { fromPpm: 4, toPpm: 6 } })
  assert.equal(sizes.exposedHosts, 1)
  story.pass(61 * SECOND)
  assert.equal(story.events('silence', 'control'), 0)
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

test('a host that was silent without notice is unsteady for a week', () => {
  const story = new Story()
  story.pass(61 * SECOND)
  const back = (days: number) => {
    story.pass(days * 24 * HOUR, T0 + 1_000 * HOUR)
    for (const host of [0, 2]) for (const _ of [1, 2]) story.says(host)
  }
  back(0)
  story.sweep()
  story.start({ wave: 1 })
  const unsteady = STRATUM.replace('steady', 'unsteady')
  assert.equal(story.cell('exposed', unsteady).cohort, 1)
  back(7)
  story.pass(HOUR, T0 + 1_000 * HOUR)
  for (const host of [0, 2]) story.says(host)
  story.start({ wave: 2 })
  assert.equal(story.cell('exposed', STRATUM, 2).cohort, 1)
})

test('a new release of the pack is watched from the beginning', () => {
  const story = begun()
  story.says(0, { ...fellBack, enrolment: {} })
  story.table.watch({ pack: RELEASE.pack, imageDigest: 'e'.repeat(64) }, (host) => host)
  assert.deepEqual(story.table.cells(RELEASE.pack), [])
  story.says(0, fellBack)
  assert.deepEqual(story.start(), { exposedHosts: 2, controlHosts: 2 })
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

test('a wave does not start twice', () => {
  const story = begun()
  assert.throws(() => story.start())
  assert.throws(() => story.table.start('q', 'canary', ARMS, T0))
})

test('a host takes at most 40 bytes', () => {
  const table = new FleetTable({ ...RULES, epochMs: 0 })
  for (let host = 0; host < 1_000; host++) table.add(FACTS)
  assert.ok(table.size.hosts >= 1_000)
  assert.ok(table.size.bytes <= 40 * table.size.hosts)
  table.reserve(3_000)
  assert.deepEqual(table.size, { bytes: 120_000, hosts: 3_000 })
})
