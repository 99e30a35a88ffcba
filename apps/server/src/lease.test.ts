import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { Beacon } from '@firebreak/api'
import { errorCode } from '@firebreak/kernel'
import { DEFAULT_ROLLOUT_POLICY } from '@firebreak/rollout'
import type { Database } from '@firebreak/sqlite'
import { trustRoot } from '@firebreak/tuf'
import { Controller } from './controller.ts'
import { dataFolder, parseOnlineKeys } from './data-folder.ts'
import { type Fleet, openFleet } from './fleet.ts'
import { claimLease, type HeldLease, LEASE_MS, leaseOf } from './lease.ts'
import { isGone, nameOfHolder } from './lease-holder.ts'
import { openSharedStore } from './schema.ts'
import { GATE, hostBeacon, releaseFiles, TestServer, waveBeacon } from './server.fixture.ts'

/** One of several controllers on one data folder, each with its own connection, as in processes of their own. */
interface Rival {
  readonly database: Database
  readonly lease: HeldLease
  readonly fleet: Fleet
  readonly controller: Controller
  readonly fatal: string[]
}

let server: TestServer
let nowMs: number
const opened: Database[] = []

beforeEach(async () => {
  server = new TestServer()
  await server.init()
  nowMs = Date.now()
})
afterEach(async () => {
  for (const database of opened.splice(0)) database.close()
  await server.remove()
})

function connect(): Database {
  const database = openSharedStore(dataFolder(server.data).database)
  opened.push(database)
  return database
}

async function takeOver(holder: string, database = connect()): Promise<Rival> {
  const lease = claimLease(database, holder, nowMs)
  assert.ok(lease, `${holder} gets the lease`)
  const folder = dataFolder(server.data)
  const fatal: string[] = []
  const onFatal = (error: unknown) => fatal.push(errorCode(error))
  const keys = parseOnlineKeys(Buffer.from(server.vendor.onlineKeys))
  const policy = { ...DEFAULT_ROLLOUT_POLICY, bakeMs: 0, provenAfterMs: 0 }
  const basis = {
    policy,
    folder,
    roots: trustRoot(server.vendor.root),
    keys,
    gateKeys: [GATE.publicKey],
    now: () => nowMs,
  }
  const store = lease.fenced()
  const fleet = openFleet(basis, store, { onKept: () => {}, onFatal })
  const controller = new Controller({ ...fleet, store, now: () => nowMs, onChange: () => {}, onFatal })
  await controller.start()
  return { database, lease, fleet, controller, fatal }
}

async function report({ fleet: { ingest } }: Rival, host: string, beacon: Beacon): Promise<void> {
  const kept = ingest.takeBeacon(host, beacon, nowMs)
  ingest.flush()
  await kept
}

const codeOf = (action: Promise<unknown>) => action.then(() => 'done', errorCode)
const generation = ({ fleet }: Rival) => fleet.repository.plan?.generation ?? 0

/** All that a server could have changed: every table, and every file that hosts fetch. */
function picture(): string {
  const database = connect()
  const tables = ['plan', 'metadata', 'rollout', 'release', 'cohort', 'verdict', 'host', 'journal', 'recalled']
  const rows = tables.map((table) => database.prepare(`select * from ${table}`).all())
  const timestamp = readFileSync(join(server.data, 'repository', 'metadata', 'timestamp.json'), 'utf8')
  return JSON.stringify([rows, timestamp])
}

function submission(version: string) {
  const { image, report, files } = releaseFiles(version)
  const targetsMetadata = Buffer.from(server.vendor.sign([image, report])).toString('base64')
  return { targetsMetadata, files }
}

test('a controller that slept through the end of its lease commits nothing and publishes nothing, whatever it tries', async () => {
  const sleeper = await takeOver('sleeper')
  const { host } = sleeper.fleet.hosts.enrol({ name: 'a', ring: 'canary' }, nowMs)
  await report(sleeper, host, hostBeacon(1))
  const { imageDigest } = await sleeper.controller.publish(submission('1.0.0'))
  await sleeper.controller.tick()
  // With this the next look would complete the rollout.
  await report(sleeper, host, waveBeacon(2, imageDigest, 1))
  const before = generation(sleeper)

  nowMs += LEASE_MS
  const waker = await takeOver('waker')
  assert.ok(waker.lease.token > sleeper.lease.token)
  await waker.controller.halt('linux-baseline', 'seen to be bad')
  assert.equal(generation(waker), before + 1)
  const left = picture()

  // Who sleeps may wake at any of these.
  const awake: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a decision', () => sleeper.controller.tick()],
    ['a release', () => sleeper.controller.publish(submission('1.1.0'))],
    ['a halt', () => sleeper.controller.halt('linux-baseline', 'again')],
    ['a recall', () => sleeper.controller.recall('linux-baseline', '1.0.0', 'bad')],
    ['an enrolment', async () => sleeper.fleet.hosts.enrol({ name: 'b', ring: 'canary' }, nowMs)],
    ['the files', () => sleeper.fleet.repository.materialise()],
    ['a renewal', async () => sleeper.lease.renew(nowMs)],
    ['a beacon', () => report(sleeper, host, waveBeacon(3, imageDigest, 1))],
  ]
  for (const [what, act] of awake) {
    assert.equal(await codeOf(act()), 'server/lease-lost', what)
    assert.equal(picture(), left, what)
  }
  assert.ok(sleeper.fatal.includes('server/lease-lost'), 'and it is told to end')
  await waker.controller.tick()
  assert.deepEqual(waker.fatal, [])
})

test('the timestamp that a sleeper decided but had not written is not put over a newer one', async () => {
  const sleeper = await takeOver('sleeper')
  const { repository } = sleeper.fleet
  const plan = { generation: generation(sleeper) + 1, issuedAtMs: nowMs, packs: [], recalled: ['a'.repeat(64)] }
  sleeper.lease.fenced().transaction(() => repository.stage({ plan }, nowMs))
  nowMs += LEASE_MS
  const waker = await takeOver('waker')
  assert.equal(generation(waker), plan.generation + 1, 'what was decided counts, and generations go on')
  const left = picture()
  assert.equal(await codeOf(repository.materialise()), 'server/lease-lost')
  assert.equal(picture(), left)
})

test('a lease is waited for, renewed, given back, and taken with a higher token', () => {
  const [one, two] = [connect(), connect()]
  const first = claimLease(one, 'one', nowMs)
  assert.equal(first?.token, 1)
  assert.equal(claimLease(two, 'two', nowMs + LEASE_MS - 1), null)
  first.renew(nowMs + LEASE_MS - 1)
  assert.equal(claimLease(two, 'two', nowMs + LEASE_MS), null)
  first.release()
  const second = claimLease(two, 'two', nowMs)
  assert.equal(second?.token, 2)
  first.release()
  assert.equal(leaseOf(one)?.holder, 'two', 'what is lost can not be given back')
  assert.throws(() => first.renew(nowMs), { code: 'server/lease-lost' })
  assert.equal(claimLease(one, 'one', nowMs + LEASE_MS)?.token, 3)
})

test('a holder that lives is not gone; one whose process ended, or is another by now, is', () => {
  const me = nameOfHolder()
  const [boot, namespace, pid, start, chance] = me.split(' ')
  assert.notEqual(me, nameOfHolder())
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['this process', me, false],
    ['another that took its number', [boot, namespace, pid, '1', chance].join(' '), true],
    ['none of that number', [boot, namespace, 0, start, chance].join(' '), true],
    ['of before a reboot', ['other', namespace, 0, start, chance].join(' '), false],
    ['of another container', [boot, 'pid:[1]', 0, start, chance].join(' '), false],
    ['no name of ours', 'x', false],
  ]
  for (const [what, holder, expected] of rows) assert.equal(isGone(holder), expected, what)
})

test('a process that died is followed at once', () => {
  const [boot, namespace] = nameOfHolder().split(' ')
  assert.ok(claimLease(connect(), `${boot} ${namespace} 0 1 dead`, nowMs))
  assert.equal(claimLease(connect(), nameOfHolder(), nowMs)?.token, 2)
})
