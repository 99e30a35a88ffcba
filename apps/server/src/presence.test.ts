import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Beacon, Enrolled, FleetStatus, HostStatus } from '@firebreak/api'
import { SILENCE_MS_MIN } from '@firebreak/rollout'
import { hostBeacon, TestServer } from './server.fixture.ts'

const server = new TestServer()

before(async () => {
  await server.init()
  await server.start()
})
after(() => server.remove())

async function report(host: Enrolled, over: Partial<Beacon>): Promise<void> {
  await server.report(host, hostBeacon(1, over))
}

function seen(status: FleetStatus, host: Enrolled): HostStatus | undefined {
  return status.rings.flatMap(({ hosts }) => hosts).find((one) => one.host === host.host)
}

test('a host that misses two of its own intervals is silent, whatever the rollout policy waits for, until it is back', async () => {
  const [quick, slow] = [await server.enrol('canary'), await server.enrol('canary')]
  await report(quick, { beaconIntervalMs: 100 })
  await report(slow, { beaconIntervalMs: 60_000 })
  const status = await server.until((one) => seen(one, quick)?.presence.kind === 'silent')
  const { presence, lastSeenMs } = seen(status, quick) as HostStatus
  assert.deepEqual(presence, { kind: 'silent', sinceMs: lastSeenMs })
  assert.ok(status.serverTimeMs - (lastSeenMs ?? 0) > SILENCE_MS_MIN)
  assert.deepEqual(seen(status, slow)?.presence, { kind: 'present' })
  await report(quick, { sequence: 2, beaconIntervalMs: 3_600_000 })
  assert.deepEqual(seen(await server.status(), quick)?.presence, { kind: 'present' })
})

test('a host that said why it ends is stopped and never silent, also over a restart of the server', async () => {
  const host = await server.enrol('early')
  await report(host, { beaconIntervalMs: 50, ending: 'stop token: kernel update' })
  const witness = await server.enrol('early')
  await report(witness, { beaconIntervalMs: 50 })
  const stopped = (status: FleetStatus) => {
    const { lastSeenMs, presence } = seen(status, host) as HostStatus
    assert.deepEqual(presence, { kind: 'stopped', sinceMs: lastSeenMs, reason: 'stop token: kernel update' })
  }
  stopped(await server.until((one) => seen(one, witness)?.presence.kind === 'silent'))
  await server.kill()
  await server.start()
  stopped(await server.until((one) => seen(one, witness)?.presence.kind === 'silent'))
  await report(host, { sequence: 2, beaconIntervalMs: 3_600_000 })
  assert.deepEqual(seen(await server.status(), host)?.presence, { kind: 'present' })
})
