import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Beacon } from '@firebreak/api'
import { decideWave, lookAt, parseRolloutPolicy, type RolloutState, SIGNALS } from '@firebreak/rollout'
import type { Database } from '@firebreak/sqlite'
import { trustRoot } from '@firebreak/tuf'
import * as fc from 'fast-check'
import { Controller } from './controller.ts'
import { dataFolder, parseOnlineKeys } from './data-folder.ts'
import { type Fleet, openFleet, type ServerBasis } from './fleet.ts'
import { claimLease } from './lease.ts'
import { openSharedStore, type Store } from './schema.ts'
import { GATE, hostBeacon, PACK, releaseFiles, TestServer, waveBeacon } from './server.fixture.ts'
import { readOnly } from './stand-by.ts'

/** Few hosts to a wave, so that there are many; a minute until one is silent, absent, or late with the release; and it takes much to halt. */
const POLICY = parseRolloutPolicy({
  rings: ['canary', 'broad'],
  budgetHosts: 3,
  controlHostsMin: 2,
  bakeMs: 0,
  provenAfterMs: 0,
  provenShareMin: 200_000,
  applyWithinMs: 60_000,
  absenceAfterMs: 60_000,
  failuresMax: 12,
  lossesMax: 9,
})
const INTERVAL_MS = 30_000
const HOUR_MS = 3_600_000
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
type Step = readonly ['tick'] | readonly ['calm', number] | readonly ['wait', number] | readonly ['say', number, Said]

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
    enrolAll(store, clock.ms)
    const onFatal = (error: unknown) => {
      throw error
    }
    this.fleet = openFleet(basis, store, { onKept: () => {}, onFatal })
    this.controller = new Controller({ ...this.fleet, store, now: basis.now, onChange: () => {}, onFatal })
  }

  static async begin(): Promise<Life> {
    const nowMs = Date.now()
    const clock = { ms: nowMs - (nowMs % HOUR_MS) }
    const keys = parseOnlineKeys(Buffer.from(server.vendor.onlineKeys))
    const folder = dataFolder(server.data)
    const roots = trustRoot(server.vendor.root)
    const begun = new Life(
      { policy: POLICY, folder, roots, keys, gateKeys: [GATE.publicKey], now: () => clock.ms },
      clock,
    )
    await begun.controller.start()
    for (const { host } of begun.fleet.hosts.all) {
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
    if (step[0] === 'calm') for (let i = 0; i < step[1]; i++) await this.#calm()
    if (step[0] === 'tick') await this.#tick()
  }

  /** Every host reports as usual, and has nothing new to say. */
  async #calm(): Promise<void> {
    this.#clock.ms += INTERVAL_MS
    for (let i = 0; i < HOSTS; i++) await this.#say(i, 'nothing')
  }

  /** What it decides, and from which numbers; and what another one would that starts now, on what is on the disk. */
  async #tick(): Promise<void> {
    const expected = this.#opinionAfterRestart()
    await this.controller.tick()
    const verdict = this.fleet.judged.get(PACK)
    assert.ok(verdict)
    const { kind, reason, counts } = verdict
    assert.deepEqual(expected, { kind, reason, counts, cells: this.state.cells })
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
    return { kind, reason, counts, cells: looked.cells }
  }

  #connect(): Database {
    const database = openSharedStore(this.#basis.folder.database)
    // Nobody pulls the plug here, and there are thousands of commits.
    database.exec('pragma synchronous = off')
    this.databases.push(database)
    return database
  }

  async #say(index: number, what: Said): Promise<void> {
    const told = this.#hosts[index % HOSTS]
    assert.ok(told)
    tell(told, what, this.fleet.ledger.rollout(PACK)?.waves.length ?? 0)
    // Twice: a silence that was not counted is not on the disk, and a server that has just started takes a host that is back for well.
    for (const beacon of [this.#beacon(told), this.#beacon(told)]) {
      const kept = this.fleet.ingest.takeBeacon(told.host, beacon, this.#clock.ms)
      this.fleet.ingest.flush()
      await kept
    }
  }

  #beacon({ wave, outcome, ending, reboots, detections }: Told): Beacon {
    const sequence = ++this.#sequence
    const digest = releaseFiles('1.0.0').image.sha256
    const said = { beaconIntervalMs: INTERVAL_MS, ending }
    if (wave === 0) return { ...hostBeacon(sequence), ...said }
    return { ...waveBeacon(sequence, digest, wave, outcome, { reboots, detections }), ...said }
  }
}

/** Under names that are the same in every run, so that the order in which they are exposed is. */
function enrolAll(store: Store, nowMs: number): void {
  const insert = 'insert into host(host, number, name, ring, enrolled_at_ms, token_hash) values (?, ?, ?, ?, ?, ?)'
  for (let i = 0; i < HOSTS; i++) {
    const ring = i % 3 === 0 ? 'broad' : 'canary'
    store.transaction(() => store.prepare(insert).run(`h-${i}`, i, `${i}`, ring, nowMs, `hash of ${i}`))
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

const said = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Said>('confirmed') },
  { weight: 8, arbitrary: fc.constantFrom<Said[]>('nothing', 'enrolled', 'trial') },
  { weight: 6, arbitrary: fc.constantFrom<Said[]>('rebooted', 'detected', 'stopping') },
  { weight: 1, arbitrary: fc.constant<Said>('refused') },
)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('say' as const), fc.nat(HOSTS - 1), said) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('tick' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('calm' as const), fc.integer({ min: 1, max: 3 })) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant('wait' as const), fc.constantFrom(1_000, INTERVAL_MS, 3 * INTERVAL_MS)),
  },
)

const RUNS = 14
const histories = fc.array(step, { minLength: 120, maxLength: 160 })
const MUST_REACH = [
  'silence',
  'absence',
  'reboot',
  'detection',
  'failure',
  'apply-failure',
  'halted',
  'complete',
  'rolling',
]

test('killed before any look, a server comes back to the same cells and decides the same', async () => {
  const reached = new Set<string>()
  let waves = 0
  for (const steps of fc.sample(histories, { numRuns: RUNS, seed: 20_240_719 })) {
    for (const one of steps) if (life.state.status === 'rolling') await life.step(one)
    const { cells, status } = life.state
    for (const [i, signal] of SIGNALS.entries())
      if (cells.some(({ events }) => (events[i] ?? 0) > 0)) reached.add(signal)
    reached.add(status)
    waves = Math.max(waves, life.state.waves.length)
    await renew()
  }
  assert.ok(waves >= 4, `${waves} waves`)
  assert.deepEqual(
    MUST_REACH.filter((one) => !reached.has(one)),
    [],
  )
})

async function renew(): Promise<void> {
  for (const database of life.databases) database.close()
  await server.remove()
  server = new TestServer()
  await server.init()
  life = await Life.begin()
}
