import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { fsck } from './fsck/fsck.ts'
import { Host } from './testing/host.ts'
import { imageOf, type TestImage } from './testing/images.ts'
import { Vendor } from './testing/vendor.ts'

const starter = imageOf('0.1.0')
const good = imageOf('1.0.0')
const bad = ['3.0.0', '3.1.0', '3.2.0'].map((version) => imageOf(version))
const later = imageOf('5.0.0')

async function hostWithStarter(context: TestContext, info: unknown = starter.slot) {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  for (const image of [good, ...bad, later]) vendor.approve(image)
  const host = new Host(context, vendor)
  writeFileSync(host.paths.starter, starter.bytes, { mode: 0o600 })
  writeFileSync(host.paths.starterInfo, JSON.stringify(info), { mode: 0o600 })
  /** Until a beacon says that the host runs `image` like that. */
  const runs = (image: TestImage, slot: string, mode = 'normal') =>
    vendor.until(() => {
      const { running, mode: said } = vendor.beacons.at(-1) ?? {}
      return running?.imageDigest === image.digest && running.slot === slot && said === mode
    })
  return { vendor, host, runs }
}

test('three releases that fall back: safe mode on the starter, until a person or a proven release ends it', async (context) => {
  const { vendor, host, runs } = await hostWithStarter(context)
  vendor.plan(null)
  host.start()
  await runs(starter, 'starter') // nothing is released yet, and the host is not without detection
  vendor.plan(good)
  await runs(good, 'confirmed')
  for (const image of bad) {
    vendor.plan(image)
    await host.until('a fallback', () => host.slots.rejected.includes(image.digest))
  }
  await runs(starter, 'starter', 'safe')

  vendor.plan(later)
  const asked = vendor.asked.length
  await vendor.until(() => vendor.asked.slice(asked).filter((path) => path.endsWith('timestamp.json')).length > 3)
  assert.equal(host.slots.candidate, null, 'it takes no candidate before it has cooled down')
  await host.kill()
  host.start()
  await host.heard('started')
  await runs(starter, 'starter', 'safe') // also after a crash

  writeFileSync(host.paths.resume, '', { mode: 0o600 })
  await runs(later, 'confirmed')
  await host.until('the request taken away', () => !existsSync(host.paths.resume))
  assert.deepEqual([host.slots.safe, host.slots.fallbacksAtMs], [null, []])

  await host.kill('SIGTERM')
  spawnSync('chmod', ['-R', 'go=', host.folder]) // a test's folder is not made by the installer
  chmodSync(host.folder, 0o700)
  const { findings } = await fsck(host.folder)
  assert.deepEqual(findings, [])
})

test('a recall takes the starter as well, and what is left is nothing', async (context) => {
  const { vendor, host, runs } = await hostWithStarter(context)
  vendor.plan(null)
  host.start()
  await runs(starter, 'starter')
  vendor.plan(null, [starter])
  await vendor.until(() => vendor.beacons.at(-1)?.running === null)
  assert.deepEqual([host.slots.starter, host.slots.recalledStarter], [null, starter.digest])
  await host.kill()
  const before = vendor.beacons.length
  host.start()
  await vendor.until(() => vendor.beacons.length > before + 2)
  assert.equal(vendor.beacons.at(-1)?.running, null)
})

test('a starter that was changed is said, and not run', async (context) => {
  const { vendor, host } = await hostWithStarter(context, { ...starter.slot, imageDigest: good.digest })
  vendor.plan(null)
  host.start()
  await host.heard('fault', 'starter/damaged')
  await vendor.until(() => vendor.beacons.length > 2)
  assert.equal(vendor.beacons.at(-1)?.running, null)
})
