import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Json, jsonBytes, KernelError, PPM_ALL } from '@firebreak/kernel'
import { Draws, ppmOf } from './draws.ts'
import { parseScenario } from './read-scenario.ts'
import { NATURAL_EVENTS, World } from './world.ts'

const HOUR_MS = 3_600_000
const START = '2024-07-19T04:09:00Z' // a Friday
const HOSTS = 20_000

const FILE = {
  title: 'a test',
  story: 'made up',
  hosts: HOSTS,
  startsAt: START,
  horizonSeconds: 3_600,
  expected: { outcome: 'complete', harmedMax: 0 },
}

function world(change: Readonly<Record<string, Json>> = {}, seed = 1, hosts = HOSTS): World {
  return new World(parseScenario(jsonBytes({ ...FILE, ...change })), hosts, seed)
}

function count(of: World, what: (host: number) => boolean): number {
  let sum = 0
  for (let host = 0; host < of.hosts; host++) if (what(host)) sum++
  return sum
}

test('a draw depends on seed, purpose and counters, and on nothing else', () => {
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  fc.assert(
    fc.property(u32, fc.string(), u32, u32, (seed, purpose, a, b) => {
      assert.equal(new Draws(seed).of(purpose)(a, b), new Draws(seed).of(purpose)(a, b))
    }),
  )
  const drawn = [new Draws(1).of('ring')(0), new Draws(1).of('ring')(1), new Draws(2).of('site')(7, 9)]
  assert.deepEqual(drawn, [3_017_921_794, 793_719_945, 2_682_612_611])
})

test('draws are uniform, and those of two purposes, seeds or counters have nothing to do with each other', () => {
  const [one, other] = [new Draws(1).of('ring'), new Draws(1).of('stratum')]
  const seeded = new Draws(2).of('ring')
  const draws = 100_000
  const low = (draw: number) => ppmOf(draw) < 100_000
  const seen = { one: 0, other: 0, both: 0, seeds: 0, next: 0, second: 0 }
  for (let i = 0; i < draws; i++) {
    if (low(one(i))) seen.one++
    if (low(other(i))) seen.other++
    if (low(one(i)) && low(other(i))) seen.both++
    if (low(one(i)) && low(seeded(i))) seen.seeds++
    if (low(one(i)) && low(one(i + 1))) seen.next++
    if (low(one(i, 0)) && low(one(i, 1))) seen.second++
  }
  for (const n of [seen.one, seen.other]) assert.ok(Math.abs(n - draws / 10) < 500, `${n}`)
  for (const n of [seen.both, seen.seeds, seen.next, seen.second]) assert.ok(Math.abs(n - draws / 100) < 200, `${n}`)
})

test('rings, strata and sites have the shares that the scenario says', () => {
  const made = world()
  assert.ok(Math.abs(count(made, (host) => made.ring(host).ring === 'canary') - 200) < 60)
  assert.ok(Math.abs(count(made, (host) => made.ring(host).ring === 'early') - 1_800) < 180)
  assert.ok(Math.abs(count(made, (host) => made.stratum(host).name === 'desktop') - 8_000) < 300)
  assert.ok(count(made, (host) => made.siteOf(host) === 7) > 0)
  assert.ok(count(made, (host) => !made.isSteady(host)) > 1_000)
})

test('a host reports and polls once in each interval, and hosts in order of their number', () => {
  const made = world()
  for (let host = 1; host < made.hosts; host++) {
    assert.ok(made.beaconPhaseMs(host) >= made.beaconPhaseMs(host - 1))
    assert.ok(made.pollPhaseMs(host) < made.ring(host).pollSeconds * 1_000)
  }
  assert.ok(made.beaconPhaseMs(made.hosts - 1) < 300_000)
})

test('servers never sleep, offices do at night and on weekends, and each change of sleep is one', () => {
  const made = world()
  const saturdayNoon = made.startsAtMs + 32 * HOUR_MS
  for (let host = 0; host < 2_000; host++) {
    const { sleep } = made.stratum(host)
    if (sleep === 'always-on') assert.equal(made.sleepChangesMs(host, saturdayNoon), Number.POSITIVE_INFINITY)
    if (sleep !== 'laptop') assert.equal(made.isAwake(host, saturdayNoon), sleep === 'always-on')
    if (sleep === 'always-on') continue
    let nowMs = made.startsAtMs
    for (let change = 0; change < 6; change++) {
      const awake = made.isAwake(host, nowMs)
      const nextMs = made.sleepChangesMs(host, nowMs)
      assert.ok(nextMs > nowMs)
      assert.equal(made.isAwake(host, nextMs - 1), awake)
      assert.equal(made.isAwake(host, nextMs), !awake)
      nowMs = nextMs
    }
  }
})

test('some hosts are shut down when they sleep, and boot; some of them say goodbye', () => {
  const made = world()
  const offices = Array.from({ length: HOSTS }, (_, host) => host).filter(
    (host) => made.stratum(host).sleep === 'office',
  )
  const wakes = (host: number) => {
    const nowMs = made.startsAtMs
    const changesMs = made.sleepChangesMs(host, nowMs)
    return made.isAwake(host, nowMs) ? made.sleepChangesMs(host, changesMs) : changesMs
  }
  const boots = offices.filter((host) => made.bootsToWake(host, wakes(host))).length
  const announced = offices.filter((host) => made.announcesSleep(host, wakes(host))).length
  assert.ok(Math.abs(boots / offices.length - 0.5) < 0.03, `${boots} of ${offices.length}`)
  assert.ok(Math.abs(announced / offices.length - 0.95) < 0.03, `${announced} of ${offices.length}`)
  assert.equal(
    count(made, (host) => made.stratum(host).sleep === 'always-on' && made.bootsToWake(host, made.startsAtMs)),
    0,
  )
})

test('natural events come as often as the noise says, each within its hour, and a silence is a silence while it lasts', () => {
  const steady = { reboot: 100_000, silence: 50_000, silenceSecondsMean: 600 }
  const made = world({ fleet: { steady, unsteady: steady } })
  const seen = NATURAL_EVENTS.map(() => 0)
  const hour = Math.floor(made.startsAtMs / HOUR_MS)
  for (let host = 0; host < made.hosts; host++) {
    made.forEachEvent(host, hour * HOUR_MS, (hour + 1) * HOUR_MS, (kind, atMs) => {
      seen[kind] = (seen[kind] ?? 0) + 1
      assert.equal(Math.floor(atMs / HOUR_MS), hour)
      if (kind > 1) return
      assert.ok(made.isOffline(host, atMs))
    })
  }
  assert.ok(Math.abs((seen[0] ?? 0) - 1_000) < 120, `${seen[0]} silences`)
  assert.ok(Math.abs((seen[1] ?? 0) - 2_000) < 160, `${seen[1]} reboots`)
})

test('a fault hits the share and the stratum that it names, after its mean', () => {
  const faults: Json = [
    { effect: 'silence', onset: 'event', meanSeconds: 30 },
    { effect: 'failure', sharePpm: 10_000 },
    { effect: 'cpu', stratum: 'laptop' },
  ]
  const made = world({ faults })
  assert.equal(
    count(made, (host) => made.isAffected(host, 0)),
    HOSTS,
  )
  assert.ok(Math.abs(count(made, (host) => made.isAffected(host, 1)) - 200) < 60)
  assert.equal(
    count(made, (host) => made.isAffected(host, 2)),
    count(made, (host) => made.stratum(host).name === 'laptop'),
  )
  let sumMs = 0
  for (let host = 0; host < HOSTS; host++) sumMs += made.harmAfterMs(host, 0)
  assert.ok(Math.abs(sumMs / HOSTS - 30_000) < 1_000, `${sumMs / HOSTS}`)
  assert.equal(made.harmAfterMs(5, 1), 0)
})

test('an outage takes whole sites, and lost telemetry takes beacons only', () => {
  const span = { fromSeconds: 60, toSeconds: 120 }
  const made = world({
    incidents: [
      { kind: 'site-outage', sharePpm: 300_000, ...span },
      { kind: 'telemetry-loss', sharePpm: 500_000, ...span },
    ],
  })
  const duringMs = made.startsAtMs + 90_000
  assert.ok(Math.abs(count(made, (host) => made.isOut(host, duringMs)) - 6_000) < 1_200)
  assert.ok(Math.abs(count(made, (host) => made.isBeaconLost(host, duringMs)) - 10_000) < 400)
  for (const atMs of [made.startsAtMs + 59_999, made.startsAtMs + 120_000]) {
    assert.equal(
      count(made, (host) => made.isOut(host, atMs) || made.isBeaconLost(host, atMs)),
      0,
    )
  }
  const out = new Set<number>()
  for (let host = 0; host < HOSTS; host++) if (made.isOut(host, duringMs)) out.add(made.siteOf(host))
  assert.equal(
    count(made, (host) => out.has(made.siteOf(host)) !== made.isOut(host, duringMs)),
    0,
  )
})

test('the same seed is the same world, another one is another', () => {
  const facts = (of: World) =>
    Array.from({ length: 500 }, (_, host) => [of.ringOf(host), of.stratumOf(host), of.isSteady(host), of.siteOf(host)])
  assert.deepEqual(facts(world()), facts(world()))
  assert.notDeepEqual(facts(world()), facts(world({}, 2)))
})

const REFUSED: readonly (readonly [what: string, change: Readonly<Record<string, Json>>])[] = [
  ['a key that nobody reads', { horizonSecond: 5 }],
  ['a misspelt fault', { faults: [{ effect: 'silence', share: 5 }] }],
  ['an effect that there is none of', { faults: [{ effect: 'sulking' }] }],
  ['a stratum that there is none of', { faults: [{ effect: 'silence', stratum: 'mainframe' }] }],
  ['shares that are not everybody', { fleet: { rings: [{ ring: 'canary', sharePpm: PPM_ALL - 1, pollSeconds: 60 }] } }],
  ['half a host', { hosts: 1.5 }],
  ['a day of the past', { startsAt: 'yesterday' }],
]

test('a scenario is read strictly', () => {
  for (const [what, change] of REFUSED) {
    assert.throws(
      () => world(change),
      (error) => error instanceof KernelError && error.code === 'kernel/malformed',
      what,
    )
  }
})
