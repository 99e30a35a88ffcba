import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ARMS,
  begun,
  confirmed,
  fellBack,
  HOUR,
  NEW,
  SECOND,
  Story,
  STRATUM,
  T0,
  trial,
} from './fleet-story.fixture.ts'
import { RELEASE } from './fleet-table.fixture.ts'
import { SIGNALS } from './signals.ts'

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

test('a host that has the release and is left behind by a later wave counts outside at once', () => {
  const story = begun()
  story.says(0, { ...NEW, ...confirmed, enrolment: {}, ending: 'by hand' })
  story.says(1, { ...NEW, ...confirmed, enrolment: {} })
  const settled = { wave: 2, exposed: { fromPpm: 4, toPpm: 6 }, control: { fromPpm: 0, toPpm: 2 } }
  assert.deepEqual(story.start(settled), { exposedHosts: 2, controlHosts: 1 })
  assert.equal(story.cell('exposed', `outside, ${STRATUM}`, 2).enrolled, 2)
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

test('a wave does not start twice', () => {
  const story = begun()
  assert.throws(() => story.start())
  assert.throws(() => story.table.start('q', 'canary', ARMS, T0))
})

test('a host may say something new of itself as often as it likes', () => {
  const story = new Story()
  for (let i = 1; i <= 70_000; i++) story.says(0, { engineVersion: `1.${i}.0` })
  story.start()
  assert.equal(story.cell('exposed', STRATUM.replace('1.2.0', '1.70000.0')).cohort, 1)
  assert.equal(story.cell('exposed').cohort, 1)
})
