import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { imagePath } from './config.ts'
import { childrenOf, Host, isAlive } from './testing/host.ts'
import { imageOf } from './testing/images.ts'
import { Vendor } from './testing/vendor.ts'
import { ACTIVATION_CRASH_VERSION } from './testing/versions.ts'

const first = imageOf('1.0.0')
const second = imageOf('1.1.0')
const crashing = imageOf(ACTIVATION_CRASH_VERSION)

async function vendorFor(context: TestContext): Promise<Vendor> {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  return vendor
}

async function confirmed(context: TestContext): Promise<{ vendor: Vendor; host: Host }> {
  const vendor = await vendorFor(context)
  vendor.approve(first)
  vendor.plan(first)
  const host = new Host(context, vendor)
  host.start()
  await host.heard('slots', 'trial-passed')
  return { vendor, host }
}

function runs(vendor: Vendor, version: string): Promise<void> {
  return vendor.until(() => {
    const running = vendor.beacons.at(-1)?.running
    return running?.version === version && running.slot === 'confirmed'
  })
}

test('a host from nothing to confirmed content and back by recall, and nothing of it is left', async (context) => {
  const { vendor, host } = await confirmed(context)
  await runs(vendor, '1.0.0')
  vendor.approve(second)
  vendor.plan(second)
  await runs(vendor, '1.1.0')
  vendor.plan(first, [second])
  await host.heard('slots', 'recalled')
  await runs(vendor, '1.0.0')
  assert.deepEqual(host.slots.rejected, [second.digest])
  const children = childrenOf(host.pid)
  assert.ok(children.length >= 3, `${children.length} processes`) // sensor, fetcher, engine; and the standby, when it is warm
  assert.equal(await host.kill('SIGTERM'), 0)
  assert.deepEqual(children.filter(isAlive), [])
})

test('when the supervisor is killed, so are all its processes', async (context) => {
  const { host } = await confirmed(context)
  await host.heard('sensor')
  const children = childrenOf(host.pid)
  assert.ok(children.length >= 3)
  await host.kill()
  // To close what the kernel keeps for the sensor takes it a moment, and its standard error is closed before that.
  while (children.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('sensor and fetcher are killed, and come back', async (context) => {
  const { vendor, host } = await confirmed(context)
  await host.heard('sensor')
  for (const [entry, event] of [
    ['sensor/main.ts', 'sensor'],
    ['fetcher/main.ts', 'enrolled'],
  ] as const) {
    const [pid = 0] = host.children(entry)
    const before = host.lines.length
    process.kill(pid, 'SIGKILL')
    await host.until(`${event} again`, () => host.lines.slice(before).some((line) => line.event === event))
    assert.notEqual(host.children(entry)[0], pid)
  }
  const { length } = vendor.beacons
  await vendor.until(() => vendor.beacons.length > length)
  const sequences = vendor.beacons.map(({ sequence }) => sequence)
  assert.ok(sequences.length > 1)
})

test('a second agent on the same folder is refused; a folder that nobody prepared, too', async (context) => {
  const { vendor, host } = await confirmed(context)
  assert.equal(readlinkSync(host.paths.lock).split(' ')[0], String(host.pid))
  const other = new Host(context, vendor)
  writeFileSync(other.paths.config, '{}')
  other.start()
  assert.equal(await other.ended(), 1)
  assert.match(other.errors.join(), /"code":"kernel\/malformed","message":"Cannot read agent\.json/)
  Object.assign(other, { paths: host.paths, folder: host.folder })
  other.errors.length = 0
  other.start()
  assert.equal(await other.ended(), 1)
  assert.match(other.errors.join(), /"agent\/already-running","message":"Cannot start: process \d+ already runs/)
  assert.equal(other.errors.length, 1)
})

test('a candidate that kills its engine is given up after two deaths; the host comes back by itself', async (context) => {
  const { vendor, host } = await confirmed(context)
  vendor.approve(crashing)
  vendor.plan(crashing)
  await host.until('the end of the trial', () => host.lines.filter((line) => JSON.stringify(line).includes('candidate-died')).length === 2) // prettier-ignore
  assert.deepEqual(host.slots.rejected, [crashing.digest])
  await host.heard('recovered')
  await runs(vendor, '1.0.0')
  const told = () => vendor.beacons.at(-1)?.outcomes.find(({ imageDigest }) => imageDigest === crashing.digest)
  await vendor.until(() => told()?.outcome === 'fell-back' && (told()?.recoverMs ?? 0) > 0)
  context.diagnostic(`recovered in ${told()?.recoverMs} ms`)
})

test('a damaged slot: the next start falls back, fetches again, and runs', async (context) => {
  const { vendor, host } = await confirmed(context)
  vendor.approve(second)
  vendor.plan(second)
  await runs(vendor, '1.1.0')
  await host.kill()
  const path = imagePath(host.paths.slots, second.digest)
  const bytes = readFileSync(path)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  writeFileSync(path, bytes)
  writeFileSync(imagePath(host.paths.fetcher, second.digest), bytes)
  await vendor.close() // offline: the way back needs nobody
  host.start()
  await host.heard('slots', 'damaged')
  assert.equal(host.slots.confirmed?.version, '1.0.0')
  await vendor.listen()
  await host.heard('slots', 'trial-passed')
  assert.equal(host.slots.confirmed.version, '1.1.0')
  await host.kill()
  for (const image of [first, second]) writeFileSync(imagePath(host.paths.slots, image.digest), 'x')
  host.start()
  await host.heard('slots', 'trial-passed')
  assert.equal(host.slots.confirmed.version, '1.1.0')
})

test('a state that somebody changed is refused with one sentence; the images stay', async (context) => {
  const { host } = await confirmed(context)
  await host.kill()
  const before = readdirSync(host.paths.slots)
  const state = readFileSync(host.paths.slotState, 'utf8')
  writeFileSync(host.paths.slotState, state.replace('"starts"', '"stars"'))
  host.start()
  assert.equal(await host.ended(), 1)
  assert.match(host.errors.join(), /^\{"event":"failed","code":"kernel\/malformed","message":"Cannot start: /)
  assert.deepEqual(readdirSync(host.paths.slots), before)
  writeFileSync(host.paths.slotState, state)
  host.start()
  await host.heard('started')
})
