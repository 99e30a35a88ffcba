import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sha256Hex } from '@firebreak/crypto'
import { readDurable } from '@firebreak/durable-fs'
import type { SlotState } from '@firebreak/updater'
import { imagePath } from './config.ts'
import { Host } from './testing/host.ts'
import { imageOf } from './testing/images.ts'
import { Vendor } from './testing/vendor.ts'

const KILLS = 20
/** Each kill comes a little after one of these, so that all moments between them have their turn. */
const MOMENTS = [
  ['started', ''],
  ['slots', 'offered'],
  ['enrolled', ''],
  ['slots', 'offered'],
  ['slots', 'trial-passed'],
] as const
const STEP_MS = 23
const STEPS = 6

/** What has to hold for a folder at every moment, whoever was killed: read with no code of the agent but the digest. */
async function fsck(host: Host): Promise<void> {
  if (!existsSync(host.paths.slotState)) return
  const { candidate, confirmed, lastKnownGood, rejected }: SlotState = host.slots
  const held = [candidate?.image, confirmed, lastKnownGood].filter((image) => image != null)
  const digests = held.map(({ imageDigest }) => imageDigest)
  assert.equal(new Set(digests).size, digests.length, 'slots hold different images')
  for (const digest of digests) {
    assert.ok(!rejected.includes(digest), 'a rejected image is in no slot')
    const bytes = await readDurable(imagePath(host.paths.slots, digest), 1e8)
    assert.equal(bytes && sha256Hex(bytes), digest, 'the bytes of every slot are there')
  }
}

/** So many trials that end by a kill would put a host into safe mode, as they should: somebody who watches it ends that. */
function resumeIfNeeded(host: Host): void {
  if (existsSync(host.paths.slotState) && host.slots.fallbacksAtMs.length > 1) writeFileSync(host.paths.resume, '')
}

test(`kill -9 of the supervisor, ${KILLS} times, at any moment of offer, trial and confirmation`, async (context) => {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  const images = Array.from({ length: 40 }, (_, i) => imageOf(`1.0.${i}`))
  let offered = 0
  const offerNext = () => {
    const image = images[offered++]
    assert.ok(image)
    vendor.approve(image)
    vendor.plan(image)
  }
  offerNext()
  const host = new Host(context, vendor)
  let lastConfirmed = -1
  const givenUp: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    resumeIfNeeded(host)
    host.start()
    const [event, detail] = MOMENTS[kill % MOMENTS.length] ?? MOMENTS[0]
    await host.heard(event, detail)
    await delay(STEP_MS * (Math.floor(kill / MOMENTS.length) % STEPS)) // not a wait for anything: a moment to kill at
    await host.kill()
    // A launcher that finds its parent dead says so, and that is all that is ever said.
    assert.deepEqual(
      host.errors.filter((line) => !line.endsWith('the parent is gone')),
      [],
    )
    await fsck(host)
    if (!existsSync(host.paths.slotState)) continue
    const { candidate, confirmed, rejected } = host.slots
    const number = Number(confirmed?.version.split('.')[2] ?? -1)
    assert.ok(number >= lastConfirmed, 'confirmed never goes back')
    lastConfirmed = number
    const digest = images[offered - 1]?.digest ?? ''
    assert.ok(!rejected.includes(digest))
    // Its second restart in trial is its last.
    const isGivenUp = candidate?.stage === 'running' && candidate.kills === 1
    if (isGivenUp) givenUp.push(digest)
    if (isGivenUp || confirmed?.imageDigest === digest) offerNext()
  }
  const last = images[offered - 1]
  resumeIfNeeded(host)
  host.start()
  await host.until(
    'an end',
    () => host.has('slots', 'trial-passed') || host.slots.rejected.includes(last?.digest ?? ''),
  )
  await host.kill('SIGTERM')
  await fsck(host)
  assert.deepEqual(host.slots.rejected, givenUp)
  for (const outcome of host.slots.outcomes.filter((one) => one.outcome === 'fell-back')) {
    assert.equal(outcome.code, 'trial/restarted')
  }
  const left = readdirSync(host.paths.slots).filter((file) => file.endsWith('.tmp'))
  assert.deepEqual(left, [])
  context.diagnostic(`${offered} releases offered, ${givenUp.length} given up for two restarts in trial`)
})
