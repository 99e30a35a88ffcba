import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Beacon } from '@firebreak/api'
import { type Cell, decideWave, lookAt, parseRolloutPolicy, type RolloutState } from '@firebreak/rollout'
import type { Database } from '@firebreak/sqlite'
import { trustRoot } from '@firebreak/tuf'
import * as fc from 'fast-check'
import { Controller } from './controller.ts'
import { dataFolder, parseOnlineKeys } from './data-folder.ts'
import { type Fleet, openFleet, type ServerBasis } from './fleet.ts'
import { claimLease } from './lease.ts'
import { openSharedStore } from './schema.ts'
import { hostBeacon, PACK, releaseFiles, TestServer, waveBeacon } from './server.fixture.ts'
import { readOnly } from './stand-by.ts'

/** Few hosts to a wave, so that there are many, and a minute until one is silent. */
const POLICY = parseRolloutPolicy({
  rings: ['canary', 'broad'],
  budgetHosts: 3,
  controlHostsMin: 2,
  bakeMs: 0,
  provenAfterMs: 0,
  provenShareMin: 500_000,
  failuresMax: 4,
  lossesMax: 9,
})
const INTERVAL_MS = 30_000
const HOSTS = 12

let server: TestServer
let life: Life

beforeEach(async () => {
  server = new TestServer()
  await server.init()
  life = await Life.begin()
})
afterEach(async () => {
  for (const database of life.databases) database.close()
  await server.remove()
})

type Said = 'nothing' | 'enrolled' | 'trial' | 'confirmed' | 'refused' | 'rebooted' | 'detected' | 'stopping'
type Step = readonly ['tick'] | readonly ['wait', number] | readonly ['say', number, Said]

/** What a host says in its beacons. */
interface Told {
  readonly host: string
  wave: number
  outcome: 'trial' | 'confirmed' | 'refused' | null
  reboots: number
  detections: number
  ending: string | null
}

/** One server that lives through it all, in this process, and what another one that starts now would know. */
class Life {
  readonly databases: Database[] = []
  readonly fleet: Fleet
  readonly controller: Controller
  readonly #basis: ServerBasis
  readonly #clock: { ms: number }
  readonly #startedAtMs: number
  readonly #hosts: Told[] = []
  #sequence = 0

  constructor(basis: ServerBasis, clock: { ms: number }) {
    this.#basis = basis
    this.#clock = clock
    this.#startedAtMs = clock.ms
    const lease = claimLease(this.#connect(), 'the living', clock.ms)
    assert.ok(lease)
    const store = lease.fenced()
    const onFatal = (error: unknown) => {
      throw error
    }
    this.fleet = openFleet(basis, store, { onKept: () => {}, onFatal })
    this.controller = new Controller({ ...this.fleet, store, now: basis.now, onChange: () => {}, onFatal })
  }

  static async begin(): Promise<Life> {
    const clock = { ms: Date.now() }
    const keys = parseOnlineKeys(Buffer.from(server.vendor.onlineKeys))
    const folder = dataFolder(server.data)
    const roots = trustRoot(server.vendor.root)
    const begun = new Life({ policy: POLICY, folder, roots, keys, now: () => clock.ms }, clock)
    await begun.controller.start()
    for (let i = 0; i < HOSTS; i++) {
      const ring = i % 3 === 0 ? 'broad' : 'canary'
      const { host } = begun.fleet.hosts.enrol({ name: `${i}`, ring }, clock.ms)
      begun.#hosts.push({ host, wave: 0, outcome: null, reboots: 0, detections: 0, ending: null })
    }
    for (let i = 0; i < HOSTS; i++) await begun.#say(i, 'nothing')
    const { image, report, files } = releaseFiles('1.0.0')
    const targetsMetadata = Buffer.from(server.vendor.sign([image, report])).toString('base64')
    await begun.controller.publish({ targetsMetadata, files })
    return begun
  }

  get state(): RolloutState {
    const state = this.fleet.ledger.rollout(PACK)
    assert.ok(state)
    return state
  }

  async step(step: Step): Promise<void> {
    if (step[0] === 'wait') this.#clock.ms += step[1]
    if (step[0] === 'say') await this.#say(step[1], step[2])
    if (step[0] === 'tick') await this.#tick()
  }

  /** What it decides, and from which numbers; and what another one would that starts now, on what is on the disk. */
  async #tick(): Promise<void> {
    const expected = this.#opinionAfterRestart()
    await this.controller.tick()
    const verdict = this.fleet.judged.get(PACK)
    assert.ok(verdict)
    const { kind, reason, counts } = verdict
    assert.deepEqual(expected, { kind, reason, counts, cells: cohortsOf(this.state.cells) })
  }

  #opinionAfterRestart(): unknown {
    const nowMs = this.#clock.ms
    const database = this.#connect()
    const noEvents = { onKept: () => {}, onFatal: () => {} }
    const { table, ledger } = openFleet({ ...this.#basis, now: () => this.#startedAtMs }, readOnly(database), noEvents)
    const state = ledger.rollout(PACK)
    assert.ok(state)
    table.sweep(nowMs, this.#startedAtMs)
    const looked = lookAt(state, table.cells(PACK), nowMs)
    const decision = decideWave(POLICY, looked, table.cells(PACK), (ring) => table.census(PACK, ring), nowMs)
    this.databases.pop()
    database.close()
    const { kind, reason, counts } = decision
    return { kind, reason, counts, cells: cohortsOf(looked.cells) }
  }

  #connect(): Database {
    const database = openSharedStore(this.#basis.folder.database)
    this.databases.push(database)
    return database
  }

  async #say(index: number, what: Said): Promise<void> {
    const told = this.#hosts[index % HOSTS]
    assert.ok(told)
    tell(told, what, this.fleet.ledger.rollout(PACK)?.waves.length ?? 0)
    // Twice: a server that has just started can't compare a beacon with the one before, and takes a host that is back for well.
    const kept = [1, 2].map(() => this.fleet.ingest.takeBeacon(told.host, this.#beacon(told), this.#clock.ms))
    this.fleet.ingest.flush()
    await Promise.all(kept)
  }

  #beacon({ wave, outcome, ending, reboots, detections }: Told): Beacon {
    const sequence = ++this.#sequence
    const digest = releaseFiles('1.0.0').image.sha256
    const said = { beaconIntervalMs: INTERVAL_MS, ending }
    if (wave === 0) return { ...hostBeacon(sequence), ...said }
    return { ...waveBeacon(sequence, digest, wave, outcome, { reboots, detections }), ...said }
  }
}

/** As hosts do: what happened since it enrolled stays in its beacons until the next wave, and an outcome for ever. */
function tell(told: Told, what: Said, wave: number): void {
  told.ending = what === 'stopping' ? 'by hand' : null
  if (what === 'nothing' || wave === 0) return
  if (wave > told.wave) Object.assign(told, { wave, reboots: 0, detections: 0 })
  if (what === 'rebooted') told.reboots++
  if (what === 'detected') told.detections++
  if (what === 'confirmed' || what === 'trial') told.outcome = told.outcome === 'confirmed' ? 'confirmed' : what
  if (what === 'refused') told.outcome = 'refused'
}

/**
 * Of the cohorts. That a host outside them was silent is written down with the next change of the rollout only: in which of two strata it
 * is counted may differ, and from which beacon on.
 */
function cohortsOf(cells: readonly Cell[]): readonly unknown[] {
  const inCohorts = cells.filter(({ cohort }) => cohort > 0)
  const by = Map.groupBy(
    inCohorts,
    ({ wave, arm, stratum }) => `${wave} ${arm} ${stratum.replace(/, (un)?steady$/, '')}`,
  )
  return [...by].map(([name, same]) => [name, same.map((cell) => ({ ...cell, stratum: '' })).reduce(addCounts)])
}

function addCounts<T extends object>(a: T, b: T): T {
  const sum = (x: unknown, y: unknown): unknown => {
    if (Array.isArray(x) && Array.isArray(y)) return x.map((one, i) => sum(one, y[i]))
    return typeof x === 'number' && typeof y === 'number' ? x + y : x
  }
  const names = Object.keys(a) as (keyof T)[]
  return Object.fromEntries(names.map((name) => [name, name === 'wave' ? a[name] : sum(a[name], b[name])])) as T
}

const said = fc.constantFrom(
  ...([
    'nothing',
    'enrolled',
    'trial',
    'confirmed',
    'confirmed',
    'confirmed',
    'refused',
    'rebooted',
    'detected',
  ] as const),
  'stopping' as const,
)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('say' as const), fc.nat(HOSTS - 1), said) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('tick' as const)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant('wait' as const), fc.constantFrom(1_000, INTERVAL_MS, 3 * INTERVAL_MS)),
  },
)

test('killed before any look, a server comes back to the same cells and decides the same', async () => {
  const reached = { waves: 0, silence: 0, ended: 0 }
  for (const steps of fc.sample(fc.array(step, { minLength: 60, maxLength: 90 }), { numRuns: 8, seed: 20_240_719 })) {
    for (const one of steps) if (life.state.status === 'rolling') await life.step(one)
    reached.waves = Math.max(reached.waves, life.state.waves.length)
    reached.silence += life.state.cells.some(({ events }) => (events[0] ?? 0) > 0) ? 1 : 0
    reached.ended += life.state.status === 'rolling' ? 0 : 1
    await renew()
  }
  assert.ok(reached.waves >= 2 && reached.silence > 0 && reached.ended > 0, JSON.stringify(reached))
})

async function renew(): Promise<void> {
  for (const database of life.databases) database.close()
  await server.remove()
  server = new TestServer()
  await server.init()
  life = await Life.begin()
}
